"""Gives some of the tenants a plugin that fails at random, and a manifest that asks it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import packages
from tests.chaos.accounts import Findings
from tests.chaos.product import ROOT, Database, Product

NAME, PERCENT = "moody", 20
_RULES = """\
  - id: partner-barred
    when: {moody.barred: true, source: [VENDOR, REFERRAL, IMPORT, FAIR]}
    give: {STORE: review, EMARKETING: deny}
    because: "The partner's plugin holds them back, and holds them back while it says nothing."

  - id: partner-guest
    when: {moody.guest: true, source: [CARD, FAIR, PHONE, USER]}
    give: {ACCOUNTING: {basis: 61C}}
    because: "The partner's plugin gives them more, and nothing while it says nothing."

"""
_BEFORE = "  - id: applicant\n"
_MANIFEST = ROOT / "manifests" / "rules" / "nordic-b2b.yaml"


def install(folder: Path) -> None:
    """Install the plugin's package in a folder that the product's processes look for packages in."""
    packages.install(folder, NAME, "tests.chaos.moody:ext")


def switch_on(product: Product, tenant: str, seed: int, *, percent: int = PERCENT) -> None:
    """Switch the plugin on for a tenant, and have the manifest decide that asks it."""
    sets = ("--set", f"seed={seed}", "--set", f"percent={percent}")
    product.command("plugin", "enable", NAME, "--tenant", tenant, *sets)
    file = product.folder / f"{tenant}.yaml"
    file.write_text(_MANIFEST.read_text().replace(_BEFORE, _RULES + _BEFORE, 1))
    product.command("manifest", "activate", str(file), "--tenant", tenant)


def settle(database: Database, tenants: Sequence[str], findings: Findings) -> Mapping[str, int]:
    """Count what the plugin said and did not say; each tenant where it failed has that in its journal."""
    figures: Counter[str] = Counter()
    failures = _by_tenant(database)
    for row in database.rows(_PERSONS):
        figures["persons_of_the_plugin"] += 1
        figures["persons_answered"] += row["answered"]
        figures["persons_unanswered"] += row["unanswered"]
        figures["decisions_unanswered"] += row["times"]
        if row["unanswered"] and not failures.get(row["name"]):
            findings.add("plugin_failed_unsaid", f"{row['name']} {row['person_id']}")
    for name, kinds in failures.items():
        figures["plugin_failures_journaled"] += len(kinds)
        if name not in tenants:
            findings.add("cross_tenant", f"{name} has no plugin, and its journal says that one failed")
    figures["kinds_of_plugin_failures"] = len(set().union(*failures.values()))
    return figures


def pending(database: Database) -> set[tuple[str, int]]:
    """Give whose last decision lacks an answer: once it is given, something may still be done for them."""
    return {(row["name"], row["person_id"]) for row in database.rows(_PENDING)}


def _by_tenant(database: Database) -> Mapping[str, set[str]]:
    """Give the kinds of failure in each tenant's journal."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in database.rows(_FAILURES):
        found[row["name"]].add(row["kind"])
    return found


_PERSONS = f"""
SELECT name, person_id, bool_or(answered)::int AS answered, bool_or(NOT answered)::int AS unanswered,
  count(*) FILTER (WHERE NOT answered) AS times
FROM (
  SELECT t.context_identifier AS name, d.person_id,
    coalesce(d.facts::jsonb -> 'answers' ? '{NAME}.barred true', false) AS answered
  FROM decision d JOIN tenant t USING (tenant_id) JOIN plugin p USING (tenant_id)
) asked GROUP BY name, person_id
"""
_PENDING = f"""
SELECT name, person_id FROM (
  SELECT DISTINCT ON (tenant_id, d.person_id)
    t.context_identifier AS name, d.person_id, d.facts::jsonb AS facts
  FROM decision d JOIN tenant t USING (tenant_id) JOIN plugin p USING (tenant_id)
  ORDER BY tenant_id, d.person_id, d.decision_id DESC
) latest
WHERE NOT coalesce(facts -> 'answers' ?& ARRAY['{NAME}.barred true', '{NAME}.guest true'], false)
  OR coalesce(facts ->> 'source', '') IN ('', 'UNKNOWN') AND NOT facts ? 'proposed'
"""
_FAILURES = """
SELECT t.context_identifier AS name, j.content ->> 'kind' AS kind
FROM journal j JOIN tenant t USING (tenant_id) WHERE j.kind = 'plugin_failed'
"""
