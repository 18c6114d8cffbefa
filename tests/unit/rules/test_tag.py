from __future__ import annotations

from so_privacy_ext.model import TAG_PREFIX
from so_privacy_ext.rules.tag import tag


def test_the_tag_names_rule_and_manifest() -> None:
    assert tag("web-plain", "0123456789abcdef" * 4) == "so-privacy web-plain 0123456789ab"


def test_the_longest_tag_fits_the_crms_comment() -> None:
    longest = tag("r" * 64, "f" * 64)

    assert longest.startswith(TAG_PREFIX)
    assert len(longest.encode("utf-16-le")) // 2 == 88
