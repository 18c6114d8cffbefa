"""Texts of mails that the manifest itself has: what may stand in them, and how they read when sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from so_privacy_ext.model import CRM_MAIL
from so_privacy_ext.rules.findings import Finding, advice, shown
from so_privacy_ext.rules.languages import one_norwegian
from so_privacy_ext.rules.shape import Controller, MailShape, OwnTextShape
from so_privacy_ext.rules.tree import Node

PLACEHOLDERS = ("controller", "dpo", "privacy_url")
"""What a text may say of whom it comes from; nothing of the person stands in it, and no link of hers."""
_PLACEHOLDER = re.compile(r"\{([a-z_]{1,40})\}")
_LINK = re.compile(r"https?://[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]")


@dataclass(frozen=True, slots=True)
class OwnText:
    """A mail in one language, as it is sent."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def own_texts(mail: MailShape, controller: Controller | None) -> Mapping[str, OwnText]:
    """Give a mail's texts by language, with what stands for the controller filled in."""
    return {one_norwegian(language): _own(language, one, controller) for language, one in mail.texts.items()}


def _own(language: str, text: OwnTextShape, controller: Controller | None) -> OwnText:
    said = _said(language, controller)

    def fill(content: str) -> str:
        return _PLACEHOLDER.sub(lambda found: said.get(found[1], found[0]), content)

    body = fill(text.body).strip() + "\n"
    return OwnText(fill(text.subject), body, as_page(body, language))


def _said(language: str, controller: Controller | None) -> Mapping[str, str]:
    """Give what the placeholders stand for in a language, as far as the manifest says it."""
    if controller is None:
        return {}
    url = controller.privacy_url
    link = url.get(language) if isinstance(url, dict) else url
    return {"controller": controller.name, "dpo": controller.dpo or "", "privacy_url": link or ""}


def named_in(text: str) -> Sequence[str]:
    """Give the placeholders of a text, each once."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def as_page(text: str, language: str) -> str:
    """Give a text as a small page: a paragraph for each that is set off, a link for each address."""
    paragraphs = [_linked(one) for one in re.split(r"\n[ \t]*\n", text.strip())]
    body = "".join(f"<p>{one}</p>\n" for one in paragraphs)
    head = f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"></head>'
    return f"{head}<body>\n{body}</body></html>\n"


def _linked(paragraph: str) -> str:
    parts, end = [], 0
    for found in _LINK.finditer(paragraph):
        href = escape(found[0])
        parts += [escape(paragraph[end : found.start()]), f'<a href="{href}">{href}</a>']
        end = found.end()
    return "".join([*parts, escape(paragraph[end:])]).replace("\n", "<br>\n")


def check_texts(root: Node) -> Iterator[Finding]:
    """Find mails whose text nobody has, or that say what nobody knows."""
    mails = root.get("mails")
    for key, at, mail in mails.items() if mails is not None else ():
        channel, template, texts = mail.get("channel"), mail.get("template"), mail.get("texts")
        if channel is None or channel.value == CRM_MAIL:
            if template is None:
                yield Finding(
                    mail.line, mail.column, "missing_key", f"{shown('template')} is missing", "add it"
                )
            if texts is not None:
                how = "take them out, or name the `channel` that carries them, such as `smtp`"
                yield Finding(
                    texts.line, texts.column, "texts_of_the_crm", "the CRM has the text of its mail", how
                )
            continue
        if template is not None:
            what = f"a template of the CRM's can't go by {shown(channel.text)}"
            how = "take it out, and write the mail's `texts` by language"
            yield Finding(template.line, template.column, "template_elsewhere", what, how)
        yield from _languages(root, key, at, mail)
        for language, _, text in texts.items() if texts is not None else ():
            yield from _placeholders(root, language, text)


def _languages(root: Node, key: str, at: Node, mail: Node) -> Iterator[Finding]:
    """Want a text in each language of the mail, and in no other."""
    named = mail.get("languages") or root.get("languages", "enabled")
    fallback = root.get("languages", "fallback")
    wanted = [one.text for one in named.elements()] if named is not None else []
    wanted += [fallback.text] if fallback is not None and fallback.text not in wanted else []
    texts = mail.get("texts")
    written = {language: place for language, place, _ in texts.items()} if texts is not None else {}
    lacking = [one for one in wanted if one and one not in written]
    if lacking:
        what = f"the mail {shown(key)} has no text in {', '.join(lacking)}"
        how = f"write it below `texts`, as in `{lacking[0]}: {{subject: …, body: …}}`"
        yield Finding(at.line, at.column, "missing_text", what, how)
    for language, place in written.items():
        if wanted and language not in wanted:
            what = f"nobody is told in {shown(language)} by the mail {shown(key)}"
            how = "add the language to `languages`, or take the text out"
            yield Finding(place.line, place.column, "text_of_no_use", what, how)


def _placeholders(root: Node, language: str, text: Node) -> Iterator[Finding]:
    controller = root.get("controller")
    for part in (one for _, _, one in text.items() if isinstance(one.value, str)):
        for name in named_in(part.text):
            if name not in PLACEHOLDERS:
                what = f"{shown('{' + name + '}')} stands for nothing"
                yield Finding(part.line, part.column, "unknown_placeholder", what, advice(name, PLACEHOLDERS))
                continue
            key = "name" if name == "controller" else name
            said = controller.get(key) if controller is not None else None
            if said is None or (not isinstance(said.value, str) and said.get(language) is None):
                what = f"{shown('{' + name + '}')} stands for what `controller` doesn't say in {language}"
                how = f"add `{key}` to `controller`"
                yield Finding(part.line, part.column, "nothing_to_fill_in", what, how)
