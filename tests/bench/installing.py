"""Installs tenants and activates manifests as the commands do, but many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from so_privacy_ext.app import App
from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import manifests
from tests.bench.stage import Stage


def add(stage: Stage, tenants: Sequence[str], manifest: str, *, persons: int = 0) -> None:
    """Make tenants in the sandbox, install the product in them, and have a manifest decide.

    `persons` are in each of them before, so that no sweep takes them for new.
    """
    for tenant in tenants:
        stage.tell("/seed", tenant=tenant, persons=persons)
    app = app_of(stage)

    def one(tenant: str) -> None:
        token = (stage.credentials / f"system_user_token.{tenant}").read_text().strip()
        app.install(tenant, "sandbox", token)

    with ThreadPoolExecutor(len(tenants)) as pool:
        list(pool.map(one, tenants))
    _activate(app, tenants, manifest)


def activate(stage: Stage, tenants: Sequence[str], manifest: str) -> None:
    """Have another manifest decide."""
    _activate(app_of(stage), tenants, manifest)


def _activate(app: App, tenants: Sequence[str], manifest: str) -> None:
    content = manifest.encode()

    def one(tenant: str) -> None:
        with app.turn(app.tenant(tenant)) as turn:
            resolve(parse(content, "bench.yaml", app.extending.words_in_turn(turn)), app.crm(turn).lists())
            manifests.activate(turn.session, turn.ledgers, content, who="bench")
            turn.unpark()
            turn.wake()

    with ThreadPoolExecutor(len(tenants)) as pool:
        list(pool.map(one, tenants))
    app.close()


def app_of(stage: Stage) -> App:
    files = stage.credentials
    settings = Settings(
        data_dir=stage.folder / "data",
        public_url=stage.url,
        client_id=(files / "client_id").read_text().strip(),
        application_token_file=files / "application_token",
        private_key_file=files / "private_key.pem",
        environments_file=files / "environments.json",
    )
    return App(settings, stage.dsn)
