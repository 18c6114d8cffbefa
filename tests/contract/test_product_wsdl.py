"""Our WSDLs promise what the vendor's promise, fact by fact."""

from __future__ import annotations

import json
import os
import sys
from importlib import resources
from pathlib import Path

import pytest

from so_privacy_ext.superoffice.operations import ALLOWED
from tests.contract.wsdl_facts import differences, differing, facts, fingerprint, unused

AGENTS = (
    "Archive", "Batch", "BulkUpdate", "DatabaseTable", "List", "MDO", "Person", "Preference",
    "UserDefinedFieldInfo", "Webhook",
)  # fmt: skip
FINGERPRINTS = Path(__file__).parent / "fingerprints"


def ours(agent: str) -> Path:
    return Path(str(resources.files("so_privacy_ext.superoffice"))) / "wsdl" / f"{agent}.wsdl"


@pytest.fixture(scope="module")
def vendor_folder() -> Path | None:
    named = os.environ.get("SO_VENDOR_WSDL_DIR")
    if not named:
        print(  # once, and loud
            "\n*** SO_VENDOR_WSDL_DIR is not set: the product's WSDLs were compared with committed"
            " fingerprints, NOT with the vendor's files. ***",
            file=sys.__stderr__,
        )
    return Path(named) if named else None


@pytest.mark.parametrize("agent", AGENTS)
def test_ours_equals_the_vendors(agent: str, vendor_folder: Path | None) -> None:
    if vendor_folder is not None:
        assert differences(ours(agent), vendor_folder / f"WSDL-Services88-{agent}.xml") == []
    kept = json.loads((FINGERPRINTS / f"product-{agent}.json").read_text())
    assert differing(fingerprint(facts(ours(agent))), kept) == []


@pytest.mark.parametrize("agent", AGENTS)
def test_ours_holds_nothing_that_no_operation_reaches(agent: str) -> None:
    assert unused(ours(agent)) == []


@pytest.mark.row("F71")
def test_ours_holds_exactly_the_allowed_operations() -> None:
    found = {
        f"{agent}.{name.removeprefix('operation ')}"
        for agent in AGENTS
        for name in facts(ours(agent))
        if name.startswith("operation ")
    }

    assert found == {operation.full_name for operation in ALLOWED.values()}
    assert {path.stem for path in ours("Person").parent.glob("*.wsdl")} == set(AGENTS)


@pytest.mark.parametrize(
    "change", [("xsd:int", "xsd:string"), ("Comment", "Remark"), ("Services88/", "Services87/")]
)
def test_a_changed_fact_is_seen(change: tuple[str, str], tmp_path: Path) -> None:
    altered = tmp_path / "Person.wsdl"
    altered.write_text(ours("Person").read_text().replace(*change))

    kept = json.loads((FINGERPRINTS / "product-Person.json").read_text())

    assert differing(fingerprint(facts(altered)), kept)
