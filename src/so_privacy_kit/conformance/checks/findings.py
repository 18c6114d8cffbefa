"""A look at manifests: findings that can be read and found, and the same each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from so_privacy_ext.plugins.troubles import PluginFailed
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_kit.conformance.levels import Level, Unmet, check
from so_privacy_kit.conformance.seams import findings, read
from so_privacy_kit.conformance.story import by_channel
from so_privacy_kit.conformance.subject import Subject
from so_privacy_kit.tenant import published_manifest

Found = Callable[[str], None]


@check(Level.GOLD, "what it finds in manifests is said as it should be, of a place that is there, each time")
def test_findings(so_subject: Subject, so_plugin_settings: Mapping[str, Any], so_found: Found) -> None:
    if not so_subject.description.lints:
        so_found("it looks at no manifest")
        return
    texts = published_manifest().read_text(encoding="utf-8"), so_subject.manifest(), by_channel("smtp")
    manifests = [read(so_subject, one) for one in texts]
    try:
        with so_subject.hosts() as hosts:
            first = [findings(so_subject, so_plugin_settings, one, hosts) for one in manifests]
            again = [findings(so_subject, so_plugin_settings, one, hosts) for one in reversed(manifests)]
    except PluginFailed as failed:
        one = failed.troubles[0]
        raise Unmet(one.what, f"have it look at any manifest that can be read; {one.how}") from None
    if first != again[::-1]:
        raise Unmet(
            "it finds something else when it is asked again",
            "let it depend on the manifest and the settings alone, on nothing that was looked at before",
        )
    for manifest, found in zip(manifests, first, strict=True):
        for code, *sentences, path, _ in found:
            _stands(manifest, code, path)
            if any(one.endswith(".") for one in sentences):
                raise Unmet(
                    f"`{code}` ends with a full stop", "leave it out; what shows it adds what it needs"
                )
    so_found(f"{sum(map(len, first))} findings in {len(manifests)} manifests, twice the same")


def _stands(manifest: Manifest, code: str, path: list[str | int]) -> None:
    node = manifest.root
    for step in path:
        below = node.get(step)
        if below is None:
            raise Unmet(
                f"`{code}` is said of {'.'.join(map(str, path))}, and there is no {step}",
                "name what is there: the place in which something lacks",
            )
        node = below
