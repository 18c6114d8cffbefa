"""What can go wrong with a plugin, and what to do about each; never with personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The closed list of troubles."""

    RAISED = "raised"
    SLOW = "slow"
    JUNK = "junk"
    ENDED = "ended"
    NO_START = "no_start"
    MISSING = "missing"
    CHANGED = "changed"
    REFUSED_FILE = "refused_file"
    REFUSED_HOST = "refused_host"
    REFUSED_PROCESS = "refused_process"
    REFUSED_OPERATION = "refused_operation"
    REFUSED_OTHER = "refused_other"
    RESTING = "resting"
    NOT_SENT = "not_sent"


HOW: Mapping[Kind, str] = {
    Kind.RAISED: "its maker must mend it; until then what it would say is unknown",
    Kind.SLOW: "its maker must make it quicker, or have it ask for all persons at once",
    Kind.JUNK: "its maker must have it give what the SDK says; `so-privacy plugin check` names the place",
    Kind.ENDED: "its maker must not end the process, nor bring native code that crashes",
    Kind.NO_START: "`so-privacy plugin check` says why; install what it lacks, or another version",
    Kind.MISSING: "install its package again, or `so-privacy plugin disable` it",
    Kind.CHANGED: "look at it with `so-privacy plugin show`, and agree with `so-privacy plugin enable`",
    Kind.REFUSED_OPERATION: "its maker must declare what it calls, and ask for many rows by one call",
    Kind.NOT_SENT: "see that what it sends by works, and how it is set; the letters wait for a day",
    Kind.RESTING: "it is asked again in five minutes; what failed before is in the journal and in `doctor`",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that went wrong with one plugin."""

    plugin: str
    kind: Kind
    what: str
    how: str


class PluginFailed(Exception):
    """A plugin gave no answer; says why."""

    def __init__(self, *troubles: Trouble) -> None:
        super().__init__("; ".join(f"{one.plugin}: {one.what}" for one in troubles))
        self.troubles = troubles
        self.asked = False
        """Whether it was given the question, so that it may have done something."""
