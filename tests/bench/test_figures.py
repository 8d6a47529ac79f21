"""The bench's own arithmetic: a wrong percentile would prove anything."""

import pytest

from bench.figures import apart_from_generator, at_least, at_most, information, percentile, spread
from bench.seed import source_of


@pytest.mark.parametrize(
    "values, share, expected",
    [
        (range(1, 101), 0.99, 99),
        (range(1, 101), 0.5, 50),
        (range(1, 1001), 0.99, 990),
        ([5.0], 0.99, 5.0),
        ([3, 1, 2], 0.5, 2),
        ([3, 1, 2], 1.0, 3),
    ],
)
def test_a_percentile_is_the_nearest_rank(values, share, expected):
    assert percentile(list(values), share) == expected


def test_nothing_measured_is_no_percentile():
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.99)


def test_the_spread_compares_medians():
    assert spread([[1, 2, 900], [2.1, 2.1, 2.1]]) == pytest.approx(0.05)


def test_the_generator_is_counted_apart():
    # 10 s on 2 cores; the generator took 2 s of the 20: without it the server would have had a ninth more.
    assert apart_from_generator(90, generator_cpu=2, seconds=10, cores=2) == pytest.approx(100)
    with pytest.raises(ValueError, match="more than"):
        apart_from_generator(90, generator_cpu=20, seconds=10, cores=2)


@pytest.mark.parametrize("figure, met", [
    (at_most("a", 3.0, 3, "×"), True),
    (at_most("a", 3.01, 3, "×"), False),
    (at_least("a", 0.85, 0.85, "×"), True),
    (at_least("a", 0.84, 0.85, "×"), False),
    (at_least("a", None, 0.85, "×"), None),
    (information("a", 1.0, "ms"), None),
])  # fmt: skip
def test_a_target_is_met_or_not(figure, met):
    assert figure.met is met


def test_every_trader_has_a_source_of_his_own():
    sources = [source_of(number) for number in range(70_000)]
    assert len(set(sources)) == len(sources)
    assert all(0 < int(source.rpartition(".")[2]) < 255 for source in sources)
