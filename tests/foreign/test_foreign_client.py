"""A partner's program, written with another SOAP library on the vendor's own WSDLs, finds all it needs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from so_sandbox.server import RunningSandbox, start
from so_sandbox.world.tenant import Tenant
from tests.foreign.needed import VENDOR

TENANT = "Cust12345"


@dataclass(frozen=True)
class Visit:
    """What the client says it was told, and the sandbox it was told by."""

    told: dict[str, Any]
    sandbox: RunningSandbox

    @property
    def tenant(self) -> Tenant:
        return self.sandbox.world.tenants[TENANT]


@pytest.fixture(scope="module")
def visit(client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    folder = tmp_path_factory.mktemp("sandbox")
    with start(directory=folder) as sandbox:
        files = [folder / name for name in ("application_token", "private_key.pem")]
        done = subprocess.run(
            [
                *("node", client, os.environ[VENDOR], sandbox.url, TENANT),
                *(*files, folder / f"system_user_token.{TENANT}"),
            ],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield Visit(json.loads(done.stdout), sandbox)


def test_every_envelope_follows_the_vendors_schema(visit: Visit) -> None:
    assert visit.sandbox.world.schema_violations == []
    assert visit.sandbox.world.calls.counts(TENANT).keys() == {
        "Person.CreateDefaultPersonEntity",
        "Person.SavePersonEntity",
        "Person.GetPersonEntity",
        "Person.GetConsentInfos",
        "Person.SetConsent",
        "Person.HasConsent",
        "Person.RemoveConsent",
        "Webhook.CreateDefaultWebhook",
        "Webhook.SaveWebhook",
        "Webhook.GetAllWebhooks",
        "Webhook.DeleteWebhook",
    }


def test_it_signs_in_by_the_soap_service_and_is_refused_with_a_bad_signature(visit: Visit) -> None:
    assert visit.told["tenant"] == TENANT
    refusal = visit.told["refusal"]

    assert (refusal["IsSuccessful"], refusal["Token"]) == (False, None)
    assert "InvalidSignature" in refusal["ErrorMessage"]


def test_it_saves_and_reads_a_person(visit: Visit) -> None:
    stored = visit.tenant.person(visit.told["id"])

    assert visit.told["person"] == ["Bjørk", "Grünthal & Co <ÆØÅ>", "bjork@example.com"]
    assert [stored.firstname, stored.lastname] == visit.told["person"][:2]
    assert [one.email_address for one in visit.tenant.emails(stored.person_id)] == ["bjork@example.com"]
    assert visit.told["title"] == stored.title == "Agronomist"
    assert "there is no person 2147483647" in visit.told["gone"]


def test_it_sets_reads_and_removes_a_consent(visit: Visit) -> None:
    before, after = visit.told["before"], visit.told["after"]

    assert [row for row in after if row not in before] == [["EMARKETING", "61A", "API", "asked on the phone"]]
    assert (visit.told["has"], visit.told["left"]) == (True, False)
    assert not visit.tenant.has_consent(visit.told["id"], "EMARKETING")


def test_it_registers_a_webhook_gets_a_signed_test_and_deletes_it(visit: Visit) -> None:
    assert visit.told["delivery"] == {"event": "test", "signed": True}
    assert visit.told["registered"] == [[visit.told["hook"], "Active", ["person.created", "person.changed"]]]
    assert visit.told["rest"] == 0
    assert visit.told["hook"] not in visit.tenant.tables.webhooks
