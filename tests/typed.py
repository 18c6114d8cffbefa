"""Have pyright judge what a partner writes (typing/partner.py), as mypy does: `python -m tests.typed`."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def command() -> list[str]:
    """Give the command; pyright is a program for node, which comes with playwright."""
    node, pyright = _folder("playwright") / "driver" / "node", _folder("pyright") / "dist" / "index.js"
    return [str(node), str(pyright), "--project", str(ROOT), "--pythonpath", sys.executable]


def _folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


if __name__ == "__main__":
    sys.exit(subprocess.run(command(), check=False).returncode)
