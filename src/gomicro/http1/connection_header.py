"""What `Connection` and other headers that list tokens say, as Go reads them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["has_token", "read_connection"]

_SEPARATORS: Final = re.compile(rb"[ ,\t]")


def has_token(value: bytes, token: bytes) -> bool:
    """Whether a token stands in a value between commas, blanks or its ends (Go's `hasToken`)."""
    return token in _SEPARATORS.split(value.lower())


def read_connection(values: list[bytes], *, http_10: bool) -> tuple[bool, bool]:
    """(whether the connection may be kept, whether an upgrade is asked for), by the values of the
    `Connection` headers, of which there is one at least.
    """
    tokens = {token.strip(b" \t").lower() for value in values for token in value.split(b",")}
    if http_10:
        keep_alive = has_token(values[0], b"keep-alive")
    else:
        keep_alive = b"close" not in tokens and not has_token(values[0], b"close")
    return keep_alive, b"upgrade" in tokens
