"""The sandbox's WSDLs say what the vendor's say, operation by operation."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from so_sandbox.agents.directory import AGENTS
from so_sandbox.soap.routes import WSDL
from tests.contract.wsdl_facts import differences, differing, facts, fingerprint, unused

FINGERPRINTS = Path(__file__).parent / "fingerprints"


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_each_operation_equals_the_vendors(agent: str) -> None:
    ours = WSDL / f"{agent}.wsdl"
    kept = json.loads((FINGERPRINTS / f"sandbox-{agent}.json").read_text())
    assert differing(fingerprint(facts(ours)), kept) == []
    vendor = os.environ.get("SO_VENDOR_WSDL_DIR")
    if vendor:
        assert differences(ours, Path(vendor) / f"WSDL-Services88-{agent}.xml") == []


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_nothing_is_declared_that_no_operation_needs(agent: str) -> None:
    assert unused(WSDL / f"{agent}.wsdl") == []


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_every_declared_operation_is_imitated(agent: str) -> None:
    declared = {n.partition(" ")[2] for n in facts(WSDL / f"{agent}.wsdl") if n.startswith("operation ")}
    assert declared == set(AGENTS[agent])
