"""A certificate is renewed under a service: which of its files are served, and who hears what."""

from __future__ import annotations

import os
import shutil
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gomicro.log import get_logger
from gomicro.server.renewal import Renewal, looking
from tests.certificates import Certificate, make_certificate


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> list[Certificate]:
    return [make_certificate(tmp_path_factory.mktemp("tls"), "DNS:localhost") for _ in range(2)]


class Served:
    """The files that are watched, and what has become of them."""

    def __init__(self, directory: Path, certificate: Certificate) -> None:
        self.cert, self.key = directory / "live.pem", directory / "live.key"
        self.put(certificate)
        self.contexts: list[ssl.SSLContext] = []
        log = get_logger("gomicro.server")
        self.renewal = Renewal(str(self.cert), str(self.key), self.contexts.append, log)

    def put(self, certificate: Certificate, *, cert: bool = True, key: bool = True) -> None:
        """Write one or both of the files, as another file of that name."""
        for wanted, source, target in (
            (cert, certificate.cert, self.cert),
            (key, certificate.key, self.key),
        ):
            if wanted:
                new = target.with_suffix(".new")
                shutil.copy(source, new)
                new.replace(target)

    def looks(self, times: int = 3) -> list[str]:
        """What is logged by so many looks."""
        with capture_logs() as entries:
            for _ in range(times):
                self.renewal.look()
        for entry in entries:
            assert (entry["certificate"], entry["key"]) == (str(self.cert), str(self.key))
        return [entry["event"] for entry in entries]


@pytest.fixture
def served(tmp_path: Path, certificates: list[Certificate]) -> Served:
    return Served(tmp_path, certificates[0])


def test_what_has_not_changed_is_not_read(served: Served) -> None:
    assert served.looks() == []
    served.cert.touch()
    assert served.looks() == []
    assert served.contexts == []


def test_a_new_pair_is_served(served: Served, certificates: list[Certificate]) -> None:
    served.put(certificates[1])
    assert served.looks(1) == ["certificate renewed"]
    assert len(served.contexts) == 1
    assert served.looks() == []


def test_a_pair_that_is_half_written_waits_for_the_other_half(
    served: Served, certificates: list[Certificate]
) -> None:
    served.put(certificates[1], key=False)
    assert served.looks(1) == []
    served.put(certificates[1], cert=False)
    assert served.looks() == ["certificate renewed"]


def test_a_pair_that_is_half_written_for_long_is_said_once_and_served_when_it_is_whole(
    served: Served, certificates: list[Certificate]
) -> None:
    served.put(certificates[1], key=False)
    assert served.looks(5) == ["certificate refused"]
    assert served.contexts == []
    served.put(certificates[1], cert=False)
    assert served.looks() == ["certificate renewed"]


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def become_a_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("spoil", [Path.unlink, cut_short, become_a_directory])
@pytest.mark.parametrize("which", ["cert", "key"])
def test_a_file_that_cannot_be_used_is_said_once_and_the_one_before_stays(
    served: Served, which: str, spoil: Callable[[Path], Any]
) -> None:
    spoil(getattr(served, which))
    assert served.looks(5) == ["certificate refused"]
    assert served.contexts == []


def test_the_pair_of_before_that_comes_back_is_no_news(
    served: Served, certificates: list[Certificate]
) -> None:
    served.put(certificates[1], key=False)
    served.looks(1)
    served.put(certificates[0])
    assert served.looks() == []


def test_a_link_whose_target_changes_is_followed(
    tmp_path: Path, certificates: list[Certificate]
) -> None:
    """As Kubernetes mounts a secret: `tls.crt -> ..data/tls.crt`, and `..data` is replaced."""
    for number, certificate in enumerate(certificates):
        version = tmp_path / f"..{number}"
        version.mkdir()
        shutil.copy(certificate.cert, version / "live.pem")
        shutil.copy(certificate.key, version / "live.key")
    data = tmp_path / "..data"
    data.symlink_to("..0")
    secret = tmp_path / "mounted"
    secret.mkdir()
    served = Served(secret, certificates[0])
    for file in (served.cert, served.key):
        file.unlink()
        file.symlink_to(data / file.name)
    assert served.looks() == []
    new = tmp_path / "..new"
    new.symlink_to("..1")
    new.rename(data)
    assert served.looks(1) == ["certificate renewed"]


def test_a_file_that_is_written_in_place_with_its_old_times_is_noticed(
    served: Served, certificates: list[Certificate]
) -> None:
    for file, source in ((served.cert, certificates[1].cert), (served.key, certificates[1].key)):
        before = file.stat()
        file.write_bytes(Path(source).read_bytes())
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert served.looks(1) == ["certificate renewed"]


def test_an_order_reads_them_whatever_they_are_and_says_so_at_once(
    served: Served, certificates: list[Certificate]
) -> None:
    with capture_logs() as entries:
        served.renewal.renew()
        served.put(certificates[1], key=False)
        served.renewal.renew()
    assert [entry["event"] for entry in entries] == ["certificate renewed", "certificate refused"]
    assert "is not the key of the certificate" in entries[1]["reason"]
    assert served.looks() == []
    served.put(certificates[1])
    assert served.looks(1) == ["certificate renewed"]


def test_files_are_looked_at_by_a_thread_while_a_context_lasts(
    served: Served, certificates: list[Certificate]
) -> None:
    renewed = threading.Event()
    served.renewal._use = lambda context: renewed.set()
    with capture_logs(), looking(served.renewal, every=0.01):
        served.put(certificates[1])
        assert renewed.wait(20)


def test_a_look_that_fails_is_followed_by_the_next(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the program's own logging fails."""
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    looked = threading.Semaphore(0)

    def fail() -> None:
        looked.release()
        raise BrokenPipeError

    monkeypatch.setattr(served.renewal, "look", fail)
    with looking(served.renewal, every=0.01):
        for _ in range(2):
            assert looked.acquire(timeout=20)
    assert told


def test_without_a_certificate_there_is_no_thread() -> None:
    before = threading.active_count()
    with looking(None):
        assert threading.active_count() == before
