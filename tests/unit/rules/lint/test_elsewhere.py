"""What no law looks for can't be in a manifest, or can't be seen in one; each with what sees to that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from itertools import product

import pytest

from so_privacy_ext.model import (
    WITHDRAWN,
    AssociateId,
    Authority,
    Consent,
    Decision,
    Outcome,
    PersonId,
)
from so_privacy_ext.proof.arbiter import Write, settle
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.elsewhere import ELSEWHERE
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.tag import tag
from so_privacy_ext.sdk import UNKNOWN, Facts
from tests.unit.rules.lint.fixtures import FOLDER

BASE = (FOLDER / "base.yaml").read_text(encoding="utf-8")


def refused(old: str, new: str) -> list[str]:
    """Give the codes with which a changed manifest is refused."""
    assert old in BASE
    with pytest.raises(ManifestInvalid) as refusal:
        parse(BASE.replace(old, new, 1).encode(), "m.yaml")
    return [one.code for one in refusal.value.findings]


def no_mail_for_double_opt_in() -> None:
    assert refused("version: 1}", "version: 1, kind: doi}") == ["unknown_key"]


def nobody_is_overwritten() -> None:
    wanted = Decision("STORE", Outcome.GIVE, "rule", "because", "61F", "WEBFORM")
    now = datetime(2026, 11, 28, tzinfo=UTC)
    standing = Consent(PersonId(1), "STORE", "61B", "USER", "", now, AssociateId(7), None, AssociateId(0), 0)
    overwritten = {one for one in Authority if isinstance(settle(wanted, standing, one), Write)}
    assert overwritten == {Authority.RULE, Authority.IMPORT, Authority.CRM_DEFAULT}


def nothing_after_a_withdrawal() -> None:
    manifest = resolve_alone(parse(BASE.encode(), "m.yaml"))
    for purpose, source, associate in product(("STORE", "EMARKETING"), ("WEBFORM", "USER"), (True, False)):
        facts = Facts(source=source, is_associate=associate, consents={purpose: (WITHDRAWN, source)}, age=14)
        decided = [one.purpose for one in decide(facts, manifest).decisions]
        assert purpose not in decided
        assert purpose != "STORE" or decided == []


def no_source_unknown() -> None:
    assert refused("{basis: 61F}", "{basis: 61F, source: UNKNOWN}") == ["unknown_source"]


def the_longest_tag_is_short() -> None:
    assert len(tag("x" * 64, "f" * 64)) <= 255
    assert refused("id: wrote-to-us", f"id: {'x' * 65}") == ["wrong_value"]


def no_subscription_as_evidence() -> None:
    new = "{source: WEBFORM, evidence: {subscription: Newsletter}}"
    assert "unknown_key" in refused("{source: WEBFORM}", new)


def no_part_of_an_address_before_the_at() -> None:
    about_addresses = {one.name for one in fields(Facts) if "mail" in one.name or "address" in one.name}
    assert about_addresses == {"has_email", "email_domain"}
    assert refused("{source: WEBFORM}", '{email_domain: "info@example.com"}') == ["wrong_value"]


def no_words_but_our_own() -> None:
    assert refused("{source: WEBFORM}", "{x.acme.turnover_over: 5000000}") == ["unknown_key"]


def no_age_without_a_year() -> None:
    manifest = resolve_alone(parse(BASE.encode(), "m.yaml"))
    (minor,) = (one for one in manifest.rules if one.rule_id == "minor")
    assert minor.when.truth(Facts(age=UNKNOWN, country="DK")) is None


PROOFS: dict[str, Callable[[], None]] = {
    "L06": no_mail_for_double_opt_in,
    "L13": nobody_is_overwritten,
    "L14": nothing_after_a_withdrawal,
    "L23": no_source_unknown,
    "L34": the_longest_tag_is_short,
    "L41": no_subscription_as_evidence,
    "L43": no_part_of_an_address_before_the_at,
    "L44": no_words_but_our_own,
    "L45": no_age_without_a_year,
}


@pytest.mark.parametrize("code", PROOFS)
def test_it_can_not_be(code: str) -> None:
    PROOFS[code]()


def test_every_finding_is_looked_for_or_proven_not_to_be() -> None:
    assert [one.code for one in ELSEWHERE] == list(PROOFS)
    codes = sorted([*PROOFS, *(law.code for law in LAWS)])
    assert codes == [f"L{number:02}" for number in range(1, 57)]
