"""A certificate and its key: every way in which the two files can be wrong names the file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from gomicro.errors import StartupError
from gomicro.server.certificate import load_certificate
from tests.certificates import Certificate, make_certificate


@pytest.fixture
def encrypted(certificate: Certificate, tmp_path: Path) -> str:
    """The certificate's key, encrypted with the password x."""
    key = tmp_path / "encrypted.pem"
    made = ["-passout", "pass:x", "-in", certificate.key, "-out", str(key)]
    subprocess.run(["openssl", "pkey", "-aes256", *made], check=True)
    return str(key)


def test_a_certificate_with_its_key_is_taken(certificate: Certificate) -> None:
    assert load_certificate(certificate.cert, certificate.key).get_ca_certs() == []


@pytest.mark.parametrize("wrong", ["cert", "key"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param("", "is no", id="empty"),
        pytest.param("\xff\0", "is no", id="no text"),
    ],
)
def test_a_file_that_is_wrong_is_named(
    wrong: str, content: str | None, says: str, certificate: Certificate, tmp_path: Path
) -> None:
    file = tmp_path / f"my-{wrong}.pem"
    if content is not None:
        file.write_text(content, encoding="latin-1")
    files = {"cert": certificate.cert, "key": certificate.key} | {wrong: str(file)}
    with pytest.raises(StartupError, match=f"my-{wrong}.pem") as caught:
        load_certificate(files["cert"], files["key"])
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_path_that_cannot_be_is_named(certificate: Certificate) -> None:
    with pytest.raises(StartupError, match=r"cannot read the certificate 'a\\x00'"):
        load_certificate("a\0", certificate.key)


def test_a_key_of_another_certificate_is_told_with_both_files(
    certificate: Certificate, tmp_path: Path
) -> None:
    other = make_certificate(tmp_path, "DNS:localhost")
    with pytest.raises(StartupError) as caught:
        load_certificate(certificate.cert, other.key)
    said = f"the key {other.key!r} is not the key of the certificate {certificate.cert!r}"
    assert str(caught.value) == said


def test_a_file_with_a_broken_certificate_is_told(certificate: Certificate, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text(Path(certificate.cert).read_text().replace("\nM", "\nX", 1))
    with pytest.raises(StartupError, match=r"cannot use the certificate '.*broken.pem' with"):
        load_certificate(str(broken), certificate.key)


def test_an_encrypted_key_is_refused_where_nobody_can_be_asked(
    certificate: Certificate, encrypted: str
) -> None:
    with pytest.raises(StartupError, match=r"is encrypted.*openssl pkey -in .*encrypted\.pem"):
        load_certificate(certificate.cert, encrypted)
    with pytest.raises(StartupError, match="is encrypted"):
        load_certificate(certificate.cert, encrypted, ask=False)


TERMINAL = "import fcntl, sys, termios\nfcntl.ioctl(0, termios.TIOCSCTTY)\n"
LOAD = (
    "from gomicro.errors import StartupError\n"
    "from gomicro.server.certificate import load_certificate\n"
    "try: load_certificate(*sys.argv[1:]); print('taken')\n"
    "except StartupError as error: print(error)\n"
)
LOAD_IN_A_THREAD = (
    "from threading import Thread\n"
    "from gomicro.server.certificate import load_certificate\n"
    "thread = Thread(target=lambda: print(load_certificate(*sys.argv[1:]) and 'taken'))\n"
    "thread.start(); thread.join()\n"
)
SERVE = (
    "from gomicro.cli import main\n"
    "cert, key = sys.argv[1:]\n"
    "sys.argv[1:] = ['serve', '--port=0', f'--tls-cert={cert}', f'--tls-key={key}']\n"
    "sys.exit(main())\n"
)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param("x\n", "^taken$", id="the password"),
        pytest.param("wrong\n", r"cannot be decrypted with that password$", id="another"),
        pytest.param("\x04", r"cannot be decrypted with that password$", id="none"),
    ],
)
def test_the_password_of_an_encrypted_key_is_asked_for_on_a_terminal(
    typed: str, says: str, certificate: Certificate, encrypted: str
) -> None:
    said, _ = on_a_terminal(LOAD, typed, certificate.cert, encrypted)
    assert re.search(says, said, re.MULTILINE)


def test_the_thread_of_a_program_may_ask_for_the_password(
    certificate: Certificate, encrypted: str
) -> None:
    said, _ = on_a_terminal(LOAD_IN_A_THREAD, "x\n", certificate.cert, encrypted)
    assert said.endswith("taken\n")


def test_who_is_asked_for_a_password_may_interrupt(
    certificate: Certificate, encrypted: str
) -> None:
    said, status = on_a_terminal(SERVE, "\x03", certificate.cert, encrypted)
    assert (status, "Traceback" in said) == (130, False)


def on_a_terminal(code: str, typed: str, *arguments: str) -> tuple[str, int]:
    """What a program says that asks on its terminal, and is told this; and its exit status."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TERMINAL + code, *arguments],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        os.close(theirs)
        asked = b""
        while b":" not in asked:
            asked += os.read(ours, 1000)
        while termios.tcgetattr(ours)[3] & termios.ECHO:  # a signal before that is Python's
            assert process.poll() is None
            time.sleep(0.001)
        os.write(ours, typed.encode())
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        os.close(ours)
    return said.decode(), process.returncode
