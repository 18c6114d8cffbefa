"""A tenant's life: how it begins, each step repeatable."""
