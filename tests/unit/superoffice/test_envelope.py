"""The strict reading of replies: rows B67 to B72."""

from __future__ import annotations

import io
import logging
import time
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Fault
from so_privacy_ext.superoffice import envelope as reading
from so_privacy_ext.superoffice.documents import document
from so_privacy_ext.superoffice.operations import ALLOWED, check
from tests.unit.superoffice.loopback import FINE, NAMESPACES, answer, envelope, refusal, soap_fault

NAME = "List.GetConsentSources"
OPERATION = ALLOWED["GetConsentSources"]
ITEM = (
    "<n:ConsentSource><n:ConsentSourceId>8</n:ConsentSourceId><n:Name>Other</n:Name><n:Rank>1</n:Rank>"
    "<n:Key>API</n:Key><n:MailTemplateId>0</n:MailTemplateId><n:Deleted>false</n:Deleted></n:ConsentSource>"
)
GOLDEN = answer("GetConsentSources", ITEM + ITEM.replace("API", "USER").replace(">8<", ">1<"))
DECLARED = b'<?xml version="1.0" encoding="utf-8"?>'


def keys(content: Any) -> Any:
    reply = reading.read(content, NAME)
    check(OPERATION, reply.response)
    return [item.Key for item in document("List").result(OPERATION, reply).ConsentSource]


def is_protocol(content: Any) -> Any:
    with pytest.raises(CrmFailure) as caught:
        keys(content)
    failure = caught.value
    return (failure.fault, failure.applied) == (Fault.PROTOCOL, Applied.MAYBE)


def test_the_golden_answer() -> None:
    assert keys(GOLDEN) == ["API", "USER"]


@pytest.mark.row("B67")
@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE s:Envelope>",
        '<!DOCTYPE s:Envelope [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE s:Envelope SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE s:Envelope [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE s:Envelope [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>',
        '<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>',
    ],
)
def test_doctypes_and_instructions_are_refused_at_once(prolog: Any) -> None:
    begun = time.perf_counter()

    assert is_protocol(prolog.encode() + GOLDEN)
    assert time.perf_counter() - begun < 0.05


@pytest.mark.row("B67")
def test_an_inclusion_is_a_foreign_element() -> None:
    include = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>'

    assert is_protocol(GOLDEN.replace(b"<n:Response>", b"<n:Response>" + include.encode()))


@pytest.mark.row("B67")
def test_an_instruction_inside_is_refused() -> None:
    assert is_protocol(GOLDEN.replace(b"<n:Response>", b"<n:Response><?do it?>"))


@pytest.mark.row("B68")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOLDEN.replace(b">Other<", b">" + b"x" * 11_000_000 + b"<"), id="text of 11 MB"),
        pytest.param(
            GOLDEN.replace(b"<n:Response>", b"<n:Response>" + b"<n:a>" * 300 + b"</n:a>" * 300), id="depth"
        ),
        pytest.param(
            GOLDEN.replace(
                b"<n:Response>", b"<n:Response " + b" ".join(b'a%d=""' % n for n in range(100_000)) + b">"
            ),
            id="attributes",
        ),
        pytest.param(
            GOLDEN.replace(b"<n:Rank>", b"<n:Rank " + b" ".join(b'a%d=""' % n for n in range(65)) + b">"),
            id="65 attributes",
        ),
    ],
)
def test_crowds_are_refused(content: Any) -> None:
    assert is_protocol(content)


@pytest.mark.row("B69")
def test_an_answer_cut_anywhere_gives_no_list() -> None:
    assert all(is_protocol(GOLDEN[:cut]) for cut in range(len(GOLDEN)))


@pytest.mark.row("B70")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + GOLDEN, id="BOM"),
        pytest.param(DECLARED + GOLDEN, id="declared"),
        pytest.param(b"\r\n" + GOLDEN, id="blank line"),
        pytest.param(GOLDEN.replace(b">API<", b">A<!-- x -->P<!-- y -->I<"), id="comments"),
        pytest.param(GOLDEN.replace(b">API<", b"><![CDATA[AP]]>I<"), id="CDATA"),
        pytest.param(GOLDEN.replace(b">API<", b">&#65;PI<"), id="character reference"),
    ],
)
def test_other_spellings_read_as_the_plain_one(content: Any) -> None:
    assert keys(content) == ["API", "USER"]


@pytest.mark.row("B70")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param((DECLARED.decode() + GOLDEN.decode()).encode("utf-16"), id="UTF-16"),
        pytest.param(GOLDEN.decode().encode("utf-16-le"), id="UTF-16 without BOM"),
        pytest.param(DECLARED.replace(b"utf-8", b"iso-8859-1") + GOLDEN, id="declared Latin"),
        pytest.param(DECLARED.replace(b"utf-8", b"utf-7") + GOLDEN, id="declared UTF-7"),
        pytest.param(GOLDEN.replace(b">Other<", b">\xe9<"), id="bad UTF-8"),
        pytest.param(GOLDEN.replace(b">Other<", b">&#0;<"), id="NUL reference"),
        pytest.param(GOLDEN.replace(b">Other<", b">\x00<"), id="NUL"),
        pytest.param(GOLDEN.replace(b">Other<", b">\x08<"), id="control"),
        pytest.param(GOLDEN.replace(b">Other<", b">&nbsp;<"), id="unknown entity"),
        pytest.param("Ⓧ".encode() + GOLDEN, id="leading text"),
    ],
)
def test_other_encodings_and_characters_are_refused(content: Any) -> None:
    assert is_protocol(content)


@pytest.mark.row("B71")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOLDEN.replace(b"<n:Response>", b'<n:Response i:nil="true">'), id="nil response"),
        pytest.param(answer("GetConsentSources"), id="no response"),
        pytest.param(GOLDEN.replace(b"Services88", b"Services87"), id="Services87"),
        pytest.param(
            GOLDEN.replace(b"<n:Key>", b'<o:Key xmlns:o="urn:o">', 1).replace(b"</n:Key>", b"</o:Key>", 1),
            id="foreign namespace",
        ),
        pytest.param(answer("GetConsentSources", '<n:ConsentSource i:nil="true"/>'), id="nil item"),
        pytest.param(answer("GetConsentSources", "<n:LegalBase/>"), id="another item"),
        pytest.param(GOLDEN.replace(b"<n:Deleted>false", b"<n:Deleted>FALSE"), id="boolean"),
        pytest.param(GOLDEN.replace(b"<n:Deleted>false", b"<n:Deleted>0.0"), id="number for boolean"),
        pytest.param(GOLDEN.replace(b">8<", ">\N{FULLWIDTH DIGIT EIGHT}<".encode()), id="full-width digit"),
        pytest.param(GOLDEN.replace(b"</n:Response>", b"</n:Response><n:Response/>"), id="two responses"),
    ],
)
def test_what_is_required_is_demanded(content: Any) -> None:
    assert is_protocol(content)


@pytest.mark.row("B71")
@pytest.mark.parametrize("word", ["true", "1", "false", "0"])
def test_a_boolean_is_four_words(word: Any) -> None:
    content = answer("GetConsentSources", ITEM.replace(">false<", f">{word}<"))
    reply = reading.read(content, NAME)
    (item,) = document("List").result(OPERATION, reply).ConsentSource

    assert item.Deleted is (word in {"true", "1"})


@pytest.mark.row("B72")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            GOLDEN.replace(b"<n:ConsentSource>", b'<n:ConsentSource i:type="n:LegalBase">'), id="xsi:type"
        ),
        pytest.param(GOLDEN.replace(b"/soap/envelope/", b"/soap/envelope2/"), id="another envelope"),
        pytest.param(
            GOLDEN.replace(
                b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
            ),
            id="SOAP 1.2",
        ),
        pytest.param(GOLDEN.replace(b"</s:Envelope>", b"<s:Body/></s:Envelope>"), id="two Bodies"),
        pytest.param(
            GOLDEN.replace(b"<s:Body>", b"<s:Body><n:GetConsentSourcesResponse/>"), id="two responses"
        ),
        pytest.param(answer("GetLegalBases", ITEM), id="another response"),
        pytest.param(f"<s:Envelope {NAMESPACES}><s:Body/></s:Envelope>".encode(), id="no header"),
        pytest.param(b"--x\r\nContent-Type: text/xml\r\n\r\n" + GOLDEN + b"\r\n--x--", id="multipart"),
        pytest.param(
            GOLDEN.replace(
                b">Other<", b'><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:1"/><'
            ),
            id="XOP",
        ),
        pytest.param(
            envelope(
                "<n:GetConsentSourcesResponse><n:Response/></n:GetConsentSourcesResponse>",
                FINE + '<w:Security xmlns:w="urn:w" s:mustUnderstand="1"/>',
            ),
            id="a header that must be understood",
        ),
    ],
)
def test_other_kinds_of_messages_are_refused(content: Any) -> None:
    assert is_protocol(content)


def test_a_foreign_header_is_passed_over() -> None:
    content = envelope(
        f"<n:GetConsentSourcesResponse><n:Response>{ITEM}</n:Response></n:GetConsentSourcesResponse>",
        FINE + '<d:ActivityId xmlns:d="urn:diagnostics">1</d:ActivityId>',
    )

    assert keys(content) == ["API"]


def test_an_empty_list_is_a_list() -> None:
    reply = reading.read(answer("GetConsentSources", ""), NAME)
    check(OPERATION, reply.response)

    assert not getattr(document("List").result(OPERATION, reply), "ConsentSource", None)


def test_a_refusal_counts_even_with_an_empty_body() -> None:
    content = refusal("GetConsentSources", "SoNotFoundException").replace(
        b"<n:GetConsentSourcesResponse></n:GetConsentSourcesResponse>", b""
    )
    with pytest.raises(CrmFailure) as caught:
        reading.read(content, NAME)

    assert caught.value.fault is Fault.NOT_FOUND


@pytest.mark.parametrize("content", [b"", b"<html/>", envelope("", ""), GOLDEN])
def test_the_body_of_an_error_status_may_be_no_soap_fault(content: Any) -> None:
    assert reading.soap_fault(content, NAME) is None


def test_the_body_of_an_error_status_may_be_a_soap_fault() -> None:
    found = reading.soap_fault(soap_fault("please try later"), NAME)

    assert found is not None
    assert found.fault is Fault.TRANSIENT


@pytest.mark.row("B72")
def test_a_text_response_is_a_text() -> None:
    content = answer("GetBestSoLanguageForTemplate", "<n:x/>")
    operation = ALLOWED["GetBestSoLanguageForTemplate"]

    with pytest.raises(CrmFailure) as caught:
        check(operation, reading.read(content, operation.full_name).response)
    assert caught.value.fault is Fault.PROTOCOL


@pytest.mark.row("B72")
@pytest.mark.parametrize("kind", ["q:int", "n:Nothing"])
def test_zeep_errors_on_a_checked_reply_are_protocol_faults(kind: str) -> None:
    operation = ALLOWED["GetAllWebhooks"]
    content = answer(
        "GetAllWebhooks",
        "<n:Webhook><n:WebhookId>1</n:WebhookId><n:TargetUrl>u</n:TargetUrl><n:State>Active</n:State>"
        "<n:Properties><n:StringObjectKeyValuePair><n:Key>a</n:Key>"
        f'<n:Value i:type="{kind}">1</n:Value></n:StringObjectKeyValuePair></n:Properties></n:Webhook>',
    )
    with pytest.raises(CrmFailure) as caught:
        document("Webhook").result(operation, reading.read(content, operation.full_name))

    assert caught.value.fault is Fault.PROTOCOL


@pytest.mark.row("F30")
def test_what_zeep_can_not_read_reaches_no_log_of_ours() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    try:
        found = keys(answer("GetConsentSources", ITEM.replace("<n:Rank>1<", "<n:Rank>CANARY<")))
    finally:
        logging.getLogger().removeHandler(handler)

    assert found == ["API"]
    assert not written.getvalue()


def test_zeep_must_see_the_success_too() -> None:
    reply = reading.read(answer("GetConsentSources", ITEM), NAME)
    for node in reply.envelope.iter("{*}Succeeded"):
        node.text = "false"
    with pytest.raises(CrmFailure) as caught:
        document("List").result(OPERATION, reply)

    assert caught.value.fault is Fault.PROTOCOL


@pytest.mark.row("B67")
def test_lists_within_lists_as_deep_as_xml_may_be() -> None:
    """The strict parser takes 255 levels; reading them one inside another takes more stack than there is."""
    item = "<n:MDOListItem><n:Id>1</n:Id><n:ChildItems>{}</n:ChildItems><n:ExtraInfo/></n:MDOListItem>"
    nested = ""
    for _ in range(126):
        nested = item.format(nested)
    reply = reading.read(answer("GetList", nested), "MDO.GetList")

    with pytest.raises(CrmFailure, match="RecursionError") as caught:
        document("MDO").result(ALLOWED["GetList"], reply)
    assert caught.value.fault is Fault.PROTOCOL
