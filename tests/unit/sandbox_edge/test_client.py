from pathlib import Path

import pytest

from so_sandbox import client
from so_sandbox.server import RunningSandbox
from tests.unit.sandbox_edge.target import Target


def test_the_address_is_named_or_left_behind_or_the_usual(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SO_SANDBOX_URL", raising=False)
    assert client.find(None, tmp_path) == client.DEFAULT
    (tmp_path / "address").write_text("http://127.0.0.1:7777\n")
    assert client.find(None, tmp_path) == "http://127.0.0.1:7777"
    monkeypatch.setenv("SO_SANDBOX_URL", "http://127.0.0.1:8888/")
    assert client.find(None, tmp_path) == "http://127.0.0.1:8888"
    assert client.find("http://127.0.0.1:9999", tmp_path) == "http://127.0.0.1:9999"


@pytest.mark.parametrize(("answer", "status"), [(b"<html>", 200), (b"[]", 200), (b"", 404)])
def test_something_else_is_no_sandbox(target: Target, answer: bytes, status: int) -> None:
    target.answer, target.script = answer, [status]

    with pytest.raises(client.NotRunningError, match="something else"):
        client.ask(target.url, "POST", "/reset")


def test_nobody_there_is_no_sandbox() -> None:
    with pytest.raises(client.NotRunningError, match=r"no sandbox answers at http://127\.0\.0\.1:1"):
        client.ask("http://127.0.0.1:1", "GET", "/about")


def test_a_refusal_has_the_sandboxs_reason(running: RunningSandbox) -> None:
    with pytest.raises(client.RefusedError, match="there are: none"):
        client.ask(running.url, "POST", "/snapshots/x/restore")
