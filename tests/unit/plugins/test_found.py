from __future__ import annotations

import sys
from pathlib import Path

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.plugins.found import Found, found
from so_privacy_ext.plugins.hosts import Hosts


def install(folder: Path, package: str, **names: str) -> None:
    info = folder / f"{package}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    points = "".join(f"{name} = {value}\n" for name, value in names.items())
    (info / "entry_points.txt").write_text(f"[so_privacy_ext.extensions]\n{points}")


def test_plugins_are_found_by_their_entry_points_and_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(found())
    install(tmp_path, "zeta", **{"zeta-plugin": "not_there:ext"})
    install(tmp_path, "acme", **{"acme-vat": "acme.plugin:ext", "acme-b": "acme.b:ext"})
    monkeypatch.syspath_prepend(tmp_path)

    plugins = {name: one for name, one in found().items() if name not in before}

    assert list(plugins) == ["acme-b", "acme-vat", "zeta-plugin"]
    assert plugins["acme-vat"] == Found("acme-vat", "acme", "1.2", "acme.plugin:ext")
    assert "acme.plugin" not in sys.modules


def test_two_packages_that_claim_one_name_are_both_kept_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "acme", **{"acme-vat": "acme.plugin:ext"})
    install(tmp_path, "other", **{"acme-vat": "other:ext"})
    monkeypatch.syspath_prepend(tmp_path)

    with Hosts() as hosts, pytest.raises(Refused) as refused:
        hosts.describe("acme-vat")

    assert refused.value.what == "acme and other both call themselves `acme-vat`"


def test_one_that_is_not_installed_is_refused_with_those_that_are() -> None:
    one = Found("acme-vat", "acme", "1.2", "acme.plugin:ext")

    with Hosts(plugins=lambda: {"acme-vat": one}) as hosts, pytest.raises(Refused) as refused:
        hosts.describe("acme-vta")

    assert refused.value.code == "plugin_unknown"
    assert "installed plugins: `acme-vat`" in refused.value.how
