"""Bronze: it is a plugin, whole, of its own, and tested (which is judged at the end of the run)."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import requires
from typing import Any

from so_privacy_ext.errors import Refused
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.subject import Subject

Found = Callable[[str], None]
_OPEN = re.compile(r"so_privacy_ext(\.webhooks(\..*)?)?")


@check(Level.BRONZE, "it is installed, and is one package's alone")
def test_installed(so_subject: Subject, so_found: Found) -> None:
    found = so_subject.found
    if found.mistake:
        raise Unmet(found.mistake, "uninstall one of them, or call yours otherwise")
    needed = [re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in requires(found.distribution) or ()]
    if "so-privacy-ext" not in needed:
        raise Unmet(
            f"{found.distribution} does not say that it needs so-privacy-ext",
            'name it in its dependencies: "so-privacy-ext>=0.1.0"',
        )
    so_found(f"{found.distribution} {found.version}")


@check(Level.BRONZE, "its declaration is whole, and importing it touches nothing")
def test_declared(so_subject: Subject, so_found: Found) -> None:
    said = so_subject.description
    adds = f"{len(said.words)} words, {len(said.further)} facts, {len(said.hosts)} hosts"
    so_found(f"{said.name} {said.version}: {adds}{', proposes sources' if said.detects_source else ''}")


@check(Level.BRONZE, "it takes the settings that its schema allows")
def test_settings(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    try:
        with so_subject.hosts() as hosts:
            hosts.try_settings(so_subject.description, so_plugin_settings)
    except Refused as refused:
        raise Unmet(
            refused.what,
            "give it settings by a fixture `so_plugin_settings` in the conftest.py beside pyproject.toml",
        ) from None
    so_found(", ".join(so_plugin_settings) or "it has none")


@check(Level.BRONZE, "it imports nothing of the product but what is public")
def test_imports(so_subject: Subject, so_found: Found) -> None:
    inside = [
        f"{file}:{line} imports {module}"
        for file, tree in so_subject.sources()
        for line, module in _imported(tree)
        if module.partition(".")[0] in {"so_privacy_ext", "so_privacy_kit", "so_sandbox"}
        and not _OPEN.fullmatch(module)
    ]
    if inside:
        raise Unmet("; ".join(inside), "import from `so_privacy_ext` alone; the kit is for tests")
    so_found(f"{len(list(so_subject.sources()))} files")


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""
