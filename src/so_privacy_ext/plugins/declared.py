"""Checks a plugin's declaration as a whole and says it in JSON; runs in the plugin's own process."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.errors import PydanticUserError

from so_privacy_ext.errands import DECISION
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.extension import Extension, FromSetting
from so_privacy_ext.plugins import declared_channel, declared_exports, declared_holds
from so_privacy_ext.plugins.arguments import inlined
from so_privacy_ext.sdk import Condition

_NAME = re.compile(r"[a-z][a-z0-9-]{2,40}")
_PART = re.compile(r"[a-z][a-z0-9_]{0,40}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,40}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}:[0-9]{1,5}")
_MUTABLE = (list, dict, set, bytearray)
_OUR_CLASSVARS = frozenset({"reasons", "spoken"})
"""Mappings that a condition declares and nobody writes to."""


def described(extension: Extension) -> dict[str, Any]:
    """Give a declaration in the form of a `Description`; raises `Refused` with all that is wrong with it."""
    wrong = list(_mistakes(extension))
    if wrong:
        raise Refused(
            "plugin_declaration",
            "; ".join(what for what, _ in wrong),
            "; ".join(dict.fromkeys(how for _, how in wrong)),
            Exit.BAD_DATA,
        )
    detector = extension.detectors[0] if extension.detectors else None
    settings = extension.settings
    kinds = frozenset[str]().union(*(one.kinds for one in extension.reactions))
    return {
        "name": extension.name,
        "version": extension.version,
        "says": extension.says,
        "words": [_word(one) for one in extension.words],
        "further": [f"{extension.namespace}.{name}" for one in extension.finders for name in one.names],
        "detects_source": detector is not None,
        "proposal_reasons": _plain(detector.reasons) if detector else {},
        "settings": None if settings is None else dict(inlined(settings.model_json_schema())),
        "after_decision": DECISION in kinds,
        "events": sorted(kinds - {DECISION}),
        "operations": list(extension.operations),
        "carries": bool(extension.channels),
        "hosts": [_host(one) for one in extension.hosts],
        "lints": bool(extension.linters),
        "exports": declared_exports.described(extension.exports),
        "holds": declared_holds.described(extension.holds),
    }


def _word(word: type[Condition[Any]]) -> dict[str, Any]:
    return {
        "word": word.word,
        "says": " ".join((word.__doc__ or "").split()),
        "argument": dict(inlined(word.model_json_schema())),
        "reasons": _plain(word.reasons),
        "spoken": {language: list(both) for language, both in word.spoken.items()},
    }


def _plain(reasons: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {code: dict(sentences) for code, sentences in reasons.items()}


def _host(host: str | FromSetting) -> str:
    return host if isinstance(host, str) else f"{{{host.setting}}}:{host.port}"


def _mistakes(extension: Extension) -> Iterator[tuple[str, str]]:
    """Say what is wrong and what to do about it."""
    if not _NAME.fullmatch(extension.name):
        yield (
            f"`{extension.name[:60]}` is no name of a plugin",
            "take 3 to 41 small letters, digits and hyphens, such as `acme-vat`",
        )
    if not extension.says.strip():
        yield "it doesn't say what it is", "give `says` one sentence for the administrator"
    added = (extension.words, extension.finders, extension.detectors, extension.reactions)
    if not (any(added) or extension.channels or extension.exports or extension.linters):
        how = "declare a condition, facts, a source detector, a channel or a reaction"
        yield "it adds nothing", f"{how}, and import the module where it is"
    if len(extension.detectors) > 1:
        yield "it has two source detectors", "make one of them, which gives the better proposal"
    for reaction in extension.reactions:
        if not reaction.kinds:
            where = reaction.function.__name__
            yield f"`{where}` is told of no event", 'name one, as in `@ext.on("sale.created")`'
    if extension.operations and not any("crm" in one.asks for one in extension.reactions):
        yield "it names operations and calls none", "take `crm` in a function of `@ext.on`, or name none"
    yield from _wrong_hosts(extension)
    yield from _wrong_names(extension)
    yield from declared_holds.mistakes(extension)
    yield from declared_exports.mistakes(extension)
    yield from declared_channel.mistakes(extension)
    for detector in extension.detectors:
        yield from _wrong_reasons("the source detector", detector.reasons)
    for word in extension.words:
        yield from _impure(word)
        yield from _wrong_reasons(f"`{_name(word)}`", word.reasons)


def _name(word: type[Condition[Any]]) -> str:
    return str(getattr(word, "word", word.__name__))


def _wrong_names(extension: Extension) -> Iterator[tuple[str, str]]:
    own = extension.namespace
    names = [_name(one) for one in extension.words]
    names += [f"{own}.{name}" for one in extension.finders for name in one.names]
    for name in names:
        begins, _, rest = name.partition(".")
        if begins != own or not _PART.fullmatch(rest):
            yield (
                f"`{name}` is not a name of its own",
                f"begin it with `{own}.`, as in `{own}.registered`: all other words are taken",
            )
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"`{name}` is declared twice", "give one of them another name"


def _wrong_hosts(extension: Extension) -> Iterator[tuple[str, str]]:
    known = extension.settings.model_fields if extension.settings is not None else {}
    for host in extension.hosts:
        if isinstance(host, str):
            if not _HOST.fullmatch(host):
                yield f"`{host[:60]}` is no host", "write `name:port`, such as `api.example.com:443`"
        elif host.setting not in known:
            yield f"its settings have no `{host.setting}`", "name a field of the settings in `FromSetting`"


def _wrong_reasons(whose: str, reasons: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for code, sentences in reasons.items():
        if not _CODE.fullmatch(code):
            yield (
                f"{whose} has a reason `{code[:60]}`",
                "a code is small letters, digits and underscores, such as `not_listed`",
            )
        if "en" not in sentences:
            yield f"{whose} doesn't say its reason `{code[:60]}` in English", "add a sentence under `en`"


def _impure(word: type[Condition[Any]]) -> Iterator[tuple[str, str]]:
    name = _name(word)
    if not (word.__doc__ or "").strip() or word.__doc__ == Condition.__doc__:
        yield f"`{name}` has no docstring", "write one; it is what an administrator reads in the editor"
    if word.holds is Condition.holds:
        yield f"`{name}` has no `holds`", "define `holds(self, facts)`, which gives true, false or None"
    for method in ("prepare", "aspects", "references"):
        if getattr(word, method) is not getattr(Condition, method):
            yield (
                f"`{name}` has a `{method}`",
                "leave it out: a plugin's condition sees the facts of a person and nothing else",
            )
    own = [vars(kind) for kind in word.__mro__[: word.__mro__.index(Condition)]]
    kept = {name for one in own for name, value in one.items() if _may_change(name, value)}
    for attribute in sorted(kept | word.__private_attributes__.keys()):
        yield (
            f"`{name}` keeps something in `{attribute}`",
            "make it a constant, such as a tuple or a frozenset: a condition keeps nothing between persons",
        )
    try:
        word.model_json_schema()
    except PydanticUserError:
        yield f"the argument of `{name}` has no JSON Schema", "use numbers, texts, lists and models of these"


def _may_change(name: str, value: object) -> bool:
    ours = name.startswith(("__", "_abc", "model_")) or name in _OUR_CLASSVARS
    return isinstance(value, _MUTABLE) and not ours
