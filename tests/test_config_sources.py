"""Flag before environment before file before default, and what is wrong in each of them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.config import EVERY_OPTION, Resolved, ServerConfig, report, resolve
from gomicro.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gomicro.toml"


@pytest.mark.parametrize(
    ("flag", "environment", "in_file", "port", "origin"),
    [
        pytest.param("1", "2", 3, 1, "flag --port", id="flag"),
        pytest.param(None, "2", 3, 2, "environment GOMICRO_SERVE_PORT", id="environment"),
        pytest.param(None, "", 3, 3, "file {file}", id="file, as an empty variable is not set"),
        pytest.param(None, None, None, 9090, "default", id="default"),
    ],
)
def test_the_nearest_source_wins(
    file: Path,
    flag: str | None,
    environment: str | None,
    in_file: int | None,
    port: int,
    origin: str,
) -> None:
    file.write_text(f"[serve]\nport = {in_file}\n" if in_file else "")
    variables = {} if environment is None else {"GOMICRO_SERVE_PORT": environment}
    resolved = resolve({"port": flag}, variables, str(file))
    assert resolved.config.port == port
    assert resolved.origins["port"] == origin.format(file=file)


@pytest.mark.parametrize(
    ("variables", "port"),
    [
        pytest.param({"PORT": "80"}, 80, id="PORT"),
        pytest.param({"GOMICRO_SERVE_PORT": "81", "PORT": "80"}, 81, id="ours before PORT"),
        pytest.param({"GOMICRO_PORT": "82"}, 9090, id="GOMICRO_PORT is never read"),
        pytest.param(
            {"GOMICRO_PORT": "tcp://10.0.0.1:80"},
            9090,
            id="a Service called gomicro changes nothing",
        ),
        pytest.param(
            {"GOMICRO_SERVE_PORT": "tcp://10.0.0.1:80", "PORT": "80"},
            80,
            id="a Service called gomicro-serve changes nothing",
        ),
    ],
)
def test_the_port_is_taken_from_where_a_platform_says_it(
    variables: dict[str, str], port: int
) -> None:
    assert resolve({}, variables, None).config.port == port


def test_the_file_can_be_named_by_the_environment_and_the_flag_wins(file: Path) -> None:
    file.write_text("[serve]\nport = 1\n")
    other = file.with_name("other.toml")
    other.write_text("[serve]\nport = 2\n")
    variables = {"GOMICRO_SERVE_CONFIG": str(file)}
    assert resolve({}, variables, None).config.port == 1
    assert resolve({}, variables, str(other)).config.port == 2


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("read-timeout = 2", "read_timeout", 2),
        ("read-timeout = 0.5", "read_timeout", 0.5),
        ('read_timeout = "3s"', "read_timeout", 3.0),
        ("max-body-bytes = 1024", "max_body_bytes", 1024),
        ('log-level = "Warning"', "log_level", "warning"),
        ('log-level = "warn"', "log_level", "warning"),
        ('idle-timeout = "1d"', "idle_timeout", 86400.0),
        ('max-body-bytes = "10M"', "max_body_bytes", 10 * 1024 * 1024),
        ('forwarded-allow-ips = ["10.0.0.0/8", "::1"]', "forwarded_allow_ips", "10.0.0.0/8,::1"),
    ],
)
def test_a_file_may_use_toml_types_and_either_spelling(
    file: Path, line: str, field: str, value: object
) -> None:
    file.write_text(f"[serve]\n{line}\n")
    assert getattr(resolve({}, {}, str(file)).config, field) == value


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("GOMICRO_SERVE_READ_TIMOUT", id="a typing error"),
        pytest.param("GOMICRO_SERVE_SERVICE", id="nearly what Kubernetes sets"),
    ],
)
def test_a_variable_that_no_option_has_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: no option has this environment variable; "):
        resolve({}, {name: "2s"}, None)


def test_a_variable_that_no_option_has_is_told_what_is_near() -> None:
    with pytest.raises(ConfigError, match=r"; did you mean GOMICRO_SERVE_READ_TIMEOUT\?$"):
        resolve({}, {"GOMICRO_SERVE_READ_TIMOUT": "2s"}, None)


@pytest.mark.parametrize("service", ["GOMICRO_SERVE", "GOMICRO_SERVE_WEB", "GOMICRO_SERVE_PORT"])
def test_what_kubernetes_sets_beside_a_service_changes_nothing(service: str) -> None:
    variables = {
        f"{service}_SERVICE_HOST": "10.96.0.7",
        f"{service}_SERVICE_PORT": "80",
        f"{service}_SERVICE_PORT_HTTP": "80",
        f"{service}_PORT": "tcp://10.96.0.7:80",
        f"{service}_PORT_80_TCP": "tcp://10.96.0.7:80",
        f"{service}_PORT_80_TCP_PROTO": "tcp",
        f"{service}_PORT_80_TCP_PORT": "80",
        f"{service}_PORT_80_TCP_ADDR": "10.96.0.7",
    }
    assert resolve({}, variables, None).config == ServerConfig()


@pytest.mark.parametrize(
    ("flags", "variables", "message"),
    [
        pytest.param({"port": "x"}, {}, "--port: want a port from 1 to 65535.*not 'x'", id="flag"),
        pytest.param(
            {"read_timeout": "-1s"}, {}, "--read-timeout: '-1s' is negative", id="duration flag"
        ),
        pytest.param(
            {},
            {"PORT": "tcp://1.2.3.4:5"},
            "PORT: want a port.*not 'tcp:",
            id="PORT is ours to read",
        ),
        pytest.param(
            {},
            {"GOMICRO_SERVE_ACCESS_LOG": "perhaps"},
            "GOMICRO_SERVE_ACCESS_LOG: want true or false, not 'perhaps'",
            id="environment",
        ),
        pytest.param({"tls_cert": "c"}, {}, "tls_cert is set without tls_key", id="half of a pair"),
    ],
)
def test_a_bad_value_names_its_source_and_what_would_be_right(
    flags: dict[str, object], variables: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{message}") as caught:
        resolve(flags, variables, None)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("[serve", "is not a TOML file (--config): ", id="bad TOML"),
        pytest.param(
            "[server]\nport=1", "unknown key 'server': the one table is [serve]", id="table"
        ),
        pytest.param(
            "port=1", "unknown key 'port': the one table is [serve]", id="outside the table"
        ),
        pytest.param("serve=1", "serve must be a table, [serve]", id="not a table"),
        pytest.param(
            "[serve]\nread-timout='1s'",
            "[serve] unknown key 'read-timout'; did you mean read-timeout?",
            id="a typing error",
        ),
        pytest.param(
            "[serve]\nzzz=1",
            "[serve] unknown key 'zzz'; known are app, factory, ",
            id="nothing near",
        ),
        pytest.param(
            "[serve]\nlog_level='info'\nlog-level='info'",
            "[serve] log-level is set twice, with - and with _",
            id="twice",
        ),
        pytest.param(
            "[serve]\nport='80'",
            "[serve] port: want a port from 1 to 65535, or 0 for a free one, not the string '80'",
            id="a quoted number",
        ),
        pytest.param(
            "[serve]\naccess-log='on'",
            "[serve] access-log: want true or false, not the string 'on'",
            id="a quoted boolean",
        ),
        pytest.param("[serve]\nhost=1", "[serve] host: want text, not 1", id="a number for text"),
        pytest.param("[serve]\nhost=['::']", "[serve] host: want text, not ['::']", id="a list"),
        pytest.param(
            "[serve]\nread-timeout=true", "[serve] read-timeout: want a number of", id="a boolean"
        ),
        pytest.param("[serve]\nidle-timeout=nan", "[serve] idle-timeout: want 0 (none)", id="NaN"),
    ],
)
def test_a_broken_file_names_file_and_key(file: Path, content: str, message: str) -> None:
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        resolve({}, {}, str(file))
    assert str(caught.value).startswith(f"{file}: {message}")


@pytest.mark.parametrize("named", ["flag", "environment"])
def test_a_missing_file_is_an_error_that_says_who_named_it(named: str) -> None:
    variables = {"GOMICRO_SERVE_CONFIG": "no-such.toml"}
    by, flag = ("--config", "no-such.toml") if named == "flag" else ("GOMICRO_SERVE_CONFIG", None)
    with pytest.raises(ConfigError) as caught:
        resolve({}, variables, flag)
    assert str(caught.value) == f"no-such.toml: cannot be read ({by}): No such file or directory"


def test_a_file_may_begin_as_editors_of_windows_have_it(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf[serve]\r\nport = 1\r\n")
    assert resolve({}, {}, str(file)).config.port == 1


def test_a_file_that_is_not_utf8_is_an_error(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not a TOML file"):
        resolve({}, {}, str(file))


def test_the_report_is_a_file_with_the_origins_beside_the_values(file: Path) -> None:
    file.write_text("[serve]\nidle-timeout = 90\n")
    resolved = resolve({"access_log": False}, {"PORT": "80"}, str(file))
    text = report(resolved)
    squeezed = [" ".join(line.split()) for line in text.splitlines()]
    assert squeezed[0] == "[serve]"
    assert "port = 80 # environment PORT" in squeezed
    assert f'idle-timeout = "1m30s" # file {file}' in squeezed
    assert "access-log = false # flag --access-log" in squeezed
    assert 'max-body-bytes = "32MiB" # default' in squeezed
    assert "# read-timeout # default: 30s with APP, 1s without" in squeezed
    unset = [line for line in squeezed if line.startswith("# ")]
    assert len(tomllib.loads(text)["serve"]) == len(squeezed) - 1 - len(unset)


@pytest.mark.parametrize(
    ("app", "header", "read"), [(None, "1s", "1s"), ("main:app", "10s", "30s")]
)
def test_a_settled_report_has_the_deadlines_in_force_and_says_both_defaults(
    app: str | None, header: str, read: str
) -> None:
    text = report(resolve({"app": app, "write_timeout": "2s"}, {}, None).settled())
    squeezed = [" ".join(line.split()) for line in text.splitlines()]
    assert f'read-timeout = "{read}" # default: 30s with APP, 1s without' in squeezed
    assert (
        f'read-header-timeout = "{header}" # default: as --read-timeout, but with APP not above 10s'
    ) in squeezed
    assert 'write-timeout = "2s" # flag --write-timeout' in squeezed


def test_a_path_cannot_break_the_report(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\x1b.toml"
    path.write_text("[serve]\nport = 1\n")
    text = report(resolve({}, {}, str(path)))
    assert "a\\nb\\x1b.toml" in text
    assert tomllib.loads(text)["serve"]["port"] == 1


def test_a_value_cannot_act_on_a_terminal() -> None:
    path = "/\x9b31m\u202e\U000e0041"
    text = report(resolve({"root_path": path}, {}, None))
    assert all(line.isprintable() for line in text.split("\n"))
    assert tomllib.loads(text)["serve"]["root-path"] == path


seconds = st.integers(0, 10**12).map(lambda nanoseconds: nanoseconds / 1e9)
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]))


@given(
    config=st.builds(
        ServerConfig,
        host=texts,
        port=st.integers(0, 65535),
        read_timeout=st.none() | seconds,
        read_header_timeout=st.none() | seconds,
        write_timeout=st.none() | seconds,
        idle_timeout=seconds,
        max_body_bytes=st.integers(0, 2**40),
        access_log=st.booleans(),
        root_path=texts.map(lambda text: f"/{text}"),
    )
)
def test_the_report_read_as_a_file_leads_to_the_same_configuration(
    config: ServerConfig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("report") / "gomicro.toml"
    origins = {option.field: "here" for option in EVERY_OPTION}
    file.write_text(report(Resolved(config, origins)), encoding="utf-8")
    assert resolve({}, {}, str(file)).config == config
