"""Platinum: it may be published: told of, quick, in order with what SuperOffice asks of an app."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import metadata
from typing import Any

from so_privacy_ext.plugins.asking import BATCH
from so_privacy_ext.plugins.process import BOX, BOX_PER_PERSON
from so_privacy_ext.plugins.setting_fields import setting_fields
from so_privacy_kit import Player, Tenant
from so_privacy_kit.conformance import made_up
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.subject import NO_ANSWERS, Subject

Found = Callable[[str], None]
_SHARE = 0.25
"""Of the time that the product waits, which a plugin may take at its best."""
_LOGS = {"logging", "logging.handlers", "structlog", "loguru"}
_UNSAFE = {"CERT_NONE", "_create_unverified_context", "CERT_OPTIONAL"}


@check(Level.PLATINUM, f"it needs at most a quarter of its time for {BATCH} persons")
def test_quick(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    if not so_subject.answers:
        so_found(NO_ANSWERS)
        return
    persons = made_up.persons(BATCH)
    with so_subject.hosts() as hosts:
        so_subject.ask(persons[:1], so_plugin_settings, hosts=hosts)  # has it started
        taken = min(so_subject.ask(persons, so_plugin_settings, hosts=hosts).seconds for _ in range(3))
    share = taken / (BOX + BOX_PER_PERSON * BATCH)
    if share > _SHARE:
        raise Unmet(f"{share:.0%} of its time", "ask for all persons at once, and compute nothing twice")
    so_found(f"{share:.1%} of its time")


@check(Level.PLATINUM, "its README names all that it adds and to whom it talks, and it has a licence")
def test_told_of(so_subject: Subject, so_found: Found) -> None:
    said, told = so_subject.description, metadata(so_subject.found.distribution).json
    page = next((one.read_text(encoding="utf-8") for one in sorted(so_subject.folder.glob("README*"))), "")
    names = [
        *(one.word for one in said.words),
        *said.further,
        *(one.name for one in setting_fields(said.settings)),
    ]
    names += [*(one.name for one in said.exports), *said.events, *said.operations]
    names += [one.rpartition(":")[0].strip("{}") for one in said.hosts]
    lacking = [f"`{one}`" for one in dict.fromkeys(names) if not re.search(rf"\b{re.escape(one)}\b", page)]
    if lacking:
        raise Unmet(f"README does not name {', '.join(lacking)}", "say of each what it is and what it is for")
    if not re.search(r"\b(keeps?|kept|holds?|held|stores?)\b", page):
        raise Unmet("README does not say what it keeps of persons", "say so, also where it keeps nothing")
    if not told.keys() & {"license_expression", "license"}:
        raise Unmet("its package names no licence", "add `license` to its pyproject.toml")
    so_found("README and licence")


@check(Level.PLATINUM, "the story `nordic-b2b` goes as it goes without it")
def test_scenario(
    so_subject: Subject,
    so_plugin_settings: Mapping[str, Any],
    tenant: Tenant,
    scenario: Player,
    so_found: Found,
) -> None:
    tenant.enable(so_subject.name, **so_plugin_settings)
    try:
        cast = scenario("nordic-b2b")
    except AssertionError as otherwise:
        raise Unmet(str(otherwise), "let it say nothing of persons whom it does not know") from None
    so_found(f"{len(cast)} parts")


@check(Level.PLATINUM, "C02: certificates of those to whom it talks are checked, and it speaks by TLS")
def test_c02_tls(so_subject: Subject, so_found: Found) -> None:
    plain = [one for one in so_subject.description.hosts if one.endswith(":80")]
    if plain:
        raise Unmet(f"it talks to {', '.join(plain)}", "talk to port 443, by HTTPS")
    unsafe = [f"{file}:{line} {what}" for file, tree in so_subject.sources() for line, what in _unsafe(tree)]
    if unsafe:
        raise Unmet("; ".join(unsafe), "let certificates and names of hosts be checked")
    so_found("no check is switched off")


def _unsafe(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in _UNSAFE:
                yield node.lineno, f"names {name}"
            case ast.keyword(arg="verify" | "check_hostname", value=ast.Constant(value=False)):
                yield node.value.lineno, f"says {node.arg}=False"
            case ast.Assign(targets=[ast.Attribute(attr="check_hostname")], value=ast.Constant(value=False)):
                yield node.lineno, "says check_hostname = False"


@check(Level.PLATINUM, "C23: it logs nothing by itself, so that no name gets into a log")
def test_c23_no_log(so_subject: Subject, so_found: Found) -> None:
    logs = [f"{file}:{line} {what}" for file, tree in so_subject.sources() for line, what in _logged(tree)]
    if logs:
        raise Unmet(
            "; ".join(logs),
            "leave it out: it goes nowhere; say what matters by a reason, and what fails by raising",
        )
    so_found("no log")


def _logged(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield node.lineno, "prints"
            case ast.Import(names=names) if any(one.name in _LOGS for one in names):
                yield node.lineno, "logs"
            case ast.ImportFrom(module=module) if module in _LOGS:
                yield node.lineno, "logs"


@check(Level.PLATINUM, "C27: no address of a tenant is written down")
def test_c27_no_numbered_host(so_subject: Subject, so_found: Found) -> None:
    written = [
        f"{file}:{node.lineno}"
        for file, tree in so_subject.sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\b(online|sod|qaonline)\d*\.superoffice\.com", node.value)
    ]
    if written:
        raise Unmet(", ".join(written), "let the product call the CRM, which asks where a tenant is")
    so_found("none")


@check(Level.PLATINUM, "C29: no secret has a default")
def test_c29_no_secret_has_a_default(so_subject: Subject, so_found: Found) -> None:
    said = (so_subject.description.settings or {}).get("properties", {})
    secrets = {name: one for name, one in said.items() if one.get("format") == "password"}
    given = [f"`{name}`" for name, one in secrets.items() if one.get("default")]
    if given:
        raise Unmet(f"{', '.join(given)} has one", "let the administrator give it")
    so_found(f"{len(secrets)} secrets")
