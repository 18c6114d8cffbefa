"""Scenarios: stories that happen in a tenant, as YAML, played on a sandbox from a terminal or by a test."""
