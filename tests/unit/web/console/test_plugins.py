"""Partners' plugins on a page: what each adds and needs, and switching it on by a form without a script."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import AssociateId
from so_privacy_ext.storage import journal, plugins, proposals
from so_privacy_ext.storage.plugins import KeptPlugin
from so_privacy_ext.storage.proposals import Ending, Proposal
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.web import languages
from tests.unit.life.keeper import Service, serving
from tests.unit.web.console.house import House, Visitor

NAME, AT = "acme-size", "/configure/plugins"
ONE = f"{AT}?plugin={NAME}"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install a package that brings the plugin, beside the product."""
    folder = tmp_path_factory.mktemp("site")
    info = folder / "acme_size-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-size\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        f"[so_privacy_ext.extensions]\n{NAME} = tests.unit.life.partner:ext\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield info


_names = (f"Cust{number}" for number in itertools.count(72001))


@pytest.fixture
def tenant(house: House) -> TenantSummary:
    return house.add(next(_names))


@pytest.fixture
def admin(house: House, tenant: TenantSummary, package: Path) -> Visitor:
    assert package.exists()
    return house.sign_in(tenant)


def declaration(page: str) -> str:
    found = re.search(r'name="declaration" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def turn_on(admin: Visitor, **settings: str) -> int:
    fields = {"plugin": NAME, "do": "enable", "declaration": declaration(admin.get(ONE).text)}
    given = {f"setting.{name}": value for name, value in settings.items()}
    return admin.post(AT, fields | given).status_code


def kept(house: House, tenant: TenantSummary) -> KeptPlugin:
    with house.app.session(tenant) as session:
        (one,) = plugins.listed(session, house.app.data_key)
        return one


def test_one_is_looked_at_switched_on_set_and_switched_off(
    house: House, tenant: TenantSummary, admin: Visitor
) -> None:
    assert "acme-size" in admin.get(AT).text
    page = admin.get(ONE).text
    assert "acme_size.large" in page
    assert "Whether the person&#39;s company is large." in page
    assert "By switching it on you agree" in page
    assert 'type="password" id="setting.register_key"' in page
    assert '<input type="text" id="setting.limit" name="setting.limit" value="3"' in page

    assert turn_on(admin, register_key="very-secret", limit="5", mode="loose", tags="a\r\nb") == 303
    assert "The plugin is on." in admin.get(f"{AT}?done=plugin_on").text
    settings = {
        "register_key": "very-secret",
        "limit": 5,
        "mode": "loose",
        "tags": ["a", "b"],
        "quick": False,
    }
    assert kept(house, tenant).settings == settings
    page = admin.get(ONE).text
    assert "very-secret" not in page
    assert "leave this empty to keep it" in page
    assert "<option selected>loose</option>" in page

    fields = {"plugin": NAME, "do": "set", "declaration": "", "setting.quick": "on", "setting.limit": "7"}
    assert admin.post(AT, fields).status_code == 303
    assert kept(house, tenant).settings == {"register_key": "very-secret", "limit": 7, "quick": True}

    off = admin.post(AT, {"plugin": NAME, "do": "disable"})
    assert off.status_code == 303
    assert kept(house, tenant).enabled_at is None
    with house.app.session(tenant) as session:
        told = [one for one in journal.latest(session, 9) if one.kind.startswith("plugin")]
    assert [one.kind for one in told] == ["plugin_on", "plugin_on", "plugin_off"]
    assert {one.content["who"] for one in told} == {"associate 7"}
    assert "very-secret" not in house.dump()


def test_what_can_not_be_is_told_beside_what_was_written(
    house: House, tenant: TenantSummary, admin: Visitor
) -> None:
    fields = {"plugin": NAME, "do": "enable", "declaration": declaration(admin.get(ONE).text)}
    wrong = admin.post(AT, fields | {"setting.limit": "many", "setting.register_key": "very-secret"})
    assert wrong.status_code == 422
    assert "limit" in wrong.text
    assert 'name="setting.limit" value="many"' in wrong.text
    assert "very-secret" not in wrong.text
    other = admin.post(AT, fields | {"declaration": "of another", "setting.register_key": "x"})
    assert (other.status_code, "something else of itself" in other.text) == (422, True)
    off = admin.post(AT, {"plugin": NAME, "do": "set", "setting.register_key": "x"})
    assert (off.status_code, "not switched on" in off.text) == (422, True)
    assert admin.post(AT, {"plugin": NAME, "do": "explode"}).status_code == 400
    for missing in (admin.get(f"{AT}?plugin=other"), admin.post(AT, {"plugin": "other", "do": "disable"})):
        assert missing.status_code == 404
    with house.app.session(tenant) as session:
        assert plugins.changes(session) == 0


@pytest.mark.parametrize("language", list(languages.NAMES))
def test_the_pages_speak_every_language(admin: Visitor, language: str) -> None:
    t = languages.texts(language)
    assert t("plugin.turn_on") in admin.get(f"{ONE}&language={language}").text
    assert t("plugin.installed") in admin.get(f"{AT}?language={language}").text


def test_one_that_fails_asks_for_more_or_is_gone_says_so(
    house: House, tenant: TenantSummary, admin: Visitor, package: Path
) -> None:
    assert turn_on(admin, register_key="very-secret") == 303
    trouble = {"what": "it took too long", "how": "wait", "at": "2026-01-01T00:00:00+00:00"}
    house.change(
        "UPDATE so_privacy.plugin SET description = jsonb_set(description::jsonb, '{further}', '[]')::json,"
        " trouble = %(trouble)s::jsonb WHERE tenant_id = %(tenant)s",
        tenant=tenant.tenant_id,
        trouble=json.dumps({"slow": trouble}),
    )
    page = admin.get(ONE).text
    assert "It asks for more than was agreed to" in page
    assert "finds `acme_size.share`" in page
    assert ">Agree</button>" in page
    assert "it took too long" in page
    assert "it took too long" in admin.get(AT).text

    assert turn_on(admin) == 303
    assert kept(house, tenant).settings["register_key"] == "very-secret"
    assert "asks for more" not in admin.get(ONE).text

    entry, text = package / "entry_points.txt", (package / "entry_points.txt").read_text()
    try:
        entry.write_text(text.replace("partner:ext", "partner:nothing"))
        assert "It can not be started:" in admin.get(ONE).text
        entry.unlink()
        assert "Not installed any more" in admin.get(AT).text
        assert "nobody answers" in admin.get(ONE).text
    finally:
        entry.write_text(text)


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Install a plugin that holds data, and have its service answer."""
    info = tmp_path / "keeper-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: keeper\nVersion: 1.0\n")
    entry = "[so_privacy_ext.extensions]\nkeeper = tests.unit.life.keeper:ext\n"
    (info / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(tmp_path))
    with serving() as service:
        yield service


def test_of_one_that_holds_data_it_is_said_what_becomes_of_them(
    house: House, tenant: TenantSummary, admin: Visitor, keeper: Service
) -> None:
    one = f"{AT}?plugin=keeper"
    page = admin.get(one).text
    for said in ("Holds elsewhere", "the numbers of persons", "so that we can tell who", "90 days"):
        assert said in page
    on = {"plugin": "keeper", "do": "enable", "declaration": declaration(page), "setting.host": keeper.host}
    assert admin.post(AT, on).status_code == 303
    assert "Switch off and let it keep them" in admin.get(one).text
    off = {"plugin": "keeper", "do": "disable"}
    unsaid = admin.post(AT, off)
    assert (unsaid.status_code, "holds data elsewhere: the numbers" in unsaid.text) == (422, True)
    assert admin.post(AT, off | {"data": "keep"}).status_code == 303
    page = admin.get(one).text
    assert "may still hold data of persons" in page
    assert "Have all erased" in page

    assert admin.post(AT, off | {"data": "erase"}).status_code == 303
    page = admin.get(one).text
    assert "has not said yet that it has" in page
    assert "Have all erased" not in page
    assert keeper.asked == []  # the worker asks
    keeper.status = 503
    left = admin.post("/configure/uninstall", {"sure": "yes"}).text
    assert (
        "have not said yet that they have erased what they hold, and are asked until they do: keeper" in left
    )
    assert house.app.installed(tenant.context_identifier, tenant.environment) is None
    assert keeper.asked == ["DELETE /"]


class Two:
    """Two administrators of a tenant that demands that both agree."""

    def __init__(self, house: House, tenant: TenantSummary) -> None:
        self.house, self.tenant = house, tenant
        self.anna = house.sign_in(tenant, AssociateId(7))
        self.bent = house.sign_in(tenant, AssociateId(8))
        assert self.anna.post("/configure/two-pairs", {"how": "two"}).status_code == 303

    def propose(self, who: Visitor, **more: str) -> requests.Response:
        fields = {"plugin": NAME, "do": "propose", "declaration": declaration(who.get(ONE).text)}
        return who.post(AT, {**fields, "reason": "it knows our companies", **more})

    @property
    def last(self) -> Proposal:
        with self.house.app.session(self.tenant) as session:
            return max(proposals.listed(session), key=lambda one: one.proposal_id)

    def settle(self, who: Visitor) -> requests.Response:
        return who.post(f"/configure/approvals/{self.last.proposal_id}", {"as": "approve"})

    def is_on(self) -> bool:
        with self.house.app.session(self.tenant) as session:
            return self.house.app.extending.shown(session, NAME).is_on

    def journal(self) -> list[tuple[str, dict[str, Any]]]:
        with self.house.app.session(self.tenant) as session:
            return [(one.kind, dict(one.content)) for one in journal.latest(session, 20)]


@pytest.fixture
def two(house: House, tenant: TenantSummary, package: Path) -> Two:
    assert package.exists()
    return Two(house, tenant)


def test_where_two_must_agree_one_is_switched_on_when_both_have(two: Two) -> None:
    page = two.anna.get(ONE).text
    assert "another administrator must agree to all that it adds and needs" in page
    assert 'value="enable"' not in page
    refused = two.anna.post(AT, {"plugin": NAME, "do": "enable", "declaration": declaration(page)})
    assert refused.status_code == 422
    assert "a second administrator agrees to a plugin" in refused.text

    done = two.propose(two.anna)
    assert (done.status_code, done.headers["location"]) == (303, "/configure/approvals?done=proposed")
    assert "acme-size" in two.bent.get("/configure/approvals").text
    shown = two.bent.get(f"/configure/approvals/{two.last.proposal_id}").text
    for said in ("it knows our companies", "Switch a plugin on", "acme_size.large", "Talks to"):
        assert said in shown, said
    assert "What would differ" not in shown
    assert two.settle(two.anna).status_code == 422
    done = two.settle(two.bent)
    assert done.headers["location"] == "/configure/approvals?done=plugin_approved"
    assert "It can be switched on now" in two.bent.get(done.headers["location"]).text
    assert not two.is_on()

    assert turn_on(two.bent, register_key="very-secret") == 303
    assert two.is_on()
    kinds = [kind for kind, _ in two.journal()]
    assert kinds == ["two_pairs_of_eyes", "proposed", "proposal_settled", "plugin_on"]
    assert "alone" not in two.journal()[-1][1]
    assert "very-secret" not in two.house.dump()


def test_what_two_agreed_to_is_done_once_and_off_is_free(two: Two) -> None:
    two.propose(two.anna)
    two.settle(two.bent)
    assert turn_on(two.anna, register_key="x") == 303
    given = {"plugin": NAME, "do": "set", "declaration": "", "setting.limit": "7"}
    assert two.anna.post(AT, given).status_code == 303
    with two.house.turn(two.tenant) as turn:  # nothing new is agreed to
        extending = two.house.app.extending
        extending.enable(turn, extending.describe(NAME), who="root", settings={"register_key": "y"})
    assert two.anna.post(AT, {"plugin": NAME, "do": "disable"}).status_code == 303
    assert not two.is_on()
    assert "another administrator must agree" in two.anna.get(ONE).text
    fields = {"plugin": NAME, "do": "enable", "declaration": declaration(two.anna.get(ONE).text)}
    assert two.anna.post(AT, fields | {"setting.register_key": "x"}).status_code == 422
    assert not two.is_on()


def test_two_agree_to_what_was_shown_and_to_no_other_declaration(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two.propose(two.anna, declaration="of another").status_code == 422
    for reason in ("", " ", "x" * 501):
        page = two.propose(two.anna, reason=reason)
        assert page.status_code == 422
        assert "Give a reason" in page.text
    two.propose(two.anna)
    two.settle(two.bent)
    extending = two.house.app.extending
    other = extending.describe(NAME).model_copy(update={"hosts": ["example.com"]})
    monkeypatch.setattr(extending, "describe", lambda _: other)
    assert "another administrator must agree" in two.anna.get(ONE).text
    with two.house.turn(two.tenant) as turn, pytest.raises(Refused) as raised:
        extending.enable(turn, other, who="root", settings={"register_key": "x"})
    assert raised.value.code == "second_pair_of_eyes"


def test_a_version_that_asks_for_more_needs_both_again(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    two.propose(two.anna)
    two.settle(two.bent)
    assert turn_on(two.anna, register_key="x") == 303
    extending = two.house.app.extending
    more = extending.describe(NAME).model_copy(update={"hosts": ["example.com"]})
    monkeypatch.setattr(extending, "describe", lambda _: more)
    page = two.bent.get(ONE).text
    assert "It asks for more than was agreed to" in page
    assert 'value="propose"' in page
    two.propose(two.bent)
    two.settle(two.anna)
    assert 'value="enable"' in two.bent.get(ONE).text


def test_the_operator_is_refused_a_plugin_unless_alone_on_purpose(two: Two) -> None:
    two.propose(two.anna)
    extending = two.house.app.extending
    now, settings = extending.describe(NAME), {"register_key": "x"}
    with two.house.turn(two.tenant) as turn:
        with pytest.raises(Refused) as raised:
            extending.enable(turn, now, who="root", settings=settings)
        assert raised.value.code == "second_pair_of_eyes"
        assert "--alone" in raised.value.how
        extending.enable(turn, now, who="root", settings=settings, alone=True)
    assert two.is_on()
    assert next(content for kind, content in two.journal() if kind == "plugin_on")["alone"] is True
    assert two.last.settled_as is Ending.LAPSED
