"""Where a service listens: how it is written, and which of several sources says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gomicro.config import ServerConfig, report, resolve
from gomicro.config.places import Descriptor, HostPort, Place, UnixPath, parse_place
from gomicro.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (":9090", HostPort("", 9090)),
        ("127.0.0.1:80", HostPort("127.0.0.1", 80)),
        ("[::1]:0", HostPort("::1", 0)),
        ("[fe80::1%eth0]:80", HostPort("fe80::1%eth0", 80)),
        ("service.example:65535", HostPort("service.example", 65535)),
        ("unix:/run/a b,c.sock", UnixPath("/run/a b,c.sock")),
        ("unix:s", UnixPath("s")),
        ("fd:3", Descriptor(3)),
        ("fd:web", Descriptor("web")),
    ],
)
def test_an_address_is_taken_apart(text: str, place: Place) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "9090",
        "a",
        "a:",
        "a:http",
        ":65536",
        ":-1",
        "::1:80",
        "[::1]",
        "[]:80",
        "[a:80",
        "http://a:80",
        "unix:",
        "fd:",
        "fd",
        "unix",
    ],
)
def test_what_is_no_address_is_told_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match=r"want an address such as :9090, .*, \[::1\]:80, "):
        parse_place(text)


def test_an_abstract_socket_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=r"want the path of a file, not '@name': .* may connect"):
        parse_place("unix:@name")


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ({}, [HostPort("", 9090)]),
        ({"host": "a", "port": 1}, [HostPort("a", 1)]),
        ({"listen": [":80", "unix:s"]}, [HostPort("", 80), UnixPath("s")]),
        ({"listen": (), "uds": "s", "uds_mode": 0o600}, [UnixPath("s")]),
        ({"listen": ("unix:s", ":1"), "uds_mode": 0}, [UnixPath("s"), HostPort("", 1)]),
        ({"fd": 0}, [Descriptor(0)]),
    ],
)
def test_a_configuration_says_where_to_listen(options: dict[str, Any], places: list[Place]) -> None:
    assert list(ServerConfig(**options).places()) == places


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"listen": (":1",), "uds": "s"}, "--listen and --uds both say where to listen"),
        ({"uds": "s", "fd": 0}, "--uds and --fd both say"),
        ({"fd": 3, "host": "a", "port": 1}, "--fd and --host both say"),
        ({"listen": (":1",), "port": 2}, "--listen and --port both say"),
        ({"uds_mode": 0o660}, "uds_mode is set without a Unix socket: give --uds as well"),
        ({"uds_mode": 0o660, "listen": (":1", "fd:3")}, "uds_mode is set without"),
        ({"port": 1, "admin_port": 1}, "--port and --admin-port are both 1: give the admin"),
        ({"port": 1, "host": "0.0.0.0", "admin_port": 1}, "--port and --admin-port are both 1"),
        ({"port": 1, "host": "localhost", "admin_port": 1}, "--port and --admin-port are both 1"),
        ({"port": 1, "host": "a", "admin_port": 1, "admin_host": ""}, "--port and --admin-port"),
        ({"port": 1, "host": "a", "admin_port": 1, "admin_host": "a"}, "--port and --admin-port"),
        (
            {"port": 1, "host": "::1", "admin_port": 1, "admin_host": "localhost"},
            "--port and --admin-port are both 1",
        ),
        (
            {"listen": ("unix:s", "10.0.0.1:1", "[::]:1"), "admin_port": 1},
            "--listen and --admin-port are both 1",
        ),
    ],
)
def test_what_contradicts_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        ServerConfig(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"port": 0, "admin_port": 0},
        {"port": 1, "admin_port": 2},
        {"port": 1, "host": "10.0.0.1", "admin_port": 1},
        {"port": 1, "host": "0.0.0.0", "admin_port": 1, "admin_host": "::1"},
        {"port": 1, "host": "localhost", "admin_port": 1, "admin_host": "10.0.0.1"},
        {"listen": ("unix:s", ":2", "10.0.0.1:1"), "admin_port": 1},
        {"fd": 1, "admin_port": 1},
        {"admin_port": ServerConfig.port},
    ],
)
def test_an_admin_listener_may_have_any_address_of_its_own(options: dict[str, Any]) -> None:
    """The usual port is not that of the service where sockets are passed to it."""
    assert ServerConfig(**options).admin_port == options["admin_port"]


@pytest.mark.parametrize(
    ("flags", "variables", "file", "places"),
    [
        pytest.param(
            {"listen": (":1", "unix:a b")},
            {"GOMICRO_SERVE_LISTEN": ":2"},
            "listen = [':3']",
            [HostPort("", 1), UnixPath("a b")],
            id="flags",
        ),
        pytest.param(
            {"listen": ()},
            {"GOMICRO_SERVE_LISTEN": ":1, unix:/s fd:3,:2"},
            "listen = [':3']",
            [HostPort("", 1), UnixPath("/s"), Descriptor(3), HostPort("", 2)],
            id="a variable",
        ),
        pytest.param(
            {}, {}, "listen = [':3', ':4']", [HostPort("", 3), HostPort("", 4)], id="file"
        ),
        pytest.param({}, {}, "listen = ':3'", [HostPort("", 3)], id="one in a file"),
        pytest.param({"port": "1"}, {}, "listen = [':3']", [HostPort("", 1)], id="another way"),
        pytest.param({"port": "9090"}, {}, "uds = 's'", [HostPort("", 9090)], id="the usual port"),
        pytest.param(
            {"port": "1"}, {}, "uds = 's'\nuds-mode = '660'", [HostPort("", 1)], id="with its mode"
        ),
        pytest.param({"fd": "5"}, {"PORT": "80"}, "host = 'a'", [Descriptor(5)], id="not the host"),
        pytest.param(
            {}, {"GOMICRO_SERVE_UDS": "s", "PORT": "80"}, "", [UnixPath("s")], id="ours before PORT"
        ),
        pytest.param({"port": "1"}, {}, "host = 'a'", [HostPort("a", 1)], id="one way"),
        pytest.param(
            {"uds": "s"}, {}, "uds-mode = '660'\nport = 1", [UnixPath("s")], id="the mode stays"
        ),
    ],
)
def test_the_nearest_source_says_where_to_listen(
    tmp_path: Path, flags: dict[str, Any], variables: dict[str, str], file: str, places: list[Place]
) -> None:
    path = tmp_path / "gomicro.toml"
    path.write_text(f"[serve]\n{file}\n")
    assert list(resolve(flags, variables, str(path)).config.places()) == places


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"port": "9090", "listen": (":1",)}, "--port and --listen both say where to listen"),
        ({"uds": "s", "fd": "3"}, "--uds and --fd both say where to listen"),
        ({"port": "1", "uds_mode": "660"}, "uds_mode is set without a Unix socket"),
        ({"uds": "s", "uds_mode": "9"}, "--uds-mode: want permissions in octal.*not '9'"),
    ],
)
def test_flags_that_contradict_are_refused(flags: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        resolve(flags, {}, None)


@pytest.mark.parametrize(
    "flags",
    [
        {"listen": (":1", 'unix:/a"b')},
        {"uds": "/s", "uds_mode": "0640"},
        {"fd": "0"},
        {"host": "::1", "port": "1"},
    ],
    ids=" ".join,
)
def test_what_print_config_shows_leads_to_the_same_places(
    tmp_path: Path, flags: dict[str, Any]
) -> None:
    resolved = resolve(flags, {}, None)
    path = tmp_path / "gomicro.toml"
    path.write_text(report(resolved))
    assert resolve({}, {}, str(path)).config == resolved.config
