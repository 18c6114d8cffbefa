"""Finds the rule tests of a manifest: `mine.test.yaml` and `mine.*.test.yaml` beside `mine.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from so_privacy_ext.errors import Exit, Refused

_TESTS = ".test.yaml"


def gather(files: Sequence[Path], *, without_tests: bool = False) -> dict[Path, list[Path]]:
    """Give each manifest with its files of tests; a file of tests that is named brings its manifest along.

    A manifest that has none is refused, unless it may be `without_tests`.
    """
    found: dict[Path, list[Path]] = {}
    for file in files:
        if file.name.endswith(_TESTS):
            found.setdefault(_manifest_of(file), []).append(file)
        else:
            found.setdefault(file, []).extend(beside(file, needed=not without_tests))
    return {manifest: list(dict.fromkeys(tests)) for manifest, tests in found.items()}


def _manifest_of(tests: Path) -> Path:
    """Find the manifest whose tests these are."""
    for name in _names(tests.name.removesuffix(_TESTS)):
        manifest = tests.with_name(f"{name}.yaml")
        if _is_file(manifest):
            return manifest
    what = f"there is no {tests.name.removesuffix(_TESTS)}.yaml beside it"
    raise Refused(
        "no_manifest_of_tests", what, "name tests after their manifest", Exit.NO_INPUT, where=str(tests)
    )


def _names(stem: str) -> Iterator[str]:
    """Give `mine.more` and `mine`: what stands before any of the dots."""
    while stem:
        yield stem
        stem = stem.rpartition(".")[0]


def beside(manifest: Path, *, needed: bool) -> list[Path]:
    """Give a manifest's files of tests."""
    stem = manifest.name.removesuffix(manifest.suffix)
    own = sorted(
        one
        for one in manifest.parent.glob(f"*{_TESTS}")
        if one.name == f"{stem}{_TESTS}" or one.name.startswith(f"{stem}.")
    )
    if needed and not own and _is_file(manifest):
        how = f"write {stem}{_TESTS} beside it; docs/rule-tests.md says how"
        raise Refused("no_tests", "it has no tests", how, Exit.NO_INPUT, where=str(manifest))
    return own


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False
