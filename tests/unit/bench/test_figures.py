"""How samples become a figure, and how a figure stands to its bars."""

from __future__ import annotations

import pytest

from tests.bench.figures import Figure, percentile, ratio_of_rounds, shown


@pytest.mark.parametrize(
    ("samples", "percent", "expected"),
    [
        ([7.0], 99, 7.0),
        ([3.0, 1.0, 2.0, 4.0], 50, 2.0),
        ([3.0, 1.0, 2.0, 4.0], 51, 3.0),
        (list(range(1, 101)), 95, 95),
        (list(range(1, 101)), 99, 99),
        (list(range(1, 41)), 95, 38),
        ([1.0, 2.0], 0, 1.0),
        ([1.0, 2.0], 100, 2.0),
    ],
)
def test_a_percentile_is_a_sample(samples: list[float], percent: float, expected: float) -> None:
    assert percentile(samples, percent) == expected


def test_a_ratio_is_taken_within_a_round() -> None:
    a_slower_machine_each_round = [(4.0, 1.0), (8.0, 2.0), (16.0, 4.0)]
    one_disturbed = [(4.0, 1.0), (4.0, 1.0), (90.0, 1.0)]

    assert ratio_of_rounds(a_slower_machine_each_round) == 4.0
    assert ratio_of_rounds(one_disturbed) == 4.0


@pytest.mark.parametrize(
    ("value", "at_most", "goal", "lands", "verdict"),
    [
        (3.0, None, None, True, ""),
        (3.0, 3.0, None, True, "≤ 3"),
        (3.1, 3.0, None, False, "MISSES 3"),
        (3.1, 3.0, 2.0, False, "MISSES 3"),
        (2.5, 3.0, 2.0, True, "misses goal 2"),
        (2.0, 3.0, 2.0, True, "goal 2"),
        (2.0, None, 1.0, True, "misses goal 1"),
        (0.0, 0.0, None, True, "≤ 0"),
    ],
)
def test_a_figure_knows_how_it_stands(
    value: float, at_most: float | None, goal: float | None, lands: bool, verdict: str
) -> None:
    figure = Figure("some", value, at_most=at_most, goal=goal)

    assert figure.lands is lands
    assert figure.verdict == verdict


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0, "0"), (2000, "2000"), (0.3461, "0.346"), (12.345, "12.3"), (4353.2, "4353")],
)
def test_a_number_is_short(value: float | None, text: str) -> None:
    assert shown(value) == text
