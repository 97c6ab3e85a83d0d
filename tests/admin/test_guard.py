"""Who may see what a service does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro.admin.guard import local_only, refusal
from tests.admin.asking import LOCAL, ask, scope_of
from tests.connection.harness import answering

MACHINE = "only for peers on this machine"


@pytest.mark.parametrize(
    ("client", "headers", "why"),
    [
        (LOCAL, {}, ""),
        (("127.8.8.8", 1), {}, ""),
        (("::1", 1), {"host": "[::1]:9091"}, ""),
        (LOCAL, {"host": "127.0.0.1"}, ""),
        (LOCAL, {"host": "LOCALHOST:1"}, ""),
        (LOCAL, {"host": "10.0.0.7:9091"}, ""),
        (LOCAL, {"sec-fetch-site": "same-origin"}, ""),
        (LOCAL, {"sec-fetch-site": "none"}, ""),
        (("10.0.0.1", 1), {}, f"{MACHINE}: use"),
        (("fe80::1%eth0", 1), {}, f"{MACHINE}: use"),
        (("nonsense", 1), {}, f"{MACHINE}: use"),
        (None, {}, f"{MACHINE}: use"),
        (LOCAL, {"x-forwarded-for": "127.0.0.1"}, f"{MACHINE}: this came through a proxy"),
        (LOCAL, {"forwarded": "for=127.0.0.1"}, f"{MACHINE}: this came through a proxy"),
        (LOCAL, {"sec-fetch-site": "cross-site"}, "only for this origin"),
        (LOCAL, {"sec-fetch-site": "same-site"}, "only for this origin"),
        (LOCAL, {"origin": "http://localhost:1", "host": "LOCALHOST:1"}, ""),
        (LOCAL, {"origin": "http://localhost:2", "host": "localhost:1"}, "only for this origin"),
        (LOCAL, {"origin": "https://page.example", "host": "[::1]:1"}, "only for this origin"),
        (LOCAL, {"origin": "null", "host": "localhost"}, "only for this origin"),
        (LOCAL, {"origin": "null", "host": ""}, "only for this origin"),
        (LOCAL, {"host": "rebound.example:9091"}, "only under an address"),
        (LOCAL, {"host": "localhost.example"}, "only under an address"),
        (LOCAL, {"host": "[::1.example]"}, "only under an address"),
        (LOCAL, {"host": "\xff"}, "only under an address"),
        (LOCAL, {"host": ""}, "only under an address"),
    ],
)
def test_a_request_is_refused_with_a_reason(client: Any, headers: dict[str, str], why: str) -> None:
    said = refusal(scope_of("/", client=client, headers=headers))
    assert said.startswith(why)
    assert bool(said) == bool(why)


def test_a_request_without_a_host_is_no_browsers() -> None:
    scope = scope_of("/")
    scope["headers"] = []
    assert refusal(scope) == ""


def test_who_is_refused_is_answered_403_and_the_application_does_not_hear_of_it() -> None:
    app = local_only(answering(b"secret"))
    refused = asyncio.run(ask(app, "/", client=("10.0.0.1", 1)))
    assert (refused.status, "secret" in refused.text) == (403, False)
    assert asyncio.run(ask(app, "/")).text == "secret"
