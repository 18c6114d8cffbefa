"""Secrets open only for the tenant and name they were sealed for, by the key that sealed them."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage.secrets import DataKey

ONE, OTHER = TenantId(1), TenantId(2)
LINE, OTHER_LINE = (base64.b64encode(bytes(range(n, n + 32))).decode() for n in (1, 2))


def test_what_was_sealed_opens(data_key: DataKey) -> None:
    key_id, sealed = data_key.seal(ONE, "webhook", b"secret")
    assert b"secret" not in sealed
    assert data_key.seal(ONE, "webhook", b"secret")[1] != sealed
    assert data_key.open(ONE, "webhook", key_id, sealed) == b"secret"


@pytest.mark.parametrize("change", ["tenant", "name", "key_id", "key", "byte", "empty"])
def test_anything_else_is_refused_without_giving_the_secret_away(data_key: DataKey, change: str) -> None:
    _, sealed = data_key.seal(ONE, "webhook", b"secret")
    key = DataKey(b"x" * 32) if change == "key" else data_key
    key_id = "0" * 16 if change == "key_id" else key.key_id
    if change == "byte":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with pytest.raises(Refused) as raised:
        key.open(
            OTHER if change == "tenant" else ONE,
            "other" if change == "name" else "webhook",
            key_id,
            b"" if change == "empty" else sealed,
        )
    assert raised.value.exit_code == Exit.CONFIG


def test_a_key_never_shows_itself() -> None:
    key = DataKey(b"k" * 32)
    assert repr(key) == f"DataKey({key.key_id})"
    assert "k" * 32 not in repr(vars(key))
    with pytest.raises(ValueError, match="32 bytes"):
        DataKey(b"short")


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data.key"
    made = DataKey.load_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(base64.b64decode(path.read_bytes())) == 32
    assert DataKey.load_or_make(path).key_id == made.key_id
    assert list(path.parent.iterdir()) == [path]


def test_of_many_that_make_a_key_one_wins(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = {key.key_id for key in pool.map(DataKey.load_or_make, [tmp_path / "data.key"] * 8)}
    assert len(ids) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "data.key"
    DataKey.load_or_make(path)
    path.chmod(mode)
    with pytest.raises(Refused) as raised:
        DataKey.load_or_make(path)
    assert raised.value.exit_code == Exit.NO_PERMISSION


@pytest.mark.row("C29")
@pytest.mark.parametrize(
    "text",
    [
        b"", b"short", base64.b64encode(b"x" * 31), b"\xff" * 44, b"!" * 44,
        base64.b64encode(bytes(32)), base64.b64encode(b"x" * 32),
        f"{LINE}\n{LINE}".encode(), f"next {LINE}".encode(), f"{LINE}\nnext {LINE}".encode(),
        f"{LINE}\nlater {OTHER_LINE}".encode(), f"{LINE}\n".encode() * 200,
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused_without_quoting_it(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "data.key"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(Refused) as raised:
        DataKey.load_or_make(path)
    assert raised.value.exit_code == Exit.CONFIG


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused) as raised:
        DataKey.load_or_make(tmp_path / "file" / "data.key")
    assert raised.value.exit_code == Exit.CANT_CREATE


def test_a_key_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.key"
    DataKey.load_or_make(path)

    def denied(*_: object, **__: object) -> object:
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.open", denied)  # root may read what its mode forbids
    with pytest.raises(Refused) as raised:
        DataKey.load_or_make(path)
    assert raised.value.exit_code == Exit.NO_PERMISSION
