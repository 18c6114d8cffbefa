"""How many decisions a second one core makes with a manifest of a hundred rules."""

from __future__ import annotations

import itertools
import time

from so_privacy_ext.model import LegalBasis, Purpose, Source, Template, TenantLists
from so_privacy_ext.rules.activation import ActiveManifest, resolve
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.sdk import Facts
from tests.bench import manifests
from tests.bench.figures import Figure

RULES, SECONDS = 100, 2.0
_SOURCES = ("WEBFORM", "EMAIL", "USER", "CARD", "FAIR", "IMPORT", "API")


def measure() -> list[Figure]:
    """Decide on persons of every country and source; each passes nearly all rules."""
    manifest = _manifest()
    persons = [
        _facts(source, country, age) for source in _SOURCES for country in ("DK", "NO") for age in (20, 60)
    ]
    for facts in persons:
        decide(facts, manifest)
    count, begun = 0, time.process_time()
    for facts in itertools.cycle(persons):
        decide(facts, manifest)
        count += 1
        if count % 100 == 0 and time.process_time() - begun > SECONDS:
            break
    return [Figure("decisions_per_s_100_rules", count / (time.process_time() - begun), "/s")]


def _facts(source: str, country: str, age: int) -> Facts:
    return Facts(
        event="created",
        changed=frozenset({"firstname", "country_id"}),
        creator="user",
        source=source,
        country=country,
        language="da",
        has_email=True,
        email_domain="example.com",
        age=age,
        consents={"STORE": ("61B", source)},
    )


def _manifest() -> ActiveManifest:
    lists = TenantLists(
        purposes=tuple(
            Purpose(number, key, active=True, deleted=False, has_text=True)
            for number, key in enumerate(("STORE", "EMARKETING", "NEWSLETTER"), start=1)
        ),
        bases=tuple(
            LegalBasis(number, key, deleted=False)
            for number, key in enumerate(("61A", "61B", "61F", "WITHDRAWN"), start=1)
        ),
        sources=tuple(
            Source(number, key, deleted=False, mail_template_id=0)
            for number, key in enumerate(_SOURCES, start=1)
        ),
        templates=(Template(1, "privacy-notice-13", ("da", "en-US"), deleted=False, is_privacy=True),),
        countries={},
        associates={},
        categories={},
        businesses={},
        positions={},
        forms={},
        customer_languages={},
        owner_company_ids=frozenset(),
        cultures={},
        solanguages={},
        default_basis="61B",
    )
    return resolve(parse(manifests.with_rules(RULES).encode(), "bench.yaml"), lists)
