"""Findings that no law looks for, because a manifest can't have them, or nobody could see them in one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What can't be found, and what sees to that."""

    code: str
    title: str
    because: str


ELSEWHERE: tuple[Elsewhere, ...] = (
    Elsewhere(
        "L06",
        "a mail for double opt-in isn't tied to the person's own request",
        "there is no such mail: `tell` sends privacy confirmations alone, and a mail has no key that"
        " would make"
        " it another; the reader refuses such a key as `unknown_key`",
    ),
    Elsewhere(
        "L13",
        "a rule overwrites what a person or another human chose",
        "the arbiter lets a rule overwrite what the CRM, an import or a rule wrote, and nothing else,"
        " whatever"
        " the manifest says; a human's row goes to review, a person's 61A stands",
    ),
    Elsewhere(
        "L14",
        "a rule gives something after a withdrawal",
        "a purpose that stands WITHDRAWN is not decided, and STORE withdrawn stops every purpose and"
        " every mail",
    ),
    Elsewhere(
        "L23",
        "a rule writes the source UNKNOWN",
        "the reader refuses it as `unknown_source`; a person of that source gets `API` written",
    ),
    Elsewhere(
        "L34",
        "the comment of a consent is longer than 255 characters",
        "it is `so-privacy`, the rule's id of at most 64 characters and twelve digits of the digest",
    ),
    Elsewhere(
        "L41",
        "a subscription is used as evidence of consent",
        "`evidence` knows a tick, a sale and an objection that was offered; the reader refuses all else as"
        " `unknown_key`",
    ),
    Elsewhere(
        "L43",
        "a role address such as info@ is treated as a person with consent",
        "rules don't see the part of an address before the @, since no address is kept; so nobody"
        " could see it"
        " in a manifest either. 61A needs a tick of the person's own in any case (L03)",
    ),
    Elsewhere(
        "L44",
        "a condition of a plug-in isn't pure or has no time limit",
        "a plugin's word is asked in a process of its own, which sees the facts and nothing else, within a"
        " time; the manifest only looks the answer up. A word of no plugin is refused as `unknown_key`",
    ),
    Elsewhere(
        "L45",
        "an age is computed from a birth date without a year",
        "an age is known only with a full birth date; `age_below` is neither true nor false without one",
    ),
)
