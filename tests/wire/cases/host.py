"""The Host header."""

from __future__ import annotations

from tests.wire.asking import ask
from tests.wire.steps import asked

CASES = {
    "host/missing": asked(ask("GET /", host=None)),
    "host/missing-goodbye": asked(ask("GET /goodbye", host=None)),
    "host/missing-absolute-form": asked(ask("GET http://parity.test/goodbye", host=None)),
    "host/blank": asked(ask("GET /", host="   ")),
    "host/duplicate-same": asked(ask("GET /", "Host: parity.test")),
    "host/duplicate-different": asked(ask("GET /", "Host: other.test")),
    "host/duplicate-http10": asked(ask("GET / HTTP/1.0", "Host: other.test")),
    "host/lower-case-name": asked(ask("GET /", "host: parity.test", host=None)),
    "host/upper-case-name": asked(ask("GET /", "HOST: parity.test", host=None)),
    "host/slash": asked(ask("GET /", host="parity.test/x")),
    "host/at": asked(ask("GET /", host="user@parity.test")),
    "host/backslash": asked(ask("GET /", host="parity\\test")),
    "host/angle": asked(ask("GET /", host="<parity.test>")),
    "host/braces": asked(ask("GET /", host="{parity}")),
    "host/tab-inside": asked(ask("GET /", host="parity\ttest")),
    "host/comma": asked(ask("GET /", host="a.test,b.test")),
    "host/underscore": asked(ask("GET /", host="par_ity.test")),
    "host/bad-port": asked(ask("GET /", host="parity.test:99999999")),
    "host/surrounding-whitespace": asked(ask("GET /", host="\t parity.test \t")),
    "host/missing-with-body-pipelined": asked(
        ask("POST /", "Content-Length: 27", host=None)
        + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        + ask("GET /goodbye"),
        finals=2,
    ),
}
