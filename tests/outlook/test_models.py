"""What the models draw, and how the spread between years is told from many subjects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.outlook.made_air import city_days

from qingce.catalog import load_catalog
from qingce.core.errors import QingceError
from qingce.evaluate.air.indicator_days import subject_days
from qingce.evaluate.air.input import day_number
from qingce.outlook.air.panel import past_of
from qingce.outlook.models.carry import Together, carried, so_far, together
from qingce.outlook.models.donors import calibrated, donors_of, shifted
from qingce.outlook.models.past import Future, Past, cut, month_of, usable
from qingce.outlook.models.spread import Part, Spread, monthly, own, pooled
from qingce.outlook.models.verbs import VERBS, Setting, simulate

CATALOG = load_catalog()
HISTORY = CATALOG.outlooks.history
AS_OF = date(2025, 6, 30)
NAMES = ("pm2_5", "o3_8h")


def future(as_of: date = AS_OF, end: date = date(2025, 12, 31)) -> Future:
    first = day_number(as_of) + 1
    return Future(np.arange(first, day_number(end) + 1), day_number(date(as_of.year, 1, 1)))


def past(subject: str = "X", first: date = date(2022, 1, 1), last: date = AS_OF, **more: object) -> Past:
    table = city_days(first, last, subject=subject, **more)  # type: ignore[arg-type]
    return past_of(subject_days(table, scope=subject, series="measured")).chosen(NAMES)


def spread(month: float = 0.08, level: float = 0.01, memory: float = 0.1) -> Spread:
    ones = np.ones(2)
    common = Part(month * ones, level * ones, memory * ones, 1e6 * ones)
    return Spread(NAMES, common, Part.none(2), 0 * ones, np.ones((2, 12)), np.eye(2))


def setting(model: str, given: Spread | None = None, seed: int = 1) -> Setting:
    return Setting(CATALOG.outlooks.models[model], given or spread(), HISTORY, np.random.default_rng(seed))


@pytest.mark.parametrize("model", ["season-bootstrap", "season-ar"])
def test_months_differ_as_the_spread_says(model: str) -> None:
    """The log of each coming month's mean has the variance that was asked for, whatever the days' own."""
    for rough in (0.1, 0.4, 0.8):
        one = replace(setting(model, spread(memory=0)), model=_many(model))
        values = simulate(past(rough=rough), future(), one)
        months = np.log(np.stack([values[:, 0, future().months == m].mean(axis=1) for m in range(6)], axis=1))
        years = donors_of(past(rough=rough), future(), history=HISTORY, window=15)
        want = 0.08 / 2 * (1 + 1 / len(years.years))
        kept = 0.01 - 0.01 * _kept(rough)
        assert months.var(axis=0).mean() == pytest.approx(want + kept, rel=0.12)
        shared = np.cov(months.T)[np.triu_indices(6, 1)].mean()
        assert shared == pytest.approx(kept, abs=0.003)


def _many(name: str) -> object:
    model = CATALOG.outlooks.models[name]
    return replace(model, options={**model.options, "members": 3000})


def _kept(rough: float) -> float:
    """Level / (level + month / n) of six months so far."""
    return 0.01 / (0.01 + 0.08 / 6)


def test_the_level_so_far_carries_on_by_the_best_linear_estimate() -> None:
    flat = past(rough=0, level={2025: 0.8})
    donors = donors_of(flat, future(), history=HISTORY, window=15)
    each, whole = carried(flat, future(), spread(memory=0), years=donors.years, allowed=donors.allowed, history=HISTORY)
    months, d, days = so_far(flat, future(), years=1, history=HISTORY)
    assert len(months) == 6
    assert d[0] == pytest.approx(np.log(0.8), abs=1e-3)
    assert days.sum(axis=1).tolist() == [181, 181]
    noise = [0.08 * max(0.0, 30 / n - 1) for n in days[0]]
    known = 0.01 + np.diag(0.08 + np.array(noise))
    weights = np.full(6, 0.01) @ np.linalg.inv(known)
    share = (1 + 1 / len(donors.years)) / 2
    assert each[0, 0] == pytest.approx(weights @ d[0] - share * 0.08 / 2, abs=1e-9)
    assert whole.mean.shape == (2, 6)


def test_near_months_remember_more_than_far_ones() -> None:
    flat = past(rough=0, level={2025: 0.8})
    donors = donors_of(flat, future(), history=HISTORY, window=15)
    each, _ = carried(flat, future(), spread(memory=0.5), years=donors.years, allowed=donors.allowed, history=HISTORY)
    assert each[0, 0].tolist() == sorted(each[0, 0].tolist())  # falls back toward no change


def test_donors_are_near_the_same_date_and_whole_days() -> None:
    one = past(gaps=0.1)
    places = shifted(one, np.arange(one.values.shape[1]))
    assert one.valid[places].all()
    assert np.abs(places - np.arange(one.values.shape[1])).max() < 10
    values = simulate(one, future(), setting("season-bootstrap"))
    assert not np.isnan(values).any()
    assert values.shape == (400, 2, 184)


def test_a_donor_year_may_cover_some_months_only() -> None:
    one = past(first=date(2023, 11, 1))
    donors = donors_of(one, future(), history=HISTORY, window=15)
    assert donors.years == (1, 2)
    assert donors.allowed.tolist() == [[True] * 6, [False] * 4 + [True] * 2]
    assert donors.enough
    dice = np.linspace(0, 0.999, 50)[:, None] * np.ones(184)
    which = donors.picked(dice, future().months)
    assert set(which[:, 0]) == {0}
    assert set(which[:, -1]) == {0, 1}
    assert not donors_of(past(first=date(2025, 1, 1)), future(), history=HISTORY, window=15).enough


def test_the_naive_models_are_last_years_days() -> None:
    one = past()
    same = simulate(one, future(), setting("same-remaining-mean"))
    start = day_number(date(2024, 7, 1)) - one.start
    assert same.shape == (1, 2, 184)
    assert np.array_equal(same[0], one.values[:, start : start + 184])
    same = simulate(past(rough=0), future(), setting("same-remaining-mean"))
    moved = simulate(past(rough=0, level={2025: 0.5}), future(), setting("same-anomaly"))
    assert (moved / same)[0, 0].mean() == pytest.approx(0.5, abs=0.01)


def test_a_model_with_an_unknown_verb_is_refused() -> None:
    odd = replace(CATALOG.outlooks.models["season-ar"], verb="stars", place="stars.toml")
    with pytest.raises(QingceError, match=r"QC107: .*verb.*stars.*stars\.toml.*bootstrap"):
        simulate(past(), future(), replace(setting("season-ar"), model=odd))
    assert set(VERBS) >= {"repeat", "bootstrap", "autoregression"}


def made(count: int, years: int, *, shared: float, apart: float, level: float, seed: int = 4) -> list[Past]:
    """Made cities: months of variance `shared` / 2 that all have, `apart` / 2 of their own, a common level a year."""
    rng = np.random.default_rng(seed)
    together_ = rng.normal(0, np.sqrt(shared / 2), 12 * years) + np.repeat(rng.normal(0, np.sqrt(level / 2), years), 12)
    days = np.arange(day_number(date(2021, 1, 1)), day_number(date(2020 + years, 12, 31)) + 1)
    place = month_of(days) - month_of(days)[0]
    found = []
    for _ in range(count):
        logs = together_ + rng.normal(0, np.sqrt(apart / 2), 12 * years)
        found.append(Past(("pm2_5",), int(days[0]), 40 * np.exp(logs)[place][None]))
    return found


def test_the_spread_of_many_subjects_is_found_again() -> None:
    """Forty made cities, thirty years: what is shared and what sets one apart come out near what was put in."""
    found = pooled(made(40, 30, shared=0.05, apart=0.03, level=0.02), CATALOG.outlooks, quantities=("pm2_5",))
    assert found.common.month[0] == pytest.approx(0.05, abs=0.012)
    assert found.common.level[0] == pytest.approx(0.02, abs=0.008)
    assert found.apart.month[0] == pytest.approx(0.03, abs=0.005)
    assert found.apart.level[0] < 0.003
    assert found.month[0] == found.common.month[0] + found.apart.month[0]
    assert found.level[0] == found.common.level[0] + found.apart.level[0]
    assert found.common.memory[0] < 0.15
    assert found.season[0].mean() == pytest.approx(1)
    assert found.season[0, 0] == pytest.approx(CATALOG.outlooks.spread["pm2_5"].winter * found.season[0, 6])


def test_a_declared_level_of_nothing_is_no_division_by_it() -> None:
    flat = replace(CATALOG.outlooks.spread["pm2_5"], level=0.0, own_level=0.0)
    outlooks = replace(CATALOG.outlooks, spread={**CATALOG.outlooks.spread, "pm2_5": flat})
    found = pooled(made(1, 3, shared=0.05, apart=0.03, level=0.0), outlooks, quantities=("pm2_5",))
    assert np.isfinite(np.r_[found.common.level, found.apart.level, found.common.month, found.apart.month]).all()


def test_one_subject_alone_cannot_tell_what_it_shares() -> None:
    """Its variance is divided as the content declares; together it is what it shows."""
    alone = pooled(made(1, 30, shared=0.05, apart=0.03, level=0.0), CATALOG.outlooks, quantities=("pm2_5",))
    prior = CATALOG.outlooks.spread["pm2_5"]
    assert alone.month[0] + alone.level[0] == pytest.approx(0.08, abs=0.012)
    assert alone.apart.month[0] / alone.month[0] == pytest.approx(prior.own_month / prior.total[0], abs=0.01)


def test_many_cities_of_one_year_tell_little_of_what_they_share() -> None:
    """Two years of forty cities: the own part is told by forty, the shared one by twelve months and the content."""
    found = pooled(made(40, 2, shared=0.05, apart=0.03, level=0.0), CATALOG.outlooks, quantities=("pm2_5",))
    assert found.common.evidence[0] < 20
    assert found.apart.evidence[0] > 50


def test_months_that_remember_each_other_leave_a_tail_with_a_variance() -> None:
    """A year that stays as far off as it began tells little, but never so little that futures run off."""
    days = np.arange(day_number(date(2021, 1, 1)), day_number(date(2022, 12, 31)) + 1)
    values = np.where(np.arange(days.size) < 365, 40.0, 80.0) * (1 + 1e-3 * (month_of(days) % 12))
    found = pooled([Past(("pm2_5",), int(days[0]), values[None])], CATALOG.outlooks, quantities=("pm2_5",))
    for part in (found.common, found.apart):
        assert part.evidence[0] >= 3
        assert 0 <= part.memory[0] <= 0.9


def test_nothing_known_is_what_the_content_declares() -> None:
    found = pooled([], CATALOG.outlooks, quantities=("pm2_5", "so2"))
    for row, name in enumerate(("pm2_5", "so2")):
        prior = CATALOG.outlooks.spread[name]
        assert (found.month[row], found.level[row]) == pytest.approx(prior.total)
        assert found.drift[row] == pytest.approx(prior.drift)
    assert np.array_equal(found.correlation, np.eye(2))


def test_a_rough_subject_is_told_from_a_quiet_one() -> None:
    table = replace(spread(), apart=spread(month=0.03).common)
    rough, quiet = past("R", rough=1.2), past("Q", rough=0.02)
    least, most = (own(table, one, history=HISTORY).apart.month[0] for one in (quiet, rough))
    assert most > table.apart.month[0] > least
    assert own(table, rough, history=HISTORY).common is table.common  # what all share is not one's own
    young = past("Y", first=date(2025, 5, 1))
    assert own(table, young, history=HISTORY) is table


def test_what_all_share_is_no_roughness_of_ones_own() -> None:
    """A subject whose months differ just as everyone's do stands apart from nobody."""
    rough = past("R", rough=1.2)
    first, logs = monthly(rough, HISTORY)
    means = {}
    for year in range(first // 12 + 1, first // 12 + 4):
        now = np.full((2, 12), np.nan)
        place = 12 * year - first
        width = min(12, logs.shape[1] - place)
        now[:, :width] = logs[:, place : place + width] - logs[:, place - 12 : place - 12 + width]
        means[year] = now
    table = replace(spread(), apart=spread(month=0.03).common, means=means)
    assert own(table, rough, history=HISTORY).apart.month[0] < 0.03


def test_the_mean_so_far_is_that_of_all_subjects() -> None:
    pasts = [past("A", rough=0, level={2025: 0.8}), past("B", rough=0, level={2025: 1.25}), past("C", rough=0)]
    found = together(pasts, future(), quantities=NAMES, years=2, history=HISTORY)
    told = found.of(1, ("o3_8h",))
    assert told is not None
    d, days, many = told
    assert d == pytest.approx(np.zeros((1, 6)), abs=2e-3)
    assert days.tolist() == [[31, 28, 31, 30, 31, 30]]
    assert many.tolist() == [[3] * 6]
    assert found.of(5, NAMES) is None


def test_what_sets_a_subject_apart_carries_on_by_itself() -> None:
    """All years share nothing that lasts, a subject's own level lasts: only its distance from the others carries on."""
    flat = past("A", rough=0, level={2025: 0.8})
    others = Together(NAMES, {back: (np.full((2, 6), -0.1), np.full((2, 6), 30.0), np.full((2, 6), 1e6))
                              for back in (1, 2, 3)})  # fmt: skip
    last = Part(np.full(2, 1e-9), np.full(2, 0.02), np.zeros(2), np.full(2, 1e6))
    table = replace(spread(level=1e-12, memory=0), apart=last)
    donors = donors_of(flat, future(), history=HISTORY, window=15)
    each, whole = carried(flat, future(), table, years=donors.years, allowed=donors.allowed, history=HISTORY,
                          others=others)  # fmt: skip
    fair = 0.08 * (1 + 1 / 3) / 4
    assert each[0, 0] == pytest.approx(np.full(6, np.log(0.8) + 0.1 - fair), abs=2e-3)
    assert np.diag(whole.covariance[0]) == pytest.approx(0.08 * (1 + 1 / 3) / 2, rel=0.01)
    assert whole.apart[0].max() < 1e-4


def test_a_panel_of_one_is_that_one() -> None:
    one = past(level={2025: 0.8})
    table = replace(spread(), apart=spread(month=0.03, level=0.004).common)
    panel = together([one], future(), quantities=NAMES, years=3, history=HISTORY)
    donors = donors_of(one, future(), history=HISTORY, window=15)
    alone, among = (
        carried(one, future(), table, years=donors.years, allowed=donors.allowed, history=HISTORY, others=others)
        for others in (None, panel)
    )
    assert alone[0] == pytest.approx(among[0])
    assert alone[1].covariance == pytest.approx(among[1].covariance)
    assert among[1].apart.max() < 1e-6


def test_months_with_few_days_are_no_months() -> None:
    one = past(first=date(2025, 5, 20))
    first, logs = monthly(one, HISTORY)
    assert first == (2025 - 1970) * 12 + 4
    assert np.isnan(logs[:, 0]).all()  # twelve days
    assert not np.isnan(logs[:, 1]).any()


def test_what_a_model_sees_ends_with_the_day() -> None:
    one = past()
    seen = cut(one, day_number(date(2024, 3, 1)))
    assert seen.last == day_number(date(2024, 3, 1))
    assert cut(one, one.start - 5).values.shape[1] == 0
    holes = Past(NAMES, 0, np.array([[1.0, 2, 3, 4], [np.nan, np.nan, np.nan, 1]]))
    assert usable(holes, HISTORY) == ("pm2_5",)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([date(2025, 1, 31), date(2025, 6, 13), date(2025, 11, 30)]))
def test_draws_are_positive_finite_and_repeatable(seed: int, as_of: date) -> None:
    one, ahead = cut(LONG, day_number(as_of)), future(as_of)
    for model in ("season-bootstrap", "season-ar"):
        first = simulate(one, ahead, setting(model, seed=seed))
        assert np.isfinite(first).all()
        assert (first > 0).all()
        assert np.array_equal(first, simulate(one, ahead, setting(model, seed=seed)))


LONG = past(last=date(2025, 12, 31))


def test_shocks_of_quantities_go_together_as_they_did() -> None:
    both = np.array([[1.0, 0.9], [0.9, 1.0]])
    table = replace(spread(memory=0), correlation=both)
    drawn = np.ones((4000, 2, 184))
    donors = donors_of(past(), future(), history=HISTORY, window=15)
    _, whole = carried(past(), future(), table, years=donors.years, allowed=donors.allowed, history=HISTORY)
    moved = calibrated(drawn, future(), table, carried=whole, least=15, rng=np.random.default_rng(2))
    logs = np.log(moved[:, :, 0])
    assert np.corrcoef(logs.T)[0, 1] == pytest.approx(0.9, abs=0.02)
