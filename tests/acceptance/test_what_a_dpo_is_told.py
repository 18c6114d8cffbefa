"""What `explain`, `journal` and `review` say to a data protection officer, who must not be misled."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.installed import FIRST, Running

HERE = ("--tenant", FIRST)


def explained(installed: Running, person_id: int) -> str:
    installed.settle()
    done = installed.run("explain", *HERE, "--person", str(person_id))
    assert done.code == 0, done
    return done.out


def test_a_notice_that_went_out(installed: Running) -> None:
    anna = installed.tenant().create_person(channel="WEBFORM", emails=["dpo-anna@example.com"])
    said = explained(installed, anna.person_id)

    assert "STORE gets the legal basis 61F with the source WEBFORM, by the rule web-plain." in said
    assert "The CRM holds 61F/WEBFORM, written by a rule of ours, and it stays: it is right already." in said
    assert "No mail would be sent: the person, or the address, was told already." in said
    assert "Mail notice13, version 1: asked for " in said
    assert ", sent since " in said
    assert "Duty to inform by notice13: due " in said
    assert "(sent)" in said
    told = installed.good("explain", *HERE, "--person", str(anna.person_id))
    assert [one["state"] for one in told["mails"]] == ["sent"]
    assert told["outlook"]["mail"] == "already_told"
    assert told["outlook"]["left"] == {"STORE": "already_right"}
    assert (told["ruling"]["tell"], told["ruling"]["tell_rule"]) == ("notice13", "web-plain")
    assert "dpo-anna" not in said


def test_what_a_human_chose_is_not_said_to_be_changed(installed: Running) -> None:
    tenant = installed.tenant()
    bo = tenant.create_person(channel="USER", age=timedelta(days=400))
    tenant.set_consent(bo.person_id, "STORE", "61B", "USER", by=tenant.associate("user").associate_id)
    said = explained(installed, bo.person_id)

    assert "STORE gets the legal basis 61F with the source USER, by the rule met-in-person." in said
    assert "The CRM holds 61B/USER, written by a human" in said
    assert "it stays: a human has decided, and a rule doesn't overrule a human." in said
    assert "the person was registered before the day from which persons are told." in said
    told = installed.good("explain", *HERE, "--person", str(bo.person_id))
    assert (told["outlook"]["left"], told["outlook"]["mail"]) == ({"STORE": "human"}, "before_start")
    assert (told["ruling"]["tell"], told["ruling"]["tell_rule"]) == ("notice13", "met-in-person")


def test_a_withdrawal_is_the_person_s_only_if_she_made_it(installed: Running) -> None:
    tenant = installed.tenant()
    by_herself, by_a_human = (tenant.create_person(channel="WEBFORM").person_id for _ in range(2))
    tenant.withdraw(by_herself, "EMARKETING")
    user = tenant.associate("user").associate_id
    tenant.set_consent(by_a_human, "EMARKETING", "WITHDRAWN", "USER", by=user)

    said = explained(installed, by_herself)
    assert "EMARKETING stands withdrawn, written by the person herself, so no rule decides it." in said
    said = explained(installed, by_a_human)
    assert "EMARKETING stands withdrawn, written by a human" in said
    assert "EMARKETING may not be used: it was withdrawn, by what stands for EMARKETING." in said
    assert "by the person" not in said
    assert "the person took" not in said


def test_the_journal_says_why_and_who_settled_what(installed: Running) -> None:
    jonas = installed.tenant().create_person(channel="API", source="UNKNOWN")
    installed.settle()
    (item,) = installed.good("review", "list", *HERE, "--person", str(jonas.person_id))["reviews"]
    words = ("--as", "keep", "--reason", "a supplier of ours")
    installed.good("review", "settle", *HERE, str(item["review_id"]), *words)
    said = installed.run("journal", *HERE, "--person", str(jonas.person_id)).out

    assert "STORE: review by catch-all" in said
    assert "because: Unknown origin" in said
    assert "mail: review" in said
    assert "as: keep" in said
    assert "reason: a supplier of ours" in said
