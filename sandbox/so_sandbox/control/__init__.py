"""The JSON interface by which people, tests and the command line steer the sandbox."""
