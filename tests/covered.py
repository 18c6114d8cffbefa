"""Judge what the tests reached: every branch of the core, nearly all of the rest."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import coverage
from rich.table import Table

PRODUCT = "src/so_privacy_ext"
CORE = ("webhooks", "rules", "proof", "processing", "plugins", "superoffice")
OVERALL = 90.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one module has to cover and what no test reached."""

    of: int
    lines: tuple[int, ...]
    branches: tuple[tuple[int, int], ...]

    @property
    def done(self) -> int:
        return self.of - len(self.lines) - len(self.branches)

    @property
    def missing(self) -> str:
        """Name lines, and branches from lines that ran; a negative target is the way out of the function."""
        spans: list[list[int]] = []
        for line in self.lines:
            if spans and line == spans[-1][1] + 1:
                spans[-1][1] = line
            else:
                spans.append([line, line])
        lines = [str(first) if first == last else f"{first}-{last}" for first, last in spans]
        reached = [(start, end) for start, end in self.branches if start not in self.lines]
        return ", ".join(lines + [f"{start}->{'exit' if end < 0 else end}" for start, end in reached])


def measure(root: Path, data: Path) -> dict[str, Measured]:
    """Put the data of all processes together; they stay in .coverage for `coverage html`."""
    total = coverage.Coverage(data_file=str(root / ".coverage"), config_file=str(root / "pyproject.toml"))
    total.combine([str(data)], strict=True)
    figures = data / "figures.json"
    total.json_report(outfile=str(figures))
    files = json.loads(figures.read_text(encoding="utf-8"))["files"]
    return {
        Path(name).as_posix(): Measured(
            of=file["summary"]["num_statements"] + file["summary"]["num_branches"],
            lines=tuple(file["missing_lines"]),
            branches=tuple((start, end) for start, end in file["missing_branches"]),
        )
        for name, file in files.items()
    }


def on_disk(root: Path) -> list[str]:
    """List the product's modules, measured or not."""
    return [path.relative_to(root).as_posix() for path in sorted((root / PRODUCT).rglob("*.py"))]


def percent(modules: Iterable[Measured]) -> float:
    """Count lines and branches alike; nothing to cover is covered."""
    every = list(modules)
    of = sum(module.of for module in every)
    return 100.0 * sum(module.done for module in every) / of if of else 100.0


def shortcomings(modules: Mapping[str, Measured], present: Iterable[str]) -> list[str]:
    """Say what of the core is not reached, or not measured at all, and whether all together is enough."""
    names, found = list(present), []
    for room in (f"{PRODUCT}/{name}/" for name in CORE):
        inside = [name for name in names if name.startswith(room)]
        if not inside:
            found.append(f"{room}: no such room, although it belongs to the core")
        for name in inside:
            if name not in modules:
                found.append(f"{name}: not measured")
            elif modules[name].missing:
                found.append(f"{name}: {modules[name].missing}")
    overall = percent(modules.values())
    if overall < OVERALL:
        found.append(f"overall {overall:.1f} %, and {OVERALL:.0f} % is the least")
    return found


def table(modules: Mapping[str, Measured]) -> Table:
    """Lay out how much of each room is reached."""
    shown = Table(title="Coverage by line and branch", title_justify="left", border_style="dim")
    shown.add_column("room")
    for column in ("needed", "reached", "missing"):
        shown.add_column(column, justify="right")
    rooms: dict[str, list[Measured]] = {}
    for name, module in sorted(modules.items()):
        rooms.setdefault(name.removeprefix(f"{PRODUCT}/").split("/")[0], []).append(module)
    for room, inside in [*rooms.items(), ("all", list(modules.values()))]:
        if room == "all":
            shown.add_section()
        needed = "100 %" if room in CORE else f"{OVERALL:.0f} %" if room == "all" else ""
        missing = sum(module.of - module.done for module in inside)
        shown.add_row(room, needed, f"{percent(inside):.2f} %", str(missing or ""))
    return shown
