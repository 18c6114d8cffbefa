"""Two pairs of eyes: what one administrator proposes counts when another one agrees to the very same."""

import base64
import hashlib

import pytest
import requests

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import AssociateId
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import manifests, proposals
from so_privacy_ext.storage.manifests import Agreed
from so_privacy_ext.storage.proposals import Ending, Wish
from so_privacy_ext.storage.tenants import TenantSummary
from tests.unit.web.console.house import MANIFEST, House, Visitor

GOOD = MANIFEST.read_bytes()
OTHER = GOOD + b"# another\n"


class Two:
    """A tenant that demands two pairs of eyes, and its two administrators."""

    def __init__(self, house: House, tenant: TenantSummary) -> None:
        self.house = house
        self.tenant = tenant
        self.anna = house.sign_in(tenant, AssociateId(7))
        self.bent = house.sign_in(tenant, AssociateId(8))
        assert self.anna.post("/configure/two-pairs", {"how": "two"}).status_code == 303

    def propose(self, who: Visitor, content: bytes = GOOD, **more: str) -> requests.Response:
        fields = {"content": base64.urlsafe_b64encode(content).decode(), "reason": "the DPO asked", **more}
        return who.post("/configure/manifest/activate", fields)

    def settle(self, who: Visitor, how: str = "approve") -> requests.Response:
        return who.post(f"/configure/approvals/{self.last}", {"as": how})

    @property
    def last(self) -> int:
        with self.house.app.session(self.tenant) as session:
            return max(one.proposal_id for one in proposals.listed(session))

    def ended(self) -> Ending | None:
        with self.house.app.session(self.tenant) as session:
            return proposals.shown(session, self.last)[0].settled_as

    def decides(self) -> bytes | None:
        with self.house.app.session(self.tenant) as session:
            found = manifests.active(session)
        return None if found is None else found[0]

    def journal(self) -> list[tuple[str, str | None]]:
        rows = self.house.rows(
            "SELECT kind, content ->> 'who' FROM so_privacy.journal WHERE tenant_id = %(t)s ORDER BY seq",
            {"t": self.tenant.tenant_id},
        )
        return [(kind, who) for kind, who in rows]


@pytest.fixture
def two(house: House) -> Two:
    number = 60000 + len(house.rows("SELECT 1 FROM so_privacy.tenant"))
    return Two(house, house.add(f"Cust{number}"))


def test_a_manifest_decides_when_a_second_administrator_has_agreed(two: Two) -> None:
    done = two.propose(two.anna, tell_from="2026-11-01")
    assert (done.status_code, done.headers["location"]) == (303, "/configure/approvals?done=proposed")
    assert two.decides() is None
    overview = two.bent.get("/configure").text
    assert "1 proposal waits for a second administrator" in overview
    page = two.bent.get(f"/configure/approvals/{two.last}").text
    for said in ("the DPO asked", "SuperOffice user 7", "nordic-b2b-default", "2026-11-01"):
        assert said in page, said

    done = two.settle(two.bent)
    assert done.headers["location"] == "/configure/approvals?done=activated"
    assert two.decides() == GOOD
    assert two.ended() is Ending.APPROVED
    with two.house.app.session(two.tenant) as session:
        (activation,) = manifests.listed(session)
    assert (activation.who, activation.approved_by) == ("associate 7", "associate 8")
    assert activation.reason == "the DPO asked"
    assert two.journal() == [
        ("two_pairs_of_eyes", "associate 7"),
        ("proposed", "associate 7"),
        ("manifest_activated", "associate 7"),
        ("proposal_settled", "associate 8"),
    ]
    assert "Agreed by" in two.anna.get("/configure/manifest").text


def test_nobody_agrees_to_her_own(two: Two) -> None:
    two.propose(two.anna)
    assert "Agree, and have it done" not in two.anna.get(f"/configure/approvals/{two.last}").text
    for who in (two.anna, two.house.sign_in(two.tenant, AssociateId(7))):
        page = two.settle(who)
        assert page.status_code == 422
        assert "Nobody agrees to what she has proposed herself." in page.text
    assert two.decides() is None

    assert two.settle(two.anna, "refuse").status_code == 303
    assert two.ended() is Ending.TAKEN_BACK


def test_who_is_refused_proposes_anew(two: Two) -> None:
    two.propose(two.anna)
    assert two.settle(two.bent, "refuse").headers["location"] == "/configure/approvals?done=refused"
    assert two.ended() is Ending.REFUSED
    page = two.settle(two.bent)
    assert page.status_code == 422
    assert "Somebody else has settled it meanwhile." in page.text
    assert two.settle(two.bent, "refuse").status_code == 422
    assert two.decides() is None


def test_what_was_agreed_to_is_what_was_proposed(two: Two) -> None:
    two.propose(two.anna)
    stale = two.last
    two.propose(two.anna, OTHER)
    page = two.bent.post(f"/configure/approvals/{stale}", {"as": "approve"})
    assert page.status_code == 422
    assert two.decides() is None
    with two.house.app.session(two.tenant) as session:
        assert proposals.shown(session, stale)[0].settled_as is Ending.REPLACED

    two.settle(two.bent)
    assert two.decides() == OTHER


def test_a_proposal_lapses_when_another_manifest_decides_since(two: Two) -> None:
    two.propose(two.anna)
    manifest = parse(OTHER, "m.yaml")
    with two.house.turn(two.tenant) as turn:
        agreed = Agreed("an emergency", alone=True)
        two.house.app.activate(turn, manifest, OTHER, who="root", tell_from=None, agreed=agreed)

    assert two.ended() is Ending.LAPSED
    assert two.settle(two.bent).status_code == 422
    assert two.decides() == OTHER


def test_a_proposal_lapses_when_a_list_has_changed_since(two: Two) -> None:
    two.propose(two.anna)
    lists = two.house.sandbox.world.tenants[two.tenant.context_identifier].tables.lists
    source = next(one for one in lists.sources.values() if one.key == "CHAT")
    source.mail_template_id = 1 if source.mail_template_id != 1 else 2
    page = two.settle(two.bent)

    assert page.status_code == 422
    assert "has changed since it was proposed" in page.text
    assert two.ended() is Ending.LAPSED
    assert two.decides() is None


def test_a_proposal_that_fits_no_more_is_not_activated(two: Two) -> None:
    two.propose(two.anna)
    lists = two.house.sandbox.world.tenants[two.tenant.context_identifier].tables.lists
    template = next(one for one in lists.templates.values() if one.name == "privacy-notice-13")
    template.name = "other"
    assert two.settle(two.bent).status_code == 422
    assert two.decides() is None


def test_to_do_away_with_it_takes_two(two: Two) -> None:
    def demanded() -> bool:
        with two.house.app.session(two.tenant) as session:
            return proposals.demanded(session)

    for reason in ("", " ", "x" * 501):
        page = two.anna.post("/configure/two-pairs", {"how": "one", "reason": reason})
        assert page.status_code == 422
        assert "Give a reason" in page.text
    done = two.anna.post("/configure/two-pairs", {"how": "one", "reason": "I am alone now"})
    assert done.headers["location"] == "/configure/approvals?done=proposed"
    assert two.settle(two.anna).status_code == 422
    assert demanded()

    assert two.settle(two.bent).headers["location"] == "/configure/approvals?done=one_pair"
    assert not demanded()
    assert two.propose(two.anna).headers["location"] == "/configure/manifest?done=activated"
    assert two.decides() == GOOD


def test_it_is_demanded_once_and_needs_no_proposal_to_be(two: Two) -> None:
    assert two.bent.post("/configure/two-pairs", {"how": "two"}).status_code == 303
    assert two.journal() == [("two_pairs_of_eyes", "associate 7")]
    assert two.bent.post("/configure/two-pairs", {"how": "three"}).status_code == 400
    assert two.bent.post("/configure/two-pairs").status_code == 400


def test_where_one_is_enough_none_proposes_that(house: House) -> None:
    tenant = house.add("Cust61999")
    admin = house.sign_in(tenant)
    admin.post("/configure/two-pairs", {"how": "one", "reason": "x"})
    with house.app.session(tenant) as session:
        assert proposals.listed(session) == []


def test_the_operator_is_refused_unless_alone_on_purpose(two: Two) -> None:
    manifest = parse(GOOD, "m.yaml")

    def activate(agreed: Agreed | None) -> None:
        with two.house.turn(two.tenant) as turn:
            two.house.app.activate(turn, manifest, GOOD, who="root", tell_from=None, agreed=agreed)

    for agreed in (None, Agreed("why")):
        with pytest.raises(Refused) as raised:
            activate(agreed)
        assert raised.value.code == "second_pair_of_eyes"
        assert "--alone" in raised.value.how
    assert two.decides() is None

    activate(Agreed("it burns", alone=True))
    assert two.decides() == GOOD
    (kept,) = two.house.rows(
        "SELECT content ->> 'alone' FROM so_privacy.journal WHERE tenant_id = %(t)s"
        " AND kind = 'manifest_activated'",
        {"t": two.tenant.tenant_id},
    )
    assert kept == ("true",)


def test_what_can_decide_nothing_is_not_proposed(two: Two) -> None:
    page = two.propose(two.anna, GOOD.replace(b"privacy-notice-13", b"no-such-template", 1))
    assert page.status_code == 422
    with two.house.app.session(two.tenant) as session:
        assert proposals.waiting(session) == 0


def test_a_run_may_begin_when_two_have_agreed(two: Two) -> None:
    seal = hashlib.sha256(b"plan").hexdigest()
    with two.house.turn(two.tenant) as turn:
        approving = two.house.app.approving(turn)
        approving.propose_run(4, seal, who="associate 7", reason="the whole database")
        assert not proposals.agreed_to(turn.session, Wish.RUN, "4")
    assert two.settle(two.bent).headers["location"] == "/configure/approvals?done=run_approved"
    with two.house.app.session(two.tenant) as session:
        assert proposals.agreed_to(session, Wish.RUN, "4")
        assert not proposals.agreed_to(session, Wish.RUN, "5")


def test_nonsense_settles_nothing(two: Two) -> None:
    two.propose(two.anna)
    assert two.settle(two.bent, "perhaps").status_code == 400
    assert two.bent.post(f"/configure/approvals/{two.last}").status_code == 400
    assert two.bent.post("/configure/approvals/999999", {"as": "approve"}).status_code == 404
    assert two.ended() is None
