"""`manifest init|check|schema|rules|test|shadow|diff|activate|list|export`."""

from __future__ import annotations

from so_privacy_ext.cli.on_demand import Listed, group

commands = group(
    Listed(
        "init",
        "starting.init",
        "Write a manifest to start from: on a preset, or with --tenant on what the tenant has.",
    ),
    Listed(
        "check",
        "checking.check",
        "Check a manifest by its form and by every law; exit 65 if anything must be mended.",
    ),
    Listed(
        "schema",
        "starting.schema",
        "Write the JSON Schema by which an editor completes and explains, with --tenant its plugins' words.",
    ),
    Listed(
        "rules",
        "spoken_rules.rules",
        "Say each rule of a manifest as one sentence, in the order in which they are tried.",
    ),
    Listed(
        "test",
        "trials.try_rules",
        "Run the rule tests beside manifests; exit 1 if one comes out otherwise than it says.",
    ),
    Listed(
        "shadow",
        "replays.shadow",
        "Decide by another manifest what was decided before; exit 3 if anybody's outcome differs.",
    ),
    Listed(
        "diff",
        "replays.diff",
        "Say for whom two manifests decide otherwise, not how their texts differ; exit 3 if for anybody.",
    ),
    Listed(
        "activate",
        "versions.activate",
        "Let a manifest decide from now on, if the tenant has all that it names and no law is broken.",
    ),
    Listed("list", "versions.list_", "List the manifests that decide or decided, newest first."),
    Listed(
        "export",
        "starting.export",
        "Write the manifest that decides for a tenant, byte by byte; while none does, one of what it has.",
    ),
    help="Manifests: init, check, schema, rules, test, shadow, diff, activate, list, export.",
    no_args_is_help=True,
)
