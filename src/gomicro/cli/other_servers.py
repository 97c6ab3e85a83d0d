"""The flags of other servers, and what each is called here, or why there is none."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

__all__ = ["ROWS", "Row", "advice"]


class Row(NamedTuple):
    """Flags that mean one thing, the servers that have one of them, and what to do here.

    `here` begins with a flag of gomicro's, with "not needed" or with "not offered".
    """

    flags: str
    servers: str
    here: str


ROWS: Final = (
    # The application.
    Row("--version -v", "uvicorn granian gunicorn", "gomicro --version"),
    Row("-h", "gunicorn hypercorn", "--help"),
    Row("-c", "gunicorn hypercorn", "--config, a TOML file with a table [serve]"),
    Row("--check-config", "gunicorn", "--print-config, which fails on a bad option"),
    Row("--pythonpath", "gunicorn", "--app-dir, or the variable PYTHONPATH"),
    Row("--chdir --working-dir", "gunicorn granian", "--app-dir, or cd before the command"),
    Row(
        "--interface --wsgi",
        "uvicorn granian",
        "not needed: ASGI is served; put WSGI in a2wsgi's WSGIMiddleware",
    ),
    Row(
        "--paste --paster --paste-global",
        "gunicorn",
        "not offered: APP is imported, or made with --factory",
    ),
    Row(
        "--env-file --env-files --env -e",
        "uvicorn granian gunicorn",
        "not offered: the environment is the caller's; `set -a; . ./.env` in a shell, "
        "EnvironmentFile= in systemd",
    ),
    Row(
        "--lifespan --asgi-lifespan",
        "uvicorn gunicorn",
        "not needed: an application that knows the lifespan has it",
    ),
    Row("--reset-contextvars", "uvicorn", "not needed: each request has a context of its own"),
    Row("--reload-paths", "granian", "--reload-dir"),
    Row("--reload-extra-file", "gunicorn", "--reload-include"),
    Row(
        "--reload-ignore-dirs --reload-ignore-paths --reload-ignore-patterns",
        "granian",
        "--reload-exclude",
    ),
    Row(
        "--reload-delay --reload-tick --reload-engine --reload-ignore-worker-failure "
        "--no-reload-ignore-worker-failure",
        "uvicorn granian gunicorn",
        "not needed: the system tells of each change, and broken code leaves the old in service",
    ),
    Row("--debug --spew", "hypercorn gunicorn", "--log-level debug"),
    Row(
        "--static-path-route --static-path-mount --static-path-dir-to-file --static-path-expires",
        "granian",
        "not offered: Starlette's StaticFiles, or the proxy, serves files",
    ),
    # Listening.
    Row("--bind -b", "gunicorn hypercorn", "--listen, as often as there are addresses"),
    Row("-p", "gunicorn hypercorn", "--port; no file with the process's number is written"),
    Row("--uds-permissions", "granian", "--uds-mode"),
    Row(
        "--insecure-bind --quic-bind",
        "hypercorn",
        "not offered: all addresses are served over TLS, or none",
    ),
    Row("--server-name", "hypercorn", "not offered: ServeMux has patterns with a host"),
    Row(
        "--backlog --enable-backlog-metric",
        "uvicorn granian gunicorn hypercorn",
        "not needed: the queue is as long as the system allows (net.core.somaxconn)",
    ),
    Row("--reuse-port", "gunicorn", "not offered: one process holds the port, for all --workers"),
    Row(
        "--http --http2 --http-protocols --http-parser --protocol --http2-cleartext "
        "--http1-buffer-size --http2-adaptive-window --no-http2-adaptive-window "
        "--http2-initial-connection-window-size "
        "--http2-initial-stream-window-size --http2-initial-window-size "
        "--http2-keep-alive-interval --http2-keep-alive-timeout --http2-max-concurrent-streams "
        "--http2-max-frame-size --http2-max-headers-size --http2-max-header-list-size "
        "--http2-max-send-buffer-size",
        "uvicorn granian gunicorn",
        "not needed: HTTP/1.1 is served; a proxy speaks HTTP/2 to its clients",
    ),
    Row(
        "--http1-keep-alive --no-http1-keep-alive --http1-pipeline-flush --no-http1-pipeline-flush",
        "granian",
        "not needed: connections are kept alive for --idle-timeout",
    ),
    Row(
        "--permit-obsolete-folding --permit-unconventional-http-method "
        "--permit-unconventional-http-version --casefold-http-method --strip-header-spaces "
        "--header-map --forwarder-headers",
        "gunicorn",
        "not offered: requests are read by Go's rules",
    ),
    # Deadlines.
    Row("--timeout-keep-alive", "uvicorn", "--idle-timeout"),
    Row("--keep-alive", "gunicorn hypercorn", "--idle-timeout"),
    Row("--timeout-graceful-shutdown", "uvicorn", "--shutdown-grace"),
    Row("--graceful-timeout", "gunicorn hypercorn", "--shutdown-grace"),
    Row("--workers-kill-timeout", "granian", "--shutdown-grace"),
    Row(
        "--timeout -t",
        "gunicorn",
        "--read-timeout and --write-timeout for a request, --worker-timeout for a worker",
    ),
    Row("--http1-header-read-timeout", "granian", "--read-header-timeout"),
    Row("--asgi-disconnect-grace-period", "gunicorn", "--shutdown-grace"),
    # Limits.
    Row(
        "--limit-concurrency",
        "uvicorn",
        "--max-in-flight, which is answered 503; above --max-connections connections wait",
    ),
    Row("--backpressure", "granian", "--max-connections"),
    Row("--worker-connections", "gunicorn", "--max-connections"),
    Row(
        "--h11-max-incomplete-event-size",
        "uvicorn",
        "--max-header-bytes",
    ),
    Row(
        "--limit-request-line --limit-request-fields --limit-request-field_size",
        "gunicorn",
        "--max-header-bytes",
    ),
    Row("--limit-max-requests", "uvicorn", "--max-requests, with --workers"),
    Row(
        "--limit-max-requests-jitter --max-requests-jitter",
        "uvicorn gunicorn hypercorn",
        "not needed: each worker is replaced somewhere in the last tenth of --max-requests",
    ),
    Row(
        "--ws --no-ws",
        "uvicorn granian",
        "not needed: WebSockets are served",
    ),
    Row(
        "--ws-max-size --ws-max-queue --ws-ping-interval --ws-ping-timeout "
        "--ws-per-message-deflate --websocket-ping-interval --websocket-max-message-size",
        "uvicorn hypercorn gunicorn",
        "not offered: WebSockets have uvicorn's defaults (16 MiB a message, a ping in 20 s)",
    ),
    # Processes.
    Row(
        "--worker-class -k --threads --preload --blocking-threads "
        "--blocking-threads-idle-timeout --runtime-threads --runtime-blocking-threads "
        "--runtime-mode --worker-tmp-dir --rss-sample-interval --rss-samples",
        "granian gunicorn hypercorn",
        "not needed: --workers are processes of one kind, with a thread for the event loop",
    ),
    Row("-w", "gunicorn hypercorn", "--workers"),
    Row(
        "--respawn-failed-workers --no-respawn-failed-workers --respawn-interval",
        "granian",
        "not needed: a worker that dies is started again, ever later if it keeps dying",
    ),
    Row("--timeout-worker-healthcheck", "uvicorn", "--worker-timeout"),
    Row("--workers-lifetime", "granian", "--max-worker-age"),
    Row("--workers-max-rss", "granian", "--max-worker-memory"),
    Row(
        "--dirty-app --dirty-workers --dirty-timeout --dirty-threads --dirty-graceful-timeout",
        "gunicorn",
        "not offered: a task queue does long work",
    ),
    Row(
        "--loop --asgi-loop --task-impl",
        "uvicorn granian gunicorn",
        "not needed: uvloop is used where it is installed",
    ),
    Row(
        "--daemon -D --pid --pid-file",
        "gunicorn hypercorn granian",
        "not needed: systemd, a container or the shell's & keeps it in the background",
    ),
    Row(
        "--name -n --process-name",
        "gunicorn granian",
        "not offered: the process is called gomicro",
    ),
    Row(
        "--user -u --group -g --umask -m --initgroups",
        "gunicorn hypercorn",
        "not needed: start it as the user who shall run it (User= in systemd)",
    ),
    Row(
        "--control-socket --control-socket-mode --no-control-socket",
        "gunicorn",
        "not needed: signals stop it and renew its certificate",
    ),
    Row(
        "--no-sendfile",
        "gunicorn",
        "not needed: files are sent as the application sends them, unless --path-send is given",
    ),
    # Logs.
    Row("--log --no-log", "granian", "--log-level critical for silence"),
    Row(
        "--access-logfile --access-logformat --access-log-fmt --error-logfile --error-log "
        "--log-file --capture-output -R --enable-stdio-inheritance",
        "gunicorn hypercorn granian",
        "--log-format: all lines go to standard output",
    ),
    Row(
        "--log-config --log-config-json --logger-class --log-syslog --log-syslog-to "
        "--log-syslog-prefix --log-syslog-facility --disable-redirect-access-to-syslog",
        "uvicorn granian gunicorn hypercorn",
        "--log-format and --log-level: lines go to standard output, and whoever reads them "
        "passes them on",
    ),
    Row(
        "--use-colors --no-use-colors",
        "uvicorn",
        "not needed: colours are for terminals; NO_COLOR=1 leaves them out",
    ),
    Row(
        "--statsd-host --statsd-prefix --dogstatsd-tags --metrics --no-metrics --metrics-address "
        "--metrics-port --metrics-scrape-interval",
        "gunicorn hypercorn granian",
        "not offered: the line of each request has its status, bytes and duration",
    ),
    # Proxy and TLS.
    Row(
        "--proxy-headers --no-proxy-headers",
        "uvicorn",
        "--forwarded-allow-ips: X-Forwarded headers of these proxies are believed, others never",
    ),
    Row("--url-path-prefix", "granian", "--root-path"),
    Row(
        "--proxy-protocol --proxy-allow-from --uwsgi-allow-from",
        "gunicorn",
        "not offered: proxies speak HTTP, with X-Forwarded headers",
    ),
    Row(
        "--header --server-header --no-server-header --date-header --no-date-header",
        "uvicorn",
        "not needed: Date is sent and Server is not; other headers are the application's",
    ),
    Row("--ssl-certfile", "uvicorn", "--tls-cert"),
    Row("--ssl-certificate", "granian", "--tls-cert"),
    Row("--certfile", "gunicorn hypercorn", "--tls-cert"),
    Row("--ssl-keyfile", "uvicorn granian", "--tls-key"),
    Row("--keyfile", "gunicorn hypercorn", "--tls-key"),
    Row(
        "--ssl-keyfile-password --keyfile-password",
        "uvicorn granian hypercorn",
        "--tls-key with a key that is not encrypted",
    ),
    Row(
        "--ssl-ca-certs --ssl-cert-reqs --ssl-ca --ssl-crl --ssl-client-verify "
        "--no-ssl-client-verify --ca-certs --cert-reqs --verify-mode",
        "uvicorn granian gunicorn hypercorn",
        "not offered: a proxy asks clients for certificates",
    ),
    Row(
        "--ssl-version --ssl-ciphers --ssl-protocol-min --ciphers --suppress-ragged-eofs "
        "--do-handshake-on-connect",
        "uvicorn granian gunicorn hypercorn",
        "not needed: TLS 1.2 and later, with the ciphers that Python deems safe",
    ),
)


def advice(arguments: Collection[str], own: Collection[str]) -> str:
    """What to do instead of the flags among `arguments` that are another server's, a line each;
    "" if there are none. `own` are gomicro's flags.
    """
    known = {flag: row.here for row in ROWS for flag in row.flags.split()}
    said = {}
    for argument in arguments:
        flag = argument.partition("=")[0]
        if flag == "--":
            break
        flag = flag if flag.startswith("--") else flag[:2]
        if flag in known and flag not in own:
            said[flag] = known[flag]
    return "\n".join(f"{flag}: {_sentence(here)}" for flag, here in said.items())


def _sentence(here: str) -> str:
    return here if here.startswith("not ") else f"here it is {here}"
