"""The page: one file, which loads nothing from elsewhere and runs its own script only."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Page"]


class Page:
    """Read once, when the listener starts."""

    def __init__(self) -> None:
        self._text = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
        script = "".join(re.findall(r"<script>(.*?)</script>", self._text, re.DOTALL))
        digest = b64encode(sha256(script.encode()).digest()).decode()
        # Content Security Policy (CSP) level 3: what a peer has sent can be shown, never run.
        self._policy = (
            f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
            "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )

    async def __call__(self, request: Request) -> Response:
        """The page."""
        return HTMLResponse(self._text, headers={"content-security-policy": self._policy})
