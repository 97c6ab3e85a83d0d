"""The two handlers of the built-in service, each an ASGI application made with its logger."""

from gomicro.handlers.goodbye import Goodbye
from gomicro.handlers.hello import Hello

__all__ = ["Goodbye", "Hello"]
