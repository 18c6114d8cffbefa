"""Checks what a plugin declares to carry; runs in the plugin's own process."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.extension import Extension
from so_privacy_ext.model import CRM_MAIL, SMTP


def mistakes(extension: Extension) -> Iterator[tuple[str, str]]:
    """Say what is wrong and what to do about it."""
    if extension.name in {CRM_MAIL, SMTP}:
        yield f"`{extension.name}` is a channel of the product's", "give the plugin another name"
    if len(extension.channels) > 1:
        yield "it has two channels", "make one of them; a plugin of its own is what a mail names"
    if extension.channels and "letter" not in extension.channels[0].asks:
        yield "its channel takes no letter", "let the function of `@ext.channel` take `letter`"
    if extension.channels and not extension.hosts:
        what = "it carries notices and talks to no host"
        yield what, "name in `hosts` where they go: whatever else it would do with them is refused"
