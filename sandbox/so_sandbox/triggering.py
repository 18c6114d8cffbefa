"""Makes something happen in a tenant from words: an event's name and settings such as country=DK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial

from so_sandbox.telling import TOLD, telling
from so_sandbox.user_fields import fill
from so_sandbox.wording import Words, company_id, person_columns, written_consents
from so_sandbox.world.elsewhere import OTHER_LISTS
from so_sandbox.world.people import CHANNELS
from so_sandbox.world.tenant import LIST_EVENTS, Tenant

_CHANNEL_OF_SOURCE = {"ERP": "ERP", "VENDOR": "API", "JOBAPPLY": "WEBFORM"}
"""Where a source is usual that is no channel's own; all others are picked by a user."""
_FORM_OF_SOURCE = {"JOBAPPLY": "job"}
_LIST_OF_EVENT = {entity: name for name, entity in LIST_EVENTS.items()}


def trigger(tenant: Tenant, event: str, settings: Mapping[str, str]) -> int:
    """Do it and give the id of the person, item or row; a ValueError says what is wrong and what there is."""
    words = Words(settings)
    act = _action(event)
    if act is None:
        raise ValueError(unknown("event", event, list(EVENTS)))
    with tenant.change():
        return act(tenant, words)


def unknown(kind: str, given: str, known: list[str]) -> str:
    """Say that a word is not known, which there are, and which is spelt nearly so."""
    near = get_close_matches(given, known, n=1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    return f"no {kind} {given!r}{guess}; there are: {', '.join(known)}"


def is_event(name: str) -> bool:
    """Tell whether there is such an event to trigger."""
    return _action(name) is not None


def _create(tenant: Tenant, words: Words) -> int:
    source = words.text("source")
    channel = words.text("channel") or _channel(source or "USER")
    emails = words.listed("email")
    form = words.text("form")
    if form is None and channel == "WEBFORM":
        form = _FORM_OF_SOURCE.get(source or "", "contact")
    age = words.duration("registered_ago")
    consents = written_consents(words)
    filled = words.beginning("field.")
    columns = person_columns(tenant, words)
    words.none_left()
    own = CHANNELS[channel].source if channel in CHANNELS else ""
    person = tenant.create_person(
        channel=channel,
        source=None if source == own else source,
        emails=emails,
        consents=consents,
        form=form,
        age=age,
        **columns,
    )
    fill(tenant, "Person", person.person_id, filled)
    return person.person_id


def _change(tenant: Tenant, words: Words) -> int:
    person_id = words.number("person")
    columns = person_columns(tenant, words)
    words.none_left()
    if not columns:
        title = tenant.person(person_id).title
        columns = {"title": "Advisor" if title != "Advisor" else "Senior advisor"}
    return tenant.change_person(person_id, **columns).person_id


def _change_many(tenant: Tenant, words: Words) -> int:
    """Change persons in one transaction, each with an event of her own; give how many."""
    given = words.listed("persons")
    columns = person_columns(tenant, words)
    words.none_left()
    persons = [tenant.person(int(one)) for one in given] if given else tenant.persons()
    for person in persons:
        tenant.change_person(person.person_id, **(columns or {"title": f"{person.title} II".strip()}))
    return len(persons)


def _consent(tenant: Tenant, words: Words) -> int:
    person_id = words.number("person")
    purpose, basis = words.text("purpose") or "EMARKETING", words.text("basis") or "61A"
    source, comment = words.text("source") or "WEBFORM", words.text("comment") or ""
    role = words.text("by") or ("service" if source in {"WEBFORM", "CUSTOMERPORTAL"} else "user")
    words.none_left()
    tenant.set_consent(person_id, purpose, basis, source, comment, by=tenant.associate(role).associate_id)
    return person_id


def _withdraw(tenant: Tenant, words: Words) -> int:
    person_id = words.number("person")
    purpose = words.text("purpose") or "EMARKETING"
    source = words.text("source") or "CUSTOMERPORTAL"
    words.none_left()
    tenant.withdraw(person_id, purpose, source=source)
    return person_id


def _on_person(tenant: Tenant, words: Words, *, act: Callable[[Tenant, int], None]) -> int:
    person_id = words.number("person")
    words.none_left()
    act(tenant, person_id)
    return person_id


def _merge(tenant: Tenant, words: Words) -> int:
    person_id, into = words.number("person"), words.number("into")
    words.none_left()
    tenant.merge(person_id, into)
    return into


def _add_email(tenant: Tenant, words: Words) -> int:
    person_id, addresses = words.number("person"), words.listed("email")
    primary = words.flag("primary")
    words.none_left()
    for address in addresses:
        tenant.add_email(person_id, address, primary=primary)
    return person_id


def _bounce(tenant: Tenant, words: Words) -> int:
    addresses = words.listed("email")
    words.none_left()
    for address in addresses:
        tenant.add_bounce(address)
    return 0


def _fill(tenant: Tenant, words: Words) -> int:
    """Fill in fields of a person or, with `company`, of a company; no event tells of it."""
    company = words.text("company")
    owner, row_id = (
        ("Contact", company_id(tenant, company)) if company else ("Person", words.number("person"))
    )
    filled = words.beginning("field.")
    words.none_left()
    fill(tenant, owner, row_id, filled)
    return row_id


def _action(event: str) -> Callable[[Tenant, Words], int] | None:
    return _ACTIONS.get(event) or telling(event) or _list_action(event)


def _list_action(event: str) -> Callable[[Tenant, Words], int] | None:
    parts = event.split(".")
    if len(parts) != 3 or parts[0] != "list" or parts[2] not in {"created", "changed", "softdeleted"}:
        return None
    if parts[1] not in {*_LIST_OF_EVENT, *OTHER_LISTS} and not parts[1].isdecimal():
        return None
    return partial(_change_list, name=_LIST_OF_EVENT.get(parts[1], parts[1]), what=parts[2])


def _change_list(tenant: Tenant, words: Words, *, name: str, what: str) -> int:
    item_id = words.number("item")
    words.none_left()
    tenant.list_changed(name, item_id, what=what)
    return item_id


def _channel(source: str) -> str:
    return source if source in CHANNELS else _CHANNEL_OF_SOURCE.get(source, "USER")


_ACTIONS: Mapping[str, Callable[[Tenant, Words], int]] = {
    "person.created": _create,
    "person.changed": _change,
    "persons.changed": _change_many,
    "person.consented": _consent,
    "person.unconsented": _withdraw,
    "person.softdeleted": partial(_on_person, act=lambda tenant, who: tenant.soft_delete(who)),
    "person.undeleted": partial(_on_person, act=lambda tenant, who: tenant.undelete(who)),
    "person.deleted": partial(_on_person, act=lambda tenant, who: tenant.hard_delete(who)),
    "person.merged": _merge,
    "email.added": _add_email,
    "email.bounced": _bounce,
    "field.filled": _fill,
}
EVENTS = (
    *_ACTIONS,
    *TOLD,
    "list.<list>.created|changed|softdeleted",
    "y_<table>.created|changed|deleted",
)
"""What can be triggered, as it is told."""
