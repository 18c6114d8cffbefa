"""Bounds the work: whoever asks too much is told that it was not computed, on any machine after the same."""

from __future__ import annotations

MOST_STEPS = 1_500_000
"""For one manifest; a step is a handful of operations on whole numbers, all of them take about a second."""
MOST_STEPS_OF_ONE = 150_000
"""For one question, so that a hard one leaves enough for the others."""


class TooComplex(Exception):
    """Computing it would take too long; nothing may be concluded."""


class Effort:
    """Counts steps, never time: what is computed doesn't depend on the machine."""

    def __init__(self, most: int = MOST_STEPS, most_of_one: int = MOST_STEPS_OF_ONE) -> None:
        self.spent = 0
        self._left = most
        self._most_of_one = most_of_one
        self._left_of_one = min(most, most_of_one)

    def begin(self) -> None:
        """Begin a question."""
        self._left_of_one = min(self._left, self._most_of_one)

    def spend(self, steps: int) -> None:
        """Take steps from what is left; raises `TooComplex`."""
        self.spent += steps
        self._left -= steps
        self._left_of_one -= steps
        if self._left_of_one < 0:
            raise TooComplex
