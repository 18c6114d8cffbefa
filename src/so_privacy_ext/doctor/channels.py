"""A tenant's mail server: whether it can be reached, lets us in and believes the sender."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.doctor.findings import Finding, error, right
from so_privacy_ext.errors import Refused
from so_privacy_ext.mailing import Mailing
from so_privacy_ext.storage.turns import Turn


def examine_channels(turn: Turn, mailing: Mailing) -> Iterator[Finding]:
    """Try the mail server out, where one is set; nothing is sent."""
    name = turn.tenant.context_identifier
    if mailing.server(turn.session) is None:
        return
    try:
        server = mailing.try_out(turn.session)
    except Refused as refused:
        means = "notices that go by it wait, and are tried again for a day"
        yield error("mail server", refused.what, refused.how, means=means, tenant=name)
        return
    yield right("mail server", f"{server.host}:{server.port} lets us write", tenant=name)
