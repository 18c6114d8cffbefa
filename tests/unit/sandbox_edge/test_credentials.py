import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from so_sandbox import credentials
from so_sandbox.login.site import Site
from so_sandbox.server import start

SITE = Site("http", "127.0.0.1:7400", "", "http://127.0.0.1:7400")


def test_every_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    made = credentials.new_credentials()
    made.system_user_tokens["Cust1"] = "App v1.0-a b"
    files = credentials.write(folder, made, SITE)

    assert sorted(files) == [
        "address",
        "application_token",
        "client_id",
        "environments.json",
        "private_key.pem",
        "private_key.xml",
        "redirect_uris",
        "settings.env",
        "system_user_token.Cust1",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == set(files)
    assert files["settings.env"].read_text().splitlines()[2] == (
        f"SO_PRIVACY_APPLICATION_TOKEN_FILE='{folder}/application_token'"
    )


def test_the_environment_is_written_for_the_product(tmp_path: Path) -> None:
    files = credentials.write(tmp_path, credentials.new_credentials(), SITE)
    (environment,) = json.loads(files["environments.json"].read_text())["environments"]

    assert environment["name"] == "sandbox"
    assert environment["login"] == "http://127.0.0.1:7400/login"
    assert environment["private_addresses_allowed"] is True


def test_both_forms_of_the_key_are_one_key(tmp_path: Path) -> None:
    made = credentials.new_credentials()
    root: Any = etree.fromstring(made.private_key_xml)
    numbers = made.private_key.private_numbers()

    assert root.tag == "RSAKeyValue"
    assert int.from_bytes(base64.b64decode(root.findtext("D")), "big") == numbers.d
    assert int.from_bytes(base64.b64decode(root.findtext("Modulus")), "big") == numbers.public_numbers.n


def test_what_was_let_in_stays_let_in(tmp_path: Path) -> None:
    with start(directory=tmp_path) as first:
        kept = first.credentials
    with start(directory=tmp_path) as second:
        assert second.credentials.client_id == kept.client_id
        assert second.credentials.application_token == kept.application_token
        assert second.credentials.system_user_tokens == kept.system_user_tokens
        assert second.credentials.private_key_pem == kept.private_key_pem
        leave = second.world.tenants["Cust54321"].tables.authorizations[kept.client_id]
        assert leave.system_user_token == kept.system_user_tokens["Cust54321"]


@pytest.mark.parametrize("name", ["client_id", "application_token", "private_key.pem"])
def test_half_a_folder_is_begun_anew(tmp_path: Path, name: str) -> None:
    credentials.write(tmp_path, credentials.new_credentials(), SITE)
    (tmp_path / name).write_text("")

    assert credentials.load(tmp_path) is None
    (tmp_path / name).unlink()
    assert credentials.load(tmp_path) is None


def test_no_secret_is_shown() -> None:
    made = credentials.new_credentials()

    assert made.application_token not in repr(made)


def test_redirect_uris_are_kept(tmp_path: Path) -> None:
    made = credentials.new_credentials()
    assert "http://127.0.0.1:7300/callback" in made.redirect_uris
    made.redirect_uris = ["https://app.example.com/callback"]
    credentials.write(tmp_path, made, SITE)
    kept = credentials.load(tmp_path)
    assert kept is not None
    assert kept.redirect_uris == made.redirect_uris

    (tmp_path / "redirect_uris").unlink()  # as an older one has left it
    older = credentials.load(tmp_path)
    assert older is not None
    assert older.redirect_uris == list(credentials.REDIRECT_URIS)
