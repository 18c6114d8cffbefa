"""Computes from the structure of conditions whom a rule reaches; three-valued, as `logic` is."""
