"""How large a soak is, and how hard it is hit."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes and rates of one soak."""

    name: str
    seconds: float
    """Under fire; healing and the replay come on top."""
    tenants: int = 5
    persons: int = 300
    """Of each tenant."""
    with_plugin: int = 0
    """Tenants, the first ones, that have a plugin which fails at random."""
    plugin_fails: int = 20
    """Percent of the times that it is asked."""
    known_before: float = 0.12
    shared_addresses: float = 0.15
    more: float = 0.72
    """Chance that one more thing happens to a person after each thing that did."""
    kills: int = 0
    """kill -9 over web and worker that must be reached."""
    stops: int = 0
    """SIGSTOP and SIGCONT of workers."""
    crashes: int = 0
    """Of the database, as after a power cut."""
    repeats: float = 0.25
    """Deliveries sent once more, as a share of all."""
    forgeries: int = 0
    lost: float = 0.0
    """Share of deliveries that are lost in silence, for the sweep to make good."""
    sweep_every: float = 60.0
    """Seconds between two whole sweeps while under fire, as if a night had gone by."""
    fortunes: int = 0
    """Things that befall a whole tenant or the app: downtime, moves, leave taken, keys replaced."""
    held_back: float = 0.15
    """Share of deliveries that others overtake."""
    fault_every: Mapping[str, float] = field(default_factory=dict)
    """Operation → every how many calls something goes wrong; `*` for the others."""
    kinds: tuple[str, ...] | None = None
    """Kinds of failure; None = all."""
    only: tuple[str, ...] = ("web", "worker")
    """Which processes are killed."""
    failpoints: tuple[str, ...] | None = None
    """Points at which processes kill themselves; None = all in turn, empty = none."""
    bug: str | None = None

    @property
    def kill_every(self) -> float:
        """Seconds between two blows."""
        return self.seconds / (self.kills + 1)


def full(seconds: float) -> Plan:
    """Plan what `make soak` runs."""
    return Plan(
        name="full",
        seconds=seconds,
        with_plugin=2,
        kills=min(320, int(seconds / 2.2)),
        stops=int(seconds / 25),
        crashes=max(2, int(seconds / 120)),
        forgeries=150,
        lost=0.03,
        fortunes=int(seconds / 12),
        fault_every={"SetConsent": 30, "SendConsentConfirmationEmail": 30, "*": 60},
    )


def short() -> Plan:
    """Plan the form that `make test` runs, under a minute with its healing."""
    return Plan(
        name="short",
        seconds=16.0,
        tenants=2,
        persons=20,
        with_plugin=1,
        kills=8,
        stops=1,
        crashes=1,
        forgeries=10,
        lost=0.05,
        fortunes=3,
        fault_every={"SetConsent": 15, "SendConsentConfirmationEmail": 15, "*": 40},
    )


_SMALL = Plan(name="bug", seconds=40.0, tenants=3, persons=40, forgeries=5)

_MOODY = replace(_SMALL, with_plugin=2, plugin_fails=40)


def for_bug(bug: str) -> Plan:
    """Plan trouble where the bug is weak, so that it is caught soon."""
    return replace(_BY_BUG[bug], name=f"bug {bug}", bug=bug)


_BY_BUG: Mapping[str, Plan] = {
    "ack_before_commit": replace(_SMALL, only=("web",), failpoints=("store:before",), repeats=1.0),
    "dedupe_by_event_id": replace(_SMALL, repeats=1.0),
    "no_read_back": replace(_SMALL, fault_every={"SetConsent": 4}, kinds=("drop",)),
    "succeeded_ignored": replace(
        _SMALL,
        fault_every={"SendConsentConfirmationEmail": 4, "SetConsent": 8},
        kinds=("succeeded_false:SuperOffice.Exceptions.SoServerException",),
    ),
    "mail_claimed_after_the_call": replace(_SMALL, failpoints=("send_notice:after",), only=("worker",)),
    "tenant_left_out_of_a_key": _SMALL,
    "two_workers_without_a_turn": replace(_SMALL, repeats=0.5),
    "no_context_check": replace(_SMALL, forgeries=60),
    "gone_for_an_unknown_slot": replace(_SMALL, forgeries=60),
    "watermark_before_the_work": replace(
        _SMALL, lost=0.4, sweep_every=4.0, failpoints=("finish_sweep:after",), only=("worker",)
    ),
    "silence_taken_for_yes": _MOODY,
    "silence_holds_nothing_back": _MOODY,
    "given_up_with_its_plugin": _MOODY,
}
BUGS = tuple(_BY_BUG)

_MAILS = {"mails_gt1_person", "mails_gt1_address"}
SIGNS: Mapping[str, AbstractSet[str]] = {
    "ack_before_commit": {"acked_missing"},
    "dedupe_by_event_id": {"repeated_writes", *_MAILS},
    "no_read_back": {"recorded_but_not_done", "consent_mismatch"},
    "succeeded_ignored": {"mails_sent_but_not_sent"},
    "mail_claimed_after_the_call": _MAILS,
    "tenant_left_out_of_a_key": {"mails_missing_unexplained", "cross_tenant"},
    "two_workers_without_a_turn": {"repeated_writes", "overwritten_silently"},
    "no_context_check": {"cross_tenant"},
    "gone_for_an_unknown_slot": {"answered_gone"},
    "watermark_before_the_work": {"consent_mismatch", "mails_missing_unexplained"},
    "silence_taken_for_yes": {"consent_mismatch"},
    "silence_holds_nothing_back": {"consent_mismatch", "mails_unexpected"},
    "given_up_with_its_plugin": {"consent_mismatch", "mails_missing_unexplained"},
}
"""By what each bug must be caught: other breaches would be chance."""
