"""What a program gives for its configuration."""

from __future__ import annotations

from gomicro.config.server_config import ServerConfig

__all__ = ["given_or_default"]


def given_or_default(config: ServerConfig | None) -> ServerConfig:
    """The configuration that a program gives, or all defaults. Raises TypeError for anything else:
    the port alone, for example.
    """
    if config is None:
        return ServerConfig()
    if not isinstance(config, ServerConfig):
        raise TypeError(f"a server is told what to do by a ServerConfig, not by {config!r}")
    return config
