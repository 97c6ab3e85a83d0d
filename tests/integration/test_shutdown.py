"""Each signal in each situation: what is answered, closed and logged, and the exit status."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import ExitStack, suppress

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get
from tests.integration.process import NOBODY_IS_SHED, ONE_MORE_REQUEST, Process, Service
from tests.timing import assert_takes_less

APP = "tests.apps.bare:app"
PATIENT = ("--read-timeout=60s", "--write-timeout=60s", NOBODY_IS_SHED)

SIGINT, SIGTERM = signal.SIGINT, signal.SIGTERM
both_signals = pytest.mark.parametrize("number", [SIGINT, SIGTERM])

AT_ONCE = 1.0
"""Less than these seconds, which an idle connection is given on SIGTERM."""


def begin_post(service: Service) -> Peer:
    """A request in flight: the handler waits for the last byte of the body."""
    peer = Peer(service.port)
    peer.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbod")
    service.await_entry("begun")
    return peer


def finish_post(peer: Peer) -> None:
    """The request in flight is answered, and its connection closed."""
    answer = peer.send(b"y").answer()
    assert (answer.status, answer.body, answer.closes) == (200, b"body", True)
    assert peer.rest() == b""


def keep_alive(service: Service) -> Peer:
    """A connection that waits for its next request."""
    peer = Peer(service.port)
    assert peer.send(get("/hello")).answer().body == b"hello"
    return peer


@both_signals
def test_with_nothing_connected_the_service_is_gone_at_once_with_0(
    serve: Serve, number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop_one() -> float:
        service = serve(APP)
        assert service.port
        started_at = time.monotonic()
        status = service.stop(number)
        took = time.monotonic() - started_at
        with capsys.disabled():
            print(f" [{number.name} to gone: {took * 1000:.0f} ms]", end="")
        assert (status, service.errors()) == (0, "")
        stages = [(entry["event"], entry["in_flight"]) for entry in service.log[-3:]]
        assert stages == [("leaving service", 0), ("drained", 0), ("stopped", 0)]
        assert service.log[-3]["reason"] == number.name
        return took

    assert_takes_less(AT_ONCE, stop_one)


@both_signals
def test_one_request_in_flight_is_answered_in_full(serve: Serve, number: signal.Signals) -> None:
    service = serve(APP, *PATIENT)
    with begin_post(service) as peer:
        service.send_signal(number)
        assert service.await_entry("leaving service")["in_flight"] == 1
        finish_post(peer)
    assert service.wait() == 0
    assert service.entries("drained", in_flight=0)


@both_signals
def test_many_requests_in_flight_are_all_answered_in_full(
    serve: Serve, number: signal.Signals
) -> None:
    service = serve(APP, *PATIENT)
    with ExitStack() as stack:
        peers = [stack.enter_context(begin_post(service)) for _ in range(100)]
        assert stack.enter_context(Peer(service.port)).send(get("/hello")).answer().status == 200
        service.send_signal(number)
        assert service.await_entry("leaving service")["in_flight"] == 100
        for peer in peers:
            finish_post(peer)
        assert service.wait() == 0


@both_signals
def test_no_connection_is_accepted_once_the_service_has_left(
    serve: Serve, number: signal.Signals
) -> None:
    service = serve(APP, *PATIENT)
    with begin_post(service) as peer:
        service.send_signal(number)
        service.await_entry("leaving service")
        deadline = time.monotonic() + 10
        while not _refused(service.port):
            assert time.monotonic() < deadline
        finish_post(peer)
    assert service.wait() == 0


def _refused(port: int) -> bool:
    """Whether a connection is refused; one that is reset was still in the kernel's hands."""
    try:
        with Peer(port) as peer:
            peer.send(get("/hello", "Connection: close")).cut()
    except ConnectionRefusedError:
        return True
    except ConnectionError:
        pass
    return False


def test_an_idle_connection_is_closed_at_once_on_sigint(serve: Serve) -> None:
    def stop_one() -> float:
        service = serve(APP)
        with keep_alive(service) as idle, Peer(service.port) as silent:
            started_at = time.monotonic()
            service.send_signal(SIGINT)
            assert (idle.rest(), silent.rest()) == (b"", b"")
            took = time.monotonic() - started_at
            assert service.wait() == 0
        return took

    assert_takes_less(AT_ONCE, stop_one)


def test_an_idle_connection_has_a_second_for_one_more_request_on_sigterm(serve: Serve) -> None:
    service = serve(APP, command=ONE_MORE_REQUEST)
    with keep_alive(service) as idle, Peer(service.port) as silent:
        service.send_signal(SIGTERM)
        service.await_entry("leaving service")
        for peer in (idle, silent):
            answer = peer.send(get("/hello")).answer()
            assert (answer.status, answer.body, answer.closes) == (200, b"hello", True)
            assert peer.rest() == b""
        assert service.wait() == 0


def test_an_idle_connection_that_stays_silent_is_closed_a_second_after_sigterm(
    serve: Serve,
) -> None:
    service = serve(APP)
    with keep_alive(service) as idle:
        started_at = time.monotonic()
        service.send_signal(SIGTERM)
        assert idle.rest() == b""
        assert 1.0 <= time.monotonic() - started_at < 10
        assert service.wait() == 0


def test_a_request_whose_headers_are_half_sent_at_sigterm_is_answered(serve: Serve) -> None:
    service = serve(APP, *PATIENT)
    with Peer(service.port) as new, keep_alive(service) as kept:
        for peer in (new, kept):
            peer.send(b"GET /hello HTTP/1.1\r\n")
        with keep_alive(service):  # answered, so what was sent before has been read
            service.send_signal(SIGTERM)
            service.await_entry("leaving service")
        for peer in (new, kept):
            answer = peer.send(b"Host: test\r\n\r\n").answer()
            assert (answer.body, answer.closes, peer.rest()) == (b"hello", True, b"")
        assert service.wait() == 0


def test_sigint_after_sigterm_closes_what_is_idle_at_once(serve: Serve) -> None:
    def stop_one() -> float:
        service = serve(APP, *PATIENT)
        with keep_alive(service) as idle, begin_post(service) as busy:
            service.send_signal(SIGTERM)
            started_at = time.monotonic()
            service.await_entry("leaving service")
            service.send_signal(SIGINT)
            assert idle.rest() == b""
            took = time.monotonic() - started_at
            finish_post(busy)
            assert service.wait() == 0
        return took

    assert_takes_less(AT_ONCE, stop_one)


def test_a_second_sigterm_changes_nothing(serve: Serve) -> None:
    service = serve(APP, *PATIENT)
    with begin_post(service) as peer:
        service.send_signal(SIGTERM)
        service.await_entry("leaving service")
        service.send_signal(SIGTERM)
        finish_post(peer)
    assert service.wait() == 0


@both_signals
def test_used_up_grace_cuts_what_is_left_names_it_and_exits_1(
    serve: Serve, number: signal.Signals
) -> None:
    service = serve(APP, *PATIENT, "--shutdown-grace=300ms")
    with Peer(service.port) as peer, begin_post(service) as posting:
        peer.send(get("/sleep?seconds=60"))
        service.await_entry("asleep")
        started_at = time.monotonic()
        service.send_signal(number)
        assert (peer.cut(), posting.cut()) == (b"", b"")
        assert 0.3 <= time.monotonic() - started_at < 10
        assert service.wait() == 1
    [entry] = service.entries("grace used up")
    assert (entry["level"], entry["in_flight"]) == ("error", 2)
    assert sorted(entry["requests"]) == ["GET /sleep", "POST /"]
    assert "--shutdown-grace" in entry["hint"]
    assert service.entries("cancelled")
    assert service.errors() == ""


def test_used_up_grace_waits_for_no_thread(serve: Serve) -> None:
    """A thread cannot be cancelled; the process ends without it."""
    service = serve(APP, *PATIENT, "--shutdown-grace=300ms")
    with Peer(service.port) as peer:
        peer.send(get("/thread?seconds=60"))
        service.await_entry("asleep")
        service.send_signal(SIGTERM)
        assert peer.cut() == b""
        assert service.wait() == 1
    assert service.entries("grace used up")


def test_a_grace_of_0_waits_as_long_as_it_takes(serve: Serve) -> None:
    service = serve(APP, *PATIENT, "--shutdown-grace=0")
    with Peer(service.port) as peer:
        peer.send(get("/sleep?seconds=1.3"))
        service.await_entry("asleep")
        service.send_signal(SIGTERM)
        assert peer.answer().body == b"awake"
    assert service.wait() == 0


def test_a_handler_that_goes_on_after_its_answer_is_waited_for(serve: Serve) -> None:
    service = serve(APP)
    with Peer(service.port) as peer:
        assert peer.send(get("/background?seconds=0.5")).answer().body == b"answered"
    assert service.stop(SIGTERM) == 0
    assert service.entries("worked on")


def test_a_second_sigint_ends_the_service_at_once_with_130(serve: Serve) -> None:
    service = serve(APP, *PATIENT)
    with begin_post(service) as peer:
        service.send_signal(SIGINT)
        service.await_entry("leaving service")
        started_at = time.monotonic()
        assert (service.stop(SIGINT), service.errors()) == (130, "")
        assert time.monotonic() - started_at < 20  # the grace is 30 s
        peer.cut()


def test_a_second_sigint_ends_the_service_even_while_a_handler_blocks_it(serve: Serve) -> None:
    service = serve(APP, *PATIENT)
    with Peer(service.port) as peer:
        peer.send(get("/block?seconds=20"))
        service.await_entry("blocking")
        started_at = time.monotonic()
        assert (interrupt_until_gone(service), service.errors()) == (130, "")
        assert time.monotonic() - started_at < 10
        peer.cut()


def interrupt_until_gone(process: Process) -> int:
    """The exit status. The system merges signals that come while one waits to be seen."""
    for _ in range(50):
        process.send_signal(SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.popen.wait(0.2)
            break
    return process.wait(1.0)
