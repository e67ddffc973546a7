"""Findings of points and the indicator values they give, against plain counting; a campaign's own media end to end."""

from __future__ import annotations

import random
from datetime import date, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluate.points_made import CATALOG, Row, one, places, table
from tests.oracle import groundwater as slow

from qingce.core.errors import QingceError
from qingce.core.periods import Period, parse_period
from qingce.core.rounding import as_decimal
from qingce.evaluate import POINT_MEDIA, evaluate, finding_counts, finding_indicator, finding_of, points_found
from qingce.evaluate.points.findings import spans_to

NOW = date(2026, 10, 31)
YEAR, TO_DATE, LAST = Period.year(2025), Period(date(2026, 1, 1), NOW), Period(date(2025, 1, 1), date(2025, 10, 31))
CITY = {"city": "990100", "county": "990101"}


def value(name: str, rows: list[dict[str, object]], period: Period, scope: str = "990100") -> dict[str, object]:
    found: dict[str, object] = finding_indicator(CATALOG.indicator(name), rows, scope=scope, period=period).to_pylist()[
        0
    ]
    return found


def test_spans_are_whole_years_and_the_same_dates() -> None:
    told = [str(span) for span in spans_to(date(2024, 5, 1), NOW)]
    assert told == ["2024", "2024-01-01/2024-10-31", "2025", "2025-01-01/2025-10-31", "2026-01-01/2026-10-31"]
    assert [str(span) for span in spans_to(date(2026, 1, 1), date(2026, 12, 31))] == ["2026"]


def test_every_verb_of_points_has_its_medium() -> None:
    for indicator in CATALOG.indicators.values():
        medium, quantity = finding_of(indicator)
        if medium:
            assert set(medium.split("|")) <= set(POINT_MEDIA), indicator.id
            assert quantity


def test_the_share_of_the_worst_class_rests_on_the_means_of_its_period() -> None:
    dice = random.Random(3)
    rows: list[Row] = []
    points = {f"g{n:03d}": [Fraction(dice.randint(10, 25), 10) for _ in range(4)] for n in range(200)}
    for site, values in points.items():
        months = (datetime(2025, 5, 1), datetime(2025, 12, 1), datetime(2026, 5, 1), datetime(2026, 9, 1))
        rows += [one(site, "nh3n", v, time=time) for v, time in zip(values, months, strict=True)]
    sites = places(dict.fromkeys(points, ""), **CITY)
    found = points_found("groundwater", table(rows), sites, catalog=CATALOG, as_of=NOW)
    for period, pick in ((YEAR, slice(0, 2)), (LAST, slice(0, 1)), (TO_DATE, slice(2, 4))):
        worst = [
            slow.grade("nh3n", sum(values[pick], Fraction(0)) / len(values[pick])) > 4 for values in points.values()
        ]
        told = value("groundwater_class5_ratio", found, period)  # type: ignore[arg-type]
        assert told["exact"] == str(Fraction(100 * sum(worst), 200))
        assert (told["n"], told["review"], told["method"]) == (200, "national", "gbt14848-2017")
    assert value("groundwater_class5_ratio", found, TO_DATE, "990102")["absent"] == "not_reported"  # type: ignore[arg-type]


def test_nights_count_by_day_and_say_which_point_failed() -> None:
    rows = [one(f"n{n}", "ln", level, time=datetime(2026, month, 18)) for n, level in enumerate(("49", "51"))
            for month in (2, 5, 8)]  # fmt: skip
    sites = places({"n0": "2类", "n1": "2类"}, **CITY)
    found = points_found("noise", table(rows, span="P1D"), sites, catalog=CATALOG, as_of=NOW)
    told = value("noise_night_ratio", found, TO_DATE)  # type: ignore[arg-type]
    assert (told["exact"], told["n"]) == ("50", 6)
    assert "未达标：n1点" in str(told["note"])
    half = Period(date(2026, 1, 1), date(2026, 6, 30))
    assert value("noise_night_ratio", found, half)["n"] == 4  # type: ignore[arg-type]
    (night,) = [row for row in found if row["subject"] == "n1" and row["quantity"] == "met_night" and row["period"] == "2026-05-18"]  # fmt: skip  # noqa: E501
    assert (night["text"], night["value"]) == ("51 dB(A)，限值 50", 0)


def test_dustfall_is_the_mean_of_the_points_means() -> None:
    rows = [one("d0", "dustfall", "8", time=datetime(2026, m, 1)) for m in (1, 2, 3)]
    rows += [one("d1", "dustfall", "5", time=datetime(2026, 1, 1))]
    rows.append(("d1", "dustfall", datetime(2026, 2, 1), None, None, "invalid"))
    found = points_found("dustfall", table(rows, span="P1M"), places(dict.fromkeys(("d0", "d1"), ""), **CITY),
                         catalog=CATALOG, as_of=NOW)  # fmt: skip
    told = value("dustfall", found, TO_DATE)  # type: ignore[arg-type]
    assert (told["exact"], told["n"]) == ("13/2", 4)
    assert "2 个点位、4 个月值的平均；不能判定 1（无效）" in str(told["note"])


def test_sources_pass_on_their_means_and_a_county_counts_only_its_own() -> None:
    rows = [one("s0", "nh3n", v, time=datetime(2026, m, 1)) for m, v in ((1, "0.5"), (2, "1.6"))]
    rows += [one("s1", "nh3n", "0.4", time=datetime(2026, 1, 1))]
    sites = places({"s0": "河流", "s1": "湖库"}, city="990100")
    county = sites.column_names.index("county")
    sites = sites.set_column(county, "county", [["990101", "990102"]])
    found = points_found("drinking-water", table(rows), sites, catalog=CATALOG, as_of=NOW)
    for code, share in (("990100", "50"), ("990101", "0"), ("990102", "100")):
        assert value("drinking_source_ratio", found, TO_DATE, code)["exact"] == share  # type: ignore[arg-type]


def test_what_a_region_reports_is_not_its_citys() -> None:
    rows = [one("990101", item, v, time=datetime(2026, 1, 1)) for item, v in (("straw_used", 9), ("straw_collectable", 10))]  # fmt: skip  # noqa: E501
    found = points_found("ratio", table(rows), None, catalog=CATALOG, as_of=NOW)
    assert value("straw_use", found, TO_DATE, "990101")["exact"] == "90"  # type: ignore[arg-type]
    assert value("straw_use", found, TO_DATE)["absent"] == "not_reported"  # type: ignore[arg-type]
    assert found[0]["items"] == "straw_used,straw_collectable"


@pytest.mark.parametrize("medium", ["soil", "black-odorous"])
def test_media_without_an_indicator_still_leave_findings(medium: str) -> None:
    rows = {
        "soil": [one("p", "soil_ph", "5.2"), one("p", "soil_cd", "1.6")],
        "black-odorous": [one("w/1", "do", "1.5")],
    }[medium]
    sites = places({rows[0][0]: {"soil": "水田", "black-odorous": "城市"}[medium]}, **CITY)
    (found,) = points_found(medium, table(rows), sites, catalog=CATALOG, as_of=NOW)
    judged = evaluate(medium, table(rows), catalog=CATALOG, by="point", period="year", sites=sites).to_pylist()[0]
    assert found["value"] == as_decimal(judged.get("class", judged.get("grade")))
    assert (found["period"], found["review"]) == (str(TO_DATE), "national")


def test_a_finding_counts_for_its_regions_and_its_period() -> None:
    row = {"medium": "noise", "city": "990100", "county": "990101", "subject": "n", "period": "2026-05-18",
           "start": date(2026, 5, 18), "end": date(2026, 5, 18)}  # fmt: skip
    assert finding_counts(row, "990100", TO_DATE)
    assert finding_counts(row, "990101", parse_period("2026-05-18"))
    assert not finding_counts(row, "990102", TO_DATE)
    assert not finding_counts(row, "990100", YEAR)
    with pytest.raises(QingceError, match=r"QC255.*pm2_5_annual.*mean"):
        value("pm2_5_annual", [row], TO_DATE)  # type: ignore[list-item]


def projects(*exact: str) -> list[dict[str, object]]:
    """Findings of listed projects of one year; an empty one lacks what it is made of."""
    return [
        {
            "id": f"F:P{n}/NOx:nox_cut:2025:measured", "medium": "emissions", "subject": f"P{n}/NOx",
            "subject_name": f"炉{n}",
            "city": "990100", "county": "990101", "quantity": "nox_cut", "period": "2025", "start": YEAR.start,
            "end": YEAR.end, "exact": value, "absent": None if value else "not_reported", "review": "provincial",
            "edition": "jianpai-2021", "limits": "", "note": "规则未核：一般公式",
        }
        for n, value in enumerate(exact)
    ]  # fmt: skip


def test_projects_add_up_in_fractions_and_one_that_lacks_data_is_told() -> None:
    told = value("nox_cut", projects("1/3", "375", "-45", ""), YEAR)
    assert (told["exact"], told["n"], told["absent"]) == (str(Fraction(1, 3) + 330), 3, None)
    note = str(told["note"])
    assert note.startswith("3 个工程净减排量之和，只计本期投运的；规则未核：一般公式")
    assert "不能判定 1（未上报）" in note
    assert value("nox_cut", projects("375"), YEAR, "990102")["absent"] == "not_reported"
    assert value("nox_cut", projects("375"), LAST)["value"] is None


def test_what_a_region_reports_of_a_cut_goes_before_its_projects() -> None:
    reported = projects("800")[0] | {"id": "F:990100:nox_cut:2025:measured", "medium": "ratio", "subject": "990100"}
    told = value("nox_cut", [*projects("375", "120"), reported], YEAR)
    assert (told["exact"], told["n"]) == ("800", 1), "not both"
    assert value("nox_cut", [*projects("375", "120"), reported], YEAR, "990101")["exact"] == "495"


PLAN = Period(date(2021, 1, 1), date(2025, 12, 31))


def of_year(year: int, exact: str, *, n: int = 0, reported: bool = False, until: date | None = None) -> Row:
    """A finding of a year, or of a year to date: of a project, or what the region reports."""
    span = Period.year(year).until(until) if until and until.year == year else Period.year(year)
    row = projects(exact)[0] | {"period": str(span), "start": span.start, "end": span.end}
    more = {"medium": "ratio", "subject": "990100"} if reported else {"subject": f"P{n}/NOx"}
    return row | more | {"id": f"F:{more['subject']}:nox_cut:{span}:measured"}


def test_an_amount_adds_up_over_the_years_and_names_those_without_data() -> None:
    rows = [of_year(2021, "100"), of_year(2023, "50.5"), of_year(2023, "1/4", n=1), of_year(2026, "9"),
            of_year(2020, "7")]  # fmt: skip
    told = value("nox_cut", rows, PLAN)
    assert (told["exact"], told["n"], told["period"]) == ("603/4", 3, "2021-01-01/2025-12-31")
    assert str(told["note"]).startswith(
        "2021—2025 年逐年相加；2022、2024、2025 年没有数据，未计入；3 个工程净减排量之和"
    )
    part = Period(date(2021, 1, 1), date(2025, 10, 31))
    assert value("nox_cut", [*rows, of_year(2025, "1000")], part)["exact"] == "603/4", "2025 is not over"
    assert value("nox_cut", [*rows, of_year(2025, "4", until=part.end)], part)["exact"] == "619/4"
    assert value("nox_cut", [], PLAN)["absent"] == "not_reported"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(2019, 2027), st.fractions(-(10**6), 10**6, max_denominator=7), st.booleans()), max_size=12
    )
)
def test_years_add_up_as_plain_counting_says(made: list[tuple[int, Fraction, bool]]) -> None:
    """A year that the region reports counts that report alone; else all its projects."""
    reports = {year: cut for year, cut, reported in made if reported}
    listed = [(year, cut) for year, cut, reported in made if not reported]
    rows = [of_year(year, str(cut), reported=True) for year, cut in reports.items()]
    rows += [of_year(year, str(cut), n=n) for n, (year, cut) in enumerate(listed)]
    total, count = Fraction(0), 0
    for year in range(2021, 2026):
        parts = [reports[year]] if year in reports else [cut for one, cut in listed if one == year]
        total, count = total + sum(parts), count + len(parts)
    told = value("nox_cut", rows, PLAN)
    assert told["exact"] == (str(total) if count else None)
    assert told["n"] == count


@pytest.mark.parametrize("name", ["arable_safe_use", "black_odorous_urban"])
def test_a_share_of_areas_or_waters_is_not_answered_by_points(name: str) -> None:
    assert finding_of(CATALOG.indicator(name)) == ("ratio", name)


@pytest.mark.parametrize("name", ["black_odorous_rural", "contaminated_site_safe_use", "eqi"])
def test_what_has_no_read_formula_waits_for_its_decider(name: str) -> None:
    assert finding_of(CATALOG.indicator(name)) == ("", "")
