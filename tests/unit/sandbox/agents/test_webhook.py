"""An app's own webhooks: saved after a test, listed, changed, deleted."""

from __future__ import annotations

import pytest

from so_sandbox.world.events import Event
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World
from tests.unit.sandbox.asking import APP, ARRAYS, Asker, Reply


@pytest.fixture
def tested(world: World) -> list[Webhook]:
    """What the dispatcher was asked to test; it succeeds unless the target says no."""
    hooks: list[Webhook] = []

    def deliver(tenant: Tenant, hook: Webhook) -> tuple[bool, str]:
        hooks.append(hook)
        return "no" not in hook.target_url, "as the target says"

    world.test_delivery = deliver
    return hooks


def _carrier(hook_id: int = 0, target: str = "https://app.example.com/hook", state: str = "Active") -> str:
    return (
        f"<n:Webhook><n:WebhookId>{hook_id}</n:WebhookId><n:Name>so-privacy</n:Name><n:Events>"
        "<a:string>person.created</a:string><a:string>person.changed</a:string></n:Events>"
        f"<n:TargetUrl>{target}</n:TargetUrl><n:Secret>s3</n:Secret><n:State>{state}</n:State>"
        "<n:Type>webhook</n:Type>"
        "<n:Headers><n:StringKeyValuePair><n:Key>X-A</n:Key><n:Value>1</n:Value></n:StringKeyValuePair></n:Headers>"
        "<n:Properties><n:StringObjectKeyValuePair><n:Key>p</n:Key>"
        '<n:Value i:type="x:int" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:x="http://www.w3.org/2001/XMLSchema">5</n:Value></n:StringObjectKeyValuePair></n:Properties>'
        "</n:Webhook>"
    )


def _save(asker: Asker, **how: object) -> Reply:
    return asker.ask("Webhook", "SaveWebhook", _carrier(**how))  # type: ignore[arg-type]  # named by the test


def test_a_webhook_is_saved_after_its_target_said_yes(
    asker: Asker, tenant: Tenant, tested: list[Webhook]
) -> None:
    reply = _save(asker)
    assert reply.succeeded
    (hook,) = tenant.webhooks(APP)
    assert reply.text("WebhookId") == str(hook.webhook_id)
    assert reply.text("AssociateId") == str(asker.associate_id)
    assert [n.text for n in reply.root.iter(f"{{{ARRAYS}}}string")] == ["person.created", "person.changed"]
    assert (hook.secret, hook.state, hook.headers, hook.properties) == ("s3", 1, {"X-A": "1"}, {"p": 5})
    assert hook.registered_associate_id == asker.associate_id
    assert tested[0].webhook_id in (0, hook.webhook_id)
    assert "s3" not in repr(hook)


@pytest.mark.usefixtures("tested")
def test_a_webhook_whose_target_says_no_is_not_kept(asker: Asker, tenant: Tenant) -> None:
    reply = _save(asker, target="https://no.example.com")
    assert (reply.text("Succeeded"), reply.exception) == ("false", "SoValidationException")
    assert "as the target says" in (reply.text("Message") or "")
    assert tenant.webhooks() == []


@pytest.mark.usefixtures("tested")
def test_saving_again_changes_and_wakes_it(asker: Asker, tenant: Tenant) -> None:
    hook_id = int(_save(asker).text("WebhookId") or 0)
    hook = tenant.tables.webhooks[hook_id]
    hook.state, hook.consecutive_errors, hook.total_errors = 3, 9, 12
    reply = _save(asker, hook_id=hook_id, target="https://app.example.com/other")
    changed = tenant.tables.webhooks[hook_id]
    assert (changed.state, changed.consecutive_errors, changed.total_errors) == (1, 0, 12)
    assert (changed.target_url, changed.registered) == ("https://app.example.com/other", hook.registered)
    assert changed.updated is not None
    assert reply.text("TotalErrors") == "12"
    assert _save(asker, hook_id=hook_id, state="Stopped").text("State") == "Stopped"
    assert _save(asker, hook_id=hook_id, state="Unknown").text("State") == "Active"


@pytest.mark.usefixtures("tested")
def test_an_app_sees_its_own_webhooks_alone(asker: Asker, tenant: Tenant) -> None:
    own = _save(asker).text("WebhookId")
    other = Webhook(
        5,
        "so-privacy",
        ["person.created"],
        "https://x.example.com",
        "",
        1,
        "webhook",
        "else",
        tenant.now(),
        1,
    )
    tenant.tables.webhooks[5] = other

    def listed(**filters: str) -> list[str | None]:
        given = {"NameFilter": "", "EventFilter": "", "StatusFilter": "Unknown"} | filters
        content = "".join(f"<n:{name}>{value}</n:{name}>" for name, value in given.items())
        return asker.ask("Webhook", "GetAllWebhooks", content).texts("WebhookId")

    assert listed() == [own]
    assert listed(NameFilter="PRIVACY", EventFilter="person.changed", StatusFilter="Active") == [own]
    assert listed(NameFilter="x") == listed(EventFilter="x") == listed(StatusFilter="Stopped") == []
    assert asker.ask("Webhook", "GetAllWebhooks").texts("WebhookId") == [own]
    for operation in ("GetWebhook", "DeleteWebhook", "GetLastError"):
        reply = asker.ask("Webhook", operation, "<n:WebhookId>5</n:WebhookId>")
        assert reply.exception == "SoNotFoundException"
    assert asker.ask("Webhook", "GetWebhook", f"<n:WebhookId>{own}</n:WebhookId>").text("Secret") == "s3"
    assert asker.ask("Webhook", "GetLastError", f"<n:WebhookId>{own}</n:WebhookId>").text("Response") is None
    assert asker.ask("Webhook", "DeleteWebhook", f"<n:WebhookId>{own}</n:WebhookId>").succeeded
    assert listed() == []


def test_a_webhook_can_be_tested_without_being_kept(
    asker: Asker, tenant: Tenant, tested: list[Webhook]
) -> None:
    reply = asker.ask("Webhook", "TestWebhook", _carrier())
    assert (reply.text("Success"), reply.text("Message")) == ("true", "as the target says")
    assert tenant.webhooks() == []
    assert len(tested) == 1


@pytest.mark.usefixtures("tested")
def test_what_is_no_webhook_is_refused(asker: Asker) -> None:
    assert asker.ask("Webhook", "SaveWebhook").exception == "SoInvalidArgumentException"
    long = _carrier(target="https://app.example.com/" + "a" * 2000)
    assert asker.ask("Webhook", "SaveWebhook", long).exception == "SoInvalidArgumentException"


def test_a_default_is_offered_and_an_event_can_be_signalled(asker: Asker, world: World) -> None:
    heard: list[Event] = []
    world.listeners.append(lambda tenant, event: heard.append(event))
    assert asker.ask("Webhook", "CreateDefaultWebhook").text("State") == "Active"
    asker.ask(
        "Webhook",
        "SignalEvent",
        "<n:EventName>foo.bar</n:EventName><n:PrimaryKey>12</n:PrimaryKey><n:Data><n:StringObjectKeyValuePair>"
        "<n:Key>k</n:Key><n:Value>v</n:Value></n:StringObjectKeyValuePair></n:Data>",
    )
    asker.ask("Webhook", "SignalEvent", "<n:EventName>foo.baz</n:EventName>")
    assert [(e.name, e.primary_key) for e in heard] == [("foo.bar", 12), ("foo.baz", 0)]
    assert heard[0].field_values == {"k": "v"}


@pytest.mark.usefixtures("tested")
def test_a_save_with_state_active_starts_a_webhook_again_and_others_are_told(
    asker: Asker, tenant: Tenant
) -> None:
    _save(asker)
    (hook,) = tenant.webhooks(APP)
    hook.consecutive_errors = 9
    tenant.edit_webhook(hook.webhook_id, state=3)
    told: list[Event] = []
    tenant.listeners.append(lambda _, event: told.append(event))
    _save(asker, hook_id=hook.webhook_id)
    _save(asker, hook_id=hook.webhook_id)
    (hook,) = tenant.webhooks(APP)
    assert (hook.state, hook.consecutive_errors) == (1, 0)
    assert [(one.name, one.subscribed_as) for one in told] == [
        ("webhook.started", f"webhook{hook.webhook_id}.started")
    ]


def test_a_test_changes_nothing(asker: Asker, tenant: Tenant, tested: list[Webhook]) -> None:
    _save(asker)
    (hook,) = tenant.webhooks(APP)
    tenant.edit_webhook(hook.webhook_id, state=2)
    for target, success in (("https://app.example.com/hook", "true"), ("https://no.example.com/", "false")):
        reply = asker.ask("Webhook", "TestWebhook", _carrier(hook.webhook_id, target))
        assert (reply.text("Success"), reply.text("Message")) == (success, "as the target says")
    assert tenant.tables.webhooks[hook.webhook_id].state == 2
    assert len(tested) == 3
