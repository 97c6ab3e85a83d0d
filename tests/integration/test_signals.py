"""The signals that do not stop a service in the usual way."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
from pathlib import Path

import pytest

from tests.certificates import Certificate, Pair, trusted
from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get, take_answer

APP = "tests.apps.bare:app"
PATIENT = ("--read-timeout=60s", "--write-timeout=60s")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_that_means_nothing_is_one_line_and_no_request_is_lost(
    serve: Serve, number: signal.Signals
) -> None:
    service = serve(APP, *PATIENT)
    with Peer(service.port) as peer:
        peer.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbod")
        service.await_entry("begun")
        service.send_signal(number)
        assert service.await_entry("signal ignored")["signal"] == number.name
        assert peer.send(b"y").answer().body == b"body"
    assert take_answer(service.port, get("/hello")).body == b"hello"
    assert (service.stop(), service.errors()) == (0, "")


def test_sighup_reads_the_certificate_anew_for_new_handshakes(serve: Serve, tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    first = pair.become("first")
    flags = (f"--tls-cert={pair.cert}", f"--tls-key={pair.key}")
    service = serve(APP, *PATIENT, *flags)
    context = ssl.create_default_context(cafile=first)
    plain = socket.create_connection(("127.0.0.1", service.port), timeout=30)
    with Peer(service.port, sock=context.wrap_socket(plain, server_hostname="127.0.0.1")) as kept:
        assert kept.send(get("/hello")).answer().body == b"hello"
        second = pair.become("second")
        service.send_signal(signal.SIGHUP)
        entry = service.await_entry("certificate renewed")
        assert (entry["certificate"], entry["key"]) == (str(pair.cert), str(pair.key))
        assert (trusted(service.port, first), trusted(service.port, second)) == (False, True)
        assert kept.send(get("/hello")).answer().body == b"hello"
    assert (service.stop(), service.errors()) == (0, "")


def test_a_renewed_certificate_is_noticed_by_itself(serve: Serve, tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    first = pair.become("first")
    service = serve(APP, *PATIENT, f"--tls-cert={pair.cert}", f"--tls-key={pair.key}")
    assert trusted(service.port, first)
    second = pair.become("second")
    service.await_entry("certificate renewed")
    assert (trusted(service.port, first), trusted(service.port, second)) == (False, True)


def test_a_pair_that_does_not_fit_is_logged_and_the_one_before_stays(
    serve: Serve, certificate: Certificate, tmp_path: Path
) -> None:
    pair = Pair(tmp_path)
    first = pair.become("first")
    service = serve(APP, f"--tls-cert={pair.cert}", f"--tls-key={pair.key}")
    assert service.port
    shutil.copy(certificate.cert, pair.cert)
    service.send_signal(signal.SIGHUP)
    entry = service.await_entry("certificate refused")
    assert (entry["level"], entry["certificate"], entry["key"]) == (
        "error",
        str(pair.cert),
        str(pair.key),
    )
    assert "is not the key of the certificate" in entry["reason"]
    assert trusted(service.port, first)
    assert (service.stop(), service.errors()) == (0, "")


def test_sigquit_tells_where_everything_is_and_ends_with_2(serve: Serve) -> None:
    service = serve(APP, *PATIENT)
    with Peer(service.port) as peer:
        peer.send(get("/thread?seconds=20"))
        service.await_entry("asleep")
        assert service.stop(signal.SIGQUIT) == 2
        peer.cut()
    said = service.errors()
    assert "\nthread MainThread:\n" in f"\n{said}"
    assert said.count("await asyncio.to_thread(time.sleep") == 1
    assert "\ntask lifespan" not in said
    assert service.log  # which was written before


def test_sigquit_tells_who_blocks_the_loop(serve: Serve) -> None:
    service = serve(APP, *PATIENT)
    with Peer(service.port) as peer:
        peer.send(get("/block?seconds=20"))
        service.await_entry("blocking")
        assert service.stop(signal.SIGQUIT) == 2
        peer.cut()
    # It may have come before the sleep itself, where the handler still logs.
    assert 'bare.py"' in (said := service.errors())
    assert ", in block\n" in said
