"""The secrets with which SuperOffice signs: a new one beside the one in use, then alone."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping

from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.tenants import SECRET_OF


class SigningSecrets:
    """Implements `lifecycle.renewing.Secrets` for one tenant."""

    def __init__(self, session: TenantSession, data_key: DataKey) -> None:
        self._session = session
        self._data_key = data_key

    def webhooks(self) -> Mapping[int, str]:
        found = tenants.subscriptions(self._session)
        return {one.webhook_id: one.kind for one in found if one.webhook_id is not None}

    def add(self, kind: str) -> str:
        secret = base64.b64encode(secrets.token_bytes(32)).decode()
        tenants.put_secret(self._session, self._data_key, SECRET_OF[kind], secret.encode(), beside=True)
        return secret

    def drop_older(self, kind: str) -> int:
        return tenants.drop_older_secrets(self._session, SECRET_OF[kind])
