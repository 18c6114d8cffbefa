"""Compares what the sandbox saw with what the product has stored, and both with the oracle."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta

from so_sandbox.deliveries import Delivery
from so_sandbox.world.rows import Mail
from tests.chaos import oracle
from tests.chaos.ledger import TenantLedger
from tests.chaos.oracle import Who
from tests.chaos.persons import Life
from tests.chaos.watched import WatchedTenant

NO_OPS = frozenset({
    "already_right", "withdrawn", "explicit_consent", "person", "human", "store_withdrawn", "gone",
    "nothing_decided", "flapping", "superseded", "failed", "blocked_list_item", "test_event",
    "lists_refreshed", "unsubscribed_event", "refused_validation", "withdrawn_before",
    "overtaken",
})  # fmt: skip
"""Every reason for which an event may end without an effect."""
EFFECT = "effect"
GRACE = timedelta(seconds=30)
"""How long after a withdrawal something that had been read before it may still go out."""
_OURS = "privacy-notice"
_TEMPLATES = {"notice13": oracle.NOTICE_13, "notice14": oracle.NOTICE_14}
_EXAMPLES = 5
Whom = tuple[str, int]
"""A tenant's name, and one of its persons."""


class Findings:
    """Counts by name, with a few examples of each."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, name: str, example: str) -> None:
        self.counts[name] += 1
        if len(self.examples[name]) < _EXAMPLES:
            self.examples[name].append(example)


class Account:
    """One tenant's account at rest."""

    def __init__(
        self,
        tenant: WatchedTenant,
        ledger: TenantLedger,
        lives: Iterable[Life],
        findings: Findings,
        *,
        plugin: bool = False,
    ) -> None:
        self.tenant = tenant
        self.plugin = plugin
        self.name = tenant.context_identifier
        self.ledger = ledger
        self.lives = [life for life in lives if life.person_id]
        self.findings = findings
        self.ours = [one for one in tenant.tables.outbox if one.template_name.startswith(_OURS)]
        self.figures: Counter[str] = Counter()

    def settle_deliveries(self, log: Iterable[Delivery], forged: set[bytes], foreign: set[bytes]) -> None:
        """Every acknowledged delivery is stored, whole, and ended in exactly one way; no forged one is."""
        inbox = {bytes(row["body_sha256"]): row for row in self.ledger.inbox if row["body_sha256"]}
        quarantine = {bytes(row["body_sha256"]) for row in self.ledger.quarantine}
        acked: dict[bytes, Delivery] = {}
        for delivery in log:
            digest = hashlib.sha256(delivery.body).digest()
            good = any(attempt.good for attempt in delivery.attempts)
            if any("refused" in attempt.error.lower() for attempt in delivery.attempts):
                self.findings.add("refused", f"{self.name} {delivery.event_id}")
            if any(attempt.status == 410 for attempt in delivery.attempts):
                self.findings.add("answered_gone", f"{self.name} {delivery.event_id}")
            if digest in forged and (good or digest in inbox or digest in quarantine):
                self.findings.add("forged_accepted", f"{self.name} {delivery.event_id}")
            if digest in foreign and digest in inbox:
                self.findings.add("cross_tenant", f"{self.name} took an event of another tenant")
            if good:
                acked[digest] = delivery
        for digest, delivery in acked.items():
            row = inbox.get(digest)
            if row is None and digest not in quarantine:
                self._miss(delivery, foreign=digest in foreign)
            if row is not None and digest in quarantine:
                self.findings.add("in_two_classes", f"{self.name} inbox and quarantine")
            self._classify(row)
        self.figures["acked"] += len(acked)
        self.figures["stored_not_acked"] += len(inbox.keys() - acked.keys())

    def _miss(self, delivery: Delivery, *, foreign: bool) -> None:
        """Note what is not there: what names a person in quarantine goes with her."""
        if foreign and self._was_gone(json.loads(delivery.body)["PrimaryKey"]):
            self.figures["erased_with_a_person"] += 1
        else:
            self.findings.add("acked_missing", f"{self.name} {delivery.event_id}")

    def _was_gone(self, person_id: int) -> bool:
        """Tell whether what names a person in quarantine had to go with her."""
        return any(entry.gone for entry in self.tenant.history.entries.get(person_id, ()))

    def _classify(self, row: dict[str, object] | None) -> None:
        if row is None:
            self.figures["quarantined"] += 1
        elif row["state"] == "open":
            self.findings.add("open_at_rest", f"{self.name} {row['event_id']} {row['reason']}")
        elif row["state"] == "dead":
            self.figures["given_up_to_a_human"] += 1
        elif row["reason"] == EFFECT:
            self.figures["effects"] += 1
        elif row["reason"] in NO_OPS:
            self.figures["no_ops"] += 1
        else:
            self.findings.add("unexplained", f"{self.name} {row['event_id']} ended as {row['reason']}")

    def settle_persons(self) -> None:
        """Consents and mails are what the oracle says; what differs is shown to a human, or is a breach."""
        for life in self.lives:
            entries = self.tenant.history.entries[life.person_id]
            verdict = oracle.judge(self._who(life), entries, self.tenant.history.told[life.person_id])
            final = entries[-1].rows
            for purpose, allowed in verdict.consents.items() if not entries[-1].gone else ():
                row = final.get(purpose)
                if (None if row is None else row.value) in allowed:
                    continue
                # Her other consents follow the source of STORE, which a human has to settle first.
                if any(self.ledger.asked(life.person_id, one) for one in (purpose, oracle.STORE)):
                    self.figures["left_to_a_human"] += 1
                else:
                    what = f"{purpose} {row and row.value}, not {allowed}: {oracle.trail(entries)}"
                    self.findings.add("consent_mismatch", f"{self._named(life)} {what}")
            self._settle_writes(life.person_id)
            self._settle_mails(life, verdict)
            self.figures["persons"] += 1

    def _settle_writes(self, person_id: int) -> None:
        entries = self.tenant.history.entries[person_id]
        for one in oracle.overwritings(person_id, entries):
            shown = self.ledger.asked(person_id, one.purpose) or not one.stands
            what = f"{self.name} {person_id} {one.purpose} after {one.seconds:.1f} s: {oracle.trail(entries)}"
            if not shown:
                self.findings.add("overwritten_silently", what)
            elif one.seconds > GRACE.total_seconds():
                self.findings.add("overwritten_late", what)
            else:
                self.figures["overwritten_and_shown"] += 1
        for entry in entries:
            self.figures["writes"] += entry.ours
            for since, until in oracle.withdrawn_from(entries):
                if entry.ours and since + GRACE < entry.at and (until is None or entry.at < until):
                    self.findings.add("written_after_withdrawal", f"{self.name} {person_id} {entry.purpose}")
        repeated = oracle.repeated_writes(entries)
        self.figures["repeated_writes"] += repeated
        if repeated:
            self.findings.examples["repeated_writes"].append(f"{self.name} {person_id}")

    def _settle_mails(self, life: Life, verdict: oracle.Verdict) -> None:
        entries = self.tenant.history.entries[life.person_id]
        for mail in (one for one in self.ours if one.person_id == life.person_id):
            if mail.template_name not in verdict.may_be_told:
                self.findings.add("mails_unexpected", f"{self._named(life)} {oracle.trail(entries)}")
            if mail.language != oracle.LANGUAGES[life.country]:
                self.findings.add("mails_in_a_wrong_language", f"{self.name} {life.person_id}")
            if any(
                since + GRACE < mail.sent and (until is None or mail.sent < until)
                for since, until in oracle.withdrawn_from(entries)
            ):
                self.findings.add("mails_after_withdrawal", f"{self.name} {life.person_id}")
        told_by_crm = any(
            one.person_id == life.person_id and one.by == "crm" for one in self.tenant.tables.outbox
        )
        if verdict.must_be_told is None or told_by_crm:
            return  # whom the CRM has told is told
        self.figures["to_be_told"] += 1
        address = entries[-1].address
        if self._told(life.person_id, address):
            self.figures["told"] += 1
        elif self._explained(life.person_id, address):
            self.figures["mails_missing_explained"] += 1
        else:
            what = f"claims {self._claims(life.person_id)}: {oracle.trail(entries)}"
            self.findings.add("mails_missing_unexplained", f"{self._named(life)} {what}")

    def _told(self, person_id: int, address: str) -> bool:
        return any(one.person_id == person_id or one.to.casefold() == address for one in self.ours)

    def _explained(self, person_id: int, address: str) -> bool:
        """Tell whether a human sees why: the outcome of a call is unknown, for her or for her address."""
        concerned = {person_id} | {
            life.person_id
            for life in self.lives
            if any(entry.address == address for entry in self.tenant.history.entries[life.person_id])
        }
        kinds = {"mail", "failed", "overwritten", "flapping", "merged"}
        mails = [row["state"] for row in self.ledger.mails if row["person_id"] in concerned]
        asked = any(row["person_id"] in concerned and row["kind"] in kinds for row in self.ledger.reviews)
        return asked or "unknown" in mails

    def _named(self, life: Life) -> str:
        return f"{self.name} {life.person_id} ({life.kind.name})"

    def _claims(self, person_id: int) -> list[str]:
        return [row["state"] for row in self.ledger.mails if row["person_id"] == person_id]

    def settle_outbox(self) -> None:
        """Nobody is told twice, by person or by address; every mail has its claim, every `sent` its mail."""
        for name, keys in (
            ("mails_gt1_person", [str(one.person_id) for one in self.ours]),
            ("mails_gt1_address", [one.to.casefold() for one in self.ours]),
        ):
            for key, times in Counter(keys).items():
                if times > 1:
                    self.findings.add(name, f"{self.name} {key}: {times}")
        sent = Counter((one.person_id, one.template_name) for one in self.ours)
        claimed = Counter((row["person_id"], _TEMPLATES[row["mail"]]) for row in self.ledger.mails)
        for whose in sent.keys() - claimed.keys():
            self.findings.add(
                "cross_tenant", f"{self.name} {whose[0]}: a mail that this tenant never claimed"
            )
        for row in self.ledger.mails:
            in_outbox = sent[row["person_id"], _TEMPLATES[row["mail"]]] > 0
            if row["state"] == "sent" and not in_outbox:
                self.findings.add("mails_sent_but_not_sent", f"{self.name} {row['person_id']}")
            if row["state"] in {"unknown", "claimed", "held"} and in_outbox:
                self.findings.add("mails_found_by_nobody", f"{self.name} {row['person_id']} {row['state']}")
        self.figures["mails"] += len(self.ours)
        self.figures["mails_unknown"] += sum(row["state"] == "unknown" for row in self.ledger.mails)
        self.figures["mails_of_the_crm"] += len(self.tenant.tables.outbox) - len(self.ours)

    def settle_effects(self) -> None:
        """What the ledger says was written was written, and what was written stands in the ledger."""
        done = {
            (person_id, entry.purpose, *entry.rows[entry.purpose].value)
            for person_id, entries in self.tenant.history.entries.items()
            for entry in entries
            if entry.ours and entry.purpose is not None
        }
        recorded = {
            (row["person_id"], row["purpose"], row["basis"], row["source"]): row
            for row in self.ledger.effects
        }
        for key, row in recorded.items():
            if row["result"] in {"written", "overwritten_in_between"} and key not in done:
                self.findings.add("recorded_but_not_done", f"{self.name} {key}")
        for key in done - recorded.keys():
            self.findings.add("cross_tenant", f"{self.name} {key}: a write that this tenant never meant")

    def _who(self, life: Life) -> Who:
        return Who(
            form=life.kind.form or "",
            minor=life.kind.minor,
            staff=life.kind.staff,
            country=life.country,
            before_start=life.born < 0,
            plugin=self.plugin,
        )


def by_person(tenants: Iterable[WatchedTenant]) -> tuple[Counter[Whom], Counter[Whom]]:
    """Count our writes and our mails for each person."""
    writes: Counter[Whom] = Counter()
    mails: Counter[Whom] = Counter()
    for tenant in tenants:
        name = tenant.context_identifier
        for person_id, entries in tenant.history.entries.items():
            writes[name, person_id] = sum(entry.ours for entry in entries)
        mails.update((name, mail.person_id) for mail in mails_of([tenant]))
    return writes, mails


def mails_of(tenants: Iterable[WatchedTenant]) -> list[Mail]:
    """Give all mails of ours."""
    return [
        mail for tenant in tenants for mail in tenant.tables.outbox if mail.template_name.startswith(_OURS)
    ]


def writes_of(tenants: Iterable[WatchedTenant]) -> int:
    """Count all writes of ours."""
    return sum(
        entry.ours for tenant in tenants for entries in tenant.history.entries.values() for entry in entries
    )
