"""The administrator's pages: how a tenant fares, what needs a human, which manifest decides."""
