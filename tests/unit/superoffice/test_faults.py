"""Every failure of the libraries beneath has a class of ours."""

from __future__ import annotations

import http.client
import inspect
import ssl
import traceback
from datetime import UTC, datetime
from typing import Any

import lxml.etree
import pytest
import requests.exceptions
import requests_toolbelt.exceptions
import requests_toolbelt.multipart.decoder
import urllib3.exceptions
import zeep.exceptions

from so_privacy_ext.errors import Applied, CrmFailure, Fault, Park, Retry
from so_privacy_ext.guarded_connections import WIRE_ERRORS
from so_privacy_ext.superoffice import faults

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def classes(module: Any) -> Any:
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, BaseException) and not issubclass(found, Warning)
    ]


UNREACHABLE = {
    "JSONDecodeError",  # of requests, which reads no JSON for us
    "MessageDefect",  # a part of another error
    "ProxySchemeUnsupported",  # no proxy is ever used
    "_TargetParserResult",  # lxml's own signal between parser and target
    "StreamingError",  # requests_toolbelt's belong to multipart and uploads, which zeep alone would read
    "VersionMismatchError",
    "ImproperBodyPartContentException",
    "NonMultipartContentTypeException",
}
"""All else that those modules define or import."""


@pytest.mark.row("F28")
@pytest.mark.parametrize("module", [requests.exceptions, urllib3.exceptions, http.client, ssl])
def test_every_exception_of_the_wire_is_mapped(module: Any) -> None:
    found = classes(module)

    assert len(found) >= 3
    assert {one.__name__ for one in found if not issubclass(one, WIRE_ERRORS)} <= UNREACHABLE


@pytest.mark.row("F28")
@pytest.mark.parametrize(
    "module", [zeep.exceptions, lxml.etree, requests_toolbelt.exceptions, requests_toolbelt.multipart.decoder]
)
def test_every_exception_of_building_and_reading_is_mapped(module: Any) -> None:
    found = classes(module)

    assert len(found) >= 2
    assert {one.__name__ for one in found if not issubclass(one, faults.XML_ERRORS)} <= UNREACHABLE


OF_CHANNELS = {Fault.CHANNEL, Fault.CHANNEL_REFUSED}
"""Not of the CRM: whoever carries the letter says himself what becomes of it."""


def test_every_fault_has_a_policy() -> None:
    assert set(faults.POLICIES) == set(Fault) - OF_CHANNELS


@pytest.mark.parametrize("fault", sorted(set(Fault) - OF_CHANNELS))
def test_a_failure_is_what_its_policy_says(fault: Any) -> None:
    failure = faults.failure(fault, "X.Y")

    assert type(failure) is faults.POLICIES[fault].becomes
    assert failure.applied is Applied.MAYBE


@pytest.mark.parametrize(("sent", "applied"), [(True, Applied.MAYBE), (False, Applied.NO)])
def test_only_an_exchange_that_sent_nothing_did_nothing(sent: Any, applied: Any) -> None:
    failure = faults.of_wire_error(requests.ConnectionError("CANARY"), "X.Y", sent=sent)

    assert (type(failure), failure.fault, failure.applied) == (Retry, Fault.TRANSPORT, applied)
    assert "CANARY" not in str(failure)


@pytest.mark.row("F36")
@pytest.mark.parametrize(
    ("header", "bounds"),
    [
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO}", None),
        ("junk", None),
        ("0", (0, 0)),
        (" 60 ", (60, 66)),
        ("900", (900, 900)),
        ("999999", (900, 900)),
        ("9" * 5000, (900, 900)),
        ("Fri, 20 Nov 2026 10:01:00 GMT", (60, 66)),
        ("Fri, 20 Nov 2026 10:01:00 -0000", (60, 66)),
        ("Fri, 20 Nov 2026 09:00:00 GMT", None),
        ("Sat, 20 Nov 2027 10:00:00 GMT", (900, 900)),
        ("Fri, 32 Nov 2026 10:01:00 GMT", None),
    ],
)
def test_retry_after_in_all_its_forms(header: Any, bounds: Any) -> None:
    wait = faults.asked_wait(header, NOW)

    assert wait is None if bounds is None else wait is not None and bounds[0] <= wait <= bounds[1]


@pytest.mark.row("F30")
def test_nothing_of_a_fault_text_is_kept() -> None:
    failure = faults.of_soap_fault(["CANARY SoSentryException", "CANARY"], "X.Y")

    assert isinstance(failure, Park)
    assert "CANARY" not in "".join(traceback.format_exception(failure)) + repr(vars(failure))


def test_a_copy_says_the_same() -> None:
    failure = faults.failure(Fault.THROTTLED, "X.Y", applied=Applied.NO, wait=3, detail="d")
    copy = faults.again(failure)

    assert copy is not failure
    assert (type(copy), vars(copy)) == (type(failure), vars(failure))
    assert isinstance(copy, CrmFailure)
