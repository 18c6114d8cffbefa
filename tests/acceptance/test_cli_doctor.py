"""`doctor` finds each thing that is broken, exits 1 and says what to do; a healthy tenant has peace."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from so_privacy_ext.storage.secrets import DataKey
from tests.acceptance.installed import Done, Running

NAME = "Cust20004"
NOBODY_MENDS = (
    "INSERT INTO so_privacy.due (tenant_id, kind, at)"
    " SELECT tenant_id, kind, now() + interval '1 d' FROM so_privacy.tenant,"
    " unnest(ARRAY['watchdog', 'sweep_new', 'sweep', 'state']) AS kind WHERE context_identifier = %s"
    " ON CONFLICT (tenant_id, kind) DO UPDATE SET at = excluded.at"
)
"""Has the worker leave alone what these tests break."""


@pytest.fixture(scope="module")
def watched(running: Running) -> Running:
    running.install(NAME)
    running.settle(NAME)
    running.rows(NOBODY_MENDS, NAME)
    return running


@contextmanager
def wrong(running: Running, statement: str, back: str) -> Iterator[None]:
    """Change something of the tenant in the database, and put it back."""
    where = f"WHERE tenant_id = (SELECT tenant_id FROM so_privacy.tenant WHERE context_identifier = '{NAME}')"
    running.rows(statement.replace("WHERE MINE", where))
    try:
        yield
    finally:
        running.rows(back.replace("WHERE MINE", where))


def doctor(running: Running, *words: str, **settings: str) -> Done:
    return running.run("doctor", "--tenant", NAME, *words, settings=settings)


def found(done: Done, level: str, *words: str) -> None:
    """Assert the exit code and that one line of this level holds the words."""
    assert done.code == (1 if level == "error" else 0), done
    assert done.err == ""
    assert any(
        line.startswith(level) and all(one in line for one in words) for line in done.out.splitlines()
    ), done.out


def test_a_crm_that_mails_whoever_did_not_say_no(watched: Running) -> None:
    preferences = watched.tenant(NAME).tables.preferences
    preferences["GDPR", "StrictMode"] = "false"
    try:
        found(doctor(watched), "warning", "strict mode", "off", "E-marketing")
    finally:
        preferences["GDPR", "StrictMode"] = "true"


def test_all_is_well(watched: Running) -> None:
    done = watched.run("doctor", "--tenant", NAME, installed=True)

    assert (done.code, done.err) == (0, "")
    assert all(line.startswith("ok ") for line in done.out.splitlines())
    told = watched.good("doctor", "--tenant", NAME)
    assert told["right"]
    assert told["health"] == "right"
    assert {one["level"] for one in told["findings"]} == {"ok"}
    assert {"clock", "data key", "SuperOffice", "webhook"} <= {one["what"] for one in told["findings"]}
    assert watched.run("doctor").code in {0, 1}  # all tenants, of which others are broken on purpose
    watched.run("doctor", "--tenant", "Cust99999").refused(66, "no_tenant")


def test_the_web_process_is_not_reached(watched: Running) -> None:
    done = doctor(watched, SO_PRIVACY_PUBLIC_URL="http://127.0.0.1:9")
    found(done, "error", "public address", "http://127.0.0.1:9", "→ start `so-privacy web`")
    done = doctor(watched, SO_PRIVACY_PUBLIC_URL=watched.sandbox.url)
    found(done, "error", "public address", "answers 404", "→ see the log")
    done = doctor(watched, SO_PRIVACY_LOG_DIR=str(watched.folder / "logs"), SO_PRIVACY_LOG_DAYS="30")
    found(done, "warning", "logs: kept for 30 days", "→ set SO_PRIVACY_LOG_DAYS")


def test_the_apps_files(watched: Running) -> None:
    done = doctor(watched, SO_PRIVACY_PRIVATE_KEY_FILE=str(watched.folder / "nothing"))

    found(done, "error", "application", "nothing", "→ name a readable file")


def test_the_data_key_of_another_installation(watched: Running) -> None:
    other = watched.folder / "other.key"
    done = doctor(watched, SO_PRIVACY_DATA_KEY_FILE=str(other))
    found(done, "error", "data key", "→ restore it from a backup")
    found(done, "error", f"{NAME}: tenant", "→ restore it from a backup")
    DataKey.load_or_make(other)
    done = doctor(watched, SO_PRIVACY_DATA_KEY_FILE=str(other))
    found(done, "error", f"{NAME}: tenant", "→ point SO_PRIVACY_DATA_KEY_FILE")


@pytest.mark.parametrize("state", [2, 3])
def test_the_webhook_is_stopped(watched: Running, state: int) -> None:
    hook, _watch = watched.tenant(NAME).webhooks()
    hook.state = state
    try:
        found(
            doctor(watched),
            "error",
            "webhook",
            "Stopped" if state == 2 else "TooManyErrors",
            "→ set it to Active" if state == 2 else "→ see that the public address is reached",
        )
        assert not doctor(watched, "--json").json["right"]
    finally:
        hook.state = 1


def test_the_webhook_is_gone(watched: Running) -> None:
    hooks = watched.tenant(NAME).tables.webhooks
    kept = dict(hooks)
    hooks.clear()
    try:
        found(
            doctor(watched),
            "error",
            "webhook: not registered any more",
            "→ the watchdog registers it again",
        )
    finally:
        hooks.update(kept)


def test_a_template_is_gone(watched: Running) -> None:
    templates = watched.tenant(NAME).tables.lists.templates
    at, notice = next((at, one) for at, one in templates.items() if one.name == "privacy-notice-14")
    del templates[at]
    try:
        found(doctor(watched), "error", "manifest: line ", "privacy-notice-14", "→ ")
    finally:
        templates[at] = notice


def test_the_tenant_does_not_run(watched: Running) -> None:
    watched.tenant(NAME).tables.state = "Suspended"
    try:
        found(doctor(watched), "error", "SuperOffice", "Suspended", "→ see that the tenant runs")
    finally:
        watched.tenant(NAME).tables.state = "Running"


def test_no_manifest_decides(watched: Running) -> None:
    with wrong(
        watched,
        "UPDATE so_privacy.manifest SET active_to = active_from WHERE MINE",
        "UPDATE so_privacy.manifest SET active_to = NULL WHERE MINE",
    ):
        found(doctor(watched), "error", "manifest: none decides", "→ so-privacy manifest activate FILE")


def test_the_tenant_is_parked(watched: Running) -> None:
    with wrong(
        watched,
        "UPDATE so_privacy.tenant SET parked_reason = 'throttled', parked_until = now() + interval '1 h'"
        " WHERE MINE",
        "UPDATE so_privacy.tenant SET parked_reason = NULL, parked_until = NULL WHERE MINE",
    ):
        found(doctor(watched), "warning", "work: parked: throttled")


@pytest.mark.parametrize(
    ("state", "level", "words"),
    [
        ("open", "warning", ("open events: 1, the oldest since", "→ see that `so-privacy worker` runs")),
        ("dead", "error", ("events given up: 1", "→ so-privacy events list --state dead")),
    ],
)
def test_events_that_wait_or_were_given_up(
    watched: Running, state: str, level: str, words: tuple[str, str]
) -> None:
    with wrong(
        watched,
        "INSERT INTO so_privacy.inbox"
        " (tenant_id, event_id, name, primary_key, event, state, received_at, not_before)"
        f" SELECT tenant_id, 'stuck', 'none', 1, '{{}}', '{state}', now() - interval '1 h',"
        " now() + interval '1 h'"
        " FROM so_privacy.tenant WHERE MINE",
        "DELETE FROM so_privacy.inbox WHERE MINE AND event_id = 'stuck'",
    ):  # fmt: skip
        found(doctor(watched), level, *words)


def test_what_waits_for_a_human(watched: Running) -> None:
    with wrong(
        watched,
        "INSERT INTO so_privacy.review (tenant_id, epoch, person_id, kind, subject, detail)"
        " SELECT tenant_id, 1, 1, 'failed', '', '{}' FROM so_privacy.tenant WHERE MINE",
        "DELETE FROM so_privacy.review WHERE MINE",
    ):
        found(doctor(watched), "warning", "waiting for a human: 1", "→ so-privacy review list")
