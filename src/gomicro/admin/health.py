"""Health, as orchestrators ask for it: one line, or with `?verbose` each check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from gomicro.admin.subject import Check, Subject

__all__ = ["PROBES", "health"]

PROBES = ("livez", "readyz", "startupz")


def health(subject: Subject, request: Request) -> Response:
    """200 if all that the probe asks for is so, else 503."""
    probe = request.url.path.strip("/")
    checks = subject.checks(probe)
    failed = [check for check in checks if not check.ok]
    verbose = "verbose" in request.query_params
    text = _verbose(probe, checks) if verbose else _line(failed)
    return PlainTextResponse(text, 503 if failed else 200)


def _line(failed: list[Check]) -> str:
    return "; ".join(f"{check.name}: {check.why}" for check in failed) + "\n" if failed else "ok\n"


def _verbose(probe: str, checks: list[Check]) -> str:
    lines = [
        f"[+] {check.name}: ok\n" if check.ok else f"[-] {check.name}: {check.why}\n"
        for check in checks
    ]
    outcome = "passed" if all(check.ok for check in checks) else "failed"
    return "".join(lines) + f"{probe} {outcome}\n"
