"""Presets: pieces of a manifest that we ship, to be extended; each version is one file that never changes."""
