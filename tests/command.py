"""The command as a process that ends by itself."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

__all__ = ["GOMICRO", "gomicro_process"]

GOMICRO = Path(sysconfig.get_path("scripts")) / "gomicro"


def gomicro_process(
    *arguments: str, cwd: Path | None = None, stdout: Any = subprocess.PIPE, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, in the environment of someone who has set nothing of gomicro's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GOMICRO_") and name != "PORT"
    }
    return subprocess.run(
        [GOMICRO, *arguments],
        cwd=cwd,
        env=kept | variables,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
