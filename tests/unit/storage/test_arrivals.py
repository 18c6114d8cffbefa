"""An installation keeps a tenant before the CRM is told, and takes it back if it fails."""

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import AssociateId
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.arrivals import ArrivingTenant
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from tests.unit.storage.shapes import Arriving, Taking


@pytest.fixture
def arriving(dsn: str, data_key: DataKey) -> Arriving:
    def arriving() -> ArrivingTenant:
        return ArrivingTenant(
            dsn, data_key, environment="sandbox", context_identifier="Cust1", system_user_token="token"
        )

    return arriving


def known(dsn: str) -> list[str]:
    with connect(dsn, application_name="test") as connection:
        return [one.context_identifier for one in tenants.listed(connection)]


def test_a_tenant_that_arrived_is_not_installed_twice(
    dsn: str, arriving: Arriving, receiving: ReceivingStore, taking: Taking
) -> None:
    first = arriving()
    first.refuse_second()
    slot, secret = first.add()
    keys = receiving.look_up(slot)
    assert keys is not None
    assert keys.secrets == (secret.encode(),)
    first.subscribed(5, AssociateId(7))

    with pytest.raises(Refused, match="tenant_exists"):
        arriving().refuse_second()
    assert taking(keys.tenant_id).tenant.own_associate_id == 7


def test_a_failed_installation_leaves_nothing(dsn: str, arriving: Arriving) -> None:
    one = arriving()
    one.remove()
    one.add()
    one.remove()
    assert known(dsn) == []


def test_what_a_killed_installation_left_is_taken_away(dsn: str, arriving: Arriving) -> None:
    arriving().add()
    again = arriving()
    again.refuse_second()
    assert known(dsn) == []
    again.add()
    assert known(dsn) == ["Cust1"]


def test_nothing_is_subscribed_before_it_is_kept(arriving: Arriving) -> None:
    with pytest.raises(RuntimeError):
        arriving().subscribed(5, None)
