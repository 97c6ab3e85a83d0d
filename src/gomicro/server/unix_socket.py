"""A Unix socket's file: made under a temporary name, there for clients once it listens."""

from __future__ import annotations

import contextlib
import os
import socket
import stat

from gomicro.connection.address import public_path
from gomicro.errors import StartupError
from gomicro.server.sockets import cannot_listen

__all__ = ["UnixFile", "bind_unix", "publish"]


class UnixFile:
    """The file of a socket that was bound by this process, whatever name it has by now."""

    def __init__(self, bound: str) -> None:
        self._names = (bound, public_path(bound))
        self._inode = _inode(bound)

    def remove(self) -> None:
        """Remove it, unless another's has taken its place."""
        for name in self._names:
            with contextlib.suppress(OSError):
                if _inode(name) == self._inode:
                    os.unlink(name)  # noqa: PTH108 -- as the system's call


def bind_unix(path: str, mode: int | None) -> tuple[socket.socket, UnixFile]:
    """Bind a socket that will be at `path`, with these permissions (None: what the umask leaves).

    The socket does not block. Raises StartupError if `path` cannot be had, or somebody listens
    there.
    """
    path = os.path.abspath(path)  # noqa: PTH100 -- whatever directory the application goes to
    bound = f"{path}.~{os.urandom(3).hex()}"
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _refuse_others(path)
        sock.bind(bound)
        file = UnixFile(bound)
        if mode is not None:
            os.chmod(bound, mode)  # noqa: PTH101
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise cannot_listen(f"unix:{path}", error) from error
    except StartupError:
        sock.close()
        raise
    return sock, file


def publish(sock: socket.socket) -> None:
    """Give the file of a socket that listens its own name, in place of one that nobody listens on.

    Nothing to do where that is done, also by another process. Raises StartupError if another
    socket has come to listen there.
    """
    bound = sock.getsockname()
    path = public_path(bound) if isinstance(bound, str) else bound  # bytes: an abstract one
    if path == bound or not os.path.lexists(bound):
        return
    try:
        _refuse_others(path)
        os.rename(bound, path)  # noqa: PTH104
    except (OSError, StartupError) as error:
        if not os.path.lexists(bound):  # it is this one that listens there
            return
        if isinstance(error, OSError):
            raise cannot_listen(f"unix:{path}", error) from error
        raise


def _refuse_others(path: str) -> None:
    """Raise StartupError if somebody listens at `path`, or it is no socket; OSError if nobody can
    tell.
    """
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise StartupError(f"cannot listen on unix:{path}: it is there, and is no socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            with contextlib.suppress(BlockingIOError):  # its queue is full
                probe.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return
    raise StartupError(f"cannot listen on unix:{path}: already in use")


def _inode(path: str) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino
