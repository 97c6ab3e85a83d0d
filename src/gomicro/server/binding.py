"""From a configuration to the sockets that the service listens on."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from gomicro.config import ServerConfig
from gomicro.config.places import Descriptor, HostPort, Place, UnixPath
from gomicro.config.together import check_admin_apart
from gomicro.connection.address import host_and_port, local_address
from gomicro.errors import ConfigError, StartupError
from gomicro.server.sockets import bind, cannot_listen

if TYPE_CHECKING:
    from gomicro.server.unix_socket import UnixFile

__all__ = ["Bound", "bind_all", "listen"]


class Bound:
    """Bound sockets that do not block, and the files of those that are Unix sockets.

    A context that closes the sockets and removes the files.
    """

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        self.inherited: list[socket.socket] = []
        """Those among them that were passed to the service, and outlive it."""
        self._files: list[UnixFile] = []

    def __enter__(self) -> Bound:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the sockets, and remove the files that are this process's."""
        for sock in self.sockets:
            sock.close()
        for file in self._files:
            file.remove()

    def add(self, place: HostPort | UnixPath | int, mode: int | None) -> None:
        """Bind one more. Raises StartupError."""
        if isinstance(place, HostPort):
            self.sockets += bind(place.host, place.port)
        elif isinstance(place, UnixPath):
            from gomicro.server.unix_socket import bind_unix

            sock, file = bind_unix(place.path, mode)
            self.sockets.append(sock)
            self._files.append(file)
        else:
            from gomicro.server.inherited import adopt

            sock = adopt(place)
            self.sockets.append(sock)
            self.inherited.append(sock)


def bind_all(config: ServerConfig) -> Bound:
    """Bind every address that the service is to listen on, so that one which is taken is known
    before anything else is begun.

    What systemd has passed (LISTEN_FDS) is taken from the environment: it is where the service
    listens if the configuration says nothing else. Raises StartupError if an address cannot be had,
    and ConfigError if both say where to listen, or the admin listener has the same address.
    """
    passed: Mapping[int, str] = {}
    if "LISTEN_FDS" in os.environ:
        from gomicro.server.inherited import take_passed

        passed = take_passed(os.environ)
    places = config.places()
    if passed and places == ServerConfig().places():
        places = tuple(Descriptor(number) for number in passed)
    check_admin_apart(config, places)
    bound = Bound()
    try:
        for place in _numbered(places, passed):
            bound.add(place, config.uds_mode)
    except BaseException:
        bound.close()
        raise
    return bound


def listen(sock: socket.socket) -> None:
    """Have a bound socket listen, and a Unix socket's file get its own name; more than once, and in
    other processes that have it, does no harm.

    Raises StartupError if another socket has the address.
    """
    try:
        sock.listen(socket.SOMAXCONN)
    except OSError as error:
        raise cannot_listen(host_and_port(local_address(sock.getsockname())), error) from error
    if sock.family == socket.AF_UNIX:
        from gomicro.server.unix_socket import publish

        publish(sock)


def _numbered(
    places: tuple[Place, ...], passed: Mapping[int, str]
) -> list[HostPort | UnixPath | int]:
    """The places, with the numbers of descriptors that were given by name."""
    numbered: list[HostPort | UnixPath | int] = []
    for place in places:
        if not isinstance(place, Descriptor):
            numbered.append(place)
            continue
        which = place.which
        numbers = [which] if isinstance(which, int) else _named(which, passed)
        numbered += [number for number in numbers if number not in numbered]
    unused = [f"fd:{number}" for number in passed if number not in numbered]
    if unused:
        raise ConfigError(
            f"sockets were passed (LISTEN_FDS) that --listen does not name, {' '.join(unused)}: "
            "name them as well, or say nothing of where to listen"
        )
    return numbered


def _named(name: str, passed: Mapping[int, str]) -> list[int]:
    numbers = [number for number, known in passed.items() if known == name]
    if not numbers:
        raise StartupError(f"cannot listen on fd:{name}: no socket of that name was passed")
    return numbers
