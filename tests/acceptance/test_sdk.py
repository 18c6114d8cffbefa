"""A partner's way, as docs/sdk.md walks it, and the examples: wheels in a fresh environment, used there."""

from __future__ import annotations

import json
import runpy
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from so_privacy_ext.extension import Extension
from so_privacy_ext.plugins.declared import described
from so_sandbox import server
from so_sandbox.demo.commands import free_port
from tests.acceptance.fresh import ROOT, Fresh, wheel
from tests.acceptance.installed import until
from tests.acceptance.page import Block, blocks, change, script

EXAMPLES = {name: ROOT / "examples" / name.replace("-", "_") for name in ("company-register", "acme-mail")}
JUDGED = "--so-conformance --so-conformance-least=platinum"
PAGE = list(blocks((ROOT / "docs" / "sdk.md").read_text(encoding="utf-8")))
SANDBOX, PRODUCT = "so-sandbox up\n", "so-privacy up\n"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """The product's wheel and the examples' beside it."""
    folder = tmp_path_factory.mktemp("fresh")
    wheels = [wheel(project, folder / "wheels") for project in (ROOT, *EXAMPLES.values())]
    return Fresh(folder / "env", wheels)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("name", "version", "says", "passed", "options"),
    [
        ("company-register", "1.1.0", "talks to {host}:443", 18, JUDGED),
        ("acme-mail", "1.0.0", "carries notices (channel: acme-mail)", 14, ""),
    ],
)
def test_an_example_is_found_and_works_beside_the_product(  # noqa: PLR0917  # a table's columns
    fresh: Fresh, tmp_path: Path, name: str, version: str, says: str, passed: int, options: str
) -> None:
    package = EXAMPLES[name].name
    looked = f"import so_privacy_ext as p, {package} as c; print(p.__file__, c.__file__)"
    where = fresh.run(f"python -c '{looked}'", tmp_path).stdout.split()
    assert all(one.startswith(str(fresh.scripts.parent)) for one in where), where

    said = fresh.run(f"so-privacy plugin check {name}", tmp_path).stdout
    assert said.startswith(f"{name} {version} is right in itself")
    assert says in said

    tests = fresh.run(f"pytest -p no:cacheprovider {options} {EXAMPLES[name]}", tmp_path).stdout
    assert f"{passed} passed" in tests, tests
    assert f"{name}: platinum" in tests or not options, tests


class Walk:
    """Does the page block by block, in one folder after the other as it says."""

    def __init__(self, fresh: Fresh, folder: Path) -> None:
        self._fresh = fresh
        self.folder = folder
        self._known = folder / "known.sh"
        self._known.touch()

    def do(self, block: Block) -> str:
        """Do what a block says; give what its commands said."""
        if block.kind == "diff":
            change(self.folder / block.file, block.text)
            return ""
        # What a shell knows, the next one knows too: the page goes on in one terminal.
        known = f". {self._known}\n{script(block.text)}export -p > {self._known}\npwd\n"
        done = self._fresh.run(known, self.folder)
        said, _, folder = done.stdout.rstrip("\n").rpartition("\n")
        self.folder = Path(folder)
        return f"{said}\n{done.stderr}"

    @contextmanager
    def running(self, product: Block) -> Iterator[None]:
        """Have a SuperOffice and the product run in the folder, on ports that are free."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = {"SO_PRIVACY_BIND": f"127.0.0.1:{port}", "SO_PRIVACY_PUBLIC_URL": url}
        with self._known.open("a") as known:
            known.writelines(f"export {name}={value}\n" for name, value in settings.items())
        with (
            server.start(directory=self.folder / ".so-sandbox", speed=10.0),
            (self.folder / "up.log").open("wb") as log,
            subprocess.Popen(
                ["/bin/sh", "-ec", product.text.replace(PRODUCT, f"exec {PRODUCT}")],
                cwd=self.folder, env={**self._fresh.environment, **settings}, stdout=log, stderr=log,
            ) as up,
        ):  # fmt: skip
            try:
                until(lambda: up.poll() is not None or answers(url), "the product does not come up", 120)
                assert up.poll() is None, (self.folder / "up.log").read_text()
                yield
            finally:
                up.terminate()


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz/ready", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_page_walks_from_nothing_to_a_wheel(fresh: Fresh) -> None:
    walk_through = [one for one in PAGE if one.kind in {"", "diff"}]
    terminals = [at for at, one in enumerate(walk_through) if one.text.endswith((SANDBOX, PRODUCT))]
    first, second = terminals
    assert (walk_through[first].text, second) == (SANDBOX, first + 1)
    # A socket's path must be short, so not below pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="sop-", dir="/tmp") as folder:
        walk = Walk(fresh, Path(folder))
        said = [walk.do(one) for one in walk_through[:first]]
        with walk.running(walk_through[second]):
            said += [walk.do(one) for one in walk_through[second + 1 :]]
        schema = json.loads((walk.folder / "manifest-1.schema.json").read_text(encoding="utf-8"))
        built = [one.name for one in (walk.folder / "dist").iterdir()]

    tests = [one.strip().splitlines()[-1] for one in said if " passed in " in one]
    assert [one.split()[1] for one in tests] == ["5", "6"]
    hovered = schema["$defs"]["When"]["properties"]["acme_vat.listed_as"]
    assert hovered["description"].startswith("As what the company is listed")
    together = "\n".join(said)
    for line in (
        "acme-vat: silver",
        "adds the word acme_vat.listed_as: As what the company is listed",
        "acme-vat 0.1.0 is on for Cust12345",
        "rules.yaml: right in itself",
        "listed holds, and decides STORE.",
        "the domain of her e-mail address is not on the list",
        "acme-vat 0.1.0 is right in itself",
    ):
        assert line in together, together
    assert "rules.yaml:10:12: unknown_key: `acme_vat.listed_as`" in together, together
    assert built == ["acme_vat-0.1.0-py3-none-any.whl"]


def shown(name: str, folder: Path) -> dict[str, Any]:
    """Give the declaration of a plugin that the page shows."""
    (text,) = (one.text for one in PAGE if one.kind == "python" and f'"{name}"' in one.text)
    (folder / "shown.py").write_text(text, encoding="utf-8")
    ext = runpy.run_path(str(folder / "shown.py"), run_name="shown")["ext"]
    assert isinstance(ext, Extension)
    return described(ext)


def test_the_plugin_that_the_page_shows_is_right(tmp_path: Path) -> None:
    declared = shown("acme-size", tmp_path)

    assert [one["word"] for one in declared["words"]] == ["acme_size.larger_than"]
    assert (declared["further"], declared["hosts"]) == (["acme_size.employees"], ["{host}:443"])


def test_the_plugin_that_holds_data_is_right(tmp_path: Path) -> None:
    assert shown("acme-log", tmp_path)["holds"]["keep_days"] == 90
    assert shown("acme-post", tmp_path)["carries"] is True


def test_every_block_of_the_page_is_run() -> None:
    assert {one.kind for one in PAGE} == {"", "diff", "python"}
    assert all(one.file for one in PAGE if one.kind == "diff")
