"""What certification asks of the code as it stands, and that docs/certification.md tells no tales."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.settings import Settings, one_line
from so_privacy_ext.superoffice.operations import ALLOWED

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "so_privacy_ext"
MODULES = {str(path.relative_to(SOURCE)): ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")}


def imported(tree: ast.AST) -> Iterator[str]:
    """Give the top package of everything that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def importing(*packages: str) -> set[str]:
    return {name for name, tree in MODULES.items() if set(packages) & set(imported(tree))}


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Give the calls of functions or methods of these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if getattr(called, "attr", getattr(called, "id", "")) in names:
                yield node


def test_c03_templates_escape_all_that_they_show() -> None:
    """What is written by others reaches a page as text."""
    pages = [*SOURCE.rglob("*.html"), *SOURCE.rglob("*.jinja")]
    unescaped = re.compile(r"\|\s*safe\b|autoescape\s+false|Markup|\{%-?\s*filter\b")

    assert pages
    assert [str(path) for path in pages if unescaped.search(path.read_text())] == []
    assert importing("markupsafe") == set()
    environments = [call for tree in MODULES.values() for call in calls(tree, "Environment", "Template")]
    made = [call for call in environments if any(word.arg == "loader" for word in call.keywords)]
    assert made
    for call in made:
        (escaping,) = (word.value for word in call.keywords if word.arg == "autoescape")
        assert isinstance(escaping, ast.Constant)
        assert escaping.value is True


def test_c04_one_module_believes_tokens_and_only_by_a_key() -> None:
    decoding = {
        name: call
        for name, tree in MODULES.items()
        if "jwt" in set(imported(tree))
        for call in calls(tree, "decode")
    }

    assert importing("jwt") == {"superoffice/signed_tokens.py", "superoffice/signing_keys.py"}
    assert importing("jose", "joserfc", "authlib") == set()
    assert set(decoding) == {"superoffice/signed_tokens.py"}
    (call,) = decoding.values()
    assert len(call.args) == 2
    assert [ast.unparse(word) for word in call.keywords] == ["algorithms=['RS256']"]


def test_c04_no_check_of_a_certificate_or_signature_is_switched_off() -> None:
    off = re.compile(
        r"verify\s*=\s*False|verify_signature|CERT_NONE|check_hostname\s*=\s*False|_create_unverified"
    )

    assert [name for name in MODULES if off.search((SOURCE / name).read_text())] == []


def test_c13_no_panel_is_provisioned() -> None:
    """Who has none can leak nothing by one; a panel would be an item that some operation saves."""
    app = YAML(typ="safe").load(ROOT / "manifests" / "app.yaml")

    assert [name for name in ALLOWED if "panel" in name.casefold()] == []
    assert app["web_panels"] == []
    assert app["creates"].keys() == {"list_items", "webhooks"}


def test_c17_c18_c19_only_these_operations_can_be_called() -> None:
    """No company is renamed, no person saved or deleted, nothing but consents written in bulk."""
    assert {f"{one.agent}.{one.name}" for one in ALLOWED.values() if one.writes and not one.mass} == {
        "Person.SetConsent",
        "Person.SendConsentConfirmationEmail",
        "List.SaveConsentPurpose",
        "List.SaveConsentSource",
        "Webhook.SaveWebhook",
        "Webhook.DeleteWebhook",
    }
    assert {one.agent for one in ALLOWED.values() if not one.mass} == {
        "Person",
        "Archive",
        "List",
        "MDO",
        "Preference",
        "UserDefinedFieldInfo",
        "Webhook",
    }
    assert {f"{one.agent}.{one.name}" for one in ALLOWED.values() if one.writes and one.mass} == {
        "DatabaseTable.Insert",
        "DatabaseTable.Upsert",
        "BulkUpdate.ExecuteByEntityIds",
    }
    reading = ("Get", "CreateDefault")
    assert all(one.writes or one.name.startswith(reading) for one in ALLOWED.values())


@pytest.mark.parametrize("folder", ["src", "manifests", "webhooks"])
def test_c27_no_numbered_host_is_written_down(folder: str) -> None:
    """Tenants move; where one lives is asked each time."""
    numbered = re.compile(r"\b(online|sod|stage|qaonline)\d+\b", re.IGNORECASE)
    texts = {
        path: path.read_bytes().decode(errors="replace")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }

    assert texts
    assert [
        str(path) for path, text in texts.items() if path.suffix != ".pyc" and numbered.search(text)
    ] == []


def test_c28_rest_is_spoken_only_for_what_soap_does_not_have() -> None:
    """A tenant's data by SOAP; state, tokens and keys by what the vendor has for them; nothing else."""
    exchanging = {name for name, tree in MODULES.items() if any(calls(tree, "exchange"))}

    assert exchanging == {
        "superoffice/client.py",  # SOAP
        "superoffice/tenant_status.py",  # GET api/state
        "superoffice/system_user.py",  # POST PartnerSystemUser/Authenticate
        "superoffice/sign_in.py",  # POST oauth/tokens
        "superoffice/signing_keys.py",  # GET .well-known/jwks
        "superoffice/clock.py",  # the same, for its Date
    }
    assert importing("requests", "urllib3", "httpx", "aiohttp") == {
        "superoffice/wire.py",
        "guarded_connections.py",
        "calling.py",  # tells a tenant's own systems
        "lifecycle/self_test.py",  # calls ourselves, as SuperOffice would
    }
    assert not [name for name, tree in MODULES.items() if any(calls(tree, "urlopen", "HTTPConnection"))]


def test_c29_no_secret_has_a_default() -> None:
    secret = re.compile("token|key|secret|password|database_url")
    defaults = {name: field.default for name, field in Settings.model_fields.items() if secret.search(name)}

    assert len(defaults) >= 4
    assert set(defaults.values()) == {None}


@pytest.mark.parametrize(
    "placeholder",
    [
        *(
            "changeme",
            "change-me",
            "CHANGE_ME",
            "secret",
            "client_secret",
            "Client-Secret",
            "password",
            "todo",
        ),
        *("your-client-secret", "YOUR CLIENT SECRET", "<client secret>", "${CLIENT_SECRET}", "{{ secret }}"),
        *(
            "$CLIENT_SECRET",
            "xxxxxxxx",
            "XXXX",
            "********",
            "...",
            "example",
            "none",
            "null",
            "application token",
        ),
    ],
)
def test_c29_a_placeholder_is_no_secret(placeholder: str) -> None:
    with pytest.raises(Refused) as refused:
        one_line(placeholder.encode(), "the client secret", where="file")

    assert refused.value.exit_code == Exit.CONFIG
    assert "placeholder" in refused.value.what


@pytest.mark.parametrize(
    "secret",
    ["0123456789abcdef", "So Privacy Demo v1.0-abc", "secret-of-ours-4711", "xyzxyz", "$2b$10$abc", "a<b>c"],
)
def test_c29_a_secret_is_no_placeholder(secret: str) -> None:
    assert one_line(secret.encode(), "the client secret", where="file") == secret


PAGE = ROOT / "docs" / "certification.md"
REASONS = re.compile(r"(hosting|release|later)(: [^;]{10,})?")


def rows() -> dict[str, tuple[str, list[str]]]:
    """Give, by row, what is asked and what the page says checks it."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| C")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row.split()[0]: (asked, checked.split("; ")) for row, asked, _, checked in cells}


def functions_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


def test_the_page_names_every_row_in_order() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| C")]

    assert [line[2:5] for line in lines] == [f"C{number:02d}" for number in range(1, 40)]


@pytest.mark.parametrize("row", rows())
def test_each_row_has_a_test_that_exists_or_a_reason(row: str) -> None:
    _, checked = rows()[row]

    for one in checked:
        cited = re.fullmatch(r"`((?:unit|acceptance|contract|browser)/[\w/]+\.py)(?:::(\w+))?`", one)
        if cited is None:
            assert REASONS.fullmatch(one), (row, one)
            continue
        path = ROOT / "tests" / cited[1]
        assert path.is_file(), (row, one)
        assert functions_in(path), (row, one)
        assert cited[2] is None or cited[2] in functions_in(path), (row, one)


def test_what_can_be_automated_is_not_put_off() -> None:
    """Of C03 to C31 each has a test, whatever else is left to hosting, a release or later."""
    for number in range(3, 32):
        row = f"C{number:02d}"
        assert any(one.startswith("`") for one in rows()[row][1]), row
