"""Tries the manifest that decides: on a person as she stands in the CRM now, or on one who is made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from starlette.responses import Response

from so_privacy_ext.errors import Rejected
from so_privacy_ext.model import NoMail, PersonId
from so_privacy_ext.processing.consulting import gathered
from so_privacy_ext.processing.consulting import made_up as supposed
from so_privacy_ext.processing.outlook import DUE, look_ahead
from so_privacy_ext.rules.activation import resolve_what_stands
from so_privacy_ext.rules.explain import explain
from so_privacy_ext.rules.made_up import MadeUpInvalid, facts_from
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.person_words import MadeUp
from so_privacy_ext.rules.references import UNKNOWN_SOURCE
from so_privacy_ext.rules.sentences import Standing, Told, tell
from so_privacy_ext.rules.supposed import MadeUpPerson
from so_privacy_ext.rules.wording import wording
from so_privacy_ext.storage import manifests
from so_privacy_ext.web.console.persons import PERSONS
from so_privacy_ext.web.console.visit import HOME, Visit, number

TRY = f"{HOME}/try"
SENTENCES = ("en", "da")
"""Languages in which explanations are written; the pages of all others quote the first."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a made-up person as a field of the form: a choice, a text, or a box to tick."""

    name: str
    label: str
    """The key of its text; the purpose stands beside it."""
    purpose: str = ""
    choices: tuple[str, ...] = ()
    tick: bool = False


def spoken(language: str) -> str:
    """Give the language in which an explanation is written for pages of another."""
    return language if language in SENTENCES else SENTENCES[0]


def show(visit: Visit) -> Response:
    """Show the form of a made-up person, as the manifest's words have it."""
    with visit.session() as session:
        visit.summary(session)
        active = manifests.active(session)
        words = [] if active is None else fields(visit.manifest(session, active[0], active[1][:12]))
    return visit.page("try.html", words=words, given={}, findings=(), told=None, spoken=None)


def made_up(visit: Visit) -> Response:
    """Explain what is decided about a made-up person; nothing is asked of the CRM but its lists."""
    with visit.turn() as turn:
        work = visit.tenancy.make_work(turn, lambda: False)
        active = turn.manifest()
        if work is None or active is None:
            raise Rejected("not_found", 404)
        lists = work.crm.lists()
        manifest = visit.manifest(turn.session, active[0], active[1][:12])
        ready = resolve_what_stands(manifest, lists)
        words = fields(manifest)
        given = {one.name: visit.posted.fields.get(one.name, "").strip() for one in words}
        said = {name: value for name, value in given.items() if value}
        try:
            facts = supposed(work.consult, ready)(facts_from(said, manifest, lists))
        except MadeUpInvalid as invalid:
            names = list(said)
            findings = [(names[one.column - 1], one) for one in invalid.findings]
            return visit.page(
                "try.html", status=422, words=words, given=given, findings=findings, told=None, spoken=None
            )
    person = MadeUpPerson(facts, ready, lists)
    explanation = explain(facts, person.manifest)
    language = spoken(visit.language)
    told = tell(
        explanation, facts, person.manifest, wording(language), silent=person.silence(explanation.ruling)
    )
    return visit.page("try.html", words=words, given=given, findings=(), told=told, spoken=language)


def person(visit: Visit) -> Response:
    """Read a person from the CRM now, and explain what is decided about her; nothing is kept or written."""
    person_id = PersonId(number(visit.request.path_params["person"]))
    language = spoken(visit.language)
    with visit.turn() as turn:
        work = visit.tenancy.make_work(turn, lambda: False)
        if work is None:
            raise Rejected("not_found", 404)
        found = work.crm.read_persons([person_id], work.manifest.fields).get(person_id)
        told: Told | None = None
        stands: Mapping[str, str] = {}
        if found is not None:
            lists = work.crm.lists()
            (facts,) = gathered(work, [(found, ())], lists, work.manifest)
            explanation = explain(facts, work.manifest)
            outlook = look_ahead(work, found, explanation.ruling, facts, lists)
            stands = {key: f"{one.basis}/{one.source}" for key, one in found.consents.items()}
            standing = Standing(stands, outlook.writers, outlook.writes, outlook.left)
            silent = None if outlook.mail == DUE else NoMail(outlook.mail)
            told = tell(
                explanation, facts, work.manifest, wording(language), silent=silent, standing=standing
            )
    visit.note("person_explained")
    return visit.page(
        "person_now.html", person_id=person_id, told=told, stands=stands, spoken=language, back=PERSONS
    )


def fields(manifest: Manifest) -> Sequence[Word]:
    """Give the words by which a person can be made up for a manifest, in the order of the words."""
    content = manifest.content
    found: list[Word] = []
    for name, field in MadeUp.model_fields.items():
        if name == "source":
            found.append(Word(name, name, choices=(*content.sources, UNKNOWN_SOURCE)))
        elif name == "company":
            found.append(Word("company.is_owner", "is_owner", tick=True))
        elif name == "has_email":
            found.append(Word(name, name, choices=("true", "false")))
        elif name in {"consents", "wordings", "person_field", "company_field"}:
            continue
        elif field.annotation is bool:
            found.append(Word(name, name, tick=True))
        else:
            found.append(Word(name, name, choices=tuple(get_args(field.annotation)) if _closed(name) else ()))
    bases = tuple(content.legal_bases)
    found += [Word(f"consents.{key}", "consents", key, choices=bases) for key in content.purposes]
    return found


def _closed(name: str) -> bool:
    """Tell whether a word has a closed set of values."""
    return name in {"creator", "event"}
