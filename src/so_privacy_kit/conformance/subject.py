"""The plugin that is looked over: its declaration, its package, and a way to ask it as the product does."""

from __future__ import annotations

import ast
import json
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from so_privacy_ext.errors import Refused
from so_privacy_ext.extension import GROUP
from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Asking, Enabled
from so_privacy_ext.plugins.described import Description, words
from so_privacy_ext.plugins.found import Found, found
from so_privacy_ext.plugins.holding import Holder
from so_privacy_ext.plugins.hosts import Hosts
from so_privacy_ext.plugins.troubles import Trouble
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.sdk import Facts, Seen
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.levels import Unmet

NO_ANSWERS = "it is asked nothing about persons"
NOT_SET = "its hosts can't be set otherwise"
"""What is found where there is nothing to judge."""
_MANIFEST = """
manifest: 1
name: so-conformance
extends: [preset:nordic-b2b@1]
controller: {name: "Eksempel A/S"}
jurisdiction: {home: DK, packs: [DK]}
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a plugin made of some persons."""

    facts: tuple[Facts, ...]
    troubles: tuple[Trouble, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Still:
    """A time that stands still."""

    at: datetime = datetime(2026, 1, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Subject:
    """One plugin, as it is installed here."""

    def __init__(
        self, name: str, folder: Path, *, installed: Callable[[], Mapping[str, Found]] = found
    ) -> None:
        self.name = name
        self._installed = installed
        self.folder = folder
        """Of its project."""

    def hosts(self) -> Hosts:
        """Give a place for its processes."""
        return Hosts(plugins=self._installed)

    @cached_property
    def found(self) -> Found:
        """Give its entry point; unmet where it is not installed."""
        installed = self._installed()
        if self.name not in installed:
            raise Unmet(
                f"no plugin `{self.name}` is installed", "install the package: pip install -e '.[test]'"
            )
        return installed[self.name]

    @cached_property
    def description(self) -> Description:
        """Give what it says of itself; unmet where it can't."""
        self.found  # noqa: B018 - says better what is wrong where it is not there
        try:
            with self.hosts() as hosts:
                return hosts.describe(self.name)
        except Refused as refused:
            raise Unmet(refused.what, refused.how) from None

    @cached_property
    def package(self) -> Path:
        """Give the folder or module of its code."""
        parts = self.found.value.partition(":")[0].split(".")
        for count in range(1, len(parts) + 1):
            spec = find_spec(".".join(parts[:count]))
            if spec is not None and spec.origin is not None:
                return Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
        raise Unmet(f"`{self.found.value}` is in no package", "have its entry point name one")

    @property
    def answers(self) -> bool:
        """Tell whether it is asked anything about persons before they are decided on."""
        said = self.description
        return bool(said.words or said.further or said.detects_source)

    def elsewhere(self, settings: Mapping[str, Any], address: str) -> Mapping[str, Any]:
        """Give settings with all of its hosts at an address, as far as an administrator names them."""
        return {**settings, **dict.fromkeys(made_up.hosts_set(self.description), address)}

    def sources(self) -> Iterator[tuple[str, ast.Module]]:
        """Give each file of its code by its name, parsed."""
        files = [self.package] if self.package.is_file() else sorted(self.package.rglob("*.py"))
        for file in files:
            name = file.name if file == self.package else str(file.relative_to(self.package.parent))
            yield name, ast.parse(file.read_bytes(), filename=name)

    def manifest(self) -> str:
        """Give a manifest that asks each of its words once, and would give a legal basis by it."""
        text = _MANIFEST
        for number, one in enumerate(self.description.words):
            when = json.dumps({one.word: made_up.argument(one.argument)})
            text += "rules:\n" if number == 0 else ""
            text += f"  - id: so-conformance-{number}\n    before: web-tick\n    when: {when}\n"
            text += "    give: {STORE: {basis: 61F}}\n    because: So says the plugin.\n"
        return text

    def ask(
        self,
        persons: Sequence[Seen],
        settings: Mapping[str, Any],
        *,
        hosts: Hosts | None = None,
        tenant: int = 1,
    ) -> Said:
        """Ask it what the product would ask; a process of its own, unless one is given."""
        if hosts is None:
            with self.hosts() as own:
                return self.ask(persons, settings, hosts=own, tenant=tenant)
        troubles: list[Trouble] = []
        asking = Asking(
            hosts,
            TenantId(tenant),
            [Enabled(self.description, settings)],
            clock=Still(),
            noted=troubles.append,
        )
        known = PRODUCT_WORDS + words(self.description)
        active = resolve_alone(parse(self.manifest().encode(), "conformance.yaml", known))
        began = time.perf_counter()
        facts = asking.answer(persons, active)
        return Said(facts, tuple(troubles), time.perf_counter() - began)

    def holder(self, settings: Mapping[str, Any], hosts: Hosts) -> Holder:
        """Give what asks it, for the first tenant, to show and to erase what it holds."""
        return Holder(hosts, TenantId(1), Enabled(self.description, settings), lambda _: None)


def named(folder: Path) -> Sequence[str]:
    """Give the plugins that a project's own file names."""
    file = folder / "pyproject.toml"
    if not file.is_file():
        return ()
    project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    return tuple(project.get("entry-points", {}).get(GROUP, ()))


def chosen(folder: Path, name: str | None) -> str:
    """Name the plugin that is looked over; raises `LookupError` with what to do where that is not clear."""
    if name:
        return name
    here = named(folder) or tuple(found())
    if len(here) == 1:
        return here[0]
    known = ", ".join(here) or "none"
    raise LookupError(f"name the plugin by --so-conformance-of; plugins of {folder.name}: {known}")
