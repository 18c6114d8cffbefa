"""Look for known vulnerabilities in what is locked, and never call it clean when nobody was asked."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
GOOD, LOUD, BAD = "bold green", "bold black on yellow", "bold red"
COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / "requirements.lock")),
    *("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"),
)
PATIENCE_SECONDS = 180
UNREACHED = ("ConnectionError", "ServiceError", "Timeout", "Could not connect")


def verdict(answer: str, complaint: str) -> tuple[int, list[Text]]:
    """Judge what pip-audit said; packages that its service does not know were not looked at."""
    if not answer:
        if any(sign in complaint for sign in UNREACHED):
            return 0, [Text("VULNERABILITIES NOT LOOKED UP: pip-audit can't reach its service", LOUD)]
        return 1, [Text(f"pip-audit failed:\n{complaint}", BAD)]
    packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    lines = [
        Text(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed_in(found)}", BAD)
        for package in packages
        for found in package.get("vulns", ())
    ]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    status = 1 if lines else 0
    if len(unknown) == len(packages):
        lines.append(Text("VULNERABILITIES NOT LOOKED UP: the service knows none of our packages", LOUD))
    elif unknown:
        lines.append(Text(f"VULNERABILITIES NOT LOOKED UP for {', '.join(unknown)}", LOUD))
    elif not lines:
        lines.append(Text(f"{len(packages)} packages, no known vulnerability", GOOD))
    return status, lines


def fixed_in(found: dict[str, Any]) -> str:
    return ", ".join(found["fix_versions"]) or "no version yet"


def main() -> int:
    try:
        asked = subprocess.run(
            COMMAND, capture_output=True, text=True, check=False, cwd=ROOT, timeout=PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        status, lines = verdict("", "Timeout")
    else:
        status, lines = verdict(asked.stdout, asked.stderr)
    console = Console()
    for line in lines:
        console.print(line, soft_wrap=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
