"""Every question that the vendor's documents leave open, as a switch with its possible answers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


def _answers(*answers: str) -> str:
    """Declare a switch: its answers, the default first."""
    default: str = field(default=answers[0], metadata={"answers": answers})
    return default


@dataclass(slots=True)
class Switches:
    """Each attribute holds one of its answers; `turned()` is every switch at its second answer."""

    expired_ticket: str = _answers("http_401", "succeeded_false", "soap_fault")
    """How a ticket that is no longer good is refused over SOAP (contract 12, 1)."""
    unknown_key: str = _answers("refuse", "zero")
    """SetConsent with a key that no list has: an error, or id 0 written in silence (12, 5)."""
    key_case: str = _answers("sensitive", "insensitive")
    """Whether keys must be spelt exactly (12, 5)."""
    long_comment: str = _answers("refuse", "cut")
    """A comment of more than 255 characters (12, 5)."""
    remove_consent: str = _answers("withdraw", "delete")
    """What RemoveConsent leaves behind (12, 6)."""
    consent_changes_person: str = _answers("no", "yes")
    """Whether a consent write raises person.changed too (12, 7)."""
    consented_values: str = _answers("empty", "filled")
    """Whether person.consented carries FieldValues (12, 7)."""
    default_consent_event: str = _answers("none", "after_created", "before_created")
    """Whether the CRM's own STORE row of a new person raises person.consented, and when (12, 7)."""
    default_row: str = _answers("same_transaction", "late")
    """When the CRM's own STORE row is there: with the person, or `late_seconds` later (12, 8)."""
    default_row_updated: str = _answers("never", "registered")
    """`updated` of the CRM's own STORE row: empty, or equal to registered."""
    api_source: str = _answers("API", "USER")
    """The source of a person created over an API that names none (12, 9)."""
    set_consent_mails: str = _answers("no", "yes")
    """Whether a write that changes the source to one with a mail template makes the CRM mail (12, 10)."""
    delivery: str = _answers("discard", "requeue")
    """After three failed tries: the event is lost, or comes again under a new EventId (12, 13)."""
    errors_counted: str = _answers("attempts", "events")
    """What the nine failures are that stop a webhook (12, 13)."""
    merge_events: str = _answers("silent", "told")
    """Whether merge and undelete raise events."""
    archive_in: str = _answers("accepted", "refused")
    """Whether archive restrictions understand `in (...)`."""
    signing_window: str = _answers("five_minutes", "none")
    """Whether the time in a signed system user token is checked."""
    wrong_secret: str = _answers("refused", "http_401")
    """How PartnerSystemUser answers a client secret that is not the app's: IsSuccessful=false, or 401."""
    news_issuer: str = _answers("environment", "partner")
    """Who issues the token of a state-change notification: the environment, or `SuperOffice AS`."""
    database_table: str = _answers("open", "restricted")
    """Whether the agent DatabaseTable may be used online (12, 25)."""
    bulk_right: str = _answers("given", "refused")
    """Whether a system user has the functional right to bulk updates (12, 16)."""
    bulk_add: str = _answers("no_value_for_the_purpose", "not_the_same_value")
    """Where a bulk `add` writes nothing: any row for the purpose, or one with just this basis (12, 16)."""
    mass_events: str = _answers("told", "silent")
    """Whether a row that DatabaseTable writes raises person.consented, as SetConsent does (12, 16)."""
    failed_insert: str = _answers("nothing_written", "half_written")
    """What a mass insert that meets a row of the same person and purpose leaves behind (12, 16)."""
    late_seconds: float = 3.0
    """How late a late default row comes; at most 10."""

    @classmethod
    def answers(cls) -> dict[str, tuple[str, ...]]:
        """Name every switch with its answers, the default first."""
        return {f.name: f.metadata["answers"] for f in fields(cls) if "answers" in f.metadata}

    @classmethod
    def turned(cls) -> Switches:
        switches = cls()
        for name, answers in cls.answers().items():
            switches.turn(name, answers[1])
        return switches

    def turn(self, name: str, answer: str) -> None:
        """Set one switch; an unknown name or answer is a ValueError that lists the known ones."""
        known = self.answers()
        if name not in known:
            raise ValueError(f"no switch {name!r}; there are: {', '.join(known)}")
        if answer not in known[name]:
            raise ValueError(f"switch {name} has the answers {', '.join(known[name])}, not {answer!r}")
        setattr(self, name, answer)
