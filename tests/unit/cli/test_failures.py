"""Every failure has a text, something to do about it and an exit code."""

import pytest

from so_privacy_ext.cli.failures import told
from so_privacy_ext.errors import (
    CrmFailure,
    Exit,
    Fault,
    NeedsHuman,
    Park,
    PrivacyError,
    Quarantine,
    Refused,
    Rejected,
    Retry,
    StorageUnavailable,
)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("kind", [Retry, Park, NeedsHuman, CrmFailure])
def test_each_fault_of_the_crm(fault: Fault, kind: type[CrmFailure]) -> None:
    text, code = told(kind(fault, "List.GetConsentPurposes", detail="why"))

    assert text.startswith(f"superoffice: List.GetConsentPurposes: {fault} (why); ")
    assert "\n" not in text
    assert code in {Exit.UNAVAILABLE, Exit.NO_PERMISSION, Exit.CONFIG}


def test_who_may_not_and_who_is_not_known() -> None:
    codes = {fault: told(Park(fault, "x"))[1] for fault in Fault}

    assert {fault for fault, code in codes.items() if code is Exit.NO_PERMISSION} == {
        Fault.AUTHORIZATION_LOST,
        Fault.ACCESS_DENIED,
    }
    assert {fault for fault, code in codes.items() if code is Exit.CONFIG} == {
        Fault.APP_KEY,
        Fault.CLOCK_SKEW,
    }


def test_a_webhook_that_is_refused_is_about_our_address() -> None:
    assert "SO_PRIVACY_PUBLIC_URL" in told(NeedsHuman(Fault.VALIDATION, "Webhook.SaveWebhook"))[0]
    assert "SO_PRIVACY_PUBLIC_URL" not in told(NeedsHuman(Fault.VALIDATION, "Webhook.DeleteWebhook"))[0]
    assert "SO_PRIVACY_PUBLIC_URL" not in told(Retry(Fault.TRANSPORT, "Webhook.SaveWebhook"))[0]


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        (Refused("a", "b", "c", Exit.CANT_CREATE, where="d"), "d: a: b; c", Exit.CANT_CREATE),
        (StorageUnavailable("x is unavailable"), "storage_unavailable: x is unavailable; ", Exit.UNAVAILABLE),
        (Rejected("bad_signature", 401), "failed: bad_signature; ", Exit.UNAVAILABLE),
        (Quarantine("bad_json"), "failed: bad_json; ", Exit.UNAVAILABLE),
    ],
)
def test_the_others(error: PrivacyError, text: str, code: Exit) -> None:
    said, ended = told(error)

    assert said.startswith(text)
    assert ended is code
