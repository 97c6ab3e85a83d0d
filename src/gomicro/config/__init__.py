"""What the service can be told: options, where their values come from, and what is in force.

An option is declared once, as a field of ServerConfig. Everything else here reads that
declaration: `resolve` (flag, environment, file, default), `report` (--print-config) and
`reference` (the table in the documentation).
"""

from gomicro.config.option import Option, options
from gomicro.config.print_config import report
from gomicro.config.reference_table import reference
from gomicro.config.server_config import ServerConfig
from gomicro.config.sources import CONFIG_VARIABLE, Resolved, resolve

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
