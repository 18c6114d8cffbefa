"""Why somebody who is made up would get no mail, were she registered now."""

from dataclasses import replace

import pytest

from so_privacy_ext.model import NoMail
from so_privacy_ext.rules.activation import resolve_what_stands
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.made_up import facts_from
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.supposed import MadeUpPerson
from tests.unit.rules.conftest import NORDIC

GOOD = parse(NORDIC.read_bytes(), NORDIC.name)
LISTS = lists_alone(GOOD)
MAILING = replace(LISTS, sources=tuple(replace(one, mail_template_id=7) for one in LISTS.sources))
NO_TEMPLATES = replace(LISTS, templates=())


@pytest.mark.parametrize(
    ("words", "lists", "silent"),
    [
        ({"source": "CARD"}, LISTS, None),
        ({"source": "CARD", "has_email": "false"}, LISTS, NoMail.NO_ADDRESS),
        ({"source": "CARD"}, MAILING, NoMail.CRM_MAILS),
        ({"source": "CARD"}, NO_TEMPLATES, NoMail.BLOCKED_TEMPLATE),
        ({"source": "CARD", "is_associate": "true"}, LISTS, NoMail.RULE_GIVES_NONE),
        ({"source": "CARD", "consents.STORE": "WITHDRAWN"}, LISTS, NoMail.STORE_WITHDRAWN),
    ],
)
def test_the_first_reason_is_given(words: dict[str, str], lists: object, silent: NoMail | None) -> None:
    assert isinstance(lists, type(LISTS))
    facts = facts_from(words, GOOD, lists)
    person = MadeUpPerson(facts, resolve_what_stands(GOOD, lists), lists)

    assert person.silence(decide(facts, person.manifest)) == silent
