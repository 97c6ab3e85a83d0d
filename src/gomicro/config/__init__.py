"""What the service can be told: options, where their values come from, and what is in force.

An option is declared once, as a field of ServerConfig. Everything else here reads that
declaration: `resolve` (flag, environment, file, default), `report` (--print-config) and
`reference` (the table in the documentation).
"""

from gomicro.config._options import Option, options
from gomicro.config._reference import reference
from gomicro.config._report import report
from gomicro.config._server_config import ServerConfig
from gomicro.config._sources import CONFIG_VARIABLE, Resolved, resolve

__all__ = [
    "CONFIG_VARIABLE",
    "Option",
    "Resolved",
    "ServerConfig",
    "options",
    "reference",
    "report",
    "resolve",
]
