"""The build hook that compiles what serves each request: see docs/design/compiled.md.

A compiled wheel has all the sources, and beside some of them an extension module that mypyc has
made of the same file, which Python then imports in its place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SETUP = """
import sys
from mypyc.build import mypycify
from setuptools import setup
sys.argv[1:], modules = ["build_ext", "--build-lib", "lib"], sys.argv[1:]
arguments = ["--config-file=", "--ignore-missing-imports", *modules]
setup(name="gomicro", packages=[], ext_modules=mypycify(arguments, group_name="gomicro"))
"""


class CompileHook(BuildHookInterface[Any]):
    """Adds extension modules to a wheel, if this hook is asked for; never to an editable one, whose
    sources would change beside them.
    """

    work: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile in a directory of its own, so that nothing is left in the checkout."""
        if version == "editable":
            return
        self.work = Path(tempfile.mkdtemp(prefix="gomicro-"))
        shutil.copytree(Path(self.root, "src", "gomicro"), self.work / "gomicro")
        made = subprocess.run(
            [sys.executable, "-c", SETUP, *self.config["modules"]],
            cwd=self.work,
            env={**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} -g0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if made.returncode:
            shutil.rmtree(self.work)
            raise RuntimeError(f"gomicro could not be compiled:\n{made.stdout}")
        library = self.work / "lib"
        for file in library.rglob(f"*{sysconfig.get_config_var('EXT_SUFFIX')}"):
            build_data["force_include"][str(file)] = str(file.relative_to(library))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove that directory, once the wheel has its files."""
        if self.work is not None:
            shutil.rmtree(self.work)
