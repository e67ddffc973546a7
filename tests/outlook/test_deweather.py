"""A known step is found again, none is made up, weather is not taken for effort; skill is held out by whole blocks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.outlook.made_weather import START, concentrations, weather

from qingce.catalog import load_catalog
from qingce.catalog.outlook_settings import read_settings
from qingce.outlook.air.weather import skill
from qingce.outlook.models.deweather import Separation, block_folds, effort_basis, separate

RULES = read_settings(load_catalog().roots, "weather")
YEARS = 4
SIZE = int(YEARS * 365.25)
WIDTH = RULES.number("interval")
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (1, 2))]


def told(seed: int, effort: np.ndarray, *, drift: float = 0.0) -> Separation:
    rng = np.random.default_rng(seed)
    met = weather(rng, effort.size, drift=drift)
    values = concentrations(rng, met, effort=effort)
    return separate(START + np.arange(effort.size), np.column_stack(list(met.values())), values, rules=RULES)


def halves(found: Separation) -> tuple[np.ndarray, np.ndarray]:
    late = found.days >= START + SIZE // 2
    return ~late, late


STEP = np.where(np.arange(SIZE) >= SIZE // 2, math.log(0.8), 0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_of_a_fifth_is_found_within_three_points(seed: int):
    found = told(seed, STEP)
    _, effort, low, high = found.change(*halves(found), width=WIDTH)
    assert abs(100 * effort + 20) <= 3
    assert low < effort < high


@pytest.mark.parametrize("seed", SEEDS)
def test_no_step_is_made_up(seed: int):
    found = told(seed, np.zeros(SIZE))
    assert abs(100 * found.slope()) < 1
    _, effort, low, high = found.change(*halves(found), width=2 * WIDTH)
    assert low <= 0 <= high
    assert abs(100 * effort) <= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_weather_that_gets_better_is_no_effort(seed: int):
    found = told(seed, np.zeros(SIZE), drift=0.06)
    observed, effort, _, _ = found.change(*halves(found), width=WIDTH)
    assert 100 * observed < -3  # two years of six per cent more wind a year, to the power of -0.7, and chance
    assert abs(100 * effort) <= 3
    assert abs(100 * found.slope()) < 1.5


def test_the_same_input_gives_the_same_answer():
    one, two = (told(0, STEP[:700]) for _ in range(2))
    assert (one.normalised == two.normalised).all()
    assert (one.expected == two.expected).all()


def test_noise_has_no_held_out_skill():
    """The leak that random folds of days with memory would have: none with whole blocks, to a twentieth."""
    rng = np.random.default_rng(5)
    size = 900
    met = np.column_stack(list(weather(rng, size).values()))
    values = np.exp(np.random.default_rng(6).normal(3, 0.3, size))
    found = separate(START + np.arange(size), met, values, rules=RULES)
    assert skill(found.observed, found.expected)["skill"] < 0.05


def test_days_of_a_block_stay_together_and_every_fold_has_some():
    days = START + np.arange(800)
    fold = block_folds(days, RULES)
    block = days // RULES.whole("block_days")
    assert all(len(set(fold[block == number])) == 1 for number in set(block.tolist()))
    counts = np.bincount(fold, minlength=RULES.whole("folds"))
    assert counts.min() > 0.5 * counts.max()
    assert (fold[100:] == block_folds(days[100:], RULES)).all() or block[0] != block[100]


def test_the_curve_is_zero_at_first_and_straight_between_knots():
    days = START + np.arange(731)
    basis = effort_basis(days, 183)
    assert basis.shape == (731, 4)
    assert (basis[0] == 0).all()
    assert basis[-1].tolist() == [0, 0, 0, 1]
    assert np.allclose(basis.sum(axis=1)[days - START >= 183], 1)
    assert effort_basis(days[:50], 183).shape == (50, 1)


def test_absent_days_are_left_out():
    rng = np.random.default_rng(9)
    met = weather(rng, 800)
    values = concentrations(rng, met, effort=np.zeros(800))
    facts = np.column_stack(list(met.values()))
    facts[5, 1] = np.nan
    values[7] = np.nan
    found = separate(START + np.arange(800), facts, values, rules=RULES)
    assert found.days.size == 798
    assert not {START + 5, START + 7} & set(found.days.tolist())
    assert np.isfinite(found.normalised).all()


def test_figures_of_skill_by_hand():
    observed, expected = np.array([1.0, 2.0, 3.0, 6.0]), np.array([2.0, 2.0, 2.0, 8.0])
    found = skill(observed, expected)  # errors 1 0 -1 2; mean 3; spread -2 -1 0 3
    assert found["skill"] == pytest.approx(1 - 6 / 14)
    assert found["rmse"] == pytest.approx(math.sqrt(6 / 4))
    assert (found["mb"], found["mge"]) == (0.5, 1.0)
    assert (found["nmb"], found["nmge"]) == pytest.approx((0.5 / 3, 1 / 3))
    assert found["coe"] == pytest.approx(1 - 4 / 6)
    assert found["ioa"] == pytest.approx(1 - 4 / 12)
    assert found["r"] == pytest.approx(np.corrcoef(observed, expected)[0, 1])
    wrong = skill(observed, np.array([10.0, 10.0, 10.0, 10.0]))
    assert wrong["ioa"] == pytest.approx(2 * 6 / 28 - 1)  # the refined index below zero
