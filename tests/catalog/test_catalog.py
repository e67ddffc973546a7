"""The catalog reads a part when asked, answers by id, name, alias and code, and methods answer by day."""

from __future__ import annotations

import csv
import subprocess
import sys
import tomllib
from dataclasses import FrozenInstanceError
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.effort import spent

from qingce.catalog import Catalog, load_catalog
from qingce.catalog.indicators import BATTLES, VERBS
from qingce.core.errors import ContentError, ObservationError

CATALOG = load_catalog()
PARAMETERS = (
    "so2 no2 co o3 o3_8h pm10 pm2_5 ph do codmn cod bod5 nh3n tp tn cu zn fluoride se as hg cd cr6 pb cyanide "
    "volatile_phenol petroleum las sulfide fecal_coliform water_temp conductivity turbidity chla"
)
COMPUTED = {
    "pm2_5_annual": "mean", "pm10_annual": "mean", "so2_annual": "mean", "no2_annual": "mean", "co_p95": "percentile",
    "o3_p90": "percentile", "good_day_ratio": "day_share", "heavy_day_ratio": "day_share_above",
    "heavy_days": "day_count", "good_days": "day_count", "composite_index": "composite",
    "good_section_ratio": "section_share", "bad_section_ratio": "section_share", "section_class": "section_class",
}  # fmt: skip


def test_loading_reads_nothing_until_asked(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("broken", "utf-8")
    catalog = load_catalog([tmp_path])
    assert len(catalog.units.quantity_of("ug/m3")) > 0
    with pytest.raises(ContentError, match=r"QC101: .*sources\.toml:1"):
        _ = catalog.sources


def test_the_catalog_is_frozen_and_reads_each_part_once() -> None:
    assert CATALOG.indicators is CATALOG.indicators
    assert CATALOG.limits is CATALOG.limits
    with pytest.raises(FrozenInstanceError, match="roots"):
        CATALOG.roots = ()  # type: ignore[misc]


def test_catalog_does_not_load_heavy_libraries() -> None:
    code = (
        "import sys; from qingce.catalog import load_catalog; c = load_catalog(); c.limits; c.methods; c.indicators;"
        "print(sorted({'pyarrow', 'duckdb', 'numpy', 'pandas', 'openpyxl'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_every_parameter_of_the_interface_is_there() -> None:
    assert set(PARAMETERS.split()) <= set(CATALOG.parameters)
    assert {CATALOG.parameters[name].unit for name in ("so2", "no2", "o3", "o3_8h", "pm10", "pm2_5")} == {"ug/m3"}
    assert CATALOG.parameters["co"].unit == "mg/m3"


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("pm2_5", "pm2_5"), ("PM2.5", "pm2_5"), ("ＰＭ２．５", "pm2_5"), ("细颗粒物(PM2.5)", "pm2_5"), ("a34004", "pm2_5"),
     ("O3_8h", "o3_8h"), ("NH3-N", "nh3n"), ("氨氮", "nh3n"), ("w21003", "nh3n"), ("pH值", "ph"),
     ("高锰酸盐指数", "codmn"), ("CODMn", "codmn"), ("铬（六价）", "cr6"), ("六价铬", "cr6")],
)  # fmt: skip
def test_parameters_by_name_alias_and_code(name: str, parameter: str) -> None:
    assert CATALOG.parameter(name).id == parameter


def test_unknown_names_list_what_there_is() -> None:
    with pytest.raises(ContentError, match=r"QC110: 没有名为“灰尘”的监测参数。.*可选：so2 二氧化硫"):
        CATALOG.parameter("灰尘")
    with pytest.raises(ContentError, match=r"QC110: 没有名为“blue_sky”的指标.*forest_cover"):
        CATALOG.indicator("blue_sky")


def test_units_convert_at_the_door() -> None:
    units = CATALOG.units
    assert units.factor("mg/m³", "ug/m3") == 1000
    assert units.factor("μg/m3", "mg/m3") == Decimal("0.001")
    assert units.factor("微克/立方米", "ug/m3") == 1
    assert units.factor("万千瓦", "MW") == 10
    assert units.factor("万吨", "t") == 10000
    assert units.factor("ug/L", "mg/L") == Decimal("0.001")
    with pytest.raises(ObservationError, match=r"QC203: 单位为“ppb”，应为“ug/m3”.*在单位列写 .*mg/m3.* 之一"):
        units.factor("ppb", "ug/m3")


@pytest.mark.parametrize(
    ("family", "day", "expected"),
    [
        ("aqi", date(2026, 2, 28), "hj633-2012"),
        ("aqi", date(2026, 3, 1), "hj633-2026"),
        ("air_statistics", date(2026, 2, 28), "hj663-2013"),
        ("air_statistics", date(2026, 3, 1), "hj663-2026"),
        ("surface_water", date(2026, 3, 1), "hb2011-22"),
    ],
)
def test_methods_answer_by_day(family: str, day: date, expected: str) -> None:
    method = CATALOG.method(family, day=day)
    assert method.id == expected
    assert method.covers(day)


def test_a_method_may_be_named_on_purpose() -> None:
    day = date(2026, 6, 1)
    assert CATALOG.method("aqi", day=day, edition="hj633-2012").id == "hj633-2012"
    assert CATALOG.method("aqi", day=day, edition="hj633-2012-cnemc").id == "hj633-2012"
    letter = CATALOG.method("aqi", day=day, edition="hj633-2012-letter")
    assert letter.tables["breakpoints"] == CATALOG.methods["hj633-2012"].tables["breakpoints"]
    assert letter.tables["items"] != CATALOG.methods["hj633-2012"].tables["items"]
    with pytest.raises(ContentError, match=r"QC110: 没有名为“hj633-1999”的评价方法.*hj633-2026"):
        CATALOG.method("aqi", day=day, edition="hj633-1999")


def test_a_day_without_a_method_is_refused() -> None:
    with pytest.raises(ContentError, match=r"QC105: “aqi”的有效期有重叠或空档：1999-01-01: 无 none"):
        CATALOG.method("aqi", day=date(1999, 1, 1))
    with pytest.raises(ContentError, match=r"QC105: “smoke”.*无 none"):
        CATALOG.method("smoke", day=date(2026, 6, 1))


def test_every_day_since_2013_has_one_method_of_each_family() -> None:
    day = date(2013, 1, 1)
    while day < date(2032, 1, 1):
        for family in ("aqi", "air_statistics", "surface_water"):
            assert CATALOG.method(family, day=day).covers(day)
        day += timedelta(days=13)


def test_an_option_that_is_not_declared_is_refused() -> None:
    method = CATALOG.methods["hj633-2026"]
    assert method.option("index", "rounding") == "up"
    assert method.option("index", "cap") == 500
    with pytest.raises(ContentError, match=r"QC103: 缺少必需的键或列“index\.colour”.*method\.toml"):
        method.option("index", "colour")


def test_surface_water_items_are_the_twenty_one() -> None:
    rows = CATALOG.methods["hb2011-22"].tables["items"]
    evaluated = {row.cells["parameter"] for row in rows if row.cells["evaluated"] == "yes"}
    assert (len(rows), len(evaluated)) == (24, 21)
    assert {row.cells["parameter"] for row in rows} - evaluated == {"water_temp", "tn", "fecal_coliform"}
    basic = [row.cells["parameter"] for row in rows if row.cells["basic"] == "yes"]
    assert basic == ["ph", "do", "codmn", "nh3n", "tp"]
    for parameter in evaluated:
        for grade in "12345":
            assert CATALOG.limit(parameter, "sample", grade, day=date(2026, 6, 1), place="river")


def test_validity_is_the_printed_table_4() -> None:
    rows = CATALOG.methods["hj663-2026"].tables["validity"]
    got = {(row.cells["parameter"], row.cells["within"]): row.whole("at_least") for row in rows}
    for parameter in ("so2", "no2", "pm10", "pm2_5", "nox"):
        assert [got[parameter, span] for span in ("year", "month", "february", "day")] == [324, 27, 25, 20]
    assert got["o3_8h", "8h"] == 6
    assert got["co", "hour"] == got["o3", "hour"] == 45
    assert got["pb_air", "season"] == 15


def test_computed_indicators_declare_their_verb() -> None:
    assert {name: CATALOG.indicator(name).statistic["verb"] for name in COMPUTED} == COMPUTED
    for item in CATALOG.indicators.values():
        assert item.statistic["verb"] in VERBS
        assert item.battle in BATTLES
        assert item.decider
        assert item.note or item.status == "verified"
    assert {item.battle for item in CATALOG.indicators.values()} == set(BATTLES)


def test_every_source_is_cited_or_says_what_it_is_for() -> None:
    cited = {item.source for item in CATALOG.indicators.values()}
    cited |= {item.source for item in CATALOG.standards.values()} | {item.source for item in CATALOG.methods.values()}
    assert cited <= set(CATALOG.sources)
    assert all(source.title and source.checked_on for source in CATALOG.sources.values())


def test_phrases_of_every_root(tmp_path: Path) -> None:
    (tmp_path / "phrases").mkdir()
    assert load_catalog([tmp_path]).phrases_dir[-1] == tmp_path / "phrases"
    assert Catalog((tmp_path,)).phrases_dir == (tmp_path / "phrases",)


def test_reading_everything_costs_a_small_multiple_of_the_bare_files() -> None:
    folders = [CATALOG.roots[0] / name for name in ("standards", "methods", "indicators", "feeds")]
    files = [(path, path.read_text("utf-8")) for folder in folders for path in sorted(folder.rglob("*.*"))]

    def ours() -> None:
        catalog = load_catalog()
        assert all((catalog.limits, catalog.methods, catalog.indicators, catalog.feeds))
        assert catalog.find_indicator("森林覆盖率")[0]

    def bare() -> None:
        for path, text in files:
            assert tomllib.loads(text) if path.suffix == ".toml" else list(csv.DictReader(text.splitlines()))

    assert spent(ours) < 12 * spent(bare)  # measured 2 to 3 times
