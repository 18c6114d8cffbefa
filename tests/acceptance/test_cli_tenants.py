"""`tenant add`: a tenant is installed whole, or nothing of it is left here or in the CRM."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.installed import FIRST, SECOND, Done, Running, until

NEW = "Cust20001"


@pytest.fixture
def arriving(running: Running) -> Iterator[Running]:
    """A tenant that is not installed yet; nothing of it may be left at the end either."""
    running.sandbox.sandbox.seed(NEW, 0, quietly=True)
    yield running
    running.sandbox.world.faults.clear()
    assert left(running) == NOTHING


NOTHING = {"webhooks": 0, "tenant": 0, "subscription": 0, "secret": 0, "inbox": 0}


def left(running: Running) -> dict[str, int]:
    """Count what there is of the tenant, in the CRM and in every table that an installation writes."""
    found = {"webhooks": len(running.tenant(NEW).webhooks())}
    ids = [
        row[0]
        for row in running.rows("SELECT tenant_id FROM so_privacy.tenant WHERE context_identifier = %s", NEW)
    ]
    for table in ("tenant", "subscription", "secret", "inbox"):
        count = f"SELECT count(*) FROM so_privacy.{table} WHERE tenant_id = ANY(%s)"
        found[table] = running.rows(count, ids)[0][0]
    return found


def add(running: Running, name: str = NEW, *, token: str = NEW, **settings: str) -> Done:
    words = ("--environment", "sandbox", "--system-user-token-file", running.token(token))
    return running.run("tenant", "add", name, *words, settings=settings)


def test_an_unknown_environment(arriving: Running) -> None:
    done = arriving.run(
        "tenant", "add", NEW, "--environment", "nowhere", "--system-user-token-file", arriving.token(NEW)
    )

    done.refused(2, "unknown_environment", "online, sandbox, sod, stage")


@pytest.mark.parametrize("name", ["Cust99999", "../x", "", "Cust\udcff", "Cust1; DROP TABLE tenant"])
def test_an_unknown_tenant(arriving: Running, name: str) -> None:
    add(arriving, name).refused(69, "tenant_state", "environment")


def test_a_token_that_is_wrong_or_cannot_be_read(arriving: Running) -> None:
    words = ("tenant", "add", NEW, "--environment", "sandbox", "--system-user-token-file")
    file = arriving.folder / "token"

    add(arriving, token=FIRST).refused(77, "authorization_lost", "system user token")
    arriving.run(*words, "-").refused(65, "standard input", "the system user token")
    arriving.run(*words, "-", given=b"two\nlines\n").refused(65)
    arriving.run(*words, "-", given=b"\xff" * 10_000).refused(65)
    arriving.run(*words, str(file)).refused(66, str(file))
    file.write_text("")
    file.chmod(0o600)
    arriving.run(*words, str(file)).refused(65, "empty")
    file.write_text("x" * 100_000)
    arriving.run(*words, str(file)).refused(65, "too long")
    file.chmod(0o604)
    arriving.run(*words, str(file)).refused(77, "0604", "chmod 600")


def test_no_web_process_to_be_reached(arriving: Running) -> None:
    done = add(arriving, SO_PRIVACY_PUBLIC_URL="http://127.0.0.1:9")

    done.refused(69, "Webhook.SaveWebhook", "so-privacy web", "SO_PRIVACY_PUBLIC_URL")


@pytest.mark.parametrize(
    ("kind", "operation", "code", "word"),
    [
        ("http_503", "State.*", 69, "State"),
        ("html", "State.*", 69, "State"),
        ("drop", "State.*", 69, "transport"),
        ("http_503", "Login.*", 69, "PartnerSystemUser"),
        ("html", "Login.*", 69, "PartnerSystemUser"),
        ("http_500", "List.*", 69, "transient"),
        ("truncated", "List.*", 69, "protocol"),
        ("succeeded_false:SoAccessDeniedException", "List.*", 77, "access_denied"),
        ("http_500", "Webhook.GetAllWebhooks", 69, "transient"),
        ("soap_fault", "Webhook.SaveWebhook", 69, "SaveWebhook"),
        ("succeeded_false:SoWebhookException", "Webhook.SaveWebhook", 69, "so-privacy web"),
        ("apply_then_drop", "Webhook.SaveWebhook", 69, "transport"),
        ("truncated", "Webhook.SaveWebhook", 69, "protocol"),
    ],
)
def test_whatever_fails_nothing_is_left(
    arriving: Running, kind: str, operation: str, code: int, word: str
) -> None:
    fault = arriving.fail(kind, operation, times=0)

    add(arriving).refused(code, word)
    assert fault.hits > 0


def test_a_tenant_that_does_not_run(arriving: Running) -> None:
    arriving.tenant(NEW).tables.state = "Suspended"
    try:
        add(arriving).refused(69, "tenant_state", "Suspended")
    finally:
        arriving.tenant(NEW).tables.state = "Running"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_takes_all_back(arriving: Running, number: signal.Signals) -> None:
    calls = arriving.sandbox.world.calls
    saved = len(calls.of(NEW, "SaveWebhook"))
    fault = arriving.fail("delay:2", "Webhook.SaveWebhook")
    process = arriving.start(
        "tenant", "add", NEW, "--environment", "sandbox", "--system-user-token-file", arriving.token(NEW)
    )
    until(lambda: fault.hits > 0, "the webhook is never saved")
    process.send_signal(number)

    assert process.wait(20) == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert "Traceback" not in arriving.said("tenant")
    # The CRM's own work goes on without us: what it saves after we looked, the next installation clears away.
    until(lambda: len(calls.of(NEW, "SaveWebhook")) > saved, "the CRM never came to an end")
    assert left(arriving) | {"webhooks": 0} == NOTHING
    arriving.tenant(NEW).tables.webhooks.clear()


def test_killed_in_the_middle_and_added_again(running: Running) -> None:
    running.sandbox.sandbox.seed("Cust20002", 0, quietly=True)
    fault = running.fail("delay:1", "Webhook.SaveWebhook")
    words = ("--environment", "sandbox", "--system-user-token-file", running.token("Cust20002"))
    process = running.start("tenant", "add", "Cust20002", *words)
    until(lambda: fault.hits > 0, "the webhook is never saved")
    process.kill()
    process.wait()
    until(lambda: len(running.tenant("Cust20002").webhooks()) == 1, "the CRM's save goes on without us")

    running.install("Cust20002", manifest=False)
    slots = running.rows(
        "SELECT slot, webhook_id FROM so_privacy.subscription JOIN so_privacy.tenant USING (tenant_id)"
        " WHERE context_identifier = 'Cust20002' ORDER BY kind"
    )
    assert [(f"{running.url}/webhooks/{slot}", number) for slot, number in slots] == [
        (hook.target_url, hook.webhook_id) for hook in running.tenant("Cust20002").webhooks()
    ]
    assert len(slots) == 2


@pytest.mark.row("F75")
def test_a_tenant_that_is_added_twice_stays_as_it_is(installed: Running) -> None:
    before = list(installed.tenant().webhooks())

    again = add(installed, FIRST, token=FIRST)
    assert (again.code, again.out.splitlines()[-1]) == (
        0,
        f"{FIRST} is installed already; nothing was changed",
    )
    add(installed, FIRST.lower(), token=FIRST).refused(2, "tenant_name", FIRST)
    assert installed.tenant().webhooks() == before


def test_which_tenant_is_meant(installed: Running) -> None:
    installed.run("tenant", "show", "../x").refused(66, "no_tenant")
    installed.run("journal", "--tenant", "Cust99999").refused(66, "no_tenant")
    installed.run("journal", "--tenant", "").refused(66, "no_tenant")
    installed.run("journal", "--tenant", "online/" + FIRST).refused(66, "no_tenant")
    if installed.good("tenant", "list")["tenants"][1:] == []:
        installed.install(SECOND, manifest=False)
    installed.run("journal").refused(2, "which_tenant", FIRST, "--tenant")
    assert installed.run("journal", "--tenant", "sandbox/" + FIRST).code == 0
    assert installed.run("journal", "--tenant", FIRST.upper()).code == 0


def test_tenants_are_listed_and_shown(installed: Running) -> None:
    listed = installed.run("tenant", "list", installed=True)
    shown = installed.run("tenant", "show", FIRST, installed=True)

    assert listed.code == shown.code == 0
    assert listed.out.startswith("tenant ")
    assert f"\n{FIRST}  sandbox" in listed.out
    assert "\ncontext identifier  Cust12345\n" in shown.out
    assert FIRST in {one["context_identifier"] for one in installed.good("tenant", "list")["tenants"]}
    found = installed.good("tenant", "show", FIRST)
    assert found["environment"] == "sandbox"
    assert [one["kind"] for one in found["subscriptions"]] == ["events", "watch"]
    assert len(found["manifest"]["digest"]) == 64


def test_an_address_that_superoffice_does_not_post_to(arriving: Running) -> None:
    token = ("--system-user-token-file", arriving.token(NEW))

    arriving.run("tenant", "add", NEW, "--environment", "online", *token).refused(
        78, "public_url", "https://"
    )


def test_a_paused_tenant_keeps_what_comes_and_goes_on_when_resumed(installed: Running) -> None:
    assert installed.good("tenant", "pause", FIRST) == {"paused": True, "changed": True}
    assert "already" in installed.run("tenant", "pause", FIRST).out
    person = installed.tenant().create_person(channel="USER", source="CARD", emails=["pia@example.com"])
    until(lambda: installed.sandbox.dispatcher.wait_idle(5), "the delivery is on its way")
    until(lambda: installed.good("tenant", "show", FIRST)["open"] > 0, "the event is not kept")
    calls = len(installed.sandbox.world.calls.calls)
    time.sleep(3)  # longer than a worker's poll
    assert len(installed.sandbox.world.calls.calls) == calls

    assert installed.good("tenant", "resume", FIRST) == {"paused": False, "changed": True}
    installed.settle()
    (row,) = installed.tenant().consents(person.person_id)
    assert row.comment.startswith("so-privacy met-in-person ")


def test_a_tenant_opts_in_to_writing_in_bulk_and_out_again(installed: Running) -> None:
    assert installed.good("tenant", "mass", FIRST, "on") == {"mass_writes": True, "changed": True}
    assert "may write in bulk already" in installed.run("tenant", "mass", FIRST, "on").out
    assert "may not write in bulk" in installed.run("tenant", "mass", FIRST, "off").out
    installed.run("tenant", "mass", FIRST, "perhaps").refused(2)
