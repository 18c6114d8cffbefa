"""User-defined fields on their way from the CRM into a decision, and into what is kept of it."""

from __future__ import annotations

import json
from dataclasses import replace

from so_privacy_ext.model import FieldKind, FieldValue, PersonId, UserField
from so_privacy_ext.processing.addresses import keyed_hash
from tests.unit.processing.fake_crm import tenant_lists
from tests.unit.processing.world import NORDIC, World

FIELDS = (
    UserField("person", "SuperOffice:1", "Customer number", FieldKind.TEXT, "userdef_id.string05"),
    UserField("person", "SuperOffice:2", "Nobody asks", FieldKind.TEXT, "userdef_id.string06"),
    UserField("company", "SuperOffice:1", "Employees", FieldKind.NUMBER, "userdef_id.long05"),
)
ASKING = NORDIC.read_bytes().replace(
    b"when: {source: [USER, CARD, PHONE, FAIR]}",
    b'when: {person_field: {Customer number: "VIP-7"}, company_field: {Employees: {from: 10}}}',
)


def test_the_fields_that_a_manifest_names_are_read_decide_and_are_kept_without_their_text(
    world: World,
) -> None:
    world.crm.listing = tenant_lists(fields=FIELDS)
    world.activate(ASKING)
    vip, other = world.crm.add(1, "CARD"), world.crm.add(2, "CARD")
    for person, number in ((vip, "vip-7"), (other, "x")):
        stands: dict[str, FieldValue] = {
            "person/SuperOffice:1": number,
            "person/SuperOffice:2": "a secret",
            "company/SuperOffice:1": 12,
        }
        world.crm.persons[person] = replace(world.crm.persons[person], fields=stands)
        world.deliver("person.created", person)
    world.drain()

    assert (world.crm.store(vip), world.crm.store(other)) == (("61F", "CARD"), ("61B", "CARD"))
    assert world.reviews() == [(other, "purpose", "STORE")]
    facts = world.last_decision(vip)["facts"]
    with world.turn() as turn:
        assert facts["fields"] == {
            "company/SuperOffice:1": 12,
            "person/SuperOffice:1": {"hash": keyed_hash("vip-7", turn.tenant.address_key)},
        }
    kept = json.dumps([world.last_decision(vip), *map(str, world.rows("decision"))])
    assert "vip-7" not in kept.casefold()
    assert "secret" not in kept


def test_a_field_that_the_tenant_has_lost_lets_no_rule_apply(world: World) -> None:
    world.crm.listing = tenant_lists(fields=FIELDS[1:])
    world.activate(ASKING)
    person = world.crm.add(1, "CARD")
    world.deliver("person.created", person)
    world.drain()

    assert world.last_decision(PersonId(1))["facts"]["fields"] == {}
    assert world.reviews() == [(1, "purpose", "STORE")]
