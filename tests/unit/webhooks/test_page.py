"""The example of docs/webhooks.md does what the page says."""

import re
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext import published
from so_privacy_ext.webhooks.events import EVENTS
from so_privacy_ext.webhooks.signature import sign

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
SAMPLES = published.folder("webhooks") / "samples"


@pytest.fixture
def page() -> Any:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/webhooks.md", "exec"), names)
    return names


def sample(name: str) -> tuple[bytes, dict[str, str]]:
    folder = SAMPLES / name
    lines = (folder / "headers").read_text(encoding="utf-8").splitlines()
    return (folder / "body").read_bytes(), dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize(
    ("name", "to_do"),
    [
        ("sale.sold/by-a-user", ["read sale 1204 and thank whoever bought"]),
        ("ticket.created/by-a-user", ["read person 4711"]),
        ("list.{list}.changed/one-item", ["read the list 110 again"]),
        ("contact.created/by-a-user", []),
    ],
)
def test_a_delivery(page: Any, name: Any, to_do: Any) -> None:
    assert page["receive"](*sample(name)) == 200
    assert (page["to_do"], page["shelf"]) == (to_do, [])


def test_a_forged_one(page: Any) -> None:
    body, headers = sample("sale.sold/by-a-user")

    assert page["receive"](body.replace(b"1204", b"1205"), headers) == 401
    assert (page["to_do"], page["shelf"]) == ([], [])


def test_another_tenants(page: Any) -> None:
    body, headers = sample("sale.sold/by-a-user")
    others = body.replace(b"Cust12345", b"Cust54321")
    headers["X-Superoffice-Signature"] = sign(others, page["SECRETS"][0].encode()).decode()

    assert page["receive"](others, headers) == 200
    assert (page["to_do"], page["shelf"]) == ([], [("context_mismatch", others)])


def test_the_folders_page_lists_every_event() -> None:
    listed = (published.folder("webhooks") / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([^|`]+)` \| ([^|]*) \| ([^|]+) \| [^|]+ \| \[([a-z-]+\.md)\]", listed, re.MULTILINE
    )
    events = {
        entity if words == "-" else f"{entity}.{word}": (key, page)
        for entity, words, key, page in rows
        for word in words.split()
    }

    assert events == {model.NAME: (model.KEY, model.PAGE) for model in EVENTS.values()}
