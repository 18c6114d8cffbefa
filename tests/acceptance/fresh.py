"""A fresh environment into which wheels are installed as a partner's customer does it."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {"pip": "pip._internal.cli.main:main", "pytest": "pytest:main"}
"""What a fresh environment has as commands, and this one has as packages."""


def wheel(project: Path, into: Path) -> Path:
    """Build a project's wheel."""
    (built,) = WheelBuilder(str(project)).build(directory=str(into), versions=["standard"])
    return Path(built)


class Fresh:
    """A new environment; what the product needs is borrowed from this one, so nothing is downloaded."""

    def __init__(self, folder: Path, wheels: Sequence[Path]) -> None:
        venv.create(folder, symlinks=True)
        self.scripts = folder / "bin"
        packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
        # A folder that is only added is not looked through for `.pth` files, so the product itself, which
        # lies here by one, is not borrowed.
        (Path(packages) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
        for name, at in SCRIPTS.items():
            module, _, function = at.partition(":")
            script = self.scripts / name
            python = f"from {module} import {function}\nraise SystemExit({function}())\n"
            script.write_text(f"#!{self.scripts / 'python'}\n{python}")
            script.chmod(0o755)
        self.environment: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if name not in _OURS},
            "PATH": f"{self.scripts}{os.pathsep}{os.environ['PATH']}",
            "VIRTUAL_ENV": str(folder),
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the other way round: no isolation
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONUNBUFFERED": "1",
        }
        self.run(f"pip install --quiet --no-deps {' '.join(map(str, wheels))}", folder)

    def run(self, script: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a script of the shell, which ends at the first line that fails."""
        done = subprocess.run(
            ["/bin/sh", "-ec", script],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done


_OURS = {"PYTHONPATH", "DATABASE_URL", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"}
_LONGEST = 240
"""Seconds for one script beside other tests on two busy cores."""
