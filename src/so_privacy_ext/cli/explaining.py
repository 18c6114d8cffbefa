"""`explain`: why a person is held as she is, or would be, and what each rule has to do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from so_privacy_ext.cli import explained_past
from so_privacy_ext.cli.explained_past import Past
from so_privacy_ext.cli.making_up import made_up
from so_privacy_ext.cli.manifest_file import read_file
from so_privacy_ext.cli.output import LARGEST_PERSON, AsJson, TenantName, plain, print_json, say
from so_privacy_ext.cli.spoken import Language, Spoken
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import NoMail, Person, PersonId
from so_privacy_ext.processing.consulting import gathered
from so_privacy_ext.processing.outlook import DUE, Outlook, look_ahead
from so_privacy_ext.processing.work import Work
from so_privacy_ext.proof.verdict import Verdict
from so_privacy_ext.rules.activation import ActiveManifest, resolve
from so_privacy_ext.rules.explain import Explanation
from so_privacy_ext.rules.explain import explain as explained
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.sentences import Standing, Told, tell
from so_privacy_ext.rules.supposed import MadeUpPerson
from so_privacy_ext.rules.wording import Wording, wording
from so_privacy_ext.storage import manifests


def explain(
    *,
    person: Annotated[
        int | None,
        typer.Option("--person", min=1, max=LARGEST_PERSON, help="The person's id in SuperOffice."),
    ] = None,
    facts: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FACT=VALUE", help="Instead of a person: one who is so, such as country=DE."
        ),
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", metavar="FILE", help="By this manifest, not the active one.")
    ] = None,
    language: Spoken = Language.EN,
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Explain what a manifest decides for a person as she stands now, or for one made up by `--set`."""
    if (person is None) == (not facts):
        what = "both --person and --set" if facts else "neither --person nor --set"
        raise Refused("nobody", what, "give --person ID, or --set FACT=VALUE", Exit.USAGE)
    said = wording(language)
    if facts:
        _made_up(made_up(facts, manifest, tenant), said, as_json=as_json)
    elif person is not None:
        _person(PersonId(person), manifest, tenant, said, as_json=as_json)


def _made_up(one: MadeUpPerson, said: Wording, *, as_json: bool) -> None:
    explanation = explained(one.facts, one.manifest)
    told = tell(explanation, one.facts, one.manifest, said, silent=one.silence(explanation.ruling))
    if as_json:
        print_json({**_json(explanation), "sentences": told.sentences})
        return
    say(said.say("head", "made_up", digest=one.manifest.digest[:12]))
    _print(told, said)


def _person(
    person_id: PersonId, file: Path | None, tenant: str | None, said: Wording, *, as_json: bool
) -> None:
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            work = app.make_work(turn, lambda: False)
            if work is None:
                raise manifests.none_decides()
            if file is not None:
                manifest = parse(read_file(file), str(file), app.words(turn.session))
                work = _by(work, resolve(manifest, work.crm.lists()))
            found = work.crm.read_persons([person_id], work.manifest.fields).get(person_id)
            past = explained_past.of(turn.session, person_id)
            now = None if found is None else _explain(work, found, said)
    if as_json:
        print_json({"person_id": person_id, "in_crm": now is not None, **_told(now, past)})
        return
    if now is None:
        say(said.say("head", "gone", person=person_id))
    else:
        digest = now.explanation.ruling.digest[:12]
        say(said.say("head", "person", person=person_id, digest=digest))
        uses = [_use(purpose, use, said) for purpose, use in now.outlook.verdicts.items()]
        _print(now.told, said, uses)
    for line in explained_past.lines(past, said):
        say(line)


@dataclass(frozen=True, slots=True)
class _Now:
    """What a manifest says of a person as she stands."""

    explanation: Explanation
    outlook: Outlook
    stands: Mapping[str, str]
    told: Told


def _by(work: Work, manifest: ActiveManifest) -> Work:
    """Let another manifest decide."""

    def manifest_of(digest: str) -> ActiveManifest:
        return manifest if digest == manifest.digest else work.manifest_of(digest)

    return replace(work, manifest=manifest, manifest_of=manifest_of)


def _explain(work: Work, person: Person, said: Wording) -> _Now:
    lists = work.crm.lists()
    (facts,) = gathered(work, [(person, ())], lists, work.manifest)
    explanation = explained(facts, work.manifest)
    outlook = look_ahead(work, person, explanation.ruling, facts, lists)
    stands = {key: f"{one.basis}/{one.source}" for key, one in person.consents.items()}
    standing = Standing(stands, outlook.writers, outlook.writes, outlook.left)
    silent = None if outlook.mail == DUE else NoMail(outlook.mail)
    told = tell(explanation, facts, work.manifest, said, silent=silent, standing=standing)
    return _Now(explanation, outlook, stands, told)


def _json(explanation: Explanation) -> dict[str, Any]:
    rules = [plain(one) | {"matched": one.matched} for one in explanation.rules]
    return {"ruling": plain(explanation.ruling), "rules": rules}


def _told(now: _Now | None, past: Past) -> dict[str, Any]:
    found: dict[str, Any] = {"stands": {}, "ruling": None, "rules": [], "outlook": None, "sentences": []}
    if now is not None:
        found = {"stands": now.stands, **_json(now.explanation), "outlook": now.outlook}
        found["sentences"] = now.told.sentences
    return found | {"last_decision": past.decision, "mails": past.mails, "duties": past.duties}


def _print(told: Told, said: Wording, uses: Sequence[str] = ()) -> None:
    for line in [*told.decided, told.mail, *uses]:
        say(f"  {line}")
    say(said.say("head", "rules"))
    for line in told.rules:
        say(f"  {line}")


def _use(purpose: str, use: Verdict, said: Wording) -> str:
    """Say whether a purpose may be used now."""
    ends = "" if use.ends_at is None else f"{use.ends_at:%Y-%m-%d %H:%M}"
    if use.may:
        return said.say("use", "may_until" if ends else "may", purpose=purpose, ends=ends)
    why = said.say("why_not", use.why)
    return said.say("use", "ended" if ends else "may_not", purpose=purpose, ends=ends, why=why, by=use.by)
