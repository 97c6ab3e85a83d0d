"""What a handler is made with, refused at once where it cannot be meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gomicro import Goodbye, MaxBytesHandler, StripPrefix, TimeoutHandler, get_logger

app = Goodbye(get_logger("test"))
nothing: Any = None
path: Any = "/x"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda: TimeoutHandler(nothing, 5), "TimeoutHandler calls an ", id="timeout"),
        pytest.param(
            lambda: MaxBytesHandler(nothing, 5), "MaxBytesHandler calls an ", id="max bytes"
        ),
        pytest.param(
            lambda: StripPrefix(path, path), "StripPrefix calls .*'/x' is not", id="prefix"
        ),
    ],
)
def test_what_is_no_application_is_refused_at_once(make: Callable[[], object], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        make()


@pytest.mark.parametrize("make", [TimeoutHandler, MaxBytesHandler])
def test_a_limit_that_is_no_number_is_refused_at_once(make: Callable[..., object]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"5s|'str' object"):
        make(app, "5s")
