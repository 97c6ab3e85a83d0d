"""Go's request multiplexer (net/http's ServeMux since Go 1.22) as an ASGI application."""

from __future__ import annotations

from gomicro.mux.serve_mux import ServeMux

__all__ = ["ServeMux"]
