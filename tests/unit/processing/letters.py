"""The published manifest with its mails by another channel, and a mail server that takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from so_privacy_ext.model import SMTP
from so_privacy_ext.ports import Carrier, Letter
from so_privacy_ext.posting.carrier import MailServerCarrier, Rests
from so_privacy_ext.posting.server import MailServer
from so_privacy_ext.posting.smtp import trusting
from so_privacy_kit import mail_server as kit
from tests.unit.processing.world import NORDIC, World

LANGUAGES = ("da", "nb", "sv", "en", "de")
_MAIL = re.compile(rb"\{template: privacy-notice-1[34], version: 1, (languages: \[.*?\]), marketing: false\}")


def by_channel(channel: str = SMTP, content: bytes = b"") -> bytes:
    """Give a manifest in which every mail goes by a channel, with a text for each language."""
    texts = ", ".join(
        f'{one}: {{subject: "{one} {{controller}}", body: "{one}: see <{{controller}}> & {{dpo}}"}}'
        for one in LANGUAGES
    )
    mail = f"{{channel: {channel}, version: 1, texts: {{{texts}}}}}".encode()
    return _MAIL.sub(mail, content or NORDIC.read_bytes())


def carrier(world: World, server: kit.MailServer) -> MailServerCarrier:
    """Give what carries a world's letters to a mail server; by the world's time."""
    trust, rests = trusting(server.ca_file), Rests(clock=lambda: world.clock.now().timestamp())
    set_to = MailServer(host=kit.HOST, port=server.port, sender="privacy@example.com")
    return MailServerCarrier(world.tenant_id, lambda: set_to, lambda: trust, world.clock, rests)


@dataclass
class Killed:
    """Ends the process before or after a letter is carried."""

    carrier: Carrier
    after: bool
    times: int = 1

    def carry(self, letter: Letter) -> None:
        if not self.after and self.times:
            self.times -= 1
            raise Gone
        self.carrier.carry(letter)
        if self.times:
            self.times -= 1
            raise Gone


class Gone(BaseException):
    """The process is gone: nothing of ours may catch it."""
