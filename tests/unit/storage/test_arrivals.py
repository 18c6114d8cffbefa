"""A tenant that arrives is kept before the CRM is told, under its turn, and taken back if that fails."""

from typing import Any

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import AssociateId, ListItem
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.arrivals import ArrivingTenant
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.webhooks.subscriptions import EVENTS, WATCH
from tests.unit.storage.shapes import Arriving

CARD = ListItem("source", "CARD", {"": "Card"})


@pytest.fixture
def arriving(dsn: str, data_key: DataKey) -> Arriving:
    def arriving(token: str = "token") -> ArrivingTenant:
        return ArrivingTenant(
            dsn, data_key, environment="sandbox", context_identifier="Cust1", system_user_token=token
        )

    return arriving


def known(dsn: str) -> list[str]:
    with connect(dsn, application_name="test") as connection:
        return [one.context_identifier for one in tenants.listed(connection)]


@pytest.mark.row("F75")
def test_a_tenant_keeps_its_slots_and_secrets_however_often_it_arrives(
    arriving: Arriving, receiving: ReceivingStore
) -> None:
    first = arriving()
    with first.hold():
        kept = {kind: first.subscription(kind) for kind in (EVENTS, WATCH)}
        assert not first.whole
        first.subscribed(EVENTS, 5, AssociateId(7))
        assert not first.whole
        first.subscribed(WATCH, 6, None)
    again = arriving()
    with again.hold():
        assert again.whole
        assert again.turn.tenant.own_associate_id == 7
        for kind, webhook_id in ((EVENTS, 5), (WATCH, 6)):
            now = again.subscription(kind)
            assert (now.slot, now.secret, now.webhook_id) == (kept[kind].slot, kept[kind].secret, webhook_id)
            keys = receiving.look_up(now.slot)
            assert keys is not None
            assert keys.secrets == (now.secret.encode(),)


@pytest.mark.row("F75")
def test_another_may_add_the_tenant_in_the_same_moment(
    dsn: str, arriving: Arriving, monkeypatch: pytest.MonkeyPatch
) -> None:
    with arriving().hold():
        pass
    real, asked = tenants.known, list[int]()

    def unseen(*given: Any) -> Any:
        asked.append(1)
        return None if len(asked) == 1 else real(*given)

    monkeypatch.setattr(tenants, "known", unseen)
    with arriving().hold():
        assert len(asked) == 2
    assert known(dsn) == ["Cust1"]


def test_a_failed_installation_leaves_nothing(dsn: str, arriving: Arriving) -> None:
    one = arriving()
    with one.hold():
        one.subscription(WATCH)
        one.take_back()
    assert known(dsn) == []


@pytest.mark.row("F75")
def test_an_item_is_ours_from_the_moment_when_we_mean_to_create_it(dsn: str, arriving: Arriving) -> None:
    one = arriving()
    with one.hold():
        assert (one.known_item(CARD), one.intends(CARD)) == (None, False)
        one.intend_item(CARD)
        assert (one.known_item(CARD), one.intends(CARD)) == (None, True)
        one.created_item("source", "CARD", 12)
        assert (one.known_item(CARD), one.intends(CARD)) == (12, False)
        one.retired("source", "CARD")
        one.take_back()
    assert known(dsn) == []

    again = arriving()
    with again.hold():  # its key is taken in the CRM for good
        assert again.known_item(CARD) == 12
        (item,) = again.items()
        assert item.removed_at is not None


def test_a_tenant_that_leaves_is_not_let_in_again_meanwhile(arriving: Arriving) -> None:
    one = arriving()
    with one.hold():
        tenants.leave(one.turn.session)
    with pytest.raises(Refused, match="tenant_leaving"), arriving().hold():
        pass


def test_nothing_is_done_without_the_turn(arriving: Arriving) -> None:
    with pytest.raises(RuntimeError):
        arriving().subscribed(EVENTS, 5, None)
