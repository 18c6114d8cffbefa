# ruff: noqa: E501  # a message stands on one line, as its reader sees it
"""Mails whose texts the manifest has: what is refused, and how a text reads when it is sent."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.alone import lists_alone, resolve_alone
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.laws import l35_text_without_version
from so_privacy_ext.rules.lint.mail_text import mail_text
from so_privacy_ext.rules.lint.subject import MailTexts, Subject
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.not_acted_on import not_acted_on
from so_privacy_ext.rules.own_texts import as_page

TEXT = "{subject: Hello, body: Hello}"
HEAD = """manifest: 1
name: own-texts
controller: {name: Acme & Søn, privacy_url: {da: "https://acme.example/da"}}
jurisdiction: {home: DK}
languages: {enabled: [da, en], fallback: en}
sources: {WEBFORM: {type: digital, article: 13}}
legal_bases: [61F]
purposes: {STORE: {allowed: [61F]}}
"""
TAIL = "rules: [{id: all, when: always, give: {STORE: {basis: 61F}}, tell: notice, because: x}]\n"


def manifest(mail: str) -> Any:
    return parse(f"{HEAD}mails:\n  notice: {mail}\n{TAIL}".encode(), "m")


def messages(mail: str) -> list[str]:
    with pytest.raises(ManifestInvalid) as caught:
        manifest(mail)
    return str(caught.value).splitlines()


def both(text: str = TEXT, channel: str = "smtp", more: str = "") -> str:
    return f"{{channel: {channel}, version: 1, texts: {{da: {text}, en: {text}}}{more}}}"


@pytest.mark.parametrize(
    ("mail", "found"),
    [
        ("{version: 1}", ["missing_key: `template` is missing; add it"]),
        (
            f"{{template: t, version: 1, texts: {{en: {TEXT}}}}}",
            [
                "texts_of_the_crm: the CRM has the text of its mail; take them out, or name the `channel` that carries them, such as `smtp`"
            ],
        ),
        (
            both(more=", template: t"),
            [
                "template_elsewhere: a template of the CRM's can't go by `smtp`; take it out, and write the mail's `texts` by language"
            ],
        ),
        (
            f"{{channel: smtp, version: 1, texts: {{da: {TEXT}}}}}",
            [
                "missing_text: the mail `notice` has no text in en; write it below `texts`, as in `en: {subject: …, body: …}`"
            ],
        ),
        (
            "{channel: smtp, version: 1, languages: [da]}",
            [
                "missing_text: the mail `notice` has no text in da, en; write it below `texts`, as in `da: {subject: …, body: …}`"
            ],
        ),
        (
            f"{{channel: smtp, version: 1, texts: {{da: {TEXT}, en: {TEXT}, sv: {TEXT}}}}}",
            [
                "text_of_no_use: nobody is told in `sv` by the mail `notice`; add the language to `languages`, or take the text out"
            ],
        ),
        (
            both("{subject: Hello, body: 'Read {privacy_url}'}"),
            [
                "nothing_to_fill_in: `{privacy_url}` stands for what `controller` doesn't say in en; add `privacy_url` to `controller`"
            ],
        ),
        (
            f"{{channel: smtp, version: 1, texts: {{da: {TEXT}, en: {{subject: '{{dpo}}', body: x}}}}}}",
            [
                "nothing_to_fill_in: `{dpo}` stands for what `controller` doesn't say in en; add `dpo` to `controller`"
            ],
        ),
        (
            f"{{channel: smtp, version: 1, texts: {{da: {TEXT}, en: {{subject: '{{name}}', body: x}}}}}}",
            ["unknown_placeholder: `{name}` stands for nothing; allowed: controller, dpo, privacy_url"],
        ),
        (both('{subject: "two\\nlines", body: x}'), ["wrong_value"] * 2),
        (both(channel="SMTP"), ["wrong_value"]),
        ("{channel: smtp, version: 1, texts: x}", ["missing_text", "wrong_type"]),
    ],
)
def test_what_nobody_could_be_told_is_refused(mail: str, found: list[str]) -> None:
    said = messages(mail)
    assert len(said) == len(found), said
    assert all(one in line for one, line in zip(found, said, strict=True)), said


def test_without_a_controller_nothing_stands_for_it() -> None:
    text = "{subject: '{controller}', body: x}"
    content = f"{HEAD}mails:\n  notice: {both(text)}\n{TAIL}".replace("controller: {name", "#")
    with pytest.raises(ManifestInvalid, match="nothing_to_fill_in"):
        parse(content.encode(), "m")
    ready = resolve_alone(parse(content.replace("'{controller}'", "Hello").encode(), "m"))
    assert ready.mails["notice"].texts["en"].subject == "Hello"


def test_a_text_is_filled_in_and_never_read_as_a_page() -> None:
    body = '{subject: "{controller}", body: "We are {controller} <b>. {not one} {x}"}'
    with pytest.raises(ManifestInvalid, match=r"unknown_placeholder: `\{x\}`"):
        manifest(both(body))
    ready = resolve_alone(manifest(both(body.replace(" {x}", ""))))
    mail = ready.mails["notice"]
    assert (mail.channel, mail.template, mail.template_id, mail.has_text) == ("smtp", "", 0, True)
    text = mail.texts["da"]
    assert (text.subject, text.text) == ("Acme & Søn", "We are Acme & Søn <b>. {not one}\n")
    assert "<p>We are Acme &amp; Søn &lt;b&gt;. {not one}</p>" in text.html
    assert text.html.startswith('<!DOCTYPE html>\n<html lang="da">')


def test_a_url_is_that_of_the_language() -> None:
    one = "{subject: x, body: 'Read {privacy_url}.'}"
    content = f"{HEAD}mails:\n  notice: {both(one)}\n{TAIL}"
    by_language = content.replace(
        '{da: "https://acme.example/da"}', '{da: "https://a.example/da", en: "https://a.example/en"}'
    )
    for text, wanted in (
        (by_language, "en"),
        (content.replace('{da: "https://acme.example/da"}', '"https://a.example/en"'), "en"),
    ):
        ready = resolve_alone(parse(text.encode(), "m"))
        assert ready.mails["notice"].texts[wanted].text == "Read https://a.example/en.\n"


def test_norwegian_is_one_language_by_both_its_codes() -> None:
    content = f"{HEAD}mails:\n  notice: {{channel: smtp, version: 1, texts: {{'no': {TEXT}}}}}\n{TAIL}"
    text = content.replace("enabled: [da, en], fallback: en", "enabled: ['no'], fallback: 'no'")
    assert set(resolve_alone(parse(text.encode(), "m")).mails["notice"].texts) == {"nb"}


def test_a_page_has_the_paragraphs_and_links_of_the_text() -> None:
    page = as_page("One\ntwo.\n \nSee https://a.example/x?y=1&z=2. Or (http://b.example)!\n", "en")
    assert page.count("<p>") == 2
    assert "<p>One<br>\ntwo.</p>" in page
    assert '<a href="https://a.example/x?y=1&amp;z=2">https://a.example/x?y=1&amp;z=2</a>. Or (' in page
    assert '<a href="http://b.example">http://b.example</a>)!' in page


def test_no_template_of_the_tenant_is_wanted() -> None:
    ready = manifest(both())
    assert lists_alone(ready).templates == ()
    assert resolve(ready, lists_alone(ready)).mails["notice"].has_text


def test_controller_is_acted_on_where_texts_may_name_it() -> None:
    assert "controller" not in [one.key for one in not_acted_on(manifest(both()))]


def test_texts_of_the_manifest_are_judged_without_a_folder_and_their_version_is_not() -> None:
    subject = Subject(manifest(both("{subject: S, body: 'See https://a.example'}")), date(2026, 11, 28))
    found = list(subject.texts())
    assert [(key, language, text.text) for key, _, language, text in found] == [
        ("notice", "da", "S See https://a.example"),
        ("notice", "en", "S See https://a.example"),
    ]
    kept = MailTexts({("t", "da"): mail_text("x", html=False)}, {})
    again = Subject(subject.manifest, subject.today, mails=kept)
    assert list(l35_text_without_version.look(again)) == []
    assert len(list(again.texts())) == 2
