"""From a target to a connected socket: look up, connect, and shake hands where TLS is spoken."""

from __future__ import annotations

import os
import socket
from typing import Any

from gomicro.client.stream import Deadline
from gomicro.client.target import Target
from gomicro.errors import ClientError
from gomicro.threads import OwnThread

__all__ = ["connect"]

_Address = tuple[int, Any]  # a family, and an address as that family writes it

_NOT_FOUND = 6
_NO_CONNECTION = 7
_TIMED_OUT = 28
_HANDSHAKE_FAILED = 35
_UNTRUSTED = 60
_NO_AUTHORITIES = 77

_NO_ISSUER = (18, 19, 20, 21)
"""OpenSSL's codes where nobody who is trusted vouches for a certificate (X509_V_ERR_*)."""


def connect(target: Target, deadline: Deadline, unix_socket: str = "") -> socket.socket:
    """A socket connected to `target`, through the Unix socket of that path if there is one. The
    caller closes it.

    Raises ClientError with curl's code for the step that failed.
    """
    try:
        if unix_socket:
            addresses: list[_Address] = [(socket.AF_UNIX, unix_socket)]
        else:
            addresses = _addresses(target, deadline)
        where = f"{target.authority} through {unix_socket}" if unix_socket else target.authority
        sock = _first_that_answers(where, addresses, deadline)
        return _secured(sock, target, deadline) if target.secure else sock
    except TimeoutError:
        raise ClientError(f"timed out connecting to {target.authority}", _TIMED_OUT) from None


def _addresses(target: Target, deadline: Deadline) -> list[_Address]:
    """The host's addresses in the order to try.

    The system's resolver cannot be interrupted, so it works in a thread that is left behind when
    the deadline passes.
    """
    if target.host == "localhost":  # RFC 6761 section 6.3: loopback, without asking a resolver
        return [
            (socket.AF_INET6, ("::1", target.port)),
            (socket.AF_INET, ("127.0.0.1", target.port)),
        ]
    answers: list[list[_Address] | OSError] = []

    def look_up() -> None:
        try:
            # As bytes the name is taken as it stands, without loading the IDNA codec.
            found = socket.getaddrinfo(target.host.encode(), target.port, type=socket.SOCK_STREAM)
            answers.append([(family, address) for family, *_, address in found])
        except OSError as error:
            answers.append(error)

    thread = OwnThread(look_up, "gomicro look-up")
    thread.start()
    thread.join(deadline.left())
    if not answers:
        raise TimeoutError
    if isinstance(answers[0], OSError):
        why = answers[0].strerror
        raise ClientError(f"cannot find {target.host}: {why}", _NOT_FOUND)
    return answers[0]


def _first_that_answers(where: str, addresses: list[_Address], deadline: Deadline) -> socket.socket:
    """Each address is given its share of the time left, so that a silent one hides no other."""
    why = ""
    for number, (family, address) in enumerate(addresses):
        left = deadline.left()
        sock = socket.socket(family)
        try:
            sock.settimeout(None if left is None else left / (len(addresses) - number))
            sock.connect(address)
        except OSError as error:
            sock.close()
            why = error.strerror or ("timed out" if isinstance(error, TimeoutError) else str(error))
        else:
            return sock
    deadline.left()
    raise ClientError(f"cannot connect to {where}: {why}", _NO_CONNECTION)


def _secured(sock: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
    """`sock` inside TLS, with the system's certificates (SSL_CERT_FILE names others)."""
    import ssl  # with http.client it is loaded already, except where Python has no TLS

    try:
        sock.settimeout(deadline.left())
        # A stream that ends without TLS's own goodbye was cut short, hence no ragged ends.
        return ssl.create_default_context().wrap_socket(
            sock, server_hostname=target.host, suppress_ragged_eofs=False
        )
    except ssl.SSLCertVerificationError as error:
        sock.close()
        from gomicro.client.trusted import unusable

        fault = unusable(os.environ) if error.verify_code in _NO_ISSUER else ""
        if fault:
            text = f"certificate of {target.authority} cannot be verified: {fault}"
            raise ClientError(text, _NO_AUTHORITIES) from None
        text = f"certificate of {target.authority} is not to be trusted: {error.verify_message}"
        raise ClientError(text, _UNTRUSTED) from None
    except TimeoutError:
        sock.close()
        raise
    except OSError as error:
        sock.close()
        text = f"TLS handshake with {target.authority} failed: {error}"
        raise ClientError(text, _HANDSHAKE_FAILED) from None
