"""Every law, in the order of its code."""

from __future__ import annotations

from so_privacy_ext.rules.lint.law import Law
from so_privacy_ext.rules.lint.laws import l18_no_catch_all, l36_because_copied, l51_read_otherwise

LAWS: tuple[Law, ...] = (
    l18_no_catch_all.LAW,
    l36_because_copied.LAW,
    l51_read_otherwise.LAW,
)
