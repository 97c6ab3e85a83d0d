"""The names that a client gives its request, and what is no name."""

from __future__ import annotations

import pytest

from gomicro.http1.request_names import Trace, request_id, trace

TRACE = b"4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = b"00f067aa0ba902b7"
VALID = b"00-" + TRACE + b"-" + SPAN + b"-01"
IDS = (TRACE.decode(), SPAN.decode())


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (b"a", True),
        (b'0HMVP-:"{}~!', True),
        (b"x" * 128, True),
        (b"x" * 129, False),
        (b"", False),
        (b"a b", False),
        (b"a\tb", False),
        (b"caf\xc3\xa9", False),
    ],
)
def test_a_request_id_is_a_few_visible_characters(value: bytes, taken: bool) -> None:
    assert request_id(value) == (value if taken else b"")


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        pytest.param([VALID], IDS, id="valid"),
        pytest.param([VALID[:-2] + b"00"], IDS, id="not sampled"),
        pytest.param([], None, id="none"),
        pytest.param([VALID, VALID], None, id="two"),
        pytest.param([VALID + b"-x"], None, id="more than version 00 has"),
        pytest.param([b"01" + VALID[2:]], IDS, id="a later version"),
        pytest.param([b"01" + VALID[2:] + b"-what comes"], IDS, id="a later version, with more"),
        pytest.param([b"01" + VALID[2:] + b"what comes"], None, id="flags too long"),
        pytest.param([b"ff" + VALID[2:]], None, id="version ff"),
        pytest.param([VALID.upper()], None, id="upper case"),
        pytest.param([VALID.replace(TRACE, b"0" * 32)], None, id="a trace of zeros"),
        pytest.param([VALID.replace(SPAN, b"0" * 16)], None, id="a span of zeros"),
        pytest.param([VALID[:-1]], None, id="too short"),
        pytest.param([b" " + VALID], None, id="a blank before"),
        pytest.param([b""], None, id="empty"),
    ],
)
def test_a_traceparent_is_taken_if_it_is_valid(values: list[bytes], ids: Trace | None) -> None:
    assert trace(values) == ids
