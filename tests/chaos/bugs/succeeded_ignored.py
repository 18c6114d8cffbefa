"""Seeded bug: the header `Succeeded` is not looked at, neither before zeep reads an answer nor after."""

from __future__ import annotations

from typing import Any

from so_privacy_ext.superoffice import envelope
from so_privacy_ext.superoffice.documents import Document
from so_privacy_ext.superoffice.envelope import Reply
from so_privacy_ext.superoffice.operations import Operation
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing in the database."""
    del database


def apply() -> None:
    """Take every answer for a success."""

    def always(*given: Any) -> bool:
        del given
        return True

    def result(self: Document, operation: Operation, reply: Reply) -> Any:
        if operation.returns == "nothing":
            return None
        return self._binding.get(operation.name).process_reply(reply.envelope).body.Response

    envelope._succeeded = always  # type: ignore[assignment]  # the bug
    Document.result = result  # type: ignore[method-assign]  # the bug
