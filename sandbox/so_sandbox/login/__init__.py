"""The login service: discovery, keys, system users and the state of tenants."""
