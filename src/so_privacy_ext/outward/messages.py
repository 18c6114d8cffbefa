"""What a tenant's own systems are told: ids, keys and codes in JSON, never a name or an address."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

LARGEST_BODY = 20_000
"""Bytes; a receiver may refuse more."""
DECISION = "decision"
"""The kind of cause that becomes `decision.made`."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Of(_Shape):
    """Whom it is of."""

    tenant: str = Field(description="The tenant's context identifier, such as Cust12345.")
    environment: str = Field(description="The environment that the tenant lives in: online, stage, sod, …")


class Decided(_Shape):
    """What was decided for one purpose."""

    purpose: str = Field(description="The purpose's key.")
    outcome: str = Field(description="give, keep, deny, review or none.")
    basis: str | None = Field(description="The legal basis' key, where one is given.")
    source: str | None = Field(description="The source's key, where a basis is given.")
    rule: str | None = Field(description="The id of the rule that decided; null where none applied.")
    expires: str | None = Field(description="For how long it is given, as the manifest writes it.")
    result: str | None = Field(
        description="How writing it ended, such as written; null where nothing was to be written."
    )


class Decision(Of):
    """A decision about a person, when it has been carried out and recorded."""

    person_id: int = Field(description="The person's number in the tenant's CRM.")
    decision_id: int = Field(description="The decision's number; the journal has it too.")
    manifest: str = Field(description="SHA-256 of the manifest that decided, in hex.")
    result: str = Field(description="Why her events were closed: effect, already_right, gone, …")
    notice: str | None = Field(description="sent or unknown, or the code of why no notice was sent.")
    withdrawn: tuple[str, ...] = Field(description="Keys of purposes that she has withdrawn; they stand.")
    purposes: tuple[Decided, ...] = Field(description="What was decided, by purpose.")
    cut: bool = Field(
        default=False, description="True where purposes are left out since they are too many for a message."
    )


class DecisionMade(_Shape):
    """`decision.made`: after each decision about a person."""

    type: Literal["decision.made"]
    timestamp: datetime = Field(description="When it was decided, in UTC.")
    data: Decision


class EndpointTest(_Shape):
    """`endpoint.test`: an administrator tries whether you hear us."""

    type: Literal["endpoint.test"]
    timestamp: datetime = Field(description="When it was asked for, in UTC.")
    data: Of


Message = Annotated[DecisionMade | EndpointTest, Field(discriminator="type")]

DECISION_MADE: Final = "decision.made"
ENDPOINT_TEST: Final = "endpoint.test"
TYPES = (DECISION_MADE,)
"""What an endpoint may ask for; a test comes to each."""
KIND_OF: Mapping[str, str] = {DECISION_MADE: DECISION}
"""The kind of cause of each type."""

_ANY: TypeAdapter[DecisionMade | EndpointTest] = TypeAdapter(Message)


def schema() -> dict[str, Any]:
    """Give the JSON Schema of all messages."""
    found = _ANY.json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Messages outward", **found}


def decision_made(of: Of, content: Mapping[str, Any]) -> bytes:
    """Write what is told of a decision; `content` is what is kept of it for whoever is to be told."""
    data = Decision(
        **of.model_dump(),
        person_id=content["person_id"],
        decision_id=content["decision_id"],
        manifest=content["manifest"],
        result=content["result"],
        notice=content["mail"],
        withdrawn=tuple(content["withdrawn"]),
        purposes=tuple(
            Decided(**{name: one.get(name) for name in Decided.model_fields}) for one in content["purposes"]
        ),
    )
    at = datetime.fromisoformat(content["decided_at"])
    body = _written(DecisionMade(type=DECISION_MADE, timestamp=at, data=data))
    if len(body) > LARGEST_BODY:
        short = data.model_copy(update={"purposes": (), "withdrawn": (), "cut": True})
        body = _written(DecisionMade(type=DECISION_MADE, timestamp=at, data=short))
    return body


def endpoint_test(of: Of, at: datetime) -> bytes:
    """Write the message by which an endpoint is tried."""
    return _written(EndpointTest(type=ENDPOINT_TEST, timestamp=at, data=of))


WRITERS: Mapping[str, Callable[[Of, Mapping[str, Any]], bytes]] = {DECISION: decision_made}
"""Writes what is told of a cause, by its kind."""


def read_message(body: bytes) -> DecisionMade | EndpointTest:
    """Read a message; raises ValueError where it is none that this version knows."""
    return _ANY.validate_json(body)


def _written(message: BaseModel) -> bytes:
    return json.dumps(
        message.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"), sort_keys=False
    ).encode()
