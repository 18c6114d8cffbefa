"""The administrator's pages as a browser sees them: what they tell, and what they do."""

import re
from collections.abc import Callable

import pytest
import requests

from so_privacy_ext.errors import Fault
from so_privacy_ext.lifecycle.watchdog import WHAT_TO_DO
from so_privacy_ext.model import PersonId
from so_privacy_ext.storage import findings, registers, reviews, tenants
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.web import languages
from so_privacy_ext.web.console import overview, visit
from so_sandbox.agents.webhook import STATES
from so_sandbox.world.rows import Webhook
from tests.unit.web.console.conftest import Inhabitant
from tests.unit.web.console.house import House, Objects, Visitor

PAGES = (
    "/configure",
    "/configure/rules",
    "/configure/persons",
    "/configure/manifest",
    "/configure/reviews",
    "/configure/events",
    "/configure/quarantine",
    "/configure/duties",
    "/configure/figures",
    "/configure/uninstall",
    "/configure/approvals",
    "/configure/plans",
    "/configure/try",
)


def text_of(page: requests.Response) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())


@pytest.fixture
def fresh(house: House) -> Callable[[], tuple[TenantSummary, Visitor]]:
    """Give a tenant of its own, with its administrator."""

    def make() -> tuple[TenantSummary, Visitor]:
        number = 20000 + len(house.rows("SELECT 1 FROM so_privacy.tenant"))
        tenant = house.add(f"Cust{number}")
        return tenant, house.sign_in(tenant)

    return make


Fresh = Callable[[], tuple[TenantSummary, Visitor]]


def journal(house: House, tenant: TenantSummary) -> list[str]:
    rows = house.rows(
        "SELECT kind FROM so_privacy.journal WHERE tenant_id = %(t)s ORDER BY seq", {"t": tenant.tenant_id}
    )
    return [kind for (kind,) in rows]


def filled(house: House, fresh: Fresh) -> tuple[TenantSummary, Visitor, Objects]:
    tenant, admin = fresh()
    return tenant, admin, house.fill(tenant)


def test_the_overview_tells_how_the_tenant_fares(first: Inhabitant) -> None:
    page = first.admin.get("/configure")

    assert page.status_code == 200
    for said in (
        "Cust12345",
        "Running",
        "3 items wait for a decision of yours",
        "1 event was given up",
        "1 open event",
        "1 person still to be informed",
        "1 delivery in quarantine",
        "Registered",
    ):
        assert said in text_of(page), said


def test_a_tenant_without_anything_is_told_what_comes_next(fresh: Fresh) -> None:
    _tenant, admin = fresh()
    page = text_of(admin.get("/configure"))

    assert "No manifest decides yet" in page
    assert "given up" not in page
    for path in PAGES[1:]:
        assert admin.get(path).status_code == 200


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_every_page_speaks_the_browsers_language(first: Inhabitant, language: str) -> None:
    t = languages.texts(language)
    for path, title in zip(
        PAGES,
        (
            "overview.title",
            "rules.title",
            "persons.title",
            "manifest.title",
            "reviews.title",
            "events.title",
            "quarantine.title",
            "duties.title",
            "figures.title",
            "uninstall.title",
            "approval.title",
            "plans.title",
            "try.title",
        ),
        strict=True,
    ):
        page = first.admin.get(path, headers={"Accept-Language": language})
        assert f'<html lang="{language}">' in page.text
        assert t(title) in text_of(page)


def test_pause_and_resume(house: House, fresh: Fresh) -> None:
    tenant, admin = fresh()
    done = admin.post("/configure/pause")

    assert (done.status_code, done.headers["location"]) == (303, "/configure?done=paused")
    assert house.app.tenant(tenant.context_identifier).paused_at is not None
    page = text_of(admin.get("/configure?done=paused"))
    assert "What SuperOffice sends meanwhile is kept." in page
    assert "Paused by an administrator since" in page

    done = admin.post("/configure/resume")
    assert done.headers["location"] == "/configure?done=resumed"
    assert house.app.tenant(tenant.context_identifier).paused_at is None


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_a_parked_tenant_says_why_and_what_resumes_it(house: House, fresh: Fresh, language: str) -> None:
    tenant, admin = fresh()
    t = languages.texts(language)
    for reason, told in {**overview.PARKED, "ValueError": "other"}.items():
        with house.turn(tenant) as turn:
            turn.park(str(reason), 600)
        page = text_of(admin.get("/configure", headers={"Accept-Language": language}))
        for part in ("why", "then"):
            assert t(f"parked.{told}.{part}").replace("'", "&#39;") in page, reason
        assert ("ValueError" in page) is (told == "other")


def test_every_fault_that_parks_is_told_in_words() -> None:
    never_parks = {Fault.NOT_FOUND, Fault.DUPLICATE, Fault.VALIDATION, Fault.CHANNEL, Fault.CHANNEL_REFUSED}

    assert {str(one) for one in overview.PARKED} == {"no_manifest", *(set(Fault) - never_parks)}


def test_a_parked_tenant_is_tried_at_once_when_asked(house: House, fresh: Fresh) -> None:
    tenant, admin = fresh()
    with house.turn(tenant) as turn:
        turn.park("transport", 600)

    assert admin.post("/configure/try-now").headers["location"] == "/configure?done=tried"
    assert house.app.tenant(tenant.context_identifier).parked_until is None


def test_a_page_waits_for_the_turn_and_no_longer(
    house: House, fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "TURN_SECONDS", 0.2)
    tenant, admin = fresh()
    with house.turn(tenant):
        page = admin.post("/configure/pause")

    assert page.status_code == 503
    assert "Busy at this moment" in page.text
    assert house.app.tenant(tenant.context_identifier).paused_at is None


def test_an_item_is_settled_with_a_reason(house: House, fresh: Fresh) -> None:
    tenant, admin, objects = filled(house, fresh)
    path = f"/configure/reviews/{objects.review}"
    page = text_of(admin.get(path))
    assert "A rule asks for a human" in page
    done = admin.post(path, {"as": "keep", "reason": " agreed with the salesman "})

    assert (done.status_code, done.headers["location"]) == (303, "/configure/reviews?done=settled")
    with house.app.session(tenant) as session:
        assert reviews.shown(session, objects.review).settled_as == "keep"
    assert journal(house, tenant)[-1] == "review_settled"
    assert "Settled at" in text_of(admin.get(path))


def test_whoever_waits_for_a_human_or_a_notice_is_one_click_away(house: House, fresh: Fresh) -> None:
    _, admin, objects = filled(house, fresh)

    for path in (f"/configure/reviews/{objects.review}", "/configure/duties"):
        assert 'href="/configure/persons/18"' in admin.get(path).text


def test_a_mail_of_unknown_fate_is_freed(house: House, fresh: Fresh) -> None:
    tenant, admin, objects = filled(house, fresh)
    path = f"/configure/reviews/{objects.mail_review}"
    assert admin.post(path, {"as": "keep", "reason": "x"}).status_code == 422
    assert admin.post(path, {"as": "not-sent", "reason": "not in the outbox"}).status_code == 303

    with house.app.session(tenant) as session:
        assert [one.state for one in registers.mails_of(session, PersonId(20))] == ["not_sent"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"as": "keep", "reason": " "}, "Give a reason of at most 2000"),
        ({"as": "keep", "reason": "x" * 2001}, "Give a reason of at most 2000"),
        ({"as": "keep"}, "Give a reason of at most 2000"),
        ({"reason": "because I say so"}, "Choose how to settle it."),
        ({"as": "sent", "reason": "because I say so"}, "Choose how to settle it."),
    ],
)
def test_what_is_wrong_is_said_in_its_place_and_nothing_is_lost(
    first: Inhabitant, fields: dict[str, str], said: str
) -> None:
    page = first.admin.post(f"/configure/reviews/{first.objects.review}", fields)

    assert page.status_code == 422
    assert said in page.text
    assert fields.get("reason", "").strip()[:100] in page.text


def test_an_item_is_settled_once(house: House, fresh: Fresh) -> None:
    _tenant, admin, objects = filled(house, fresh)
    path = f"/configure/reviews/{objects.review}"
    admin.post(path, {"as": "keep", "reason": "first"})
    page = admin.post(path, {"as": "decide-again", "reason": "second"})

    assert page.status_code == 422
    assert "Somebody else has settled it meanwhile." in page.text


def test_events_are_listed_by_state_and_person(first: Inhabitant) -> None:
    admin = first.admin

    assert "Person 18" in text_of(admin.get("/configure/events"))
    assert "Person 19" not in text_of(admin.get("/configure/events"))
    assert "Person 19" in text_of(admin.get("/configure/events?state=dead"))
    assert "Person 19" not in text_of(admin.get("/configure/events?state=dead&person=18"))
    assert "None." in text_of(admin.get("/configure/events?state=done"))
    assert admin.get("/configure/events?state=odd").status_code == 404


def test_dead_events_are_driven_again(house: House, fresh: Fresh) -> None:
    for which in ("dead", "the one"):
        tenant, admin, objects = filled(house, fresh)
        done = admin.post(
            "/configure/events/redrive", {"which": "dead" if which == "dead" else objects.dead_event}
        )
        assert done.headers["location"] == "/configure/events?done=redriven"
        assert house.app.tenant(tenant.context_identifier).dead == 0
        assert journal(house, tenant)[-1] == "redriven"


def test_a_quarantined_delivery_is_shown_as_it_came(house: House, fresh: Fresh) -> None:
    tenant, admin = fresh()
    house.deliver(tenant.tenant_id, body=b'{"a": "\xe2\x80\xae<b>",\n\x00\xff}', reason="bad_json")
    page = admin.get("/configure/quarantine")
    found = re.search(r"/configure/quarantine/\d+", page.text)
    assert found is not None
    assert "It is not JSON" in page.text

    shown = admin.get(found[0]).text
    assert r"{&#34;a&#34;: &#34;\u202e&lt;b&gt;&#34;," + "\n" + r"\u0000\xff}" in shown


def test_who_must_still_be_informed_is_listed(first: Inhabitant) -> None:
    page = text_of(first.admin.get("/configure/duties"))

    assert "Person 18" in page
    assert "by article 14" in page


def test_what_was_done_is_told_by_our_words_alone(first: Inhabitant) -> None:
    for odd in ("<script>", "paused.x", "nothing", "%7B%7B7*7%7D%7D"):
        page = first.admin.get(f"/configure?done={odd}")
        assert 'role="status"' not in page.text


def test_who_is_not_signed_in_is_sent_to_sign_in(house: House) -> None:
    for path in PAGES:
        page = house.nobody().get(path)
        assert page.status_code == 303
        assert page.headers["location"].startswith("/sign-in")
        assert page.content == b""


def test_a_session_of_before_shows_nothing(house: House, fresh: Fresh) -> None:
    tenant, admin = fresh()
    with house.turn(tenant) as turn:
        tenants.remove(turn.session)

    assert admin.get("/configure").status_code in {303, 404}
    assert admin.post("/configure/pause").status_code in {403, 503}


def test_the_console_says_all_it_has() -> None:
    """Every code that a template looks up by a value has a text in it, or is shown as it is."""
    t = languages.texts("en")
    for settlement in reviews.Settlement:
        assert all(f"review.as.{settlement}.{part}" in t for part in ("word", "text", "merged"))
    for state in ("running", "parked", "paused", "leaving"):
        assert f"state.{state}.word" in t


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_what_is_wrong_with_the_tenant_as_a_whole_is_told_in_words(
    house: House, fresh: Fresh, language: str
) -> None:
    tenant, admin = fresh()
    before = text_of(admin.get("/configure", headers={"Accept-Language": language}))
    with house.app.session(tenant) as session:
        for what in WHAT_TO_DO:
            findings.show(session, what, "events", {})
        findings.show(session, "something_new", "", {})
    told = text_of(admin.get("/configure", headers={"Accept-Language": language}))
    t = languages.texts(language)
    for what in (*WHAT_TO_DO, "other"):
        for part in ("title", "text"):
            text = t(f"needs.found.{what}.{part}").replace("'", "&#39;")
            assert text in told
            assert text not in before
    assert "something_new" in told


def test_a_tenant_is_uninstalled_by_its_administrator(house: House, fresh: Fresh) -> None:
    tenant, admin = fresh()
    asked = text_of(admin.get("/configure/uninstall"))
    assert "Webhooks so-privacy" in asked
    assert "without any name or address" in asked
    assert admin.post("/configure/uninstall").status_code == 400

    page = admin.post("/configure/uninstall", {"sure": "yes"})

    assert page.status_code == 200
    assert "so-privacy is uninstalled" in text_of(page)
    assert house.rows(
        "SELECT removed_at FROM so_privacy.tenant WHERE tenant_id = %(t)s", {"t": tenant.tenant_id}
    )[0][0]
    assert admin.get("/configure").headers["Location"].startswith("/sign-in")


def test_an_uninstallation_that_the_crm_stops_is_begun_again(house: House, fresh: Fresh) -> None:
    tenant, admin = fresh()
    crm = house.sandbox.world.tenant(tenant.context_identifier)
    assert crm is not None
    crm.tables.state = "Suspended"
    page = admin.post("/configure/uninstall", {"sure": "yes"})
    assert (page.status_code, "try again in a while" in text_of(page)) == (502, True)
    assert "Being uninstalled" in text_of(admin.get("/configure"))

    crm.tables.state = "Running"
    next(iter(crm.tables.authorizations.values())).state = "Revoked"
    page = admin.post("/configure/uninstall", {"sure": "yes"})
    assert page.status_code == 200
    assert "Left in your SuperOffice" in text_of(page)


@pytest.fixture
def installed(house: House) -> tuple[TenantSummary, Visitor]:
    """Give a tenant that is installed in the CRM too."""
    assert house.sandbox.directory is not None
    name = f"Cust{30000 + len(house.rows('SELECT 1 FROM so_privacy.tenant'))}"
    house.sandbox.sandbox.seed(name, 0, quietly=True)
    token = (house.sandbox.directory / f"system_user_token.{name}").read_text().strip()
    house.app.install(name, "sandbox", token)
    tenant = house.app.tenant(name)
    return tenant, house.sign_in(tenant)


def hooks(house: House, tenant: TenantSummary) -> list[Webhook]:
    found = house.sandbox.world.tenant(tenant.context_identifier)
    assert found is not None
    return list(found.tables.webhooks.values())


def test_a_webhook_that_somebody_stopped_is_started_when_an_administrator_says_so(
    house: House, installed: tuple[TenantSummary, Visitor]
) -> None:
    tenant, admin = installed
    for one in hooks(house, tenant):
        one.state = STATES.index("Stopped")
    with house.turn(tenant) as turn:
        house.app.healing(turn).watch()
    assert "A person stopped our webhook" in admin.get("/configure").text
    assert {STATES[one.state] for one in hooks(house, tenant)} == {"Stopped"}

    done = admin.post("/configure/webhooks")
    assert done.headers["location"] == "/configure?done=put_right"
    assert {STATES[one.state] for one in hooks(house, tenant)} == {"Active"}
    assert "A person stopped our webhook" not in admin.get("/configure").text


def test_what_can_not_be_put_right_is_shown_as_before(
    house: House, installed: tuple[TenantSummary, Visitor]
) -> None:
    tenant, admin = installed
    for one in hooks(house, tenant):
        one.state = STATES.index("Unknown")

    assert admin.post("/configure/webhooks").headers["location"] == "/configure?done=still_wrong"
    page = admin.get("/configure?done=still_wrong")
    assert "something is still wrong" in page.text
    assert "Our webhook is in a state that we don&#39;t know" in page.text
