"""The rules of surface water one by one, with the story of the office's water quota."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest
from tests.evaluate.water_made import CATALOG, row, sections, table
from tests.oracle.water import Row

from qingce.catalog import load_catalog
from qingce.core.errors import QingceError
from qingce.core.periods import Period, parse_period
from qingce.core.tables import OBSERVATION, VALUE
from qingce.evaluate import evaluate, evaluate_water, evaluate_water_months, evaluate_water_samples, water_indicator

NH3N = ["0.82", "0.86", "0.79", "0.84", "0.90", "0.94", "1.08", "1.22", "1.36", "1.59"]
"""January to October, sum 10.40."""
GOOD = {"ph": "7.5", "do": "8", "codmn": "3", "tp": "0.05"}


def at(month: int, day: int = 6, *, year: int = 2026, hour: int = 10) -> datetime:
    return datetime(year, month, day, hour)


def judged(rows: list[Row], kinds: Mapping[str, str] | None = None) -> list[dict[str, object]]:
    register = sections(kinds) if kinds else None
    found: list[dict[str, object]] = evaluate_water_months(table(rows), register, catalog=CATALOG).to_pylist()
    return found


def asked(
    name: str, rows: list[Row], *, period: str, scope: list[str], kinds: Mapping[str, str] | None = None
) -> list[dict[str, object]]:
    months = evaluate_water_months(table(rows), sections(kinds or scope), catalog=CATALOG)
    answer = water_indicator(
        CATALOG.indicator(name), months, scope="990100", sections=scope, period=parse_period(period), catalog=CATALOG
    )
    assert answer.schema == VALUE
    found: list[dict[str, object]] = answer.to_pylist()
    return found


def year_of(section: str, values: Mapping[str, str], *, months: range = range(1, 13), year: int = 2026) -> list[Row]:
    return [row(section, p, value, time=at(month, year=year)) for month in months for p, value in values.items()]


def test_the_story_of_the_water_quota() -> None:
    """Story 3: six sections, one at NH3-N 1.04 is class Ⅳ; the share is 5 of 6."""
    rows = [row("W1", "nh3n", value, time=at(month)) for month, value in enumerate(NH3N, 1)]
    for section in ("W1", "W2", "W3", "W4", "W5", "W6"):
        rows += year_of(section, GOOD, months=range(1, 11))
    months = judged(rows)
    first = [line for line in months if line["section"] == "W1"]
    assert sum(line["nh3n"] for line in first) == Decimal("10.40")
    assert [line["class_nh3n"] for line in first] == [3, 3, 3, 3, 3, 3, 4, 4, 4, 5]
    (share,) = asked("good_section_ratio", rows, period="2026", scope=[f"W{n}" for n in range(1, 7)])
    assert (share["exact"], share["value"], share["unit"]) == ("250/3", Decimal("83.3"), "%")
    assert "参评 6 个断面，其中 5 个；未达到：W1断面" in str(share["note"])
    assert "时段未完，截至 2026-10-31 有效 10 个月（满时段至少 12 个月）" in str(share["note"])
    assert (share["start"], share["end"], share["n"], share["n_required"]) == (
        date(2026, 1, 1),
        date(2026, 10, 31),
        10,
        12,
    )
    answers = asked("section_class", rows, period="2026-01/2026-10", scope=["W1"])
    assert [line["scope"] for line in answers] == ["990100", "W1"]
    for answer in answers:
        assert (answer["value"], answer["exact"], answer["text"]) == (Decimal(4), "4", "Ⅳ类")
        assert str(answer["note"]).startswith("定类因子 氨氮（0.0）")
        assert (answer["n"], answer["n_required"], answer["absent"]) == (10, 10, None)
    assert answers[1]["id"] == "V:section_class:W1:2026-01-01/2026-10-31:measured"


def test_the_class_of_a_year_is_not_the_mean_of_classes() -> None:
    """Eleven months at 0.5 (Ⅱ) and one at 7: the mean 1.04 is Ⅳ, though eleven of twelve months are Ⅱ."""
    rows = [*year_of("a", {"nh3n": "0.5"}, months=range(1, 12)), row("a", "nh3n", "6.98", time=at(12))]
    (whole, alone) = asked("section_class", rows, period="2026", scope=["a"])
    assert whole["exact"] == alone["exact"] == "4"
    assert Fraction(Fraction("5.5") + Fraction("6.98")) / 12 == Fraction("1.04")


def test_a_station_stands_before_samples_and_a_day_counts_once() -> None:
    """Day 1 has three values (mean 0.2), day 2 one (0.8): the month is 0.5, not 0.35; the sample of 9 is not used."""
    rows = [
        row("a", "nh3n", value, time=at(5, 1, hour=hour), span="PT4H")
        for hour, value in ((0, "0.1"), (4, "0.2"), (8, "0.3"))
    ]
    rows += [row("a", "nh3n", "0.8", time=at(5, 2), span="PT4H", review="realtime")]
    rows += [row("a", "nh3n", "9", time=at(5, 3)), row("a", "fluoride", "1.2", time=at(5, 3), review="national")]
    (line,) = judged(rows)
    assert (line["nh3n"], line["n_nh3n"], line["how_nh3n"], line["class_nh3n"]) == (Decimal("0.5"), 2, "automatic", 2)
    assert (line["fluoride"], line["n_fluoride"], line["how_fluoride"]) == (Decimal("1.2"), 1, "manual")
    assert (line["class"], line["deciding"], line["review"]) == (4, "fluoride", "realtime")


def test_a_sample_stands_where_the_station_has_nothing_valid() -> None:
    rows = [
        row("a", "nh3n", None, time=at(5, 1), span="PT4H", absent="invalid"),
        row("a", "nh3n", "0.4", time=at(5, 3)),
    ]
    (line,) = judged(rows)
    assert (line["nh3n"], line["how_nh3n"], line["class"]) == (Decimal("0.4"), "manual", 2)


def test_what_is_below_detection_counts_with_half_its_limit() -> None:
    rows = [row("a", "hg", None, time=at(5, day), absent="below_detection", limit="0.00004") for day in (1, 2)]
    rows += [row("a", "hg", "0.0002", time=at(5, 3)), row("b", "hg", None, absent="below_detection")]
    one, other = judged(rows)
    assert one["exact_hg"] == str((Fraction("0.00002") * 2 + Fraction("0.0002")) / 3)
    assert one["class_hg"] == 3
    assert (other["class"], other["absent"], other["hg"]) == (None, "below_detection", None)


def test_lakes_have_their_own_phosphorus() -> None:
    rows = [row(section, "tp", "0.04") for section in ("l", "r", "reservoir", "unknown")]
    found = judged(rows, {"l": "lake", "r": "river", "reservoir": "river_type_reservoir", "unknown": ""})
    assert [line["class"] for line in found] == [3, 2, 2, 2]


@pytest.mark.parametrize(
    ("values", "primary"),
    [
        ({"nh3n": "1.0", "tp": "0.2"}, ""),
        ({"nh3n": "1.6", "tp": "0.25", "cod": "45"}, "cod,nh3n,tp"),  # worst class first
        ({"nh3n": "1.2", "tp": "0.25", "cod": "23"}, "tp,nh3n,cod"),  # one class: 0.25, 0.2, 0.15 beyond
        ({"cod": "45", "cyanide": "0.3", "pb": "0.06"}, "cyanide,pb,cod"),  # cyanide 6, lead 5, whatever the rest
        ({"cod": "45", "hg": "0.0005"}, "hg,cod"),
        ({"do": "1", "codmn": "16", "nh3n": "2.1", "tp": "0.5"}, "codmn,tp,nh3n"),  # oxygen has no multiple
        ({"ph": "9.5", "do": "4"}, "ph,do"),
        ({"cod": "50", "bod5": "12", "nh3n": "3", "tp": "0.5", "codmn": "20"}, "codmn,bod5,nh3n"),
    ],
)
def test_primary_pollutants(values: Mapping[str, str], primary: str) -> None:
    (line,) = judged([row("a", parameter, value) for parameter, value in values.items()])
    if primary == "codmn,bod5,nh3n":  # class 6 all; multiples: nh3n 2, bod5 2, codmn 2.33, tp 1.5, cod 1.5
        assert str(line["primary"]).split(",") == ["codmn", "bod5", "nh3n"]
    assert line["primary"] == primary


@pytest.mark.parametrize(
    ("parameter", "value", "multiple"),
    [("nh3n", "1.0", None), ("nh3n", "1.04", "0.0"), ("nh3n", "1.05", "0.0"), ("nh3n", "1.06", "0.1"),
     ("nh3n", "1.15", "0.2"), ("nh3n", "1.25", "0.2"), ("nh3n", "2.2", "1.2"), ("do", "1", None), ("ph", "10", None)],
)  # fmt: skip
def test_the_multiple_is_told_in_its_decimals_ties_to_even(parameter: str, value: str, multiple: str | None) -> None:
    (line,) = judged([row("a", parameter, value)])
    assert line[f"exceed_{parameter}"] == (None if multiple is None else Decimal(multiple))


def test_reference_items_are_shown_and_not_judged() -> None:
    rows = [
        row("a", "tn", "99"),
        row("a", "water_temp", "40"),
        row("a", "fecal_coliform", "99999"),
        row("a", "ph", "7"),
    ]
    (line,) = judged([*rows, row("a", "conductivity", "5"), row("a", "pm2_5", "5")])
    assert (line["class"], line["tn"], line["deciding"]) == (1, Decimal(99), "ph")
    assert not {"class_tn", "class_water_temp", "conductivity", "pm2_5"} & set(line)


def test_a_month_without_data_is_absent_and_says_why() -> None:
    rows = [row("a", "ph", "7", time=at(1)), row("a", "ph", "7", time=at(4))]
    rows += [
        row("a", "ph", None, time=at(3), absent="not_monitored"),
        row("a", "do", None, time=at(3), absent="not_monitored"),
    ]
    rows += [row("a", "tp", None, time=at(3), absent="invalid")]
    found = judged(rows, {"a": "river", "never": "river"})
    assert [(line["section"], line["period"], line["class"], line["absent"]) for line in found] == [
        ("a", "2026-01", 1, None),
        ("a", "2026-02", None, "not_reported"),
        ("a", "2026-03", None, "not_monitored"),
        ("a", "2026-04", 1, None),
        *(("never", f"2026-{month:02d}", None, "not_reported") for month in range(1, 5)),
    ]


def test_a_section_is_one_only_within_its_dates() -> None:
    register = sections(["a"], valid_from=date(2026, 2, 1), valid_until=date(2026, 3, 15))
    rows = [row("other", "ph", "7", time=at(1)), row("other", "ph", "7", time=at(5))]
    found = evaluate_water_months(table(rows), register, catalog=CATALOG).to_pylist()
    assert [line["period"] for line in found if line["section"] == "a"] == ["2026-02", "2026-03"]


def test_the_name_target_and_kind_of_the_register_stand_in_the_row() -> None:
    rows = [row("a", "ph", "7")]
    (line,) = evaluate_water_months(table(rows), sections(["a"], target_class=2), catalog=CATALOG).to_pylist()
    assert (line["section_name"], line["target_class"], line["water_kind"]) == ("a断面", 2, "river")
    assert (line["edition"], line["limits"], line["grade_text"]) == ("hb2011-22", "gb3838-2002", "Ⅰ类")


def test_sections_without_enough_months_leave_the_denominator_by_name() -> None:
    rows = year_of("full", GOOD) + year_of("bad", {"nh3n": "3"}) + year_of("new", GOOD, months=range(6, 13))
    (share,) = asked("good_section_ratio", rows, period="2026", scope=["full", "bad", "new", "none"])
    assert (share["exact"], share["n"], share["n_required"]) == ("50", 12, 12)
    note = str(share["note"])
    assert "参评 2 个断面，其中 1 个；未达到：bad断面" in note
    assert "剔除 1 个断面（有效数据不足）：new断面（7/12 个月）" in note
    assert "剔除 1 个断面（未上报）：none" in note
    assert "时段未完" not in note
    (worse,) = asked("bad_section_ratio", rows, period="2026", scope=["full", "bad"])
    assert (worse["exact"], worse["value"]) == ("50", Decimal("50.0"))
    assert "劣于：bad断面" in str(worse["note"])


@pytest.mark.parametrize(
    ("frozen", "absent", "expected"),
    [(4, "not_monitored", None), (5, "not_monitored", "too_few"), (1, "invalid", "too_few")],
)
def test_frozen_months_are_excused_down_to_eight(frozen: int, absent: str, expected: str | None) -> None:
    rows = year_of("a", GOOD, months=range(frozen + 1, 13))
    rows += [row("a", p, None, time=at(month), absent=absent) for month in range(1, frozen + 1) for p in GOOD]
    (line, _) = asked("section_class", rows, period="2026", scope=["a"])
    assert (line["absent"], line["value"]) == (expected, None if expected else Decimal(2))
    assert line["n_required"] == (8 if absent == "not_monitored" else 12)


def test_a_quarter_asks_for_two_months() -> None:
    rows = [row("a", "ph", "7", time=at(month)) for month in (1, 4, 5, 7)]
    found = evaluate_water(table(rows), catalog=CATALOG, period="quarter").to_pylist()
    assert [(line["period"], line["class"], line["absent"], line["n_months"]) for line in found] == [
        ("2026-Q1", None, "too_few", 1),
        ("2026-Q2", 1, None, 2),
        ("2026-Q3", 1, None, 1),  # not over: told to date
    ]


def test_nothing_judged_is_refused_with_the_reason() -> None:
    (share,) = asked("good_section_ratio", [row("a", "tn", "1")], period="2026", scope=["a", "z"])
    assert (share["value"], share["exact"], share["absent"], share["n"]) == (None, None, "too_few", 0)
    empty = pa.table({})
    (nothing,) = water_indicator(
        CATALOG.indicator("good_section_ratio"),
        empty,
        scope="s",
        sections=["a"],
        period=Period.year(2026),
        catalog=CATALOG,
    ).to_pylist()
    assert (nothing["value"], nothing["absent"]) == (None, "not_reported")


def test_open_questions_are_told_with_the_value() -> None:
    rows = [*year_of("a", GOOD), row("a", "ph", "7", time=at(5, 9), span="PT4H")]
    (share,) = asked("good_section_ratio", rows, period="2026", scope=["a"], kinds={"a": "lake"})
    questions = str(share["note"]).split("；规则未核：", 1)[1]
    for words in ("按期平均", "12 个月值", "自动月均值", "湖库多点"):
        assert words in questions


def test_a_later_known_row_stands_and_two_of_one_instant_are_refused() -> None:
    one, other = table([row("a", "nh3n", "1.02")]), table([row("a", "nh3n", "0.92")])
    stamped = [
        part.set_column(
            OBSERVATION.names.index("known_at"), "known_at", pa.array([datetime(2026, 6, day)], pa.timestamp("us"))
        )
        for part, day in ((one, 2), (other, 1))
    ]
    (line,) = evaluate_water_months(pa.concat_tables(stamped), None, catalog=CATALOG).to_pylist()
    assert line["nh3n"] == Decimal("1.02")
    same = evaluate_water_months(pa.concat_tables([one, one]), None, catalog=CATALOG).to_pylist()
    assert same[0]["n_nh3n"] == 1
    with pytest.raises(QingceError, match=r"QC251.*a nh3n sample 2026-05-06.*Remove one row"):
        evaluate_water_months(pa.concat_tables([one, other]), None, catalog=CATALOG)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda t: evaluate("surface-water", t, catalog=CATALOG, period="day"),
            r"QC254.*section\|site × sample\|month",
        ),
        (lambda t: evaluate("surface-water", t, catalog=CATALOG, by="city"), r"QC254.*'surface-water'.*city"),
        (lambda t: evaluate_water(t.drop(["value"]), catalog=CATALOG), r"QC250.*no column: value"),
        (
            lambda t: evaluate_water(t.set_column(2, "time", pa.array(["x"])), catalog=CATALOG),
            r"QC252.*'x' is not the start of an hour",
        ),
        (lambda t: evaluate_water(t, catalog=CATALOG, edition="gb3838-1988"), r"QC110.*gb3838-1988.*Choose one of"),
        (
            lambda t: water_indicator(
                CATALOG.indicator("pm2_5_annual"), t, scope="s", sections=[], period=Period.year(2026), catalog=CATALOG
            ),
            r"QC255.*'pm2_5_annual' is not computed here \(mean\)",
        ),
    ],
)
def test_a_wrong_request_is_answered_with_a_number(act: Callable[[pa.Table], object], message: str) -> None:
    with pytest.raises(QingceError, match=message):
        act(table([row("a", "ph", "7")]))


def test_the_command_line_takes_a_plain_long_table() -> None:
    plain = pa.table(
        {"site": ["a"], "parameter": ["nh3n"], "time": [datetime(2026, 5, 6)], "value": [1.1], "unit": ["mg/L"]}
    )
    (line,) = evaluate("surface-water", plain, catalog=CATALOG).to_pylist()
    assert (line["section"], line["period"], line["class"], line["exceed_nh3n"]) == ("a", "2026-05", 4, Decimal("0.1"))
    (line,) = evaluate("surface-water", plain, catalog=CATALOG, period="sample", edition="gb3838-2002").to_pylist()
    assert line["time"] == datetime(2026, 5, 6)


def overlay(folder: Path, text: str) -> Path:
    method = folder / "methods" / "hb2011-22-local"
    method.mkdir(parents=True)
    head = 'id = "hb2011-22-local"\nfamily = "surface_water"\nbase = "hb2011-22"\nzh = "地方"\nen = "local"\n'
    head += 'source = "HB2011-22"\nstart = 2011-03-09\nstatus = "verified"\n'
    (method / "method.toml").write_text(head + text, "utf-8")
    return folder


def test_a_named_variant_may_judge_oxygen_by_saturation(tmp_path: Path) -> None:
    """At 25 degC water holds 468 / 56.6 = 8.27 mg/L; 90 % of it is 7.44: class Ⅰ by saturation, Ⅱ by 7.5 mg/L."""
    text = "[dissolved_oxygen]\nuse_saturation = true\nsaturation_share_percent = 90\nsaturation_numerator = 468\n"
    catalog = load_catalog([overlay(tmp_path, text + 'saturation_offset = "31.6"\n')])
    rows = table(
        [row("a", "do", "7.45"), row("a", "water_temp", "25"), row("b", "do", "7.44"), row("b", "water_temp", "25")]
    )
    for edition, classes in (("auto", [2, 2]), ("hb2011-22-local", [1, 2])):
        found = evaluate_water_samples(rows, None, catalog=catalog, edition=edition).to_pylist()
        assert [line["class"] for line in found] == classes
    assert found[0]["edition"] == "hb2011-22-local"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[section]\nverb = "mean"\nmultiple = "against_class_3"\nmultiple_decimals = 1\n',
            r"QC107.*section\.verb.*worst",
        ),
        ('[non_detect]\nverb = "zero"\n', r"QC107.*non_detect\.verb.*'zero'.*half_detection_limit"),
        ('[automatic]\nprefer = "coin"\nat_least_days = 1\n', r"QC107.*automatic\.prefer.*automatic \| manual"),
        ("[month]\nat_least_samples = 1.5\n", r"QC107.*month\.at_least_samples.*a whole number"),
        ("[primary]\nworse_than = 3\n", r"QC103.*primary\.count"),
    ],
)
def test_a_method_that_declares_what_nobody_can_do_is_refused(tmp_path: Path, text: str, message: str) -> None:
    catalog = load_catalog([overlay(tmp_path, text)])
    with pytest.raises(QingceError, match=message):
        evaluate_water_samples(table([row("a", "ph", "7")]), None, catalog=catalog, edition="hb2011-22-local")


def test_manual_values_may_be_declared_to_stand_first(tmp_path: Path) -> None:
    catalog = load_catalog([overlay(tmp_path, '[automatic]\nbasic = ["nh3n"]\nprefer = "manual"\nat_least_days = 2\n')])
    rows = table([row("a", "nh3n", "1.2"), row("a", "nh3n", "0.4", span="PT4H"), row("b", "nh3n", "0.4", span="PT4H")])
    found = evaluate_water_months(rows, None, catalog=catalog, edition="hb2011-22-local").to_pylist()
    assert [(line["class"], line["absent"]) for line in found] == [(4, None), (None, "too_few")]
