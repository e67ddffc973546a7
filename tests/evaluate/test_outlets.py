"""Source data against the slow judge: valid counts, conversion to the reference oxygen, days by flow, limits, rates."""

from __future__ import annotations

import csv
import gzip
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest
from tests.evaluate.points_made import CATALOG, Row, one, places, table
from tests.oracle import outlets as slow

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate, evaluate_source
from qingce.evaluate.outlets.rules import OutletBook

DAY = datetime(2026, 5, 6)
BOOK = OutletBook(CATALOG, "auto")
MILLI = Fraction(1, 1000)


def hour(number: int) -> datetime:
    return DAY + timedelta(hours=number)


@pytest.mark.parametrize("kind", sorted(slow.CAPS))
def test_every_limit_of_the_slow_judge_and_a_step_to_either_side(kind: str) -> None:
    for item, cap in slow.CAPS[kind].items():
        limit = BOOK.limit(item, kind, site="", day=DAY.date())
        assert limit is not None
        assert limit.value == cap
        for shift in (Fraction(-1), Fraction(0), Fraction(1, 2) - MILLI, Fraction(1, 2) + MILLI, Fraction(1)):
            rows = [
                one("s", item, cap + shift, time=hour(3)),
                one("s", "flue_o2", slow.OXYGEN[kind] or 9, time=hour(3)),
            ]
            data = table(rows, span="PT1H")
            found = evaluate_source(data, catalog=CATALOG, period="hour", sites=places({"s": kind})).to_pylist()
            assert found[0]["met"] == ("yes" if slow.keeps(cap + shift, cap) else "no"), (item, shift)


@pytest.mark.parametrize("count", [0, 1, 44, 45, 46, 60])
def test_an_hour_of_flue_gas_needs_its_minutes(count: int) -> None:
    rows = [one("s", "flue_so2", 30, time=DAY + timedelta(minutes=n)) for n in range(count)]
    rows += [("s", "flue_so2", DAY + timedelta(minutes=n), None, None, "invalid") for n in range(count, 60)]
    rows += [one("s", "flue_o2", 6, time=DAY + timedelta(minutes=n)) for n in range(60)]
    data = table(rows, span="PT1M")
    (line,) = evaluate_source(data, catalog=CATALOG, period="hour", sites=places({"s": "超低排放燃煤机组"})).to_pylist()
    assert line["n"] == count
    assert (line["value"] is not None) is slow.minutes(count)
    assert line["absent"] == (None if slow.minutes(count) else "too_few" if count else "invalid")


@pytest.mark.parametrize(("count", "there"), [(19, False), (20, True), (24, True)])
def test_a_day_of_flue_gas_needs_twenty_hours(count: int, *, there: bool) -> None:
    rows = [one("s", "flue_pm", 4, time=hour(n)) for n in range(count)]
    (line,) = evaluate_source(table(rows, span="PT1H"), catalog=CATALOG, sites=places({"s": "热风炉"})).to_pylist()
    assert ((line["value"] is not None), line["n"], line["n_required"]) == (there, count, 20)


def test_air_that_cannot_be_converted_has_no_verdict() -> None:
    rows = [one("s", "flue_nox", 30, time=hour(n)) for n in range(3)]
    rows += [one("s", "flue_o2", "20.0", time=hour(0)), one("s", "flue_o2", "19.99", time=hour(1))]
    sites = places({"s": "coal_ultra_low"})
    first, second, third = evaluate_source(
        table(rows, span="PT1H"), catalog=CATALOG, period="hour", sites=sites
    ).to_pylist()
    assert (first["converted"], first["met"], first["absent"]) == (None, None, "not_reported")
    assert second["converted"] == as_decimal(Fraction(30) * 15 / Fraction("1.01"))
    assert (third["converted"], third["value"]) == (None, 30)


def test_mass_uses_the_concentration_before_conversion() -> None:
    rows = [one("s", "flue_nox", 50, time=hour(n)) for n in range(24)]
    rows += [one("s", "flue_o2", 9, time=hour(n)) for n in range(24)]
    rows += [one("s", "flue_flow", 200_000, time=hour(n)) for n in range(24)]
    data = table(rows, span="PT1H")
    (line,) = evaluate_source(data, catalog=CATALOG, sites=places({"s": "coal_ultra_low"})).to_pylist()
    assert (line["mass_kg"], line["converted"]) == (240, Decimal("62.5"))
    assert (line["met"], line["hours_over"], line["exceed"]) == ("no", 24, Decimal("0.25"))


def gas(cases: int, seed: int) -> tuple[list[Row], dict[str, str], dict[tuple[str, str], dict[str, object]]]:
    dice = random.Random(seed)
    rows: list[Row] = []
    kinds: dict[str, str] = {}
    told: dict[tuple[str, str], dict[str, object]] = {}
    for number in range(cases):
        site, kind = f"g{number:05d}", dice.choice(sorted(slow.CAPS))
        item = dice.choice(sorted(slow.CAPS[kind]))
        kinds[site], cap = kind, slow.CAPS[kind][item]
        hours: list[tuple[Fraction | None, Fraction | None]] = []
        for n in range(dice.choice([18, 19, 20, 21, 24])):
            value = dice.choice([cap, cap + Fraction(1, 2), Fraction(cap, 2), Fraction(dice.randint(1, 2000), 10)])
            oxygen = dice.choice([None, Fraction(slow.OXYGEN[kind] or 9), Fraction(dice.randint(20, 205), 10)])
            gone = dice.random() < 0.05
            rows.append((site, item, hour(n), None, None, "invalid") if gone else one(site, item, value, time=hour(n)))
            if oxygen is not None:
                rows.append(one(site, "flue_o2", oxygen, time=hour(n)))
            hours.append((None if gone else value, oxygen))
        told[site, item] = slow.gas_day(hours, kind, item)
    return rows, kinds, told


def check_gas(cases: int, seed: int) -> None:
    rows, kinds, told = gas(cases, seed)
    found = evaluate_source(table(rows, span="PT1H"), catalog=CATALOG, sites=places(kinds)).to_pylist()
    assert len(found) == cases
    for line in found:
        expected = told[line["outlet"], line["parameter"]]
        for name in ("value", "converted"):
            assert line[name] == (None if expected[name] is None else as_decimal(expected[name])), line  # type: ignore[arg-type]
        assert line["n"] == expected["n"]
        assert line["met"] == {True: "yes", False: "no", None: None}[expected["met"]], line  # type: ignore[index]
        assert line["hours_over"] == (None if expected["met"] is None else expected["over"])


def test_random_days_of_flue_gas_are_the_oracles() -> None:
    check_gas(300, 11)


@pytest.mark.prove
def test_ten_thousand_days_of_flue_gas_are_the_oracles() -> None:
    check_gas(10_000, 12)


def check_water(cases: int, seed: int) -> None:
    dice = random.Random(seed)
    rows: list[Row] = []
    kinds: dict[str, str] = {}
    told: dict[str, tuple[str, Fraction, bool | None, str]] = {}
    for number in range(cases):
        site, kind = f"w{number:05d}", dice.choice(sorted(slow.WATER))
        kinds[site], item = kind, dice.choice(["cod", "nh3n", "tp", "tn"])
        limit = slow.WATER[kind][item]
        cap = Fraction(limit if isinstance(limit, str) else dice.choice(limit))
        values = [cap + Fraction(dice.choice([-400, -1, 0, 1, 4, 5, 6, 400]), 1000) for _ in range(dice.randint(1, 24))]
        volumes = [Fraction(dice.randint(0, 900)) for _ in values] if dice.random() < 0.7 else None
        warmth = dice.choice([None, Fraction(12), Fraction("12.1"), Fraction(5)])
        for n, value in enumerate(values):
            rows.append(one(site, item, value, time=hour(n)))
            if volumes:
                rows.append(one(site, "outlet_volume", volumes[n], time=hour(n)))
        if warmth is not None:
            rows.append(one(site, "water_temp", warmth, time=hour(0)))
        mean = slow.weighted(values, volumes)
        how = "flow_weighted" if volumes and sum(volumes) else "mean"
        told[site] = item, mean, slow.water_met(item, mean, kind, warmth), how
    for line in evaluate_source(table(rows, span="PT1H"), catalog=CATALOG, sites=places(kinds)).to_pylist():
        item, mean, met, how = told[line["outlet"]]
        assert (line["parameter"], line["exact"], line["how"]) == (item, str(mean), how)
        assert line["met"] == {True: "yes", False: "no", None: None}[met], line


def test_random_days_of_wastewater_are_the_oracles() -> None:
    check_water(400, 21)


@pytest.mark.prove
def test_ten_thousand_days_of_wastewater_are_the_oracles() -> None:
    check_water(10_000, 22)


def test_acidity_takes_the_median_and_both_bounds() -> None:
    for values, met in ((("6", "9", "9"), "yes"), (("5.99", "5.99", "9"), "no"), (("9.01", "9.01"), "no")):
        rows = [one("s", "ph", value, time=hour(n)) for n, value in enumerate(values)]
        (line,) = evaluate_source(table(rows, span="PT1H"), catalog=CATALOG, sites=places({"s": "一级A"})).to_pylist()
        assert (line["how"], line["met"], line["mass_kg"]) == ("median", met, None)


def test_a_quarter_counts_what_was_due_stopped_received_and_valid() -> None:
    rows: list[Row] = []
    for day in range(91):
        for n in range(24):
            time = datetime(2026, 4, 1) + timedelta(days=day, hours=n)
            if day < 10:
                rows.append(("s", "flue_pm", time, None, None, "not_monitored"))
            elif day < 30:
                rows.append(("s", "flue_pm", time, None, None, "invalid"))
            else:
                rows.append(one("s", "flue_pm", 8, time=time))
    data, sites = table(rows, span="PT1H"), places({"s": "钢铁其他主要污染源"})
    (line,) = evaluate_source(data, catalog=CATALOG, period="quarter", sites=sites).to_pylist()
    assert (line["hours_due"], line["hours_stopped"], line["hours_valid"]) == (2184, 240, 1464)
    assert line["capture_rate"] == as_decimal(Fraction(146_400, 1944))
    assert (line["capture_met"], line["n"], line["n_required"], line["absent"]) == ("yes", 61, 75, "too_few")
    months = evaluate_source(data, catalog=CATALOG, period="month", sites=sites).to_pylist()
    assert [(row["n"], row["absent"]) for row in months] == [(0, "too_few"), (31, None), (30, None)]


@pytest.mark.parametrize(("days", "absent"), [(22, "too_few"), (23, None)])
def test_february_needs_fewer_days(days: int, absent: str | None) -> None:
    rows = [one("s", "flue_pm", 5, time=datetime(2026, 2, 1) + timedelta(hours=n)) for n in range(24 * days)]
    data, sites = table(rows, span="PT1H"), places({"s": "热风炉"})
    (line,) = evaluate_source(data, catalog=CATALOG, period="month", sites=sites).to_pylist()
    assert (line["n_required"], line["absent"]) == (23, absent)


def test_the_outlets_own_limit_stands_before_the_standard(tmp_path: Path) -> None:
    from qingce.catalog import load_catalog

    folder = tmp_path / "standards" / "permit-2026"
    folder.mkdir(parents=True)
    (folder / "standard.toml").write_text(
        'code = "permit-2026"\nfamily = "permit"\nzh = "许可证"\nen = "permit"\nmedium = "source"\n'
        'source = "GB13223-2011"\nstart = 2026-01-01\nstatus = "verified"\n', "utf-8"
    )  # fmt: skip
    (folder / "limits.csv").write_text(
        "parameter,averaging,grade,bound,low,value,unit,edition,start,end,clause,page,words,place,status,question\n"
        "flue_nox,1h,coal_ultra_low,le,,35,mg/m3,,,,许可证,,许可证 35,s,verified,\n", "utf-8"
    )  # fmt: skip
    rows = [one(site, item, 40, time=hour(1)) for site in "st" for item in ("flue_nox",)]
    rows += [one(site, "flue_o2", 6, time=hour(1)) for site in "st"]
    found = evaluate_source(
        table(rows, span="PT1H"),
        catalog=load_catalog([tmp_path]),
        period="hour",
        sites=places(dict.fromkeys("st", "coal_ultra_low")),
    ).to_pylist()
    told = {line["outlet"]: (line["limit"], line["met"], line["limits"]) for line in found}
    assert told == {"s": (35, "no", "permit-2026"), "t": (50, "yes", "coal-ultra-low-2015")}


def test_what_is_not_known_is_refused_by_number() -> None:
    with pytest.raises(QingceError, match=r"QC257.*“pm10”不是source"):
        evaluate("source", table([one("s", "pm10", 1)]), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC259.*“s”.*水泥窑"):
        evaluate("source", table([one("s", "cod", 1)]), catalog=CATALOG)
    with pytest.raises(QingceError, match=r"QC258.*“炼丹炉”"):
        evaluate("source", table([one("s", "cod", 1)]), catalog=CATALOG, sites=places({"s": "炼丹炉"}))
    with pytest.raises(QingceError, match=r"QC254.*week"):
        evaluate("source", table([one("s", "cod", 1)]), catalog=CATALOG, period="week")


def real(shared: Path) -> list[tuple[datetime, Fraction | None]]:
    with gzip.open(shared / "data/cems_wastewater_changlong/hourly.csv.gz", "rt", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [
        (datetime.fromisoformat(r["monitorTime"]), Fraction(r["monitorAvgValue"]) if r["monitorAvgValue"] else None)
        for r in rows
    ]


def test_a_real_outlet_of_wastewater_gives_the_plain_means_of_its_days(shared: Path) -> None:
    """The factor is not named in the file: it is read as ammonia here to exercise the rules, not to judge the works."""
    found: dict[datetime, Fraction | None] = {}
    for time, value in real(shared):
        found.setdefault(time, value)
    rows: list[Row] = [
        ("s", "nh3n", time, value, None, "not_reported" if value is None else None) for time, value in found.items()
    ]
    data: pa.Table = table(rows, span="PT1H")
    lines = evaluate_source(data, catalog=CATALOG, sites=places({"s": "一级A"})).to_pylist()
    days: dict[date, list[Fraction]] = {}
    for time, value in found.items():
        days.setdefault(time.date(), [])
        if value is not None:
            days[time.date()].append(value)
    assert len(lines) == len(days) > 190
    for line in lines:
        values = days[date.fromisoformat(line["period"])]
        assert line["n"] == len(values)
        if values:
            mean = sum(values, Fraction(0)) / len(values)
            assert (line["exact"], line["met"]) == (
                str(mean),
                {True: "yes", False: "no", None: None}[slow.water_met("nh3n", mean, "wwtp_1a", None)],
            )
    assert sum(line["met"] == "no" for line in lines) > 0
