"""Consents are written by keys, counted, told of; the open questions have both answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from so_sandbox.world.errors import InvalidArgument, NotFound
from so_sandbox.world.events import Event
from so_sandbox.world.switches import Switches
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World


@pytest.fixture
def told(world: World) -> list[Event]:
    events: list[Event] = []
    world.listeners.append(lambda tenant, event: events.append(event))
    return events


@pytest.fixture
def person_id(tenant: Tenant) -> int:
    return tenant.create_person(channel="WEBFORM", emails=["a@example.com"]).person_id


def test_a_write_goes_over_the_row_that_is_there(tenant: Tenant, person_id: int) -> None:
    (before,) = tenant.consents(person_id)
    tenant.set_consent(person_id, "STORE", "61F", "API", "rule", by=77)
    tenant.set_consent(person_id, "STORE", "61F", "API", "rule", by=78)
    (row,) = tenant.consents(person_id)
    assert row.consentperson_id == before.consentperson_id
    assert (row.updated_count, row.updated_associate_id) == (2, 78)
    assert row.updated is not None
    assert tenant.consent_keys(person_id) == {"STORE": ("61F", "API", "rule")}


def test_a_new_row_is_not_updated(tenant: Tenant, person_id: int) -> None:
    row = tenant.set_consent(person_id, "EMARKETING", "61A", "WEBFORM", by=5)
    assert (row.updated, row.updated_associate_id, row.updated_count) == (None, 0, 0)
    assert row.registered_associate_id == 5


def test_withdrawing_is_told_as_unconsented(tenant: Tenant, person_id: int, told: list[Event]) -> None:
    tenant.set_consent(person_id, "EMARKETING", "61A", "WEBFORM", by=5)
    assert tenant.has_consent(person_id, "EMARKETING")
    tenant.withdraw(person_id, "EMARKETING")
    assert not tenant.has_consent(person_id, "EMARKETING")
    assert not tenant.has_consent(person_id, "RECRUIT")
    assert [event.name for event in told] == ["person.consented", "person.unconsented"]
    assert told[0].changes[0] == "consentperson_id"
    assert told[0].field_values == {}
    assert told[1].changes == ()
    assert tenant.tables.associates[told[1].changed_by_associate_id].type == 7


@pytest.mark.parametrize("keys", [("X", "61F", "API"), ("STORE", "x", "API"), ("STORE", "61F", "api")])
def test_an_unknown_key_is_refused(tenant: Tenant, person_id: int, keys: tuple[str, str, str]) -> None:
    with pytest.raises(InvalidArgument):
        tenant.set_consent(person_id, *keys, by=1)
    assert tenant.consent_keys(person_id) == {"STORE": ("61B", "WEBFORM", "")}


def test_an_unknown_key_may_become_nothing(tenant: Tenant, world: World, person_id: int) -> None:
    world.switches.turn("unknown_key", "zero")
    tenant.set_consent(person_id, "STORE", "61X", "XX", by=1)
    assert tenant.consent_keys(person_id) == {"STORE": ("", "", "")}
    tenant.set_consent(person_id, "NOSUCH", "61F", "API", by=1)
    assert tenant.consent_keys(person_id) == {"STORE": ("", "", "")}


def test_keys_may_be_spelt_in_any_case(tenant: Tenant, world: World, person_id: int) -> None:
    world.switches.turn("key_case", "insensitive")
    tenant.set_consent(person_id, "store", "61f", "api", by=1)
    assert tenant.consent_keys(person_id) == {"STORE": ("61F", "API", "")}


def test_a_long_comment_is_refused_or_cut(tenant: Tenant, world: World, person_id: int) -> None:
    with pytest.raises(InvalidArgument):
        tenant.set_consent(person_id, "STORE", "61F", "API", "c" * 256, by=1)
    world.switches.turn("long_comment", "cut")
    assert tenant.set_consent(person_id, "STORE", "61F", "API", "c" * 256, by=1).comment == "c" * 255


def test_nobody_consents_for_the_deleted(tenant: Tenant, person_id: int) -> None:
    tenant.soft_delete(person_id)
    with pytest.raises(NotFound):
        tenant.set_consent(person_id, "STORE", "61F", "API", by=1)


def test_a_consent_write_may_change_the_person(
    tenant: Tenant, world: World, person_id: int, told: list[Event]
) -> None:
    world.switches.turn("consent_changes_person", "yes")
    world.switches.turn("consented_values", "filled")
    tenant.set_consent(person_id, "STORE", "61F", "API", by=9)
    assert [event.name for event in told] == ["person.consented", "person.changed"]
    assert told[0].field_values["person_id"] == person_id
    assert tenant.person(person_id).updated_count == 1


def test_set_consent_may_mail_when_the_source_becomes_one_with_a_template(
    tenant: Tenant, world: World, person_id: int
) -> None:
    tenant.set_consent(person_id, "STORE", "61F", "CHAT", by=1)
    assert tenant.tables.outbox == []
    tenant.set_consent(person_id, "STORE", "61F", "API", by=1)
    world.switches.turn("set_consent_mails", "yes")
    tenant.set_consent(person_id, "STORE", "61F", "CHAT", by=1)
    tenant.set_consent(person_id, "STORE", "61F", "CHAT", by=1)
    assert [mail.by for mail in tenant.tables.outbox] == ["crm"]


@pytest.mark.parametrize("answer", ["withdraw", "delete"])
def test_a_removed_consent_is_withdrawn_or_gone(
    tenant: Tenant, world: World, person_id: int, told: list[Event], answer: str
) -> None:
    world.switches.turn("remove_consent", answer)
    tenant.remove_consent(person_id, "STORE", by=1)
    tenant.remove_consent(person_id, "EMARKETING", by=1)
    assert tenant.consent_keys(person_id) == (
        {"STORE": ("WITHDRAWN", "WEBFORM", "")} if answer == "withdraw" else {}
    )
    assert [event.name for event in told] == ["person.unconsented"]


def test_a_row_is_found_and_deleted_by_its_id(tenant: Tenant, person_id: int) -> None:
    (row,) = tenant.consents(person_id)
    assert tenant.consent_row(row.consentperson_id) is row
    tenant.delete_consent(row.consentperson_id, by=1)
    with pytest.raises(NotFound):
        tenant.consent_row(row.consentperson_id)


def test_the_default_row_may_be_marked_as_updated(tenant: Tenant, world: World) -> None:
    world.switches.turn("default_row_updated", "registered")
    (row,) = tenant.consents(tenant.create_person().person_id)
    assert row.updated == row.registered
    assert row.updated_associate_id == row.registered_associate_id
    assert row.updated_count == 0


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("none", ["person.created"]),
        ("after_created", ["person.created", "person.consented"]),
        ("before_created", ["person.consented", "person.created"]),
    ],
)
def test_the_default_row_may_be_told_of(
    tenant: Tenant, world: World, told: list[Event], answer: str, names: list[str]
) -> None:
    world.switches.turn("default_consent_event", answer)
    tenant.create_person()
    assert [event.name for event in told] == names


def test_the_default_row_may_come_late(tenant: Tenant, world: World) -> None:
    world.switches.turn("default_row", "late")
    late, fast, gone = (tenant.create_person().person_id for _ in range(3))
    tenant.set_consent(fast, "STORE", "61F", "API", by=1)
    tenant.soft_delete(gone)
    world.settle()
    assert tenant.consents(late) == []
    world.clock.advance(timedelta(seconds=world.switches.late_seconds))
    world.settle()
    world.settle()
    assert tenant.consent_keys(late) == {"STORE": ("61B", "USER", "")}
    assert tenant.consent_keys(fast) == {"STORE": ("61F", "API", "")}
    assert tenant.consents(gone) == []


def test_an_integration_may_get_another_source(tenant: Tenant, world: World) -> None:
    world.switches.turn("api_source", "USER")
    assert tenant.consent_keys(tenant.create_person(channel="API").person_id)["STORE"][1] == "USER"


def test_every_switch_has_two_answers_and_can_be_turned() -> None:
    turned = Switches.turned()
    for name, answers in Switches.answers().items():
        assert len(answers) >= 2
        assert getattr(Switches(), name) == answers[0]
        assert getattr(turned, name) == answers[1]


@pytest.mark.parametrize(
    ("name", "answer"), [("weather", "fine"), ("delivery", "pigeon"), ("late_seconds", "3")]
)
def test_an_unknown_switch_or_answer_names_the_known(name: str, answer: str) -> None:
    with pytest.raises(ValueError, match=r"there are|has the answers"):
        Switches().turn(name, answer)


def test_a_comment_is_as_long_as_the_database_counts(tenant: Tenant) -> None:
    person_id = tenant.create_person().person_id
    by = tenant.associate("user").associate_id
    tenant.set_consent(person_id, "STORE", "61F", "API", "\N{PARTY POPPER}" * 127, by=by)
    with pytest.raises(InvalidArgument):
        tenant.set_consent(person_id, "STORE", "61F", "API", "\N{PARTY POPPER}" * 128, by=by)
    tenant.surroundings.switches.long_comment = "cut"
    row = tenant.set_consent(person_id, "STORE", "61F", "API", "\N{PARTY POPPER}" * 128, by=by)
    assert row.comment == "\N{PARTY POPPER}" * 127
