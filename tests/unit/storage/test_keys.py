"""Data keys: missing, wrong, rotated half-way, killed in between: every secret opens, or it is said why."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest

from so_privacy_ext.errors import Exit, Refused, StorageUnavailable
from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.storage import key_file, keys, tenants
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import ADDRESS_KEY, SYSTEM_USER_TOKEN, WEBHOOK, AddedTenant, read_secret

pytestmark = pytest.mark.row("F79")


@pytest.fixture(autouse=True)
def _in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_SETTLED", 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.key"


@pytest.fixture
def added(dsn: str, path: Path) -> list[AddedTenant]:
    """Three tenants, of which one is removed: what is kept of it is sealed too."""
    data_key = keys.open_key(dsn, path)
    found = [
        tenants.add(
            dsn,
            data_key,
            environment="sandbox",
            context_identifier=ContextIdentifier(name),
            system_user_token=f"token of {name}".encode(),
        )
        for name in ("Cust1", "Cust2", "Cust3")
    ]
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "UPDATE so_privacy.tenant SET removed_at = now() WHERE tenant_id = %s", [found[2].tenant_id]
        )
    return found


def opened(dsn: str, data_key: DataKey, added: list[AddedTenant]) -> list[bytes]:
    """Open every secret there is."""
    found = []
    for one in added:
        with open_session(dsn, one.tenant_id) as session:
            found += [
                read_secret(session, data_key, name) for name in (ADDRESS_KEY, SYSTEM_USER_TOKEN, WEBHOOK)
            ]
    return found


def test_a_missing_file_is_made_only_where_nothing_is_sealed(
    dsn: str, path: Path, added: list[AddedTenant]
) -> None:
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(Refused, match="restore it from a backup") as refused:
        keys.open_key(dsn, path)

    assert refused.value.exit_code is Exit.CONFIG
    assert not path.exists()
    waiting = keys.open_key_or_wait(dsn, path)
    store = ReceivingStore(dsn, waiting)
    with pytest.raises(StorageUnavailable):
        store.look_up(added[0].slot)  # which is answered 503, never 401
    with pytest.raises(Refused, match="not there"):
        _ = waiting.key_id
    path.write_bytes(kept)
    path.chmod(0o600)
    found = store.look_up(added[0].slot)  # without a restart
    store.close()
    assert found is not None
    assert found.secrets == (added[0].webhook_secret.encode(),)


def test_another_installations_key_is_refused(
    dsn: str, path: Path, added: list[AddedTenant], tmp_path: Path
) -> None:
    other = tmp_path / "other.key"
    wrong = DataKey.load_or_make(other)
    with pytest.raises(Refused, match="are sealed by others") as refused:
        keys.refuse_strange(dsn, wrong, other)

    assert next(iter(keys.in_use(dsn))) in refused.value.what
    store = ReceivingStore(dsn, wrong)
    with pytest.raises(StorageUnavailable):
        store.look_up(added[0].slot)
    store.close()
    with pytest.raises(Refused, match="sealed by others"):
        keys.rotate(dsn, other)
    keys.refuse_strange(dsn, DataKey.load(path), path)


def test_a_rotation_seals_everything_anew_and_drops_the_old_key(
    dsn: str, path: Path, added: list[AddedTenant]
) -> None:
    running = DataKey.load(path)  # of a process that goes on
    before, plain = running.key_id, opened(dsn, running, added)
    done = keys.rotate(dsn, path)

    assert done.sealed_anew == 9
    assert done.dropped == (before,)
    assert keys.in_use(dsn) == {done.key_id: 9}
    assert opened(dsn, running, added) == plain
    assert running.key_id == done.key_id != before
    assert key_file.read(path).older == ()
    assert keys.rotate(dsn, path).key_id != done.key_id  # and once more


def test_many_machines_know_the_key_before_it_seals(
    dsn: str, path: Path, added: list[AddedTenant], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.key"

    def carry() -> None:
        elsewhere.write_bytes(path.read_bytes())
        elsewhere.chmod(0o600)

    carry()
    there, plain = DataKey.load(elsewhere), opened(dsn, DataKey.load(path), added)
    prepared = keys.prepare(path)
    assert keys.prepare(path) == prepared
    assert prepared.coming is not None
    carry()
    done = keys.rotate(dsn, path, keep=True)

    assert done.key_id == prepared.coming
    assert done.older == (prepared.key_id,)
    assert opened(dsn, there, added) == plain  # which still has the old key first
    key_id, _ = there.seal(added[0].tenant_id, "x", b"y")
    assert key_id == prepared.key_id
    carry()
    assert keys.rotate(dsn, path).dropped == (prepared.key_id,)
    assert opened(dsn, there, added) == plain


def test_only_one_rotates(dsn: str, path: Path, added: list[AddedTenant]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(7340183)")
        with pytest.raises(Refused, match="rotating"):
            keys.rotate(dsn, path)


def test_a_file_that_can_not_be_written_is_refused(
    dsn: str, path: Path, added: list[AddedTenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    kept = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused, match="No space left"):
        keys.rotate(dsn, path)
    with pytest.raises(Refused, match="No space left"):
        keys.prepare(path)

    assert path.read_bytes() == kept
    assert [one.name for one in path.parent.iterdir()] == ["data.key"]


def test_a_running_process_keeps_its_key_while_the_file_is_unfit(path: Path, dsn: str) -> None:
    running = keys.open_key(dsn, path)
    before = running.key_id
    path.write_text("nonsense")
    assert running.key_id == before
    path.unlink()
    assert running.key_id == before


def killed_at(step: int, what: Callable[[], Any]) -> bool:
    """Do something in a process that dies as by kill -9 before its n-th step; tell whether it had so many."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that of forking beside threads, which are idle
        child = os.fork()
    if child == 0:
        try:
            _count_down(step)
            what()
        except BaseException:  # noqa: BLE001 - whatever it is, the parent must not go on twice
            os._exit(3)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, 137}, status
    return status == 137


def _count_down(step: int) -> None:
    """Count what changes something: files, and statements about secrets."""
    left = [step]

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def do(*given: Any, **named: Any) -> Any:
            if not isinstance(given[0], psycopg.Connection) or b"UPDATE" in given[1]:
                left[0] -= 1
            if left[0] < 0:
                os._exit(137)
            return original(*given, **named)

        return do

    for owner, name in ((Path, "replace"), (Path, "unlink"), (os, "fsync"), (psycopg.Connection, "execute")):
        setattr(owner, name, counted(getattr(owner, name)))


def test_killed_at_every_step_everything_opens_and_the_next_one_ends_it(
    dsn: str, path: Path, added: list[AddedTenant]
) -> None:
    plain = opened(dsn, DataKey.load(path), added)
    step, died = 0, True
    while died:
        first = DataKey.load(path).key_id
        died = killed_at(step, lambda: keys.rotate(dsn, path))
        data_key = DataKey.load(path)
        keys.refuse_strange(dsn, data_key, path)
        assert len(key_file.read(path).all) <= 2
        assert opened(dsn, data_key, added) == plain
        if first in data_key.key_ids:
            keys.rotate(dsn, path)
        assert keys.in_use(dsn) == {DataKey.load(path).key_id: 9}
        assert first not in DataKey.load(path).key_ids
        step += 1

    assert step > 15
    assert keys.rotate(dsn, path).sealed_anew == 9
    assert [one.name for one in path.parent.iterdir()] == ["data.key"]
