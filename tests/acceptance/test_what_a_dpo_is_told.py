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

    assert "STORE gets the legal basis 61F" in said
    assert "the CRM holds 61F/WEBFORM (written by a rule of ours)" in said
    assert "would be left: already_right" in said
    assert "mail: notice13 by rule web-plain: already_told" in said
    assert "mail notice13 version 1: asked for " in said
    assert ", sent since " in said
    assert "duty to inform by notice13: due " in said
    assert "(sent)" in said
    told = installed.good("explain", *HERE, "--person", str(anna.person_id))
    assert [one["state"] for one in told["mails"]] == ["sent"]
    assert told["outlook"]["mail"] == "already_told"
    assert "dpo-anna" not in said


def test_what_a_human_chose_is_not_said_to_be_changed(installed: Running) -> None:
    tenant = installed.tenant()
    bo = tenant.create_person(channel="USER", age=timedelta(days=400))
    tenant.set_consent(bo.person_id, "STORE", "61B", "USER", by=tenant.associate("user").associate_id)
    said = explained(installed, bo.person_id)

    assert "STORE gets the legal basis 61F" in said
    assert "written by a human" in said
    assert "would be left: human" in said
    assert "notice13 by rule met-in-person: before_start" in said


def test_a_withdrawal_is_the_person_s_only_if_she_made_it(installed: Running) -> None:
    tenant = installed.tenant()
    by_herself, by_a_human = (tenant.create_person(channel="WEBFORM").person_id for _ in range(2))
    tenant.withdraw(by_herself, "EMARKETING")
    user = tenant.associate("user").associate_id
    tenant.set_consent(by_a_human, "EMARKETING", "WITHDRAWN", "USER", by=user)

    assert "EMARKETING stands withdrawn, written by th" in explained(installed, by_herself)
    said = explained(installed, by_a_human)
    assert "EMARKETING: stands withdrawn (written by a human" in said
    assert "by the person" not in said


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
