"""New secrets for webhooks: kept before they are used; the old ones forgotten when the CRM has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from so_privacy_ext.errors import Exit, Fault, Refused, Retry
from so_privacy_ext.lifecycle.renewing import renew

pytestmark = pytest.mark.row("C30")


@dataclass
class Hook:
    webhook_id: int
    state: str = "Active"


@dataclass
class Scene:
    """The CRM, what we keep, and whoever posts meanwhile, in one."""

    hooks: list[Hook]
    kinds: dict[int, str]
    kept: dict[str, list[str]]
    signs: dict[int, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    fails: bool = False

    def webhooks(self) -> Mapping[int, str]:
        return self.kinds

    def standing(self) -> list[Hook]:
        return self.hooks

    def add(self, kind: str) -> str:
        self.said.append(f"add {kind}")
        self.kept[kind].append(f"new {kind} {len(self.kept[kind])}")
        return self.kept[kind][-1]

    def wait(self) -> None:
        self.said.append("wait")

    def sign_with(self, hook: Hook, secret: str) -> None:
        assert self.said.count("wait") == 1  # or a receiver would refuse the CRM's test delivery
        assert secret in self.kept[self.kinds[hook.webhook_id]]
        if self.fails:
            raise Retry(Fault.TRANSPORT, "Webhook.SaveWebhook")
        self.signs[hook.webhook_id] = secret

    def drop_older(self, kind: str) -> int:
        self.kept[kind] = self.kept[kind][-1:]
        return 1


@pytest.fixture
def scene() -> Scene:
    return Scene(
        [Hook(1), Hook(2), Hook(3)], {1: "events", 2: "watch"}, {"events": ["old"], "watch": ["old"]}
    )


def test_each_webhook_gets_a_secret_of_its_own(scene: Scene) -> None:
    assert renew(scene, scene, scene.wait) == 2

    assert scene.said == ["add events", "add watch", "wait"]
    assert scene.signs == {1: "new events 1", 2: "new watch 1"}
    assert scene.kept == {"events": ["new events 1"], "watch": ["new watch 1"]}


def test_when_the_crm_does_not_answer_both_secrets_live_until_the_next_time(scene: Scene) -> None:
    scene.fails = True
    with pytest.raises(Retry):
        renew(scene, scene, scene.wait)
    assert scene.kept["events"] == ["old", "new events 1"]

    scene.fails = False
    scene.said.clear()
    renew(scene, scene, scene.wait)
    assert scene.kept["events"] == ["new events 2"] == [scene.signs[1]]


@pytest.mark.parametrize("what", ["stopped", "gone", "none"])
def test_a_webhook_that_does_not_run_is_not_started_by_this(scene: Scene, what: str) -> None:
    if what == "stopped":
        scene.hooks[1].state = "Stopped"
    else:
        del scene.hooks[0 if what == "none" else 1 :]
        scene.kinds = scene.kinds if what == "gone" else {}
    with pytest.raises(Refused, match="doctor") as refused:
        renew(scene, scene, scene.wait)

    assert refused.value.exit_code is Exit.UNAVAILABLE
    assert scene.said == []
