"""Plans that are being made because an administrator asked for one on her page."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from so_privacy_ext.errors import CrmFailure, PrivacyError, Refused
from so_privacy_ext.model import TenantId
from so_privacy_ext.ports import OfTenant
from so_privacy_ext.processing.plan_file import Plan, read_plan
from so_privacy_ext.processing.planned import PlanHead
from so_privacy_ext.storage.turns import Turn

_log = structlog.get_logger()


class Planner(Protocol):
    """What makes a plan."""

    def plan(
        self, path: Path | None, *, tell_from: datetime | None, tell: Callable[[int, int, int], None]
    ) -> PlanHead: ...


class Keeper(Protocol):
    """What keeps a plan as a run."""

    def keep(self, plan: Plan, *, who: str, allowed: Collection[str]) -> int: ...


class House(Protocol):
    """What the product gives."""

    def foresight(self, tenant: OfTenant) -> Planner: ...
    def runs(self, tenant: OfTenant) -> Keeper: ...
    def turn(self, tenant: OfTenant) -> AbstractContextManager[Turn]: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that is being made, was made a moment ago, or came to nothing."""

    persons: int = 0
    """Read until now."""
    share: int = 0
    """Of all, in per cent, guessed by their numbers."""
    run_id: int | None = None
    """The run that it is kept as, once it is made."""
    failed: str | None = None
    """Code of why it came to nothing."""
    broken: tuple[str, ...] = ()
    """Rules that touch more persons than they may, for which it was not kept."""

    @property
    def under_way(self) -> bool:
        return self.run_id is None and self.failed is None


class Drafts:
    """Made by threads of this process; what is lost with it has changed nothing, and is asked for again."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._drafts: dict[TenantId, Draft] = {}
        self._guard = threading.Lock()

    def of(self, tenant_id: TenantId) -> Draft | None:
        """Give the tenant's last one."""
        with self._guard:
            return self._drafts.get(tenant_id)

    def begin(
        self, tenant: OfTenant, *, who: str, tell_from: datetime | None, allowed: Collection[str] = ()
    ) -> bool:
        """Begin to read everybody and plan by what decides; False if that is under way."""
        with self._guard:
            standing = self._drafts.get(tenant.tenant_id)
            if standing is not None and standing.under_way:
                return False
            self._drafts[tenant.tenant_id] = Draft()
        work = (tenant, who, tell_from, allowed)
        threading.Thread(target=self._make, args=work, name="plan", daemon=True).start()
        return True

    def _make(self, tenant: OfTenant, who: str, tell_from: datetime | None, allowed: Collection[str]) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="so-privacy-plan-") as folder:
                path = Path(folder) / "plan.json"
                head = self._house.foresight(tenant).plan(
                    path, tell_from=tell_from, tell=lambda *read: self._read(tenant.tenant_id, *read)
                )
                broken = tuple(one for one in head.broken if one not in allowed)
                if broken:
                    self._put(tenant.tenant_id, failed="limit_of_harm", broken=broken)
                    return
                plan = read_plan(path, lambda _: self._key(tenant))
                run_id = self._house.runs(tenant).keep(plan, who=who, allowed=allowed)
                self._put(tenant.tenant_id, run_id=run_id)
        except CrmFailure as failure:
            self._put(tenant.tenant_id, failed=f"superoffice_{failure.fault}")
        except Refused as refused:
            self._put(tenant.tenant_id, failed=refused.code)
        except PrivacyError as error:
            self._put(tenant.tenant_id, failed=type(error).__name__)
        except BaseException as error:
            _log.error("plan_failed", error=type(error).__name__)
            self._put(tenant.tenant_id, failed="internal")
            raise

    def _key(self, tenant: OfTenant) -> bytes:
        with self._house.turn(tenant) as turn:
            return turn.tenant.address_key

    def _read(self, tenant_id: TenantId, persons: int, after: int, last: int) -> None:
        self._put(tenant_id, persons=persons, share=min(99, after * 100 // max(1, last)))

    def _put(self, tenant_id: TenantId, **more: object) -> None:
        with self._guard:
            self._drafts[tenant_id] = replace(self._drafts[tenant_id], **more)  # type: ignore[arg-type]  # its fields
