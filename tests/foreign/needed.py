"""What the foreign client cannot do without, and how to get it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
VENDOR = "SO_VENDOR_WSDL_DIR"
WSDLS = ("PartnerSystemUserService", "WSDL-Services88-Person", "WSDL-Services88-Webhook")
NODE = (20, 19)
"""The oldest node on which its packages run."""
APT = "get them with `apt-get install nodejs npm`"


def missing(environment: Mapping[str, str]) -> str | None:
    """Say what is missing and how to get it: node, npm, a registry that answers, the vendor's WSDLs."""
    why, how = _missing(environment.get(VENDOR)) or ("", "")
    if not why:
        return None
    return f"FOREIGN CLIENT TESTS CANNOT RUN: {why}, so tests/foreign is left out; {how}"


def _missing(folder: str | None) -> tuple[str, str] | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm were not both found", APT
    version = said("node", "--version").strip().lstrip("v")
    if tuple(map(int, version.split(".")[:2])) < NODE:
        return f"node {version} is older than {NODE[0]}.{NODE[1]}", APT
    if not folder or not all(Path(folder, f"{name}.xml").is_file() for name in WSDLS):
        return f"{VENDOR} names no folder with the vendor's WSDLs", "set it to where they are"
    (name, pinned), *_ = json.loads((HERE / "package.json").read_text())["dependencies"].items()
    if not said("npm", "view", f"{name}@{pinned}", "version"):
        return f"no registry gives npm the package {name} {pinned}", "see what `npm ping` says"
    return None


def said(*command: str) -> str:
    """Give what a command printed; nothing if it failed or took too long."""
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout if done.returncode == 0 else ""
