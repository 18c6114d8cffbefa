"""`pytest --so-conformance`: looks over a partner's plugin and grants it bronze to platinum, with reasons."""
