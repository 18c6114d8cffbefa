"""The demo: a tenant, twelve persons, and what must come of them, written by hand."""
