"""Keys and secrets are changed while everything runs, and nothing is refused or lost."""

import pytest

from so_sandbox.triggering import trigger
from tests.acceptance.installed import Running

NAME = "Cust20011"


@pytest.fixture(scope="module")
def kept(running: Running) -> Running:
    running.install(NAME)
    running.settle(NAME)
    return running


def enter(running: Running, email: str) -> None:
    """Have a person enter, and her event be worked on."""
    trigger(running.tenant(NAME), "person.created", {"country": "DE", "source": "CARD", "email": email})
    running.settle(NAME)


def stored(running: Running) -> int:
    inbox = "so_privacy.inbox JOIN so_privacy.tenant USING (tenant_id)"
    found = running.rows(f"SELECT count(*) FROM {inbox} WHERE context_identifier = %s", NAME)
    return int(found[0][0])


@pytest.mark.row("F79")
def test_the_data_key_is_rotated_under_running_processes(kept: Running) -> None:
    before = kept.good("keys", "show")
    done = kept.good("keys", "rotate")
    after = kept.good("keys", "show")

    assert before["lacking"] == after["lacking"] == []
    assert done["dropped"] == [before["seals"]]
    assert after["in_the_file"] == [done["key_id"]]
    assert list(after["sealed"]) == [done["key_id"]]
    count = stored(kept)
    enter(kept, "greta.one@example.com")
    assert stored(kept) > count


@pytest.mark.row("C30")
def test_webhooks_are_signed_with_a_new_secret(kept: Running) -> None:
    (hook,) = [one for one in kept.tenant(NAME).webhooks() if one.name == "so-privacy"]
    before = hook.secret
    done = kept.run("keys", "webhook", "--tenant", NAME)

    assert done.code == 0, done
    (hook,) = [one for one in kept.tenant(NAME).webhooks() if one.name == "so-privacy"]
    assert hook.secret != before
    assert hook.total_errors == 0
    count = stored(kept)
    enter(kept, "greta.two@example.com")
    assert stored(kept) > count
    names = "SELECT count(*) FROM so_privacy.secret JOIN so_privacy.tenant USING (tenant_id)"
    names += " WHERE context_identifier = %s AND name = 'webhook'"
    assert kept.rows(names, NAME) == [(1,)]


def test_a_stopped_webhook_is_left_stopped(kept: Running) -> None:
    hook = kept.tenant(NAME).webhooks()[0]
    hook.state = 2
    try:
        kept.run("keys", "webhook", "--tenant", NAME).refused(69, "webhook_stopped", "doctor")
        assert kept.tenant(NAME).webhooks()[0].state == 2
    finally:
        hook.state = 1
