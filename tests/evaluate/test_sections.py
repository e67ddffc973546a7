"""Many sections: status of a city, its change, CWQI, trophic state, flood season, targets; against the slow judges."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from tests.evaluate.points_made import AT, CATALOG, Row, one, places, table
from tests.evaluate.water_made import sections as register_of
from tests.oracle import sections as slow
from tests.oracle import water

from qingce.core.errors import QingceError
from qingce.core.rounding import as_decimal
from qingce.evaluate import evaluate, evaluate_basins, evaluate_cwqi, evaluate_flood, evaluate_lakes, evaluate_targets
from qingce.evaluate.water.cwqi import ranks
from qingce.evaluate.water.lakes import state_of, trophic_index
from qingce.evaluate.water.scopes import Status, change_of

STEP = Fraction(1, 10**6)
ITEMS = ("ph", "do", "codmn", "nh3n", "tp", "hg", "fluoride")
METHOD = CATALOG.method("surface_water", day=date(2026, 5, 1))


def near(item: str, dice: random.Random) -> Fraction:
    """A value on, about or between the limits of a river."""
    if item == "ph":
        bounds = [Fraction(6), Fraction(9)]
    elif item == "do":
        bounds = [Fraction(text) for text in water.OXYGEN.split()]
    else:
        bounds = water.limits(item, "river")
    value = dice.choice(bounds)
    if dice.random() < 0.3:
        return value + dice.choice([-STEP, Fraction(0), STEP])
    return max(Fraction(int(value * dice.randint(2, 16) / 10 * 10**6), 10**6), STEP) if item != "ph" else value


def city_of_sections(dice: random.Random, most: int) -> list[dict[str, Fraction]]:
    return [
        {item: near(item, dice) for item in dice.sample(ITEMS, dice.randint(1, 4))}
        for _ in range(dice.randint(1, most))
    ]


def made(cities: dict[str, list[dict[str, Fraction]]], time: datetime = AT) -> tuple[list[Row], dict[str, str]]:
    rows: list[Row] = []
    home: dict[str, str] = {}
    for city, sections in cities.items():
        for number, section in enumerate(sections):
            site = f"{city}-{number:02d}"
            home[site] = city
            rows += [one(site, item, value, time=time) for item, value in section.items()]
    return rows, home


def registered(home: dict[str, str], **more: object) -> pa.Table:
    base = register_of(list(home), **more)
    columns = {name: base[name] for name in base.column_names}
    return pa.table({**columns, "city": list(home.values()), "city_name": list(home.values())})


def check_cities(cases: int, seed: int) -> None:
    dice = random.Random(seed)
    cities = {f"{number:05d}": city_of_sections(dice, 8) for number in range(cases)}
    rows, home = made(cities)
    data, sites = table(rows), registered(home)
    found = evaluate_basins(data, catalog=CATALOG, sites=sites).to_pylist()
    assert [line["city"] for line in found] == sorted(cities)
    for line in found:
        sections = cities[line["city"]]
        good, bad = slow.shares(sections)
        assert (line["sections"], line["good_share"], line["bad_share"]) == (
            len(sections), as_decimal(good), as_decimal(bad),
        )  # fmt: skip
        assert line["status"] == slow.WORDS[slow.status(sections)], (line["city"], sections)
    indices = evaluate_cwqi(data, catalog=CATALOG, period="month", sites=sites).to_pylist()
    told = [slow.cwqi(cities[line["city"]], "river") for line in indices]
    assert [line["exact_cwqi"] for line in indices] == [str(index) for index in told]
    place = {index: number for number, index in reversed(list(enumerate(sorted(told), 1)))}
    assert [line["rank"] for line in indices] == [place[index] for index in told]


def test_random_cities_are_the_oracles() -> None:
    check_cities(300, 22)


@pytest.mark.prove
def test_ten_thousand_random_cities_are_the_oracles() -> None:
    check_cities(10_000, 2011)


@pytest.mark.parametrize(
    ("good", "bad", "of", "status"),
    [
        (9, 0, 10, "优"), (17, 0, 20, "良好"), (3, 0, 4, "轻度污染"), (15, 0, 20, "良好"), (14, 3, 20, "轻度污染"),
        (14, 4, 20, "中度污染"), (12, 7, 20, "中度污染"), (12, 8, 20, "重度污染"), (0, 20, 20, "重度污染"),
    ],
)  # fmt: skip
def test_status_at_its_bounds(good: int, bad: int, of: int, status: str) -> None:
    """90, 75 and 20, 40 are themselves in; 4 sections of 3 Ⅱ and one Ⅳ are judged by their means."""
    values = ["0.3"] * good + ["9"] * bad + ["1.2"] * (of - good - bad)
    if of < 5:
        values = ["0.9", "0.9", "0.9", "1.4"]
    rows, home = made({"c": [{"nh3n": Fraction(text)} for text in values]})
    (line,) = evaluate("basin", table(rows), catalog=CATALOG, sites=registered(home)).to_pylist()
    assert (line["status"], line["how"]) == (status, "shares" if of >= 5 else "mean")


def test_the_change_on_the_year_before() -> None:
    """Ten sections: 5 good and 3 bad a year ago, 8 good and 1 bad now: 轻度/中度 → 良好, s = 50 points."""
    then = [{"nh3n": Fraction(text)} for text in ["0.3"] * 5 + ["1.2"] * 2 + ["9"] * 3]
    now = [{"nh3n": Fraction(text)} for text in ["0.3"] * 8 + ["1.2"] + ["9"]]
    before, home = made({"c": then}, datetime(2025, 5, 6))
    rows, _ = made({"c": now}, datetime(2026, 5, 6))
    found = evaluate_basins(table(before + rows), catalog=CATALOG, sites=registered(home)).to_pylist()
    line = next(line for line in found if line["period"] == "2026-05")
    assert (line["status_before"], line["status"], line["change"]) == ("中度污染", "良好", "明显好转")
    assert (line["primary"], line["class6"], line["class4"]) == ("nh3n", 1, 1)


def test_random_changes_are_the_oracles() -> None:
    dice = random.Random(3)
    for _ in range(10_000):
        pair = []
        for _ in range(2):
            good, bad = sorted(dice.sample(range(101), 2), reverse=True)
            pair.append((dice.randrange(5), Fraction(good), Fraction(100 - good if bad > 100 - good else bad)))
        now, before = (Status(grade + 1, slow.WORDS[grade], good, bad, "shares") for grade, good, bad in pair)
        assert change_of(now, before, METHOD) == slow.change(pair[0], pair[1])
    assert (
        change_of(Status(None, "", None, None, ""), Status(1, "优", Fraction(90), Fraction(0), "shares"), METHOD) == ""
    )


def test_cwqi_of_rivers_and_lakes_and_its_change() -> None:
    rows: list[Row] = []
    for year, nh3n in ((2025, "0.8"), (2026, "0.6")):
        for month in range(1, 13):
            time = datetime(year, month, 3)
            for site in ("a-r1", "a-r2", "a-l1"):
                rows += [one(site, "nh3n", nh3n, time=time), one(site, "tp", "0.05", time=time)]
            rows.append(one("a-r1", "do", "10", time=time))
    home = {"a-r1": "a", "a-r2": "a", "a-l1": "a"}
    sites = registered(home)
    kinds = ["river", "river", "lake"]
    sites = sites.set_column(sites.column_names.index("water_kind"), "water_kind", [kinds])
    found = evaluate("cwqi", table(rows), catalog=CATALOG, sites=sites).to_pylist()
    old, new = found
    river, lake = Fraction("0.6") + Fraction("0.25") + Fraction("0.5"), Fraction("0.6") + 1
    assert new["exact_cwqi"] == str((2 * river + lake) / 3)
    before = Fraction(old["exact_cwqi"])
    assert Fraction(new["exact_change"]) == 100 * (Fraction(new["exact_cwqi"]) - before) / before < 0
    assert (new["rivers"], new["lakes"], new["rank"], new["rank_change"]) == (2, 1, 1, 1)
    assert "cod" in new["missing"].split(",")
    assert ranks([Fraction(2), None, Fraction(1), Fraction(1), Fraction(3)]) == [3, None, 1, 1, 4]


def test_trophic_indices_are_the_second_way_and_states_hold_at_their_bounds() -> None:
    dice = random.Random(7)
    cases = []
    for _ in range(10_000):
        values = {
            "chla": dice.randint(1, 200_000),
            "tp": dice.randint(1, 900_000),
            "tn": dice.randint(10_000, 9_000_000),
            "transparency": dice.randint(50_000, 9_000_000),
            "codmn": dice.randint(100_000, 20_000_000),
        }
        cases.append({name: Fraction(micro, 10**6) for name, micro in values.items()})
    for values in cases:
        ours = trophic_index(values, METHOD, CATALOG)[""]
        plain = slow.trophic({n: float(v) * (1000 if n == "chla" else 1) for n, v in values.items()})
        assert abs(float(ours) - plain) < 1e-9
        assert state_of(ours, METHOD) == slow.state(plain)
    for bound, words in ((30, ("贫营养", "中营养", "中营养")), (50, ("中营养", "中营养", "轻度富营养")),
                         (60, ("轻度富营养", "轻度富营养", "中度富营养")),
                         (70, ("中度富营养", "中度富营养", "重度富营养"))):  # fmt: skip
        assert tuple(state_of(bound + shift, METHOD) for shift in (-STEP, Fraction(0), STEP)) == words


def test_a_lake_is_the_mean_of_its_points_and_needs_all_five() -> None:
    values = {"chla": "0.010", "tp": "0.05", "tn": "1", "transparency": "0.8", "codmn": "4"}
    rows = [one(site, name, value) for site in ("p1", "p2") for name, value in values.items()]
    rows += [one("p2", "ph", "8"), one("q", "tp", "0.1")]
    sites = places({"p1": "云湖", "p2": "云湖", "q": "泽湖"})
    rows = [row if row[:2] != ("p2", "chla") else one("p2", "chla", "0.030") for row in rows]
    lake, other = evaluate("lake", table(rows), catalog=CATALOG, sites=sites).to_pylist()
    plain = slow.trophic({"chla": 20, "tp": 0.05, "tn": 1, "transparency": 0.8, "codmn": 4})
    assert (lake["lake"], lake["points"], lake["state"]) == ("云湖", 2, slow.state(plain))
    assert abs(float(lake["tli"]) - plain) < 1e-6
    assert (other["tli"], other["absent"], other["missing"]) == (None, "too_few", "chla,tn,transparency,codmn")
    with pytest.raises(QingceError, match=r"QC257.*benzene"):
        evaluate_lakes(table([one("p1", "benzene", 1)]), catalog=CATALOG)


def test_the_published_flood_intensity() -> None:
    """恩施江口村: total phosphorus 3.30 against 0.10 is 33.0, the highest of all; outside the season nothing counts."""
    rows = [one("w", "tp", "3.30", time=datetime(2025, 7, 2)), one("w", "tp", "9", time=datetime(2025, 4, 1))]
    rows += [one("w", "nh3n", "0.5", time=datetime(2025, 7, 2)), one("v", "nh3n", "1", time=datetime(2025, 8, 1))]
    sites = register_of(["w", "v"], target_class=2)
    found = evaluate_flood(table(rows), catalog=CATALOG, period="2025-06/2025-09", sites=sites).to_pylist()
    assert [(line["section"], line["rank"], line["primary"], line["intensity"]) for line in found] == [
        ("w", 1, "tp", 33), ("v", 2, "nh3n", 2),
    ]  # fmt: skip
    assert "规则未核" in found[0]["note"]
    with pytest.raises(QingceError, match=r"QC254.*flood-season"):
        evaluate_flood(table(rows), catalog=CATALOG, sites=sites)


@pytest.mark.parametrize("count", [2_000, pytest.param(10_000, marks=pytest.mark.prove)])
def test_random_flood_seasons_and_targets_are_the_oracles(count: int) -> None:
    dice = random.Random(11)
    rows: list[Row] = []
    floods: dict[str, list[tuple[str, Fraction]]] = {}
    sections: dict[str, dict[str, Fraction]] = {}
    for number in range(count):
        site = f"{number:05d}"
        chosen = dice.sample(["codmn", "nh3n", "tp", "fluoride", "do", "ph"], dice.randint(1, 4))
        sections[site] = {item: near(item, dice) for item in chosen}
        floods[site] = [(item, value) for item, value in sections[site].items() if item not in ("do", "ph")]
        rows += [one(site, item, value) for item, value in sections[site].items()]
    sites = register_of(list(sections), target_class=3)
    for line in evaluate_flood(table(rows), catalog=CATALOG, period="2026-05/2026-09", sites=sites).to_pylist():
        if not floods[line["section"]]:
            assert (line["intensity"], line["absent"]) == (None, "not_reported")
            continue
        top, items = slow.intensity(floods[line["section"]], 3)
        assert line["exact_intensity"] == str(top)
        assert line["primary"] in items
    found = evaluate_targets(table(rows), catalog=CATALOG, period="month", sites=sites).to_pylist()
    distances = []
    for line in found:
        section = sections[line["section"]]
        worst = max(slow.grades(section).values())
        assert (line["class"], line["met"]) == (worst, "yes" if worst <= 3 else "no")
        load = slow.load(section, 3)
        assert line["exact_load"] == (None if load is None else str(load))
        assert set((line["beyond"] or "").split(",")) - {""} == {p for p, g in slow.grades(section).items() if g > 3}
        distances.append(abs(load - 1) if load is not None else Fraction(10**9))
    assert distances == sorted(distances)


def test_a_section_on_the_edge_of_its_target_comes_first() -> None:
    rows = [one("a", "nh3n", "0.2"), one("b", "nh3n", "0.98"), one("c", "nh3n", "1.5"), one("d", "do", "4.9")]
    sites = register_of(["a", "b", "c", "d"], target_class=3)
    found = evaluate("section-target", table(rows), catalog=CATALOG, period="month", sites=sites).to_pylist()
    assert [(line["section"], line["met"], line["load_item"]) for line in found] == [
        ("b", "yes", "nh3n"), ("d", "no", "do"), ("c", "no", "nh3n"), ("a", "yes", "nh3n"),
    ]  # fmt: skip
    assert found[0]["load"] == Decimal("0.98")
    free = register_of(["a"])
    (line,) = evaluate_targets(table([one("a", "nh3n", 1)]), catalog=CATALOG, period="month", sites=free).to_pylist()
    assert (line["met"], line["load"]) == (None, None)
    with pytest.raises(QingceError, match=r"QC254.*section-target.*day"):
        evaluate_targets(table(rows), catalog=CATALOG, period="day")


@pytest.mark.parametrize(("now", "exempt", "rank"), [("0.4", "yes", None), ("0.6", None, 1)])
def test_a_city_that_was_and_is_of_class_two_leaves_the_ranking_of_change(
    now: str, exempt: str | None, rank: int | None
) -> None:
    rows = [one("a", "nh3n", "0.3", time=datetime(2025, 5, 6)), one("a", "nh3n", now, time=datetime(2026, 5, 6))]
    found = evaluate_cwqi(table(rows), catalog=CATALOG, period="month", sites=register_of(["a"])).to_pylist()
    told = {line["period"]: (line["exempt"], line["rank_change"], line["rank"]) for line in found}
    assert told["2026-05"] == (exempt, rank, 1)
