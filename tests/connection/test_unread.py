"""What waits in a socket."""

from __future__ import annotations

import socket

from gomicro.connection.unread import unread


def test_bytes_and_an_end_wait() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not unread(ours)
        theirs.send(b"x")
        assert unread(ours)
        assert ours.recv(10) == b"x"
        assert not unread(ours)
        theirs.close()
        assert unread(ours)


def test_where_there_is_no_socket_nothing_waits() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    ours.close()
    assert not unread(ours)
    assert not unread(None)
