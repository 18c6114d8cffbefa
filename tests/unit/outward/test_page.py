"""What docs/outward.md shows is what comes, and its code does what the page says."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from so_privacy_ext.announcing import GIVEN_UP, REFUSED_WAITS, WAITS
from so_privacy_ext.calling import LONGEST
from so_privacy_ext.outward.messages import ENDPOINT_TEST, TYPES, read_message, schema
from so_privacy_ext.outward.signing import sign, write_secret

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "outward.md").read_text(encoding="utf-8")
(SAMPLE,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
OURS, ANYBODYS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def page() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for code in (OURS, ANYBODYS):
        exec(compile(code, "docs/outward.md", "exec"), names)
    return names


def posted(body: bytes, secret: str, *, at: float | None = None, message_id: str = "msg_1") -> dict[str, str]:
    seconds = int(time.time() if at is None else at)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": sign(message_id, seconds, body, [secret]),
    }


def test_the_sample_is_a_message() -> None:
    jsonschema.Draft202012Validator(schema()).validate(json.loads(SAMPLE))
    assert json.loads(read_message(SAMPLE.encode()).model_dump_json()) == json.loads(SAMPLE)


def test_each_message_is_done_once(page: dict[str, Any]) -> None:
    body = SAMPLE.encode()
    (secret,) = page["SECRETS"]

    assert [page["receive"](body, posted(body, secret)) for _ in range(2)] == [200, 200]
    assert page["to_do"] == ["look at person 10001 of Cust12345"]
    assert page["receive"](body, posted(body, write_secret(bytes(32)))) == 401
    assert page["receive"](b"{}", posted(b"{}", secret, message_id="msg_2")) == 200
    assert page["to_do"] == ["look at person 10001 of Cust12345"]


def test_a_few_lines_verify_as_well(page: dict[str, Any]) -> None:
    body = SAMPLE.encode()
    (secret,) = page["SECRETS"]

    assert page["is_signed"](body, posted(body, secret), secret)
    assert not page["is_signed"](body + b" ", posted(body, secret), secret)
    assert not page["is_signed"](body, posted(body, write_secret(bytes(32))), secret)
    assert not page["is_signed"](body, posted(body, secret, at=time.time() - 400), secret)


def test_the_page_tells_all_types_and_times() -> None:
    told = re.findall(r"^\| `([a-z.]+)` \|", PAGE, re.MULTILINE)

    assert set(told) == {*TYPES, ENDPOINT_TEST}
    assert f"within {LONGEST:.0f} seconds" in PAGE
    assert list(WAITS) == [5, 30, 300, 1800, 7200, 18000, 36000]
    assert "after 5 s, 30 s, 5 min, 30 min, 2 h, 5 h, and then every 10 h" in PAGE
    assert list(REFUSED_WAITS) == [60, 600, 3600]
    assert GIVEN_UP == 5 * 86400
