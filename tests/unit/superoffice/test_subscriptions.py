"""The webhook that we register."""

from __future__ import annotations

import pytest

from so_privacy_ext.errors import NeedsHuman, NoOp
from so_privacy_ext.superoffice import subscriptions
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.subscriptions import WebhookState
from tests.unit.superoffice.loopback import Loopback, answer, refusal

FULL = (
    "<n:WebhookId>3</n:WebhookId><n:Name>so-privacy</n:Name>"
    "<n:Events><a:string>person.created</a:string><a:string>person.changed</a:string></n:Events>"
    "<n:TargetUrl>https://app.example.com/webhooks/1</n:TargetUrl><n:State>Active</n:State><n:Type>webhook</n:Type>"
    "<n:RegisteredAssociate><n:AssociateId>27</n:AssociateId></n:RegisteredAssociate>"
)
SPARSE = "<n:WebhookId>4</n:WebhookId><n:TargetUrl/><n:State>Sleeping</n:State>"


def test_saving_tells_the_id_and_who_we_are(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing["SaveWebhook"] = answer("SaveWebhook", FULL)

    saved = subscriptions.save(
        client, target_url="https://app.example.com/webhooks/1", secret="c2VjcmV0", events=["person.created"]
    )

    assert (saved.webhook_id, saved.associate_id, saved.state) == (3, 27, WebhookState.ACTIVE)
    assert saved.events == ("person.created", "person.changed")
    assert "example.com" not in repr(saved)
    body = loopback.bodies("SaveWebhook")[0]
    for part in ("WebhookId>0<", "Name>so-privacy<", ">person.created</", "Secret>c2VjcmV0<"):
        assert part in body
    assert "State>Active<" in body
    assert "Type>webhook<" in body
    assert "Notify" not in body


def test_listing_asks_for_every_state(client: SoapClient, loopback: Loopback) -> None:
    loopback.script(
        "GetAllWebhooks",
        answer("GetAllWebhooks", f"<n:Webhook>{FULL}</n:Webhook><n:Webhook>{SPARSE}</n:Webhook>"),
        answer("GetAllWebhooks", ""),
    )
    first, second = subscriptions.list_own(client)

    assert first.name == "so-privacy"
    assert (second.state, second.associate_id, second.events, second.name) == (
        WebhookState.UNKNOWN,
        None,
        (),
        "",
    )
    assert "StatusFilter>Unknown<" in loopback.bodies("GetAllWebhooks")[0]
    assert subscriptions.list_own(client) == ()


def test_what_stands_is_signed_anew_and_stays_as_it_is(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing["GetAllWebhooks"] = answer("GetAllWebhooks", f"<n:Webhook>{FULL}</n:Webhook>")
    loopback.standing["SaveWebhook"] = answer("SaveWebhook", FULL)
    signing = subscriptions.Signing(client)

    (standing,) = signing.standing()
    signing.sign_with(standing, "YW5vdGhlcg==")

    body = loopback.bodies("SaveWebhook")[0]
    for part in ("WebhookId>3<", "Name>so-privacy<", ">person.created</", ">person.changed</"):
        assert part in body
    assert "TargetUrl>https://app.example.com/webhooks/1<" in body
    assert "Secret>YW5vdGhlcg==<" in body


def test_deleting_one_that_is_gone_is_nothing_to_do(client: SoapClient, loopback: Loopback) -> None:
    loopback.script("DeleteWebhook", answer("DeleteWebhook"), refusal("DeleteWebhook", "SoNotFoundException"))
    subscriptions.delete(client, 3)

    with pytest.raises(NoOp):
        subscriptions.delete(client, 3)


def test_a_target_that_does_not_answer_is_for_humans(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing["SaveWebhook"] = refusal("SaveWebhook", "SoInvalidArgumentException")

    with pytest.raises(NeedsHuman):
        subscriptions.save(client, target_url="https://app.example.com/", secret="x", events=[])
