"""A tenant's life: how it begins, is looked after, is set back and ends, each step repeatable."""
