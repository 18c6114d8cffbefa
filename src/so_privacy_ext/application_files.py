"""What proves that we are the app that the vendor knows, as the operator's files hold it now."""

from __future__ import annotations

import threading
from pathlib import Path

import structlog

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.settings import Settings, one_line, read_secret
from so_privacy_ext.superoffice.private_key import load_private_key
from so_privacy_ext.superoffice.system_user import Application

_log = structlog.get_logger("so_privacy_ext.application_files")


class ApplicationFiles:
    """The app's secret and key as their files hold them now; while one is being replaced, as they were."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._guard = threading.Lock()
        self._marks: list[tuple[int, ...] | None] = []
        self._known: Application | None = None

    def __call__(self) -> Application:
        files = (self._settings.application_token_file, self._settings.private_key_file)
        marks = [_mark(one) for one in files]
        with self._guard:
            if self._known is None or marks != self._marks:
                try:
                    self._known = read_application(self._settings)
                except Refused as refused:
                    if self._known is None:
                        raise
                    _log.warning("application_files_unusable", code=refused.code)
                self._marks = marks
            return self._known


def read_application(settings: Settings) -> Application:
    """Read the app's token and private key."""
    token = _required(settings.application_token_file, "APPLICATION_TOKEN_FILE")
    key = _required(settings.private_key_file, "PRIVATE_KEY_FILE")
    secret = read_secret(token, "the client secret")
    application_token = one_line(secret, "the client secret", where=str(token))
    return Application(
        application_token=application_token,
        private_key=load_private_key(read_secret(key, "the app's private key"), where=str(key)),
    )


def _required(path: Path | None, name: str) -> Path:
    if path is None:
        raise Refused(
            "missing_setting", f"SO_PRIVACY_{name} is not set", "name the file that holds it", Exit.CONFIG
        )
    return path


def _mark(path: Path | None) -> tuple[int, ...] | None:
    """Tell one state of a file from another without reading it."""
    try:
        status = path.stat() if path is not None else None
    except OSError:
        return None
    return None if status is None else (status.st_mtime_ns, status.st_size, status.st_ino)
