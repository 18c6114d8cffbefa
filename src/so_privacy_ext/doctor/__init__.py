"""Looks at everything that must hold, and says of each thing what it means and what to do."""
