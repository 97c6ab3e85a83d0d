"""The answers of the Go program, written down."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = [
    "BAD_REQUEST",
    "BYEE",
    "CONTINUE",
    "HTML",
    "OOPS",
    "TEXT",
    "Answer",
    "closing",
    "hello",
    "redirect",
    "refused",
]

TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """One response, as far as a client may rely on it.

    `framing`: "length", "chunked", "close" (the body ends with the connection), "none" for a HEAD
    without a length, "head of N" for one with it. `keep_alive`: it says so, as HTTP/1.0 needs it.
    `cut`: the connection ended within the body.
    """

    status: int
    body: bytes = b""
    type: str | None = None
    location: str | None = None
    close: bool = False
    keep_alive: bool = False
    framing: str = "length"
    cut: bool = False


CONTINUE = Answer(100)
BYEE = Answer(200, b"Byee\n", TEXT)
OOPS = Answer(400, b"Oops\n", TEXT, close=True)


def hello(name: bytes = b"") -> Answer:
    """Hello's answer to a body of up to 2041 bytes of text."""
    return Answer(200, b"Hello " + name + b"\n", TEXT)


def redirect(location: str, body: str | None = None) -> Answer:
    """The redirect of a path that cleaning changes, in answer to GET.

    `body`: the location as it stands in the body, if it is escaped there.
    """
    text = f'<a href="{body or location}">Temporary Redirect</a>.\n\n'
    return Answer(307, text.encode("latin-1"), HTML, location)


def refused(text: str, status: int = 400) -> Answer:
    """The answer to a request that no handler sees; the connection ends with it."""
    return Answer(status, text.encode(), TEXT, close=True)


def closing(answer: Answer) -> Answer:
    """The same answer, saying that it is the last."""
    return replace(answer, close=True)


BAD_REQUEST = refused("400 Bad Request")
