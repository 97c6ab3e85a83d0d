"""What the service can be told: options, where their values come from, and what is in force.

An option is declared once, as a field of ServerConfig, or of AppConfig if only the command has it.
Everything else here reads that declaration: `resolve` (flag, environment, file, default), `report`
(--print-config) and `reference` (the table in the documentation).
"""

from gomicro.config.anchored import anchored
from gomicro.config.app_config import AppConfig
from gomicro.config.given import given_or_default
from gomicro.config.option import GROUPS, Option, options
from gomicro.config.print_config import report, report_of
from gomicro.config.reference_table import reference, route_reference
from gomicro.config.routes import RouteConfig
from gomicro.config.served import APPLICATION, BUILT_IN, RequestTimeouts
from gomicro.config.server_config import ServerConfig
from gomicro.config.sources import CONFIG_VARIABLE, EVERY_OPTION, SEAT_VARIABLE, Resolved, resolve

__all__ = [
    "APPLICATION",
    "BUILT_IN",
    "CONFIG_VARIABLE",
    "EVERY_OPTION",
    "GROUPS",
    "SEAT_VARIABLE",
    "AppConfig",
    "Option",
    "RequestTimeouts",
    "Resolved",
    "RouteConfig",
    "ServerConfig",
    "anchored",
    "given_or_default",
    "options",
    "reference",
    "report",
    "report_of",
    "resolve",
    "route_reference",
]
