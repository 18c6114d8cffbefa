"""Which installations there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.superoffice.environments import load

ENTRY = {
    "name": "stage",
    "login": "https://login.example.com/login/",
    "state": "https://login.example.com/api/state",
    "host_pattern": r"[a-z]+\.example\.com",
    "issuer": "https://login.example.com",
    "private_addresses_allowed": False,
}


def test_the_vendors_environments_are_known() -> None:
    known = load(None)

    assert set(known) == {"sod", "stage", "online", "sandbox"}
    assert [name for name, one in known.items() if one.private_addresses_allowed] == ["sandbox"]
    assert known["stage"].login == "https://qaonline.superoffice.com/login"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("online2.superoffice.com", True),
        ("app-sod.superoffice.com", True),
        ("superoffice.com", False),
        ("sod3.superoffice.com.evil.com", False),
        ("evil.com/x.superoffice.com", False),
        ("a.b.superoffice.com", False),
        ("sod3.superoffice.com\n", False),
        ("sod3.superoffice.com.", False),
        ("127.0.0.1", False),
        ("super\N{CYRILLIC SMALL LETTER O}ffice.com", False),
    ],
)
def test_only_the_environments_own_hosts_are_allowed(host: Any, allowed: Any) -> None:
    assert load(None)["online"].allows_host(host) is allowed


def test_a_file_goes_over_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "environments.json"
    path.write_text(json.dumps({"environments": [ENTRY]}))

    known = load(path)

    assert known["stage"].login == "https://login.example.com/login"
    assert set(known) == {"sod", "stage", "online", "sandbox"}


def test_the_sandbox_may_be_local_and_plain(tmp_path: Path) -> None:
    path = tmp_path / "environments.json"
    local = ENTRY | {"name": "sandbox", "login": "http://[::1]:7/login", "private_addresses_allowed": True}
    path.write_text(json.dumps({"environments": [local]}))

    assert load(path)["sandbox"].private_addresses_allowed


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        '{"environments": {}}',
        '{"environments": [7]}',
        json.dumps({"environments": [{"name": "x"}]}),
        json.dumps({"environments": [ENTRY | {"surplus": 1}]}),
        json.dumps({"environments": [ENTRY | {"issuer": ""}]}),
        json.dumps({"environments": [ENTRY | {"login": 7}]}),
        json.dumps({"environments": [ENTRY | {"private_addresses_allowed": "yes"}]}),
        json.dumps({"environments": [ENTRY | {"private_addresses_allowed": True}]}),
        json.dumps({"environments": [ENTRY | {"login": "http://login.example.com"}]}),
        json.dumps({"environments": [ENTRY | {"state": "https:///state"}]}),
        json.dumps({"environments": [ENTRY | {"host_pattern": "("}]}),
    ],
)
def test_a_bad_file_is_refused_by_name(text: Any, tmp_path: Path) -> None:
    path = tmp_path / "environments.json"
    path.write_text(text)

    with pytest.raises(Refused) as caught:
        load(path)

    assert caught.value.exit_code is Exit.CONFIG
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load(tmp_path / "none.json")

    assert caught.value.exit_code is Exit.NO_INPUT
