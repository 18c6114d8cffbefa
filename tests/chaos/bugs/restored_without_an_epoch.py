"""Seeded bug: a tenant that was set back to a backup goes on in its old epoch."""

from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.lifecycle import restoring
from so_privacy_ext.storage.decisions import DecisionBook


def apply(patch: pytest.MonkeyPatch) -> None:
    """See no sign of a restore, and in nobody somebody else."""

    def blind(*_: Any) -> None:
        return None

    def trusting(*_: Any) -> frozenset[Any]:
        return frozenset()

    patch.setattr(restoring, "_sign", blind)
    patch.setattr(DecisionBook, "reissued", trusting)
