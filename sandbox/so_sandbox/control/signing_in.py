"""Controls of signing in: which applications there are, where browsers go back to, who answers."""

from __future__ import annotations

from dataclasses import replace

from starlette.routing import Route

from so_sandbox.control.asking import Answer, Asked, WrongError, route
from so_sandbox.login.authorizing import ROLES
from so_sandbox.sandbox import Sandbox
from so_sandbox.triggering import unknown
from so_sandbox.world.applications import Application, Unattended

ANSWERS = ("ask", "approve", "deny")


def routes(sandbox: Sandbox) -> list[Route]:
    paths: list[tuple[str, str, Answer]] = [
        ("GET", "/applications", applications),
        ("POST", "/applications", add),
        ("POST", "/sign-in", change),
    ]
    return [route(sandbox, method, path, answer) for method, path, answer in paths]


def applications(asked: Asked) -> object:
    return {"applications": [_shown(one) for one in asked.sandbox.world.applications.values()]}


def add(asked: Asked) -> object:
    """Register a further application, or another one under the same id."""
    application = Application(
        client_id=asked.text("client_id"),
        name=asked.text("name") or asked.text("client_id"),
        application_token=asked.text("application_token"),
        public_key_pem=asked.text("public_key_pem"),
        redirect_uris=_texts(asked, "redirect_uris"),
    )
    if not application.client_id or not application.application_token:
        raise ValueError("an application has a client_id and an application_token")
    asked.sandbox.register(application)
    return _shown(application)


def change(asked: Asked) -> object:
    """Change who answers for an application, ours unless it is named, and where its browsers go back to."""
    sandbox = asked.sandbox
    client_id = asked.text("client_id") or sandbox.credentials.client_id
    application = sandbox.world.applications.get(client_id)
    if application is None:
        raise ValueError(f"no application {client_id!r}")
    if "redirect_uris" in asked.given:
        application = replace(application, redirect_uris=_texts(asked, "redirect_uris"))
    answer, who = asked.text("answer"), asked.text("who") or "administrator"
    if answer and answer not in ANSWERS:
        raise ValueError(unknown("answer", answer, list(ANSWERS)))
    if who not in ROLES:
        raise ValueError(unknown("who", who, list(ROLES)))
    if answer:
        unattended = Unattended(
            approve=answer == "approve",
            tenant=asked.tenant().context_identifier if asked.text("tenant") else "",
            administrator=who == "administrator",
        )
        application = replace(application, unattended=None if answer == "ask" else unattended)
    sandbox.register(application)
    return _shown(application)


def _texts(asked: Asked, name: str) -> list[str]:
    value = asked.given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise WrongError(f"{name} is no list of texts")
    return list(value)


def _shown(application: Application) -> dict[str, object]:
    unattended = application.unattended
    return {
        "client_id": application.client_id,
        "name": application.name,
        "redirect_uris": application.redirect_uris,
        "answer": "ask" if unattended is None else "approve" if unattended.approve else "deny",
        "who": None if unattended is None else "administrator" if unattended.administrator else "user",
        "tenant": None if unattended is None else unattended.tenant or None,
    }
