"""Which plugins a tenant has switched on, and what it agreed to."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from so_privacy_ext.storage import journal, plugins, tenants
from so_privacy_ext.storage.plugins import KeptPlugin
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.statements import Statements
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import Add, Taking

SAYS = {"name": "acme-vat", "version": "1.0", "words": [{"word": "acme_vat.registered"}]}
WHO = "operator"


@dataclass(frozen=True)
class Failed:
    plugin: str = "acme-vat"
    kind: str = "slow"
    what: str = "it took too long"
    how: str = "make it quicker"


def enable(turn: Turn, data_key: DataKey, settings: dict[str, object] | None = None) -> None:
    plugin = KeptPlugin("acme-vat", SAYS, [{"word": "acme_vat.old"}], WHO, None, settings=settings or {})
    plugins.enable(turn.session, turn.ledgers, data_key, plugin, who=WHO, told={"version": "1.0"})


def test_a_tenant_that_never_had_a_plugin_has_none(turn: Turn, data_key: DataKey) -> None:
    assert turn.tenant.plugins == plugins.changes(turn.session) == 0
    assert list(plugins.listed(turn.session, data_key)) == []
    assert not plugins.failed(turn.session, turn.ledgers, Failed())
    assert not plugins.disable(turn.session, turn.ledgers, "acme-vat", who=WHO)
    assert plugins.changes(turn.session) == 0


def test_what_was_agreed_to_is_kept_and_settings_are_sealed(turn: Turn, data_key: DataKey) -> None:
    enable(turn, data_key, {"password": "very-secret"})

    (kept,) = plugins.listed(turn.session, data_key)
    assert (kept.name, kept.description, kept.former) == ("acme-vat", SAYS, [{"word": "acme_vat.old"}])
    assert kept.settings == {"password": "very-secret"}
    assert kept.enabled_at is not None
    assert "very-secret" not in repr(kept)
    assert plugins.changes(turn.session) == 1
    (row,) = turn.session.rows(b"SELECT sealed FROM secret WHERE name = 'plugin/acme-vat'")
    assert b"very-secret" not in row["sealed"]
    (entry,) = journal.latest(turn.session, 1)
    assert (entry.kind, entry.content) == (
        "plugin_on",
        {"plugin": "acme-vat", "who": WHO, "version": "1.0"},
    )


def test_one_that_is_switched_off_keeps_its_words_and_settings(turn: Turn, data_key: DataKey) -> None:
    enable(turn, data_key, {"limit": 3})
    plugins.failed(turn.session, turn.ledgers, Failed())

    assert plugins.disable(turn.session, turn.ledgers, "acme-vat", who="associate 7")
    assert not plugins.disable(turn.session, turn.ledgers, "acme-vat", who="associate 7")

    (kept,) = plugins.listed(turn.session, data_key)
    assert (kept.enabled_at, kept.who, kept.troubles) == (None, "associate 7", [])
    assert (kept.description, kept.settings) == (SAYS, {"limit": 3})
    assert plugins.changes(turn.session) == 2
    assert [one.kind for one in journal.latest(turn.session, 9)] == [
        "plugin_on",
        "plugin_failed",
        "plugin_off",
    ]


def test_a_failure_is_noted_once_an_hour_for_each_kind(turn: Turn, data_key: DataKey) -> None:
    enable(turn, data_key)

    assert plugins.failed(turn.session, turn.ledgers, Failed())
    assert not plugins.failed(turn.session, turn.ledgers, Failed())
    assert plugins.failed(turn.session, turn.ledgers, Failed(kind="raised", what="it raised"))
    turn.session.run(
        b"UPDATE plugin SET trouble = jsonb_set(trouble, '{slow,at}', to_jsonb(now() - interval '61 min'))"
    )
    assert plugins.failed(turn.session, turn.ledgers, Failed())

    (kept,) = plugins.listed(turn.session, data_key)
    assert [(one.kind, one.what, one.how) for one in kept.troubles] == [
        ("raised", "it raised", "make it quicker"),
        ("slow", "it took too long", "make it quicker"),
    ]
    noted = [one.content for one in journal.latest(turn.session, 9) if one.kind == "plugin_failed"]
    assert [one["kind"] for one in noted] == ["slow", "raised", "slow"]
    assert all(one.keys() == {"plugin", "kind", "what"} for one in noted)


def test_two_tenants_never_meet(add: Add, taking: Taking, data_key: DataKey) -> None:
    first, second = (taking(add(name).tenant_id) for name in ("Cust1", "Cust2"))
    enable(first, data_key, {"limit": 1})

    assert list(plugins.listed(second.session, data_key)) == []
    assert not plugins.disable(second.session, second.ledgers, "acme-vat", who=WHO)
    assert not plugins.failed(second.session, second.ledgers, Failed())
    enable(second, data_key, {"limit": 2})
    plugins.disable(second.session, second.ledgers, "acme-vat", who=WHO)

    (kept,) = plugins.listed(first.session, data_key)
    assert kept.settings == {"limit": 1}
    assert kept.enabled_at is not None


@pytest.mark.parametrize("with_evidence", [True, False])
def test_a_tenant_that_goes_takes_all_but_what_its_manifests_are_read_by(
    with_evidence: bool, turn: Turn, data_key: DataKey
) -> None:
    if with_evidence:
        enable(turn, data_key, {"limit": 1})
    else:
        values = {"name": "acme-vat", "description": "{}", "former": "[]", "who": WHO, "holds": False}
        turn.session.run(Statements("plugins")["enable"], values)

    tenants.remove(turn.session)

    kept = list(plugins.listed(turn.session, data_key))
    if with_evidence:
        assert [(one.enabled_at, one.settings, one.description) for one in kept] == [(None, {}, SAYS)]
    else:
        assert kept == []
