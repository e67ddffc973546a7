"""What-if of figures told as a whole: the water index by a slow sum, reports by what a decider would print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import sections as slow
from tests.thread.test_what_if import CITY, catalog, ground, one, question

from qingce.core.errors import CampaignError
from qingce.core.periods import parse_period
from qingce.core.tables import OFFICIAL
from qingce.outlook.question import Question
from qingce.outlook.report_outlook import Report, Reports, report_answers
from qingce.thread.official import Officials
from qingce.thread.what_if.answer import Answer, Ground, what_if
from qingce.thread.what_if.given import given_of, touches
from qingce.thread.what_if.moves import Move, read_moves
from qingce.thread.what_if.standing import NOWHERE
from qingce.thread.what_if.whole import Wholes, moved_months, reported_standing

AUGUST = date(2026, 8, 31)
KINDS = {"S1": "river", "S2": "lake", "S3": "river"}
SITES = [{"site": name, "name": f"{name}断面", "kind": "section"} for name in KINDS]
ITEMS = {"nh3n": (1, 30), "tp": (1, 9), "do": (20, 120), "ph": (60, 88), "codmn": (10, 90)}
Year = Mapping[tuple[str, str], Mapping[str, Fraction]]


def as_table(year: Year) -> pa.Table:
    """Section months as a build keeps them."""
    rows = []
    for (section, when), values in year.items():
        row: dict[str, Any] = {"section": section, "section_name": section, "period": when, "review": "national",
                               "water_kind": KINDS[section], "target_class": 3, "absent": None}  # fmt: skip
        for name in ITEMS:
            value = values.get(name)
            row |= {name: None if value is None else Decimal(value.numerator) / value.denominator}
            row |= {f"class_{name}": None, f"exact_{name}": None if value is None else str(value)}
        rows.append(row)
    fields = [(name, pa.string()) for name in ("section", "section_name", "period", "review", "water_kind", "absent")]
    fields += [("target_class", pa.int64())]
    for name in ITEMS:
        fields += [(name, pa.decimal128(18, 6)), (f"class_{name}", pa.int64()), (f"exact_{name}", pa.string())]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def by_hand(year: Year, first: str, last: str) -> Fraction:
    """The index of a stretch: means of months, then of sections, then rivers and lakes by their numbers."""
    total, count = Fraction(0), 0
    for kind in ("river", "lake"):
        mine = []
        for section in (name for name, its in KINDS.items() if its == kind):
            months = [v for (s, when), v in year.items() if s == section and first <= when <= last and v]
            mine += [slow.mean_items(months)] if months else []
        total += len(mine) * slow.cwqi(mine, kind) if mine else 0
        count += len(mine)
    return total / count


def index(name: str = "cwqi", target: object = 4, **more: Any) -> Question:
    indicator = catalog().indicator(name)
    comparator = "<=" if indicator.direction == "lower" else ">="
    return question(name, target, comparator, subjects=tuple(KINDS), **more)


def waters(year: Year, as_of: date = AUGUST) -> Ground:
    return replace(ground(as_of=as_of), wholes=Wholes(months=as_table(year)), sites=SITES)


@st.composite
def years(draw: st.DrawFn) -> dict[tuple[str, str], dict[str, Fraction]]:
    """Two years of rivers and a lake; some sections lack some items, some months of this year are not there."""
    found: dict[tuple[str, str], dict[str, Fraction]] = {}
    for section in KINDS:
        items = [name for name in ITEMS if name == "nh3n" or draw(st.booleans())]
        for year in (2025, 2026):
            for month in range(1, 13 if year == 2025 else 9):
                if year == 2025 or month % 3 or draw(st.booleans()):
                    found[section, f"{year}-{month:02d}"] = {
                        name: Fraction(draw(st.integers(*ITEMS[name])), 10) for name in items
                    }
    return found


MOVES = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(["nh3n", "tp", "do", "ph"]), st.integers(2, 12),
              st.integers(1, 90).map(lambda value: Fraction(value, 10))),
    min_size=1, max_size=5, unique_by=lambda move: move[:3],
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(year=years(), moved=MOVES, name=st.sampled_from(["cwqi", "cwqi_change", "cwqi_improvement"]))
def test_moved_months_of_random_small_years_are_the_slow_index(year: Any, moved: Any, name: str) -> None:
    """A moved month, over or ahead, is in the mean of its item of its section; a change compares the same months."""
    after = {key: dict(values) for key, values in year.items()}
    for section, item, month, value in moved:
        after.setdefault((section, f"2026-{month:02d}"), {})[item] = value
    last = max(8, *(month for _, _, month, _ in moved))
    now, then = by_hand(after, "2026-01", f"2026-{last:02d}"), by_hand(year, "2025-01", f"2025-{last:02d}")
    was = by_hand(year, "2026-01", "2026-08"), by_hand(year, "2025-01", "2025-08")
    sign = -1 if name == "cwqi_improvement" else 1
    want = [value if name == "cwqi" else sign * 100 * (value - base) / base for value, base in (was, (now, then))]
    texts = [f"{item}@{section}@2026-{month:02d}={float(value)}" for section, item, month, value in moved]
    answer = one(what_if([index(name)], read(*texts), waters(year)))
    assert [answer.before.value, answer.after.value] == want
    assert answer.after.quota is not None
    assert answer.after.quota.allowed == 4 - want[1]


def read(*texts: object, reported: Mapping[str, Mapping[str, str]] | None = None) -> tuple[Move, ...]:
    return read_moves(texts, catalog=catalog(), sites=SITES, names={CITY: "太原市"}, reported=reported)


PLAIN = {(s, f"{y}-{m:02d}"): {"nh3n": Fraction(1, 2), "do": Fraction(8)} for s in KINDS for y in (2025, 2026)
         for m in range(1, 13 if y == 2025 else 9)}  # fmt: skip


def test_the_index_is_told_as_a_whole_and_not_final_before_every_month_is_set() -> None:
    """Of each section 0.5 of 1.0 and 5 of 8: the index is 1.125, whatever the kind of water."""
    coming = [f"{item}@{section}@2026-{month:02d}={value}" for section in KINDS for month in (9, 10, 11, 12)
              for item, value in (("nh3n", "0.5"), ("do", "8"))]  # fmt: skip
    for texts, verdict in ((coming[:-1], "met_so_far"), (coming, "met")):
        answer = one(what_if([index(target="1.2")], read(*texts), waters(PLAIN)))
        assert (answer.after.value, answer.after.verdict) == (Fraction(9, 8), verdict)
    assert answer.after.quota is not None
    assert (answer.after.quota.kind, answer.after.quota.text) == ("index", "距上限还有 0.075")
    change = one(what_if([index("cwqi_change", -5)], read("nh3n@S1@2026-09=5"), waters(PLAIN)))
    assert change.before.quota is not None
    assert (change.before.text, change.before.quota.text) == ("0.00", "已超出上限 5 个百分点")


def test_the_index_at_its_allowance_turns_there() -> None:
    """The room of 1.2 − 1.125 taken by ammonia of one river for one month of nine: one of two rivers, two of three."""
    room = Fraction(1, 2) + Fraction(3, 40) * 3 / 2 * 2 * 9
    asked = index(target="1.2")
    for shift, verdict in ((0, "met_so_far"), (Fraction(1, 10**6), "not_met_so_far")):
        move = replace(read("nh3n@S1@2026-09=1")[0], value=room + shift)
        assert one(what_if([asked], [move], waters(PLAIN))).after.verdict == verdict


def test_another_city_s_sections_move_nothing() -> None:
    elsewhere = replace(index(), subjects=("S2", "S3"))
    answer = one(what_if([elsewhere], read("nh3n@S1@2026-09=9"), waters(PLAIN)))
    assert not answer.changed
    assert not touches(elsewhere, given_of([elsewhere], read("nh3n@S1@2026-09=9"), waters(PLAIN)), {})


def test_a_month_under_way_is_not_told_by_half() -> None:
    """On 20 September the samples of September so far say nothing; a September set by hand stands alone."""
    begun = PLAIN | {("S1", "2026-09"): {"nh3n": Fraction(9), "do": Fraction(1)}}
    here = waters(begun, date(2026, 9, 20))
    untouched, set_ = (one(what_if([index()], read(*texts), here)) for texts in ([], ["nh3n@S1@2026-09=0.5"]))
    assert untouched.after.value == set_.after.value == Fraction(9, 8)


def test_moved_months_keep_the_table() -> None:
    table = as_table(PLAIN)
    assert moved_months(table, ()) is table
    found = moved_months(table, read("fluoride@S1@2026-11=2", "nh3n@S2@2026-11=2"))
    assert found.num_rows == table.num_rows + 2
    rows = {(row["section"], row["period"]): row for row in found.to_pylist()}
    assert (rows["S1", "2026-11"]["exact_fluoride"], rows["S1", "2026-11"]["water_kind"]) == ("2", "river")
    assert rows["S2", "2026-11"]["nh3n"] == 2
    assert rows["S2", "2026-11"]["exact_do"] is None
    assert moved_months(table.slice(0, 0), read("nh3n@S1@2026-11=2")).num_rows == 0


# --- what is reported -------------------------------------------------------------------------------------------------

REPORTED = {"nox_cut": {CITY: "太原市"}, "rural_sewage": {CITY: "太原市"}}


def officials(*rows: tuple[str, str, str], unit: str = "t") -> Officials:
    found = [
        dict.fromkeys(OFFICIAL.names) | {"indicator": name, "scope": CITY, "period": period, "value": Decimal(value),
                                         "unit": unit, "issuer": "省厅", "number": f"{place}号", "version": 1}
        for place, (name, period, value) in enumerate(rows)
    ]  # fmt: skip
    return Officials(pa.Table.from_pylist(found, schema=OFFICIAL))


STEADY = [("nox_cut", f"{year}{part}", str(value * (3 if part else 4) * 100)) for year, value in
          ((2023, 3), (2024, 4), (2025, 5)) for part in ("-01/{y}-09", "")]  # fmt: skip
STEADY = [(name, period.replace("{y}", period[:4]), value) for name, period, value in STEADY]


def reports(*rows: tuple[str, str, str], own: Mapping[str, Fraction] | None = None, unit: str = "t") -> Ground:
    return replace(ground(as_of=AUGUST), wholes=Wholes(officials=officials(*rows, unit=unit), figures=own or {}))


def asked(name: str = "nox_cut", target: object = 2600, **more: Any) -> Question:
    return question(name, target, ">=", **more)


def told(here: Ground, *texts: str, **more: Any) -> Answer:
    return one(what_if([asked(**more)], read(*texts, reported=REPORTED), here))


def test_a_coming_report_leaves_the_rest_exactly() -> None:
    here = reports(("nox_cut", "2026-01/2026-06", "1500.5"))
    answer = told(here, "nox_cut@太原市@2026-01/2026-09=2000.25")
    assert (answer.before.value, answer.after.value) == (Fraction(3001, 2), Fraction(8001, 4))
    assert answer.before.quota is not None
    assert answer.after.quota is not None
    assert (answer.before.quota.text, answer.before.verdict) == ("距目标还差 1099.5 吨", "not_met_so_far")
    assert (answer.after.quota.text, answer.after.verdict) == ("距目标还差 599.75 吨", "not_met_so_far")


@pytest.mark.parametrize(("value", "verdict"), [("2599.99", "not_met"), ("2600", "met"), ("2600.01", "met")])
def test_the_report_of_the_whole_is_final(value: str, verdict: str) -> None:
    answer = told(reports(("nox_cut", "2026-01/2026-06", "1500")), f"氮氧化物重点工程减排量@{CITY}@2026={value}")
    assert answer.after.verdict == verdict
    assert answer.after.quota is not None
    assert answer.after.quota.state == ("safe" if verdict == "met" else "lost")


def test_the_rounding_of_the_verdict_counts() -> None:
    answer = told(reports(), f"nox_cut@{CITY}@2026=2599.6", step=Decimal(1))
    assert (answer.after.verdict, answer.before.value, answer.before.verdict) == ("met", None, "")


def test_the_words_name_the_unit_of_the_plan() -> None:
    answer = told(reports(), f"nox_cut@{CITY}@2026-01/2026-11=2100", unit="万吨")
    assert answer.after.quota is not None
    assert (answer.after.quota.text, answer.after.quota.allowed) == ("距目标还差 0.05 万吨", 500)


def test_points_of_a_ratio() -> None:
    here = reports(("rural_sewage", "2025", "43.1"), unit="%")
    answer = told(here, f"rural_sewage@{CITY}@2026-01/2026-10=44.7", name="rural_sewage", target=45)
    assert answer.before.quota is not None
    assert answer.after.quota is not None
    assert [answer.before.quota.text, answer.after.quota.text] == ["距目标还差 1.9 个百分点", "距目标还差 0.3 个百分点"]


def test_our_own_cumulative_cut_stands_until_a_later_report_is_set() -> None:
    """Projects say 440 so far: an old report changes nothing, one to come takes its place, that of the year ends it."""
    here = reports(("nox_cut", "2025", "400"), own={"T": Fraction(440)})
    assert told(here).before.value == 440
    assert told(here, f"nox_cut@{CITY}@2025=900").after.value == 440
    assert told(here, f"nox_cut@{CITY}@2026-01/2026-09=500").after.value == 500
    answer = told(here, f"nox_cut@{CITY}@2024-01/2026-12=700", target=650)
    assert (answer.after.value, answer.after.verdict) == (700, "met")


@settings(max_examples=60, deadline=None)
@given(
    known=st.dictionaries(st.integers(1, 8), st.integers(0, 3000), max_size=4),
    moved=st.dictionaries(st.integers(1, 12), st.integers(0, 3000), max_size=4),
    target=st.integers(1, 3000),
)
def test_the_report_that_reaches_furthest_decides(known: dict[int, int], moved: dict[int, int], target: int) -> None:
    """Cumulative reports of January to some month: the last one counts, by hand before as received."""
    here = reports(*(("nox_cut", f"2026-01/2026-{month:02d}", str(value)) for month, value in known.items()))
    texts = [f"nox_cut@{CITY}@2026-01/2026-{month:02d}={value}" for month, value in moved.items()]
    found = what_if([asked(target=target)], read(*texts, reported=REPORTED), here)
    both = known | moved
    after = one(found).after
    if not both:
        assert after == NOWHERE
        return
    last = both[max(both)]
    assert after.value == last
    assert after.quota is not None
    assert after.quota.allowed == target - last
    assert after.verdict == ("met" if last >= target else "not_met") + ("" if max(both) == 12 else "_so_far")


def test_the_chance_follows_what_is_set() -> None:
    """Each year ended a third above September; 2100 t by September is then 2800 t."""
    rows = [Report(name, CITY, parse_period(period), Fraction(value), "t") for name, period, value in STEADY]
    known, models = Reports.by(rows, AUGUST), [catalog().outlooks.models["report-pace"]]
    ends = []
    for texts in ([f"nox_cut@{CITY}@2026-01/2026-09={value}"] for value in (1500, 1950, 2100)):
        given_ = given_of([asked()], read(*texts, reported=REPORTED), reports())
        assert touches(asked(), given_, {})
        (answer,) = report_answers(asked(), known.told(given_, {"nox_cut": "t"}), models)
        ends.append((answer.ends[1], answer.probability))
    assert [end for end, _ in ends] == [2000, 2600, 2800]
    assert ends[0][1] is not None
    assert ends[2][1] is not None
    assert ends[0][1] < 0.1 < 0.9 < ends[2][1]


@pytest.mark.parametrize(("value", "state", "chance"), [("2599", "lost", 0.0), ("2600", "safe", 1.0)])
def test_the_whole_told_leaves_no_chance(value: str, state: str, chance: float) -> None:
    given_ = given_of([asked()], read(f"nox_cut@{CITY}@2026={value}", reported=REPORTED), reports())
    (answer,) = report_answers(asked(), Reports.by((), AUGUST).told(given_, {"nox_cut": "t"}), ())
    assert (answer.state, answer.probability, answer.ends) == (state, chance, (Fraction(value),) * 3)


@pytest.mark.parametrize(
    ("move", "said"),
    [
        pytest.param("nox_cut@999999@2026=1", r"上报范围只有 reported for: 太原市（140100）", id="scope"),
        pytest.param("nox_cut@140100@2026-13=1", r"“2026-13”不是时段", id="period"),
        pytest.param("nox_cut@140100@2026=多", r"“多”不能用", id="words"),
        pytest.param("nox_cut@140100@2026=NaN", r"“NaN”不能用", id="nan"),
        pytest.param("voc_cut@140100@2026=1", r"不认识的指标项“voc_cut”", id="not-asked"),
    ],
)
def test_a_report_that_cannot_be(move: str, said: str) -> None:
    with pytest.raises(CampaignError, match=rf"QC408: 情景“.*”不合法：.*{said}"):
        read(move, reported=REPORTED)


def test_a_report_in_words() -> None:
    (move,) = read(f"nox_cut@{CITY}@2026-01/2026-11=-5.50", reported=REPORTED)
    assert move.text == "太原市 2026-01-01/2026-11-30 上报 氮氧化物重点工程减排量 -5.5"


def test_no_figure_no_answer() -> None:
    here = reports()
    assert reported_standing(asked(), here.wholes, (), catalog=catalog(), as_of=AUGUST) is None
    assert one(what_if([asked()], (), here)) == Answer(asked(), NOWHERE, NOWHERE)
