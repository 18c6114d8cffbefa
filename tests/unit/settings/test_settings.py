"""The environment as it is read: defaults, what is refused, and files that hold secrets."""

import os
from pathlib import Path

import certifi
import pytest

from so_privacy_ext import settings
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.settings import Settings, one_line, read_secret


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith("SO_PRIVACY_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


def test_without_an_environment() -> None:
    found = settings.read()

    assert found == Settings()
    assert found.database_url is None
    assert found.address == ("127.0.0.1", 7300)
    assert found.data_key_path == Path(".so-privacy/data.key")


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "SO_PRIVACY_DATA_DIR", "SO_PRIVACY_BIND", "SO_PRIVACY_WORKER_THREADS"):
        monkeypatch.setenv(name, "")

    assert settings.read() == Settings()


def test_what_is_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@h/d")
    monkeypatch.setenv("SO_PRIVACY_DATA_DIR", "/var/lib/so")
    monkeypatch.setenv("SO_PRIVACY_PUBLIC_URL", "https://privacy.example.com/so/")
    monkeypatch.setenv("SO_PRIVACY_BIND", "[::1]:80")
    found = settings.read()

    assert found.database_url == "postgresql://u:secret@h/d"
    assert "secret" not in repr(found)
    assert found.data_key_path == Path("/var/lib/so/data.key")
    assert found.public_url == "https://privacy.example.com/so"
    assert found.address == ("::1", 80)


@pytest.mark.parametrize("bind", ["nonsense", "a:b", "a:-1", "a:65536", "a:\u0661", ":", "a:"])
def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch, bind: str) -> None:
    monkeypatch.setenv("SO_PRIVACY_BIND", bind)

    with pytest.raises(Refused, match="bad_bind") as refused:
        _ = settings.read().address
    assert refused.value.exit_code is Exit.CONFIG


def test_proxies_are_named_by_address_or_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SO_PRIVACY_TRUSTED_PROXIES", "10.0.0.7, 192.168.0.0/16,::1,")

    assert settings.read().trusted_proxies == ("10.0.0.7", "192.168.0.0/16", "::1")
    assert Settings(trusted_proxies=("10.0.0.7",)).trusted_proxies == ("10.0.0.7",)


@pytest.mark.parametrize("proxies", ["*", "proxy.example.com", "10.0.0.1/8", "10.0.0.1;10.0.0.2"])
def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    monkeypatch.setenv("SO_PRIVACY_TRUSTED_PROXIES", proxies)

    with pytest.raises(Refused, match=r"SO_PRIVACY_TRUSTED_PROXIES: .*write addresses and networks"):
        settings.read()


@pytest.mark.parametrize("bind", [":7300", "127.0.0.1:0"])
def test_an_address_without_a_host_is_this_machine_s(monkeypatch: pytest.MonkeyPatch, bind: str) -> None:
    monkeypatch.setenv("SO_PRIVACY_BIND", bind)

    assert settings.read().address[0] == "127.0.0.1"


@pytest.mark.parametrize("url", ["x", "ftp://x", "http://", "http://x?y", "https://x#y", "http://[::1"])
def test_a_public_address_that_is_none(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SO_PRIVACY_PUBLIC_URL", url)

    with pytest.raises(Refused, match="SO_PRIVACY_PUBLIC_URL"):
        settings.read()


def test_a_secret_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("abc\n")
    for mode in (0o644, 0o640, 0o604, 0o610, 0o777):
        file.chmod(mode)
        with pytest.raises(Refused, match="open_to_others") as refused:
            read_secret(file, "the token")
        assert refused.value.exit_code is Exit.NO_PERMISSION
    for mode in (0o600, 0o400, 0o700):
        file.chmod(mode)
        assert read_secret(file, "the token") == b"abc\n"


def test_a_pipe_has_no_mode_that_counts(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    os.close(writing)

    assert read_secret(Path(f"/dev/fd/{reading}"), "the token") == b"abc"
    os.close(reading)


@pytest.mark.parametrize("content", [b"", b" \n", b"x" * 70_000])
def test_a_secret_that_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    file.chmod(0o600)

    with pytest.raises(Refused, match="bad_secret") as refused:
        read_secret(file, "the token", wrong=Exit.BAD_DATA)
    assert refused.value.exit_code is Exit.BAD_DATA


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"a\nb", b"a\x00b", b"\xff", b"x" * 5000, "a\u202eb".encode()]
)
def test_a_token_is_one_line(content: bytes) -> None:
    with pytest.raises(Refused, match="bad_token") as refused:
        one_line(content, "the token", where="here")
    assert "here" in str(refused.value)


def test_a_token_may_hold_spaces_dots_and_any_letter() -> None:
    assert one_line("Så Privat v1.0-aB.c \n".encode(), "the token", where="") == "Så Privat v1.0-aB.c"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file or directory"),
        (b"", "it holds no certificates in PEM"),
        (b"\x88\xff\x00", "it holds no certificates in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n", "it holds no certificates in PEM"),
    ],
)
def test_authorities_that_cannot_be_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SO_PRIVACY_CA_FILE", str(file))

    with pytest.raises(Refused, match="ca_file") as refused:
        settings.read()
    assert str(refused.value).startswith(f"{file}: ca_file: {says}; ")
    assert "SO_PRIVACY_CA_FILE" in str(refused.value)
    assert refused.value.exit_code is Exit.CONFIG


def test_authorities_that_can_be_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(certifi.where())
    monkeypatch.setenv("SO_PRIVACY_CA_FILE", str(file))

    assert settings.read().ca_file == file


def test_what_is_wrong_is_said_in_our_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SO_PRIVACY_PUBLIC_URL", "foo")

    with pytest.raises(Refused) as refused:
        settings.read()
    assert str(refused.value) == (
        "bad_settings: SO_PRIVACY_PUBLIC_URL: write http(s)://host, without query; correct the environment"
    )
