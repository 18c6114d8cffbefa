"""What carries a tenant's notices: whether it is there, and whether its mail server lets us write."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from so_privacy_ext.doctor.findings import Finding, error, right
from so_privacy_ext.errors import Refused
from so_privacy_ext.mailing import Mailing
from so_privacy_ext.model import SMTP
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage.turns import Turn

_WAITS = "notices that go by it wait, are tried again for a day, and then wait for a human"


def examine_channels(
    turn: Turn, mailing: Mailing, channels: Collection[str], words: Words
) -> Iterator[Finding]:
    """Look for mails that nothing carries, and try the mail server out where one is set; nothing is sent."""
    name, active = turn.tenant.context_identifier, turn.manifest()
    mails = {} if active is None else parse(active[0], active[1][:12], words).content.mails
    for key, mail in mails.items():
        if mail.channel not in channels:
            do = (
                "so-privacy channel set"
                if mail.channel == SMTP
                else f"so-privacy plugin enable {mail.channel}"
            )
            found = f"the manifest's {key} goes by {mail.channel}, which is off or not set"
            yield error("channel", found, do, means=_WAITS, tenant=name)
    if mailing.server(turn.session) is None:
        return
    try:
        server = mailing.try_out(turn.session)
    except Refused as refused:
        yield error("mail server", refused.what, refused.how, means=_WAITS, tenant=name)
        return
    yield right("mail server", f"{server.host}:{server.port} lets us write", tenant=name)
