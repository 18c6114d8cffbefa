"""Our WSDLs as zeep knows them: parsed once per process, they build requests and read replies."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from importlib import resources
from typing import Any

import zeep
from lxml import etree

from so_privacy_ext.errors import Applied, Fault
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.envelope import SERVICES, Reply
from so_privacy_ext.superoffice.operations import Operation


class Document:
    """One agent's WSDL; its address is never used."""

    def __init__(self, agent: str) -> None:
        _silence()
        settings = zeep.Settings(
            strict=False, xsd_ignore_sequence_order=True, forbid_dtd=True, xml_huge_tree=False
        )
        path = resources.files(__package__).joinpath("wsdl", f"{agent}.wsdl")
        with resources.as_file(path) as file:
            client: Any = zeep.Client
            self._client = client(str(file), settings=settings)
        self._service = self._client.service
        self._binding: Any = self._client.wsdl.bindings[f"{{{SERVICES}}}BasicHttpBinding_{agent}"]

    def build(self, operation: Operation, headers: Mapping[str, Any], parameters: Mapping[str, Any]) -> bytes:
        """Build an envelope; what can't be written as XML never leaves."""
        try:
            envelope = self._client.create_message(
                self._service, operation.name, _soapheaders=dict(headers), **parameters
            )
            return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)
        except faults.XML_ERRORS as error:
            raise faults.failure(
                Fault.VALIDATION, operation.full_name, applied=Applied.NO, detail=type(error).__name__
            ) from None

    def result(self, operation: Operation, reply: Reply) -> Any:
        """Give zeep's reading of a checked reply's `Response`."""
        try:
            answer = self._binding.get(operation.name).process_reply(reply.envelope)
            if answer.header.Succeeded is not True:
                raise faults.protocol(operation.full_name, "no outcome")
            return None if operation.returns == "nothing" else answer.body.Response
        except faults.XML_ERRORS as error:
            raise faults.protocol(operation.full_name, type(error).__name__) from None


def _silence() -> None:
    """Keep zeep's own log records to itself: it quotes whatever value it could not read."""
    logger = logging.getLogger("zeep")
    logger.propagate = False
    logger.handlers = [logging.NullHandler()]


@functools.cache
def document(agent: str) -> Document:
    """Give an agent's document, made at its first use."""
    return Document(agent)
