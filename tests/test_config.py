"""ServerConfig and AppConfig: every option declared once, checked, and completely reachable."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import click
import pytest

from gomicro.cli.serve import serve
from gomicro.config import (
    APPLICATION,
    BUILT_IN,
    EVERY_OPTION,
    GROUPS,
    AppConfig,
    Option,
    RequestTimeouts,
    Resolved,
    ServerConfig,
    reference,
    resolve,
)
from gomicro.errors import ConfigError

EVERY = [pytest.param(option, id=option.key) for option in EVERY_OPTION]


def test_the_defaults_are_those_of_the_go_program() -> None:
    config = ServerConfig().settled(BUILT_IN)
    assert (config.port, config.read_timeout, config.write_timeout) == (9090, 1.0, 1.0)
    assert (config.read_header_timeout, config.idle_timeout) == (1.0, 120.0)
    assert config.shutdown_grace == 30.0
    assert (config.max_header_bytes, config.max_body_bytes) == (1 << 20, 32 << 20)


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ServerConfig().port = 1  # type: ignore[misc]  # what the test is about


@pytest.mark.parametrize(
    ("unset", "given", "expected"),
    [
        pytest.param(BUILT_IN, {}, (1, 1, 1), id="hello and goodbye"),
        pytest.param(APPLICATION, {}, (10, 30, 30), id="an application"),
        pytest.param(BUILT_IN, {"read_timeout": 5.0}, (5, 5, 1), id="headers as read, as in Go"),
        pytest.param(BUILT_IN, {"read_timeout": 0.0}, (0, 0, 1), id="no read deadline at all"),
        pytest.param(APPLICATION, {"read_timeout": 5.0}, (5, 5, 30), id="headers: the shorter"),
        pytest.param(APPLICATION, {"read_timeout": 60.0}, (10, 60, 30), id="headers stay short"),
        pytest.param(APPLICATION, {"read_timeout": 0.0}, (10, 0, 30), id="headers have one"),
        pytest.param(APPLICATION, {"read_header_timeout": 0.0}, (0, 30, 30), id="headers: none"),
        pytest.param(BUILT_IN, {"read_header_timeout": 0.5}, (0.5, 1, 1), id="headers set"),
        pytest.param(APPLICATION, {"write_timeout": 0.0}, (10, 30, 0), id="no write deadline"),
    ],
)
def test_deadlines_that_are_not_set_depend_on_what_is_served(
    unset: RequestTimeouts, given: dict[str, Any], expected: tuple[float, float, float]
) -> None:
    config = ServerConfig(**given)
    assert config.timeouts(unset) == expected
    settled = config.settled(unset)
    assert settled.timeouts(BUILT_IN) == settled.timeouts(APPLICATION) == expected


def test_a_library_server_has_the_deadlines_of_an_application() -> None:
    assert ServerConfig().timeouts() == APPLICATION
    assert ServerConfig().header_timeout() == 10


@pytest.mark.parametrize(
    ("field", "value", "right"),
    [
        ("host", 1, "want text"),
        ("host", "a\0b", "without control characters"),
        ("host", "\udc80", "in UTF-8"),
        ("port", "9090", "want a port from 1 to 65535, or 0"),
        ("port", True, "want a port"),
        ("port", -1, "want a port"),
        ("port", 65536, "want a port"),
        ("listen", ":80", "want a list of addresses, not ':80'"),
        ("listen", (80,), "want text"),
        ("listen", (":80", "80"), "want an address such as .*unix:.* or fd:3, not '80'"),
        ("listen", [":80", ":0", ":0", ":80"], "':80' is there twice"),
        ("uds", "a\0b", "without control characters"),
        ("uds_mode", 0o1000, "want permissions in octal, such as '660'"),
        ("uds_mode", "rw", "want permissions"),
        ("fd", -1, "want the number of an open descriptor, such as 3"),
        ("fd", "3", "want the number"),
        ("fd", True, "want the number"),
        ("read_timeout", "1s", "want a number of seconds"),
        ("read_timeout", True, "want a number of seconds"),
        ("idle_timeout", None, "want a number of seconds"),
        ("read_timeout", -0.1, r"want 0 \(none\) or more seconds"),
        ("read_header_timeout", -1, r"want 0 \(none\) or more seconds"),
        ("idle_timeout", math.nan, "want 0"),
        ("idle_timeout", math.inf, "want 0"),
        ("write_timeout", 10**11, "up to 292 years"),
        ("worker_timeout", 0.1, r"want 0 \(none\), or 1 or more seconds, not 0.1"),
        ("max_header_bytes", 0, "want 1 or more whole bytes"),
        ("max_body_bytes", -1, "want 0 or more whole bytes"),
        ("max_body_bytes", 1.5, "whole bytes"),
        ("max_body_bytes", 2**63, "whole bytes"),
        ("max_connections", -1, "want a whole number, or 0"),
        ("max_connections", 1.5, "want a whole number"),
        ("max_connections", 10**9, "want a whole number"),
        ("workers", 0, "want auto, or a number from 1 to 256"),
        ("workers", 257, "want auto, or a number from 1 to 256"),
        ("workers", True, "want auto, or a number"),
        ("workers", "many", "want auto, or a number"),
        ("log_level", "loud", "want one of debug, info, warning, error, critical"),
        ("log_format", None, "want one of auto, console, json"),
        ("access_log", "yes", "want true or false"),
        ("root_path", "api", "a path that starts with /"),
        ("forwarded_allow_ips", "10.0.0.0/33", "want IP addresses and networks.*10.0.0.0/33"),
        ("forwarded_allow_ips", "10.0.0.1/8", "10.0.0.1/8 has host bits set"),
        ("forwarded_allow_ips", "::1,proxy", "'proxy' does not appear to be"),
        ("forwarded_allow_ips", "unix", "and unix: for Unix sockets"),
        ("forwarded_allow_ips", "::1,*", "or \\* alone for all"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(field: str, value: Any, right: str) -> None:
    with pytest.raises(ConfigError, match=f"^{field}: {right}|^{field}: .*{right}"):
        ServerConfig(**{field: value})


@pytest.mark.parametrize("given", ["tls_cert", "tls_key"])
def test_certificate_and_key_go_together(given: str) -> None:
    files: dict[str, Any] = {given: "x.pem"}
    with pytest.raises(ConfigError, match=f"{given} is set without tls_.*--tls-cert and --tls-key"):
        ServerConfig(**files)


def test_certificate_with_key_is_taken() -> None:
    assert ServerConfig(tls_cert="c.pem", tls_key="k.pem").tls_key == "k.pem"


@pytest.mark.parametrize("networks", ["", "*", "10.0.0.0/8, ::1, unix:", "fd00::/8,127.0.0.1"])
def test_proxies_are_addresses_and_networks_or_all(networks: str) -> None:
    assert ServerConfig(forwarded_allow_ips=networks).forwarded_allow_ips == networks


def test_a_factory_needs_an_application() -> None:
    with pytest.raises(ConfigError, match="--factory needs APP"):
        AppConfig(factory=True)


def test_what_names_an_application_is_checked() -> None:
    with pytest.raises(ConfigError, match=r"^app_dir: want text in UTF-8 without control"):
        AppConfig(app_dir="a\0")


# An option is complete when it can be said in every place and is described in every place.

OTHER: dict[str, tuple[str, object]] = {
    "app": ("main:app", "main:app"),
    "factory": ("on", True),
    "app_dir": ("src", "src"),
    "reload": ("on", True),
    "reload_dir": ("src", ("src",)),
    "reload_include": ("*.html", ("*.html",)),
    "reload_exclude": ("gen", ("gen",)),
    "host": ("127.0.0.1", "127.0.0.1"),
    "port": ("1234", 1234),
    "listen": (":80", (":80",)),
    "uds": ("/run/s", "/run/s"),
    "uds_mode": ("0660", 0o660),
    "fd": ("3", 3),
    "read_timeout": ("500ms", 0.5),
    "read_header_timeout": ("2s", 2.0),
    "write_timeout": ("0", 0.0),
    "idle_timeout": ("1m30s", 90.0),
    "shutdown_grace": ("5", 5.0),
    "shutdown_delay": ("5s", 5.0),
    "max_header_bytes": ("64KiB", 65536),
    "max_body_bytes": ("0", 0),
    "max_connections": ("100", 100),
    "max_lag": ("200ms", 0.2),
    "max_in_flight": ("100", 100),
    "blocked_after": ("2s", 2.0),
    "admin_port": ("9091", 9091),
    "admin_host": ("::", "::"),
    "live_after": ("1m", 60.0),
    "workers": ("AUTO", "auto"),
    "worker_timeout": ("30s", 30.0),
    "worker_start_timeout": ("2m", 120.0),
    "max_requests": ("1000", 1000),
    "max_worker_age": ("1h", 3600.0),
    "max_worker_memory": ("512MiB", 512 << 20),
    "path_send": ("on", True),
    "log_level": ("DEBUG", "debug"),
    "log_format": ("json", "json"),
    "access_log": ("off", False),
    "request_id_header": ("always", "always"),
    "root_path": ("/api", "/api"),
    "forwarded_allow_ips": ("*", "*"),
    "tls_cert": ("cert.pem", "cert.pem"),
    "tls_key": ("key.pem", "key.pem"),
}
"""For each field another value than its default: as text and as the value it means."""

PAIR = {
    "tls_cert": {"tls_key": "k"},
    "tls_key": {"tls_cert": "c"},
    "factory": {"app": "main:make"},
    "uds_mode": {"uds": "s"},
}


def in_force(resolved: Resolved) -> dict[str, Any]:
    return vars(resolved.app) | vars(resolved.config)


def test_every_field_is_tried() -> None:
    declared = (*dataclasses.fields(AppConfig), *dataclasses.fields(ServerConfig))
    assert [*OTHER, "routes"] == [field.name for field in declared]


@pytest.mark.parametrize("option", EVERY)
def test_every_option_stands_in_a_group_of_the_help(option: Option) -> None:
    """Declared as `group=` of `option()`; a new option has to be given one."""
    assert option.group in GROUPS


@pytest.mark.parametrize("option", EVERY)
def test_every_option_can_be_set_by_a_flag(option: Option) -> None:
    text, value = OTHER[option.field]
    words = {
        "app": [text],
        "factory": [option.flag],
        "path_send": [option.flag],
        "access_log": [f"--no-{option.key}"],
    }.get(option.field, [option.flag, text])
    context = serve.make_context("serve", words)
    flags = {name: context.params[name] for name in OTHER} | PAIR.get(option.field, {})
    resolved = resolve(flags, {}, None)
    assert in_force(resolved)[option.field] == value
    origin = "argument APP" if option.field == "app" else f"flag {option.flag}"
    assert resolved.origins[option.field] == origin


@pytest.mark.parametrize("option", EVERY)
def test_every_option_can_be_set_by_the_environment(option: Option) -> None:
    text, value = OTHER[option.field]
    name = f"GOMICRO_SERVE_{option.field.upper()}"
    assert option.environment[0] == name
    resolved = resolve(PAIR.get(option.field, {}), {name: text}, None)
    assert in_force(resolved)[option.field] == value
    assert resolved.origins[option.field] == f"environment {name}"


@pytest.mark.parametrize("option", EVERY)
def test_every_option_can_be_set_by_a_file(option: Option, tmp_path: Any) -> None:
    text, value = OTHER[option.field]
    literal = {
        "port": "1234",
        "admin_port": "9091",
        "fd": "3",
        "max_requests": "1000",
        "max_connections": "100",
        "max_in_flight": "100",
        "access_log": "false",
        "factory": "true",
        "path_send": "true",
        "reload": "true",
    }.get(option.field, f'"{text}"')
    file = tmp_path / "gomicro.toml"
    file.write_text(f"[serve]\n{option.key} = {literal}\n")
    resolved = resolve(PAIR.get(option.field, {}), {}, str(file))
    assert in_force(resolved)[option.field] == value
    assert resolved.origins[option.field] == f"file {file}"


@pytest.mark.parametrize("option", EVERY)
def test_every_option_is_described(option: Option) -> None:
    context = click.Context(serve, info_name="serve", terminal_width=1000)
    help_text = serve.get_help(context)
    row = next(row for row in reference().splitlines() if f"| `{option.key}` |" in row)
    row = row.replace("\\|", "|")
    assert option.help.endswith(".")
    assert option.default_text
    for text in (option.flag, option.help, option.default_text):
        assert text in help_text
        assert text in row
    assert option.environment[0] in row
    assert "GOMICRO_" not in help_text


def test_the_reference_is_a_table_with_a_row_an_option() -> None:
    rows = reference().splitlines()
    assert rows[0] == "| Flag | Environment | File key | Default | Meaning |"
    assert len(rows) == 2 + len(OTHER)
    assert {row.replace("\\|", "").count("|") for row in rows} == {6}
    assert (
        "| `--port PORT` | `GOMICRO_SERVE_PORT`, then `PORT` | `port` | `9090` "
        "| Port to listen on; 0 picks a free one and logs it. |"
    ) in rows
    assert "| `--access-log / --no-access-log` |" in reference()
