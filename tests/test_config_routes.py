"""Routes in the configuration: read from the file, checked as by the multiplexer, and shown."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro import RouteConfig, ServerConfig
from gomicro.config import options, report, resolve, route_reference
from gomicro.config.print_config import report_of
from gomicro.errors import ConfigError

SAMPLE = """
[serve]
port = 1

[serve.routes."GET /events/"]
write-timeout = 0

[serve.routes."POST /uploads/{name}"]
read_timeout = "1m"
max-body-bytes = "1GiB"

[serve.routes."/healthz"]
access-log = false
"""
ROUTES = {
    "GET /events/": RouteConfig(write_timeout=0),
    "POST /uploads/{name}": RouteConfig(read_timeout=60.0, max_body_bytes=1 << 30),
    "/healthz": RouteConfig(access_log=False),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gomicro.toml"


def test_routes_are_tables_of_the_file(file: Path) -> None:
    file.write_text(SAMPLE)
    resolved = resolve({}, {}, str(file))
    assert resolved.config == ServerConfig(port=1, routes=ROUTES)
    assert resolved.origins["routes"] == f"file {file}"


def test_without_routes_there_are_none(file: Path) -> None:
    assert resolve({}, {}, None).config.routes == {}
    file.write_text("[serve.routes]\n")
    assert resolve({}, {}, str(file)).config == ServerConfig()


def test_a_route_leaves_unset_what_it_does_not_say() -> None:
    assert all(getattr(RouteConfig(), option.field) is None for option in options(RouteConfig))


def message(file: Path, content: str) -> str:
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        resolve({}, {}, str(file))
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{file}: ")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            '[serve.routes."/a"]\nread-timout = 1',
            "[serve.routes.\"/a\"] unknown key 'read-timout'; did you mean read-timeout?",
            id="a typing error",
        ),
        pytest.param(
            '[serve.routes."/a"]\nport = 1',
            "[serve.routes.\"/a\"] unknown key 'port'; known are read-timeout, write-timeout, "
            "max-body-bytes, access-log",
            id="an option of the server",
        ),
        pytest.param(
            '[serve.routes."/a"]\nread-timeout = "soon"',
            "[serve.routes.\"/a\"] read-timeout: 'soon' is not a duration: write 500ms",
            id="a bad value",
        ),
        pytest.param(
            '[serve.routes."/a"]\naccess-log = "off"',
            "[serve.routes.\"/a\"] access-log: want true or false, not the string 'off'",
            id="a quoted boolean",
        ),
        pytest.param(
            '[serve.routes."/a"]\nread-timeout = 1\nread_timeout = 2',
            '[serve.routes."/a"] read-timeout is set twice, with - and with _',
            id="twice",
        ),
        pytest.param(
            "[serve]\nroutes = 1",
            '[serve] routes must be tables, [serve.routes."/PATH"]',
            id="no tables",
        ),
        pytest.param(
            '[serve.routes]\n"/a" = 1',
            'routes./a must be a table, [serve.routes."/a"]',
            id="no table",
        ),
        pytest.param(
            '[serve.routes."GET"]\n',
            '[serve.routes]: parsing "GET": at offset 0: host/path missing /',
            id="a bad pattern",
        ),
        pytest.param(
            '[serve.routes."/a/{x}"]\n[serve.routes."/{y}/b"]\n',
            '[serve.routes]: pattern "/{y}/b" conflicts with pattern "/a/{x}": /{y}/b and /a/{x} '
            'both match some paths, like "/a/b". But neither is more specific than the other. '
            '/{y}/b matches "/y/b", but /a/{x} doesn\'t. /a/{x} matches "/a/x", but /{y}/b '
            "doesn't.",
            id="a conflict",
        ),
        pytest.param(
            '[serve.routes."GET /a/{x}"]\n[serve.routes."GET /a/{y}"]\n',
            '[serve.routes]: pattern "GET /a/{y}" conflicts with pattern "GET /a/{x}": '
            'GET /a/{y} matches the same requests as GET /a/{x}, like "/a/x".',
            id="the same",
        ),
    ],
)
def test_a_broken_route_names_file_and_place(file: Path, content: str, expected: str) -> None:
    assert message(file, content).startswith(expected)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ({"/a/{x}": RouteConfig(), "/{y}/b": RouteConfig()}, 'routes: pattern "/{y}/b" conflicts'),
        ({"": RouteConfig()}, 'routes: parsing "": empty pattern'),
        ({"/a": {"read_timeout": 1}}, "routes: want a RouteConfig for '/a', not {"),
    ],
)
def test_a_program_hears_the_same(routes: Any, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ServerConfig(routes=routes)
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    ("field", "value", "right"),
    [
        ("read_timeout", -1, "want 0 (none) or more seconds"),
        ("write_timeout", "1s", "want a number of seconds"),
        ("max_body_bytes", 1.5, "want 0 or more whole bytes"),
        ("access_log", "no", "want true or false"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(field: str, value: Any, right: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RouteConfig(**{field: value})
    assert str(caught.value).startswith(f"{field}: {right}")


def test_the_report_has_them_as_the_file_has(file: Path) -> None:
    file.write_text(SAMPLE)
    text = report(resolve({}, {}, str(file)))
    assert text.endswith(
        f"""

[serve.routes."GET /events/"]
write-timeout = "0s"  # file {file}

[serve.routes."POST /uploads/{{name}}"]
read-timeout = "1m0s"    # file {file}
max-body-bytes = "1GiB"  # file {file}

[serve.routes."/healthz"]
access-log = false  # file {file}
"""
    )
    file.write_text(text)
    assert resolve({}, {}, str(file)).config == ServerConfig(port=1, routes=ROUTES)


def test_the_report_of_a_program_has_them_too() -> None:
    text = report_of(ServerConfig(routes=ROUTES))
    assert "access-log = false  # program" in text
    assert list(tomllib.loads(text)["serve"]["routes"]) == list(ROUTES)


seconds = st.none() | st.integers(0, 10**12).map(lambda nanoseconds: nanoseconds / 1e9)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/{}."), min_size=1)


@given(
    routes=st.dictionaries(
        names.map(lambda name: f"/{name}"),
        st.builds(
            RouteConfig,
            read_timeout=seconds,
            write_timeout=seconds,
            max_body_bytes=st.none() | st.integers(0, 2**40),
            access_log=st.none() | st.booleans(),
        ),
    )
)
def test_the_report_read_as_a_file_leads_to_the_same_routes(
    routes: dict[str, RouteConfig], tmp_path_factory: pytest.TempPathFactory
) -> None:
    try:
        config = ServerConfig(routes=routes)
    except ConfigError:  # two names may be the same one, escaped
        return
    file = tmp_path_factory.mktemp("report") / "gomicro.toml"
    file.write_text(report_of(config), encoding="utf-8")
    assert resolve({}, {}, str(file)).config.routes == routes


def test_a_configuration_with_routes_can_be_sent_to_another_process() -> None:
    config = ServerConfig(routes=ROUTES)
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 -- its own
    assert hash(config) == hash(ServerConfig())


def test_the_reference_has_a_row_for_each_option_of_a_route() -> None:
    rows = route_reference().splitlines()
    assert len(rows) == 2 + len(options(RouteConfig))
    assert (
        "| `max-body-bytes` | SIZE | Most bytes of a request body; above, the answer is 413. |"
        in rows
    )
