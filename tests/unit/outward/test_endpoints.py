"""What an administrator may do about endpoints, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from so_privacy_ext.calling import Poster
from so_privacy_ext.doctor.endpoints import examine_endpoints
from so_privacy_ext.doctor.findings import Level
from so_privacy_ext.endpoints import Endpoints
from so_privacy_ext.errands import NewErrand
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.storage import endpoints, errands, journal, tenants
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.turns import Turn
from tests.unit.outward.hearing import Hearing
from tests.unit.outward.test_announcing import Clock
from tests.unit.storage.shapes import Add, Taking

WHO = "operator"
URL = "https://hooks.example.com/privacy?token=very-secret"


@pytest.fixture
def seen_to(data_key: DataKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoints]:
    poster = Poster(("127.0.0.0/8",))
    monkeypatch.setattr(Poster, "leads_inside", lambda _, url: "10.0.0.7" in url)
    yield Endpoints(data_key, poster, Clock())
    poster.close()


def add(seen_to: Endpoints, turn: Turn, url: str = URL, **changes: Any) -> tuple[int, str]:
    given = {"events": ["decision.made"], "description": "the data warehouse", **changes}
    return seen_to.add(turn, url, given["events"], given["description"], who=WHO)


def refused(seen_to: Endpoints, turn: Turn, url: str = URL, **changes: Any) -> Refused:
    with pytest.raises(Refused) as raised:
        add(seen_to, turn, url, **changes)
    assert "very-secret" not in str(raised.value)
    assert endpoints.listed(turn.session) == []
    return raised.value


def test_a_tenant_that_never_had_one_has_none(seen_to: Endpoints, turn: Turn) -> None:
    assert turn.tenant.endpoints == endpoints.changes(turn.session) == 0
    assert seen_to.listeners(turn) == ()
    assert list(examine_endpoints(turn)) == []


def test_address_and_secret_are_sealed_and_shown_once(
    seen_to: Endpoints, turn: Turn, taking: Taking, data_key: DataKey
) -> None:
    number, secret = add(seen_to, turn)

    (kept,) = endpoints.listed(turn.session)
    assert (kept.endpoint_id, kept.host, kept.description) == (
        number,
        "hooks.example.com",
        "the data warehouse",
    )
    assert (kept.events, kept.who, kept.off_at, kept.trouble) == (["decision.made"], WHO, None, None)
    assert secret.startswith("whsec_")
    found = endpoints.address(turn.session, data_key, number)
    assert (found.url, found.secrets) == (URL, [secret])
    assert "very-secret" not in repr(found)
    rows = turn.session.rows(b"SELECT sealed FROM secret WHERE name LIKE 'endpoint/%%'")
    assert len(rows) == 2
    assert not [row for row in rows if b"very-secret" in row["sealed"] or secret.encode() in row["sealed"]]
    (entry,) = journal.latest(turn.session, 1)
    assert (entry.kind, entry.content["host"], entry.content["who"]) == (
        "endpoint_added",
        "hooks.example.com",
        WHO,
    )
    assert "very-secret" not in str(entry.content)
    turn.release()
    assert taking(turn.tenant.tenant_id).tenant.endpoints == 1


@pytest.mark.parametrize(
    ("changes", "code", "exit_code"),
    [
        ({"events": []}, "endpoint_events", Exit.USAGE),
        ({"events": ["decision.made", "person.named"]}, "endpoint_events", Exit.USAGE),
        ({"description": "x" * 201}, "endpoint_description", Exit.BAD_DATA),
        ({"description": "two\nlines"}, "endpoint_description", Exit.BAD_DATA),
        ({"url": "http://hooks.example.com/very-secret"}, "endpoint_address", Exit.BAD_DATA),
        ({"url": "https://10.0.0.7/very-secret"}, "endpoint_address", Exit.BAD_DATA),
    ],
)
def test_what_can_not_be_told_is_refused(
    seen_to: Endpoints, turn: Turn, changes: dict[str, Any], code: str, exit_code: Exit
) -> None:
    found = refused(seen_to, turn, **changes)

    assert (found.code, found.exit_code) == (code, exit_code)


def test_a_tenant_has_no_more_than_so_many(
    seen_to: Endpoints, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "MOST", 1)
    add(seen_to, turn)

    with pytest.raises(Refused, match="1 endpoints at the most"):
        add(seen_to, turn)


def test_one_that_is_off_is_asked_for_nothing(seen_to: Endpoints, turn: Turn, taking: Taking) -> None:
    number, _ = add(seen_to, turn)
    turn.release()
    with taking(turn.tenant.tenant_id) as again:
        (one,) = seen_to.listeners(again)
        assert (one.name, one.wants("decision"), one.wants("sale.created")) == (
            f"endpoint:{number}",
            True,
            False,
        )

        assert seen_to.switch(again, number, on=False, who="associate 7")
        assert not seen_to.switch(again, number, on=False, who="associate 7")

        assert seen_to.listeners(again) == []
        (finding,) = examine_endpoints(again)
        assert (finding.level, "as somebody wants it" in finding.found) == (Level.OK, True)
        assert seen_to.switch(again, number, on=True, who=WHO)
        kinds = [one.kind for one in journal.latest(again.session, 9)]
        assert kinds == ["endpoint_added", "endpoint_off", "endpoint_on"]


def test_nothing_is_left_of_one_that_is_removed(seen_to: Endpoints, turn: Turn, data_key: DataKey) -> None:
    number, _ = add(seen_to, turn)
    turn.ledgers.errands.make([NewErrand(f"endpoint:{number}", "decision", "person/7", "decision/1/x", {})])

    assert seen_to.remove(turn, number, who=WHO).waiting == 1

    assert endpoints.listed(turn.session) == []
    assert turn.session.rows(b"SELECT FROM secret WHERE name LIKE 'endpoint/%%'") == []
    assert [(one.state, one.reason) for one in errands.listed(turn.session)] == [("done", "endpoint_removed")]
    with pytest.raises(Refused, match="no_endpoint"):
        seen_to.remove(turn, number, who=WHO)
    endpoints.failed(turn.session, number, "timeout", 5.0)  # whoever was sending finds nothing to note
    assert endpoints.standing(turn.session, number) == (0, 0.0)
    assert endpoints.take(turn.session, data_key, number, 60.0) is None


def test_they_go_with_their_tenant(seen_to: Endpoints, turn: Turn, data_key: DataKey) -> None:
    add(seen_to, turn)

    tenants.remove(turn.session)

    assert endpoints.listed(turn.session) == []
    assert turn.session.rows(b"SELECT FROM secret WHERE name LIKE 'endpoint/%%'") == []


def test_no_tenant_sees_anothers(seen_to: Endpoints, turn: Turn, add: Add, taking: Taking) -> None:
    number, _ = seen_to.add(turn, URL, ["decision.made"], "", who=WHO)
    other = taking(add("Cust54321").tenant_id)

    assert endpoints.listed(other.session) == []
    for do in (
        lambda: seen_to.rotate(other, number, who=WHO),
        lambda: seen_to.switch(other, number, on=False, who=WHO),
        lambda: seen_to.remove(other, number, who=WHO),
    ):
        with pytest.raises(Refused, match="no_endpoint"):
            do()


def test_a_test_is_posted_now_and_counts_for_nothing(
    seen_to: Endpoints, turn: Turn, dsn: str, heard: Hearing
) -> None:
    number, _ = add(seen_to, turn, heard.url)
    heard.answers.extend([200, 503])
    tenant = tenants.summary(turn.session)
    assert tenant is not None

    assert seen_to.test(turn.session, tenant, number).taken
    assert seen_to.test(turn.session, tenant, number).why == "status_503"

    assert [one.body.startswith(b'{"type":"endpoint.test"') for one in heard.heard] == [True, True]
    assert len({one.headers["webhook-id"] for one in heard.heard}) == 2
    (kept,) = endpoints.listed(turn.session)
    assert (kept.delivered, kept.failures, kept.trouble) == (0, 0, None)
