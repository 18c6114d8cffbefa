"""An installation between a CRM and a register kept in memory: whole, or nothing is left."""

from dataclasses import dataclass, field

import pytest

from so_privacy_ext.errors import CrmFailure, Exit, Fault, NeedsHuman, Refused, Retry
from so_privacy_ext.lifecycle.install import install
from so_privacy_ext.model import AssociateId, Slot, TenantLists

URL = "https://privacy.example.com"
BELOW = f"{URL}/webhooks/"
LISTS = TenantLists(
    purposes=(),
    bases=(),
    sources=(),
    templates=(),
    countries={},
    associates={},
    categories={},
    businesses={},
    positions={},
    forms={},
    customer_languages={},
    owner_company_ids=frozenset(),
    cultures={},
    solanguages={},
    default_basis="61B",
)
LOST = Retry(Fault.TRANSPORT, "SaveWebhook")


@dataclass
class Breaking:
    broken: dict[str, BaseException] = field(default_factory=dict)

    def _fail(self, what: str) -> None:
        if what in self.broken:
            raise self.broken[what]


@dataclass
class Crm(Breaking):
    """A tenant's CRM, a `Door`; `broken` names what fails, after it was done if it ends in `late`."""

    webhooks: dict[int, str] = field(default_factory=dict)
    entered: bool = False

    def enter(self) -> None:
        self._fail("enter")
        self.entered = True

    def lists(self) -> TenantLists:
        self._fail("lists")
        assert self.entered
        return LISTS

    def stale_webhooks(self, address: str) -> list[int]:
        self._fail("stale_webhooks")
        return [number for number, url in self.webhooks.items() if url.startswith(address)]

    def subscribe(self, target_url: str, secret: str) -> tuple[int, AssociateId | None]:
        self._fail("subscribe")
        assert secret == "whsec"
        number = max(self.webhooks, default=0) + 1
        self.webhooks[number] = target_url
        self._fail("subscribe late")
        return number, AssociateId(7)

    def unsubscribe(self, webhook_id: int) -> None:
        self._fail("unsubscribe")
        del self.webhooks[webhook_id]


@dataclass
class Shelf(Breaking):
    """Where tenants are kept, a `Register`."""

    kept: dict[str, object] = field(default_factory=dict)

    def refuse_second(self) -> None:
        self._fail("refuse_second")
        self.kept.clear()

    def add(self) -> tuple[Slot, str]:
        self._fail("add")
        self.kept["slot"] = "abc"
        return Slot("abc"), "whsec"

    def subscribed(self, webhook_id: int, own_associate_id: AssociateId | None) -> None:
        self._fail("subscribed")
        self.kept |= {"webhook": webhook_id, "associate": own_associate_id}

    def remove(self) -> None:
        self.kept.clear()


def test_a_tenant_is_kept_and_subscribed() -> None:
    crm, shelf, told = Crm(), Shelf(), list[str]()

    assert install(crm, shelf, URL, told.append) is LISTS
    assert crm.webhooks == {1: BELOW + "abc"}
    assert shelf.kept == {"slot": "abc", "webhook": 1, "associate": 7}
    assert len(told) == 3


def test_what_a_killed_installation_left_is_cleared_away() -> None:
    others = {3: "https://other.example.com/webhooks/x"}
    crm, shelf = Crm(webhooks={1: BELOW + "old", 2: BELOW + "older", **others}), Shelf(kept={"slot": "old"})

    install(crm, shelf, URL, print)
    assert crm.webhooks == {**others, 4: BELOW + "abc"}


def test_a_tenant_that_is_installed_is_left_alone() -> None:
    there = Refused("tenant_exists", "it is here", "look", Exit.CANT_CREATE)
    crm, shelf = Crm(webhooks={1: BELOW + "abc"}), Shelf({"refuse_second": there}, {"slot": "abc"})

    with pytest.raises(Refused):
        install(crm, shelf, URL, print)
    assert crm == Crm(webhooks={1: BELOW + "abc"})
    assert shelf.kept == {"slot": "abc"}


@pytest.mark.parametrize("error", [LOST, KeyboardInterrupt(), SystemExit(143)])
@pytest.mark.parametrize(
    "what", ["enter", "lists", "add", "stale_webhooks", "subscribe", "subscribe late", "subscribed"]
)
def test_whatever_fails_nothing_is_left(what: str, error: BaseException) -> None:
    crm, shelf = Crm({what: error}), Shelf({what: error})

    with pytest.raises(type(error)):
        install(crm, shelf, URL, lambda _: None)
    assert crm.webhooks == {}
    assert shelf.kept == {}


@pytest.mark.parametrize("what", ["unsubscribe", "stale_webhooks"])
def test_the_first_failure_is_told_when_the_crm_fails_again(what: str) -> None:
    crm = Crm({"subscribe late": NeedsHuman(Fault.VALIDATION, "SaveWebhook")})
    shelf = Shelf()

    def fail_from_now_on(line: str) -> None:
        if line.startswith("saving"):
            crm.broken[what] = LOST

    with pytest.raises(CrmFailure) as raised:
        install(crm, shelf, URL, fail_from_now_on)
    assert raised.value.fault is Fault.VALIDATION
    assert shelf.kept == {}
