"""A SOAP client that is not ours, installed for this run as its lock file says."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.foreign.needed import missing

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the packages into a folder of this run; npm keeps what it fetched for the next one."""
    lacking = missing(os.environ)
    assert lacking is None, lacking
    folder = tmp_path_factory.mktemp("foreign")
    for name in ("package.json", "package-lock.json", "client.mjs"):
        shutil.copy(HERE / name, folder)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(
        install, cwd=folder, capture_output=True, encoding="utf-8", timeout=100, check=False
    )
    assert done.returncode == 0, f"npm could not install the foreign client:\n{done.stderr}"
    return folder / "client.mjs"
