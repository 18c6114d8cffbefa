"""Says in sentences what a rule is, what was decided for a person, and what kept other rules from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from so_privacy_ext.model import Authority, Decision, NoMail, Outcome
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.explain import Explanation, Failure, Lack, RuleExplained
from so_privacy_ext.rules.languages import of_mail, one_norwegian, read_by
from so_privacy_ext.rules.phrases import conditions
from so_privacy_ext.rules.shape import GiveBasis, RuleShape
from so_privacy_ext.rules.wording import Wording
from so_privacy_ext.sdk import Facts


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the CRM, and what of a ruling would be written; empty for a person who was made up."""

    stands: Mapping[str, str] = field(default_factory=dict)
    """Purpose → basis and source, such as `61F/CARD`."""
    writers: Mapping[str, Authority] = field(default_factory=dict)
    writes: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    """Purpose → why it would be left as it stands."""


@dataclass(frozen=True, slots=True)
class Told:
    """An explanation in sentences."""

    decided: tuple[str, ...]
    """A sentence for each purpose that was decided, or that may not be; and who proposed the source."""
    mail: str
    rules: tuple[str, ...]
    """A sentence for each rule, in their order."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them."""
        return *self.decided, self.mail, *self.rules


def rule_sentence(rule: RuleShape[Any], wording: Wording) -> str:
    """Say a rule of a checked manifest as one sentence, and its reason."""
    tell = "" if rule.tell is None else wording.say("rule", "tell", mail=rule.tell)
    gives = wording.both(_gives(rule, wording))
    filled = {"rule": rule.id, "gives": gives, "tell": tell, "because": rule.because}
    if rule.when == "always":
        return wording.say("rule", "always", **filled)
    return wording.say("rule", "if", conditions=conditions(rule.when, wording), **filled)


def tell(
    explanation: Explanation,
    facts: Facts,
    manifest: ActiveManifest,
    wording: Wording,
    *,
    silent: NoMail | None,
    standing: Standing | None = None,
) -> Told:
    """Say an explanation; `silent` is why no mail would be sent, None if one would be."""
    return Told(
        (*_decided(explanation, standing, wording), *_proposed(facts, wording)),
        _mail(explanation, facts, manifest, wording, silent),
        tuple(_fate(one, wording) for one in explanation.rules),
    )


def _gives(rule: RuleShape[Any], wording: Wording) -> Iterator[str]:
    if isinstance(rule.give, str):
        yield wording.say("give", f"all_{rule.give}")
        return
    for purpose, outcome in rule.give.items():
        if isinstance(outcome, GiveBasis):
            yield _given(wording, purpose, outcome.basis, outcome.source, outcome.expires)
        else:
            yield wording.say("give", outcome, purpose=purpose)


def _given(wording: Wording, purpose: str, basis: str | None, source: str | None, expires: str | None) -> str:
    return wording.say(
        "give",
        "basis",
        purpose=purpose,
        basis=basis,
        source=wording.say("give", "source", source=source) if source else "",
        expires=wording.say("give", "expires", period=wording.period(expires)) if expires else "",
    )


def _decided(explanation: Explanation, standing: Standing | None, wording: Wording) -> Iterator[str]:
    ruling = explanation.ruling
    for purpose in ruling.withdrawn:
        yield wording.say(
            "decision", "withdrawn", purpose=purpose, writer=_writer(purpose, standing, wording)
        )
    for one in ruling.decisions:
        held = "" if standing is None else " " + _held(one.purpose, standing, wording)
        filled = {"given": _outcome(one, wording), "rule": one.rule_id, "because": one.because}
        yield wording.say("decision", "by", held=held, **filled)
    if not ruling.decisions:
        yield wording.say("decision", "none")


def _proposed(facts: Facts, wording: Wording) -> Iterator[str]:
    """Say whose proposal the source is, where it is one."""
    one = facts.proposed
    if one is not None:
        yield wording.say("decision", "proposed", source=facts.source, plugin=one.plugin, why=one.why)


def _outcome(decision: Decision, wording: Wording) -> str:
    if decision.outcome is Outcome.GIVE:
        return _given(wording, decision.purpose, decision.basis, decision.source, decision.expires)
    return wording.say("give", decision.outcome, purpose=decision.purpose)


def _held(purpose: str, standing: Standing, wording: Wording) -> str:
    """Say what stands, who wrote it, and whether that would change; if not, who or what is in the way."""
    stands = standing.stands.get(purpose) or wording.say("decision", "nothing")
    writer = _writer(purpose, standing, wording)
    if purpose in standing.writes:
        return wording.say("decision", "writes", stands=stands, writer=writer)
    reason = standing.left.get(purpose, "no_effect")
    said = wording.say("reason", reason) if wording.has("reason", reason) else reason
    return wording.say("decision", "left", stands=stands, writer=writer, reason=said)


def _writer(purpose: str, standing: Standing | None, wording: Wording) -> str:
    writer = None if standing is None else standing.writers.get(purpose)
    if writer is None:
        return ""
    return wording.say("decision", "writer", writer=wording.say("writer", writer))


def _mail(
    explanation: Explanation,
    facts: Facts,
    manifest: ActiveManifest,
    wording: Wording,
    silent: NoMail | None,
) -> str:
    ruling = explanation.ruling
    if silent is not None or ruling.tell is None:
        return wording.say("mail", "none", reason=wording.say("no_mail", silent or NoMail.NO_TELL))
    offered = manifest.mails[ruling.tell].languages
    language = of_mail(facts, offered, manifest.fallback)
    return wording.say(
        "mail",
        "due",
        mail=ruling.tell,
        by=wording.say("mail", "by", rule=ruling.tell_rule),
        language=wording.say("language", language) if wording.has("language", language) else language,
        why=wording.say("mail", _why(facts, offered, manifest.fallback)),
    )


def _why(facts: Facts, offered: Sequence[str], fallback: str) -> str:
    if read_by(facts, fallback) not in {one_norwegian(one) for one in offered}:
        return "fallback"
    if isinstance(facts.language, str):
        return "own"
    return "country" if read_by(facts, "") else "fallback"


def _fate(rule: RuleExplained, wording: Wording) -> str:
    if rule.failure is not None:
        return _missed(rule, rule.failure, wording)
    said = []
    if rule.decided or rule.lost:
        name = "late" if not rule.decided else "decides_late" if rule.lost else "decides"
        said.append(
            wording.say(
                "fate",
                name,
                rule=rule.rule_id,
                purposes=_all(rule.decided, wording),
                lost=_lost(rule, wording),
            )
        )
    if rule.withdrawn:
        said.append(wording.say("fate", "stopped", rule=rule.rule_id, purposes=_all(rule.withdrawn, wording)))
    return " ".join(said)


def _all(purposes: Sequence[str], wording: Wording) -> str:
    return wording.both(purposes) if purposes else ""


def _lost(rule: RuleExplained, wording: Wording) -> str:
    lost = (rule.lost or {}).items()
    return _all([wording.say("fate", "lost", purpose=purpose, rule=by) for purpose, by in lost], wording)


def _missed(rule: RuleExplained, failure: Failure, wording: Wording) -> str:
    if rule.unasked:
        words, held = wording.both(rule.unasked), _all(rule.decided, wording)
        return wording.say("fate", "unasked", rule=rule.rule_id, words=words, purposes=held)
    if rule.lacks:
        lacks = "; ".join(_lack(one, wording) for one in rule.lacks)
        return wording.say("fate", "misses", rule=rule.rule_id, lacks=lacks, then=_then(rule, wording))
    found = _because(failure.found, failure.why, wording)
    return wording.say(
        "fate", "first", rule=rule.rule_id, path=failure.path, wanted=failure.wanted, found=found
    )


def _because(said: str, why: Mapping[str, str], wording: Wording) -> str:
    """Add what a plugin gave as the reason, in the language or in English."""
    reason = why.get(wording.language) or why.get("en")
    return f"{said} ({reason})" if reason else said


def _then(rule: RuleExplained, wording: Wording) -> str:
    """Say what would have been had it matched: what it would decide, and who would decide the rest."""
    own, others = [], []
    for purpose, by in (rule.then or {}).items():
        if by == rule.rule_id:
            own.append(purpose)
        elif by is None:
            others.append(wording.say("fate", "stays_withdrawn", purpose=purpose))
        else:
            others.append(wording.say("fate", "by_other", purpose=purpose, rule=by))
    said = wording.say("fate", "then_decides", purposes=wording.both(own)) if own else ""
    return said + (wording.say("fate", "then_others", others=wording.both(others)) if others else "")


def _lack(lack: Lack, wording: Wording) -> str:
    if lack.fact == "word":
        name = "word" if "true" in lack.values else "not_word"
        return _because(wording.say("lack", name, word=lack.word, key=lack.key), lack.why, wording)
    if wording.has("flag", lack.fact):
        flag = wording.say("flag", lack.fact, key=lack.key)
        return wording.say("lack", "yes" if "true" in lack.values else "no", flag=flag)
    known = wording.has("fact", lack.fact)
    fact = wording.say("fact", lack.fact, key=lack.key) if known else lack.fact
    found = wording.value(lack.word, lack.found)
    return wording.say("lack", _way(lack), fact=fact, found=found, **_filled(lack, wording))


def _way(lack: Lack) -> str:
    if lack.at_least is not None:
        return "at_least" if lack.below is None else "between"
    if lack.below is not None:
        return "below"
    if lack.values:
        return "values"
    if "unknown" not in lack.but:
        return "but"
    return "known" if set(lack.but) == {"unknown"} else "known_but"


def _filled(lack: Lack, wording: Wording) -> Mapping[str, str]:
    wanted = lack.values or tuple(one for one in lack.but if one != "unknown")
    values = wording.either(wording.value(lack.word, one) for one in wanted) if wanted else ""
    return {"values": values, "at_least": lack.at_least or "", "below": lack.below or ""}
