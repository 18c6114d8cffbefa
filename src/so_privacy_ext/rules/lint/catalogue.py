"""Every law, in the order of its code."""

from __future__ import annotations

from so_privacy_ext.rules.lint.law import Law
from so_privacy_ext.rules.lint.laws import (
    l15_unreachable,
    l16_overlap,
    l17_contradiction,
    l18_no_catch_all,
    l36_because_copied,
    l40_untested,
    l48_named_twice,
    l50_exception_below,
    l51_read_otherwise,
)

LAWS: tuple[Law, ...] = (
    l15_unreachable.LAW,
    l16_overlap.LAW,
    l17_contradiction.LAW,
    l18_no_catch_all.LAW,
    l36_because_copied.LAW,
    l40_untested.LAW,
    l48_named_twice.LAW,
    l50_exception_below.LAW,
    l51_read_otherwise.LAW,
)
