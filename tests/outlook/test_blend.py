"""The blend: weights from past verification only, biases off, today and the usual as members, honest spread."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog import load_catalog
from qingce.core.tables import FORECAST, empty
from qingce.outlook.air import forecast_cube
from qingce.outlook.air.blend import Near, blend, blended, draw, nearer

CATALOG = load_catalog()
START = date(2026, 3, 2)
AS_OF = date(2026, 9, 1)
SIZE = 200

Series = dict[date, float]


def near_days(forecasts: pa.Table, days: pa.Table, *, members: int, as_of: date, seed: int = 1) -> dict[str, Near]:
    """The draws of every place."""
    found = blended(forecasts, days, as_of=as_of, catalog=CATALOG)
    draws = (draw(found, subject, members=members, seed=seed) for subject in range(len(found.cube.subjects)))
    return {near.subject: near for near in draws if near is not None}


def day(number: int) -> date:
    return START + timedelta(days=number)


def days_of(series: Mapping[str, Mapping[str, Series]]) -> pa.Table:
    """Judged days as `AirDays.city_days` holds them, as far as the blend reads them."""
    names = sorted({name for one in series.values() for name in one})
    rows = []
    for subject, quantities in series.items():
        every = sorted({key for values in quantities.values() for key in values})
        for key in every:
            cells = {name: quantities.get(name, {}).get(key) for name in names}
            cells = {name: None if value is None else Decimal(f"{value:.6f}") for name, value in cells.items()}
            rows.append({"subject": subject, "day": key, "series": "measured", **cells})
            rows.append({"subject": subject, "day": key, "series": "deducted", **dict.fromkeys(names, Decimal(1))})
    types = [("subject", pa.string()), ("day", pa.date32()), ("series", pa.string())]
    return pa.Table.from_pylist(rows, pa.schema(types + [(name, pa.decimal128(18, 6)) for name in names]))


def forecast(issuer: str, made: date, for_day: date, value: float | None, **more: object) -> dict[str, object]:
    cell = None if value is None else Decimal(f"{value:.6f}")
    row = {"issuer": issuer, "site": "A", "parameter": "pm2_5", "made_on": made, "day": for_day, "value": cell}
    return row | more


def table(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, FORECAST)


def truth(seed: int = 0, size: int = SIZE) -> Series:
    """A series with memory, around 40."""
    rng, now, found = np.random.default_rng(seed), 0.0, {}
    for number in range(size):
        now = 0.7 * now + rng.normal(0, 0.3)
        found[day(number)] = 40 * math.exp(now)
    return found


def issued(
    issuer: str, came: Series, err: Callable[[int, int], float], *, leads: int = 3, until: date = AS_OF, **more: object
) -> list[dict[str, object]]:
    return [
        forecast(issuer, made, target, came[target] * math.exp(err(number, lead)), **more)
        for number, made in enumerate(sorted(came))
        for lead in range(1, leads + 1)
        if made <= until and (target := made + timedelta(days=lead)) in came
    ]


def noise(size: float, seed: int, bias: float = 0.0) -> Callable[[int, int], float]:
    return lambda number, lead: bias + float(np.random.default_rng([seed, number, lead]).normal(0, size))


def weights(rows: pa.Table) -> list[dict[str, int]]:
    found = []
    for text in rows["source"].to_pylist():
        parts = [part.rsplit(" ", 1) for part in text.split("、")]
        found.append({name: int(share.rstrip("%")) for name, share in parts})
    return found


def test_the_better_forecaster_has_the_weight_and_the_blend_is_nearer_than_either():
    came = truth()
    rows = issued("good", came, noise(0.1, 1)) + issued("poor", came, noise(0.6, 2))
    found = blend(table(rows), days_of({"A": {"pm2_5": came}}), as_of=AS_OF, catalog=CATALOG)
    assert found.schema == FORECAST
    assert found["day"].to_pylist() == [AS_OF + timedelta(days=lead) for lead in (1, 2, 3)]
    assert set(found["issuer"].to_pylist()) == {"blend"}
    for share in weights(found):
        assert share["good"] > 80
        assert share["good"] > 10 * share.get("poor", 0)
        assert 98 <= sum(share.values()) <= 102
    for row in found.to_pylist():
        assert abs(math.log(float(row["value"]) / came[row["day"]])) < 0.35
        assert row["low"] < row["value"] < row["high"]


def test_a_bias_is_taken_off():
    came = truth()
    rows = issued("biased", came, noise(0.02, 3, bias=math.log(1.5)))
    found = blend(table(rows), days_of({"A": {"pm2_5": came}}), as_of=AS_OF, catalog=CATALOG)
    for row in found.to_pylist():
        assert float(row["value"]) == pytest.approx(came[row["day"]], rel=0.12)  # 1.5 times without the correction


def test_equal_forecasters_share_equally():
    came = truth()
    rows = issued("one", came, noise(0.2, 5)) + issued("two", came, noise(0.2, 6))
    found = weights(blend(table(rows), days_of({"A": {"pm2_5": came}}), as_of=AS_OF, catalog=CATALOG))
    for share in found:
        assert abs(share["one"] - share["two"]) < 20


def test_a_forecaster_not_yet_verified_takes_no_part_and_alone_gives_no_blend():
    came = truth()
    judged = days_of({"A": {"pm2_5": came}})
    new = [forecast("new", AS_OF, AS_OF + timedelta(days=1), 999)]
    assert blend(table(new), judged, as_of=AS_OF, catalog=CATALOG).num_rows == 0
    both = blend(table(new + issued("old", came, noise(0.1, 7))), judged, as_of=AS_OF, catalog=CATALOG)
    assert all("new" not in share for share in weights(both))
    assert both["value"].to_pylist()[0] < 200


@pytest.mark.parametrize(("pairs", "takes_part"), [(9, False), (10, True)], ids=["nine", "ten"])
def test_the_least_number_of_verified_forecasts(pairs: int, takes_part: bool):
    came = truth()
    made = [AS_OF - timedelta(days=back) for back in range(1, pairs + 1)]
    rows = [forecast("x", one, one + timedelta(days=1), came[one + timedelta(days=1)]) for one in made]
    rows.append(forecast("x", AS_OF, AS_OF + timedelta(days=1), 50))
    found = blend(table(rows), days_of({"A": {"pm2_5": came}}), as_of=AS_OF, catalog=CATALOG)
    assert bool(found.num_rows) is takes_part


def test_an_old_forecast_is_used_with_the_skill_of_its_own_lead_until_it_is_stale():
    came = truth()
    judged = days_of({"A": {"pm2_5": came}})
    rows = issued("x", came, lambda number, lead: 0.0 if lead > 1 else math.log(2) * (-1) ** number)
    for back, count in ((1, 2), (2, 1), (3, 0)):
        old = [row for row in rows if row["made_on"] <= AS_OF - timedelta(days=back)]
        found = blend(table(old), judged, as_of=AS_OF, catalog=CATALOG)
        assert found.num_rows == count  # three days ahead were said, so many are still to come
        if count:
            first = found.to_pylist()[0]
            assert float(first["value"]) == pytest.approx(came[first["day"]], rel=0.1)


def test_the_last_known_of_one_key_counts_whatever_the_order():
    came = truth()
    rows = issued("x", came, noise(0.05, 8), known_at=datetime(2026, 9, 1, 8))
    wrong = [row | {"value": Decimal(900), "known_at": datetime(2026, 9, 1, 7)} for row in rows]
    judged = days_of({"A": {"pm2_5": came}})
    expected = blend(table(rows), judged, as_of=AS_OF, catalog=CATALOG)
    assert blend(table(wrong + rows), judged, as_of=AS_OF, catalog=CATALOG).equals(expected)
    assert blend(table(rows + wrong), judged, as_of=AS_OF, catalog=CATALOG).equals(expected)


def test_a_range_counts_with_its_middle():
    came = truth()
    rows = issued("x", came, noise(0.05, 8))
    wide = [row | {"value": None, "low": row["value"] - 5, "high": row["value"] + 5} for row in rows]
    judged = days_of({"A": {"pm2_5": came}})
    expected = blend(table(rows), judged, as_of=AS_OF, catalog=CATALOG)
    assert blend(table(wide), judged, as_of=AS_OF, catalog=CATALOG).equals(expected)


def test_index_with_levels_and_the_primary_that_weight_names():
    came = {key: 2 * value for key, value in truth().items()}
    index = {"parameter": "aqi"}
    rows = issued("a", came, noise(0.05, 1), **index, primary="pm2_5")
    rows += issued("b", came, noise(0.5, 2), **index, primary="o3")
    found = blend(table(rows), days_of({"A": {"aqi": came}}), as_of=AS_OF, catalog=CATALOG).to_pylist()
    assert len(found) == 3
    bounds = [50, 100, 150, 200, 300]
    for row in found:
        assert row["value"] == int(row["value"])
        level = lambda value: 1 + sum(value > bound for bound in bounds)  # noqa: E731
        assert (row["level_low"], row["level_high"]) == (level(row["low"]), level(row["high"]))
        assert row["primary"] == ("pm2_5" if row["value"] > 50 else "")


def mixed(places: int = 3, parameters: tuple[str, ...] = ("aqi", "co", "pm2_5")) -> tuple[pa.Table, pa.Table]:
    """Two forecasters with gaps and late corrections over some places and parameters."""
    series = {f"P{n}": {name: truth(10 * n + at) for at, name in enumerate(parameters)} for n in range(places)}
    rows = []
    for n, (place, quantities) in enumerate(series.items()):
        for at, (name, came) in enumerate(quantities.items()):
            where = {"site": place, "parameter": name}
            early, late = datetime(2026, 9, 1, 7), datetime(2026, 9, 1, 8)
            rows += issued("late", came, noise(0.1, n), **where, known_at=late)[:: at + 1]
            rows += issued("late", came, noise(0.9, n), **where, known_at=early)
            rows += issued("none", came, noise(0.3, 7 + at), **where, leads=5)
    return table(rows), days_of(series)


@pytest.mark.parametrize("rows", [1, 7, 500])
def test_blocks_of_any_size_give_the_same_answer(rows: int, monkeypatch: pytest.MonkeyPatch):
    forecasts, judged = mixed()
    whole = blended(forecasts, judged, as_of=AS_OF, catalog=CATALOG)
    monkeypatch.setattr(forecast_cube, "_BLOCK", rows)
    if rows == 1:  # a row at a time is slow: the last forecasts suffice
        forecasts = forecasts.slice(forecasts.num_rows - 900)
        monkeypatch.setattr(forecast_cube, "_BLOCK", 1 << 18)
        whole = blended(forecasts, judged, as_of=AS_OF, catalog=CATALOG)
        monkeypatch.setattr(forecast_cube, "_BLOCK", 1)
    found = blended(forecasts, judged, as_of=AS_OF, catalog=CATALOG)
    for one, two in zip(found.cube.said, whole.cube.said, strict=True):
        np.testing.assert_array_equal(one, two)
    for name in ("centre", "spread", "weights", "errors"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


def test_a_parameter_alone_is_blended_as_among_others():
    forecasts, judged = mixed()
    together = blend(forecasts, judged, as_of=AS_OF, catalog=CATALOG).to_pylist()
    assert len(together) == 3 * 3 * 5
    for name in ("aqi", "co", "pm2_5"):
        alone = forecasts.filter(pc.equal(forecasts["parameter"], name))
        rows = blend(alone, judged, as_of=AS_OF, catalog=CATALOG).to_pylist()
        assert rows == [row for row in together if row["parameter"] == name]


def test_laying_out_one_by_one_finds_every_forecast_at_its_place():
    forecasts, judged = mixed(places=2)
    cube = blended(forecasts, judged, as_of=AS_OF, catalog=CATALOG).cube
    newest: dict[tuple[str, str, str, date, date], tuple[datetime, float]] = {}
    for row in forecasts.to_pylist():
        key = row["issuer"], row["site"], row["parameter"], row["made_on"], row["day"]
        known = row["known_at"] or datetime(1900, 1, 1)
        if key not in newest or known >= newest[key][0]:
            newest[key] = known, float(row["value"])
    count = 0
    for (issuer, site, name, made, target), (_, value) in newest.items():
        origin, lead = cube.origins - 1 - (AS_OF - made).days, (target - made).days
        if made > AS_OF or origin < 0:
            continue
        place = cube.subjects.index(site), cube.parameters.index(name), origin, lead - 1
        assert cube.said[cube.issuers.index(issuer)][place] == pytest.approx(math.log(value))
        count += 1
    assert count == sum(int((~np.isnan(one)).sum()) for one in cube.said) > 2_000


def test_nothing_to_blend():
    came = days_of({"A": {"pm2_5": truth()}})
    assert blend(empty(FORECAST), came, as_of=AS_OF, catalog=CATALOG).num_rows == 0
    elsewhere = [row | {"site": "B"} for row in issued("x", truth(), noise(0.1, 1))]
    assert blend(table(elsewhere), came, as_of=AS_OF, catalog=CATALOG).num_rows == 0
    unknown = [row | {"parameter": "so2"} for row in issued("x", truth(), noise(0.1, 1))]
    assert blend(table(unknown), came, as_of=AS_OF, catalog=CATALOG).num_rows == 0
    assert (
        blend(table(issued("x", truth(), noise(0.1, 1))), came.slice(0, 0), as_of=AS_OF, catalog=CATALOG).num_rows == 0
    )


_CHANGES = st.lists(st.tuples(st.integers(0, 5), st.floats(1, 900)), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(changes=_CHANGES, seed=st.integers(0, 5), back=st.integers(0, 40))
def test_nothing_after_the_day_of_issue_moves_the_blend(changes: list[tuple[int, float]], seed: int, back: int):
    as_of = AS_OF - timedelta(days=back)
    came = truth(seed)
    rows = issued("x", came, noise(0.2, seed), until=day(SIZE)) + issued(
        "y", came, noise(0.3, seed + 9), until=day(SIZE)
    )
    judged = days_of({"A": {"pm2_5": came}})
    expected = blend(table(rows), judged, as_of=as_of, catalog=CATALOG)
    assert expected.num_rows == 3
    other = dict(came)
    for ahead, value in changes:
        other[as_of + timedelta(days=1 + ahead)] = value
    later = [row for row in rows if row["made_on"] <= as_of]
    later += [
        forecast("x", as_of + timedelta(days=1 + ahead), as_of + timedelta(days=3 + ahead), value)
        for ahead, value in changes
    ]
    found = blend(table(later), days_of({"A": {"pm2_5": other}}), as_of=as_of, catalog=CATALOG)
    assert found.equals(expected)
    draws = near_days(table(rows), judged, as_of=as_of, members=7)["A"].values
    again = near_days(table(later), days_of({"A": {"pm2_5": other}}), as_of=as_of, members=7)["A"].values
    assert (draws == again).all()


def oracle_weight(errors: list[float], prior: float) -> float:
    """One over the mean square error about a shrunk bias; with one place the pool is the place itself."""
    bias = sum(errors) / (len(errors) + prior)
    rest = sum((error - bias) ** 2 for error in errors)
    return (len(errors) + prior) / (rest + prior * rest / len(errors))


def test_the_weights_against_plain_python():
    came = truth(3)
    rows = issued("x", came, noise(0.3, 1)) + issued("y", came, noise(0.4, 2))
    found = blended(table(rows), days_of({"A": {"pm2_5": came}}), as_of=AS_OF, catalog=CATALOG)
    window = 90 + 15
    for lead in (1, 2, 3):
        said: dict[str, dict[date, float]] = {"x": {}, "y": {}, "persistence": {}}
        for row in rows:
            if row["day"] == row["made_on"] + timedelta(days=lead):
                said[row["issuer"]][row["made_on"]] = math.log(float(row["value"]))
        said["persistence"] = {key: math.log(value) for key, value in came.items()}
        recent = {
            key: [
                math.log(came[key - timedelta(days=back)]) for back in range(30) if key - timedelta(days=back) in came
            ]
            for key in came
        }
        said["climatology"] = {key: sum(values) / len(values) for key, values in recent.items()}
        raw = {}
        for name, values in said.items():
            made = [AS_OF - timedelta(days=back) for back in range(window)]
            pairs = [
                one
                for one in made
                if one in values and one + timedelta(days=lead) <= AS_OF and one + timedelta(days=lead) in came
            ]
            raw[name] = oracle_weight([math.log(came[one + timedelta(days=lead)]) - values[one] for one in pairs], 10)
        total = sum(raw.values())
        got = dict(zip(found.cube.members, found.weights[:, 0, 0, lead - 1].tolist(), strict=True))
        assert got == pytest.approx({name: value / total for name, value in raw.items()}, rel=1e-4)


def test_draws_keep_the_dependence_of_days_and_pollutants():
    came = truth(4)
    coarse = {key: 1.8 * value for key, value in came.items()}
    shared = {key: float(np.random.default_rng(key.toordinal()).normal(0, 0.3)) for key in came}
    rows = []
    for name, series in (("pm2_5", came), ("pm10", coarse)):
        for made in sorted(came):
            for target in (made + timedelta(days=1), made + timedelta(days=2)):
                if made <= AS_OF and target in series:
                    value = series[target] * math.exp(shared[made])
                    rows.append(forecast("x", made, target, value, parameter=name))
    judged = days_of({"A": {"pm2_5": came, "pm10": coarse}})
    near = near_days(table(rows), judged, as_of=AS_OF, members=2000)["A"]
    assert near.parameters == ("pm10", "pm2_5")
    assert near.values.shape == (2000, 2, 2)
    assert near.days.tolist() == [(AS_OF - date(1970, 1, 1)).days + ahead for ahead in (1, 2)]
    logs = np.log(near.values)
    assert np.corrcoef(logs[:, 0, 0], logs[:, 1, 0])[0, 1] > 0.9
    assert np.corrcoef(logs[:, 0, 0], logs[:, 0, 1])[0, 1] > 0.5
    assert (near.values > 0).all()


def test_the_spread_holds_what_comes_after():
    """About eight in ten of the days to come lie within 80 % intervals learnt before them."""
    inside = total = 0
    for seed in range(12):
        came = truth(seed + 100)
        rows = issued("x", came, noise(0.25, seed)) + issued("y", came, noise(0.4, seed + 50))
        near = near_days(table(rows), days_of({"A": {"pm2_5": came}}), as_of=AS_OF, members=500)["A"]
        low, high = np.quantile(near.values[:, 0], [0.1, 0.9], axis=0)
        actual = np.array([came[date(1970, 1, 1) + timedelta(days=int(number))] for number in near.days])
        inside += int(((low <= actual) & (actual <= high)).sum())
        total += actual.size
    assert 0.6 <= inside / total <= 0.97


def test_the_same_seed_gives_the_same_draws_and_a_gap_ends_them():
    came = truth()
    left = {timedelta(days=lead) for lead in (1, 2, 6)}  # two days ago said the third day with a lead of five: left out
    rows = [row for row in issued("x", came, noise(0.1, 1), leads=6) if row["day"] - row["made_on"] in left]
    judged = days_of({"A": {"pm2_5": came}})
    one, two, three = (near_days(table(rows), judged, as_of=AS_OF, members=9, seed=seed)["A"] for seed in (1, 1, 2))
    assert (one.values == two.values).all()
    assert (one.values != three.values).any()
    assert one.days.size == 2  # the third day is said by nobody


def test_the_engine_asks_by_place_and_days_and_gets_nothing_beyond_reach():
    came = truth()
    rows, judged = issued("x", came, noise(0.1, 1)), days_of({"A": {"pm2_5": came}})
    near = nearer(table(rows), judged, as_of=AS_OF, catalog=CATALOG)
    assert near is not None
    days = [AS_OF + timedelta(days=ahead) for ahead in (2, 3, 4, 40)]
    found = near("A", days, 11)["pm2_5"]
    drawn = near_days(table(rows), judged, as_of=AS_OF, members=11)["A"].values
    assert (found[:, :2] == drawn[:, 0, 1:3]).all()
    assert np.isnan(found[:, 2:]).all()
    assert near("B", days, 11) == {}
    assert nearer(empty(FORECAST), judged, as_of=AS_OF, catalog=CATALOG) is None
    assert nearer(table(rows[:3]), judged, as_of=AS_OF, catalog=CATALOG) is None
