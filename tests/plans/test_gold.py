"""Judged by the gold annotations of three plans and by the shared scorer. 金标。"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from qingce.catalog import load_catalog
from qingce.core.records import Reading
from qingce.plans import read_document, reading_to_dict

CATALOG = load_catalog()
GOLD = ("000", "002", "003")
ALL = (*GOLD, "001", "004")


def plan(shared: Path, number: str) -> Path:
    return next((shared / "plans").glob(f"{number}_*.txt"))


@pytest.fixture(scope="module")
def scorer(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_plans", shared / "tools" / "score_plans.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def readings(shared: Path) -> dict[str, Reading]:
    return {number: read_document(plan(shared, number), CATALOG) for number in ALL}


def score(shared: Path, scorer: ModuleType, readings: dict[str, Reading]) -> dict[str, float]:
    """Score as `score_plans.py` does; what was read from another format is looked up in the gold text."""
    total: Counter[str] = Counter()
    for number in GOLD:
        read = json.loads(json.dumps(reading_to_dict(readings[number])))
        gold_text = plan(shared, number).read_bytes().decode("utf-8")
        if read["document"]["text"] != gold_text:
            for rows in (read["targets"], read["deadlines"]):
                scorer.relocate(rows, read["document"]["text"], gold_text)
        gold = [row for row in scorer.load(shared / "gold" / "targets.jsonl") if row["doc"] == number]
        total["q"] += len(read["targets"])
        total["q_ok"] += sum(
            t.quote == readings[number].document.text[t.start : t.end] for t in readings[number].targets
        )
        scorer.score_targets(gold, read["targets"], 0, total)
        scorer.score_rest(shared / "gold", number, read, total)
    return {
        "targets": scorer.prf(total["hit"], total["got"], total["want"])[2],
        "tuple": scorer.prf(total["tuple"], total["got"], total["want"])[2],
        "deadlines": scorer.prf(total["d_hit"], total["d_got"], total["d_want"])[2],
        "tasks": scorer.prf(total["t_hit"], total["t_got"], total["t_want"])[2],
        "titles": total["t_title"] / total["t_hit"],
        "units": total["t_units"] / total["t_hit"],
        "offsets": total["q_ok"] / total["q"],
    }


def test_the_three_plans_read_as_their_annotators_did(
    shared: Path, scorer: ModuleType, readings: dict[str, Reading]
) -> None:
    reached = score(shared, scorer, readings)
    floors = {
        "targets": 0.99,
        "tuple": 0.98,
        "deadlines": 0.98,
        "tasks": 1.0,
        "titles": 1.0,
        "units": 1.0,
        "offsets": 1.0,
    }
    assert {name: value for name, value in reached.items() if value < floors[name]} == {}


def test_headings_stand_where_the_annotators_saw_them(shared: Path, readings: dict[str, Reading]) -> None:
    rows = [json.loads(line) for line in (shared / "gold" / "tasks.jsonl").read_text("utf-8").splitlines()]
    spans = {(number, t.start, t.end) for number in GOLD for t in readings[number].tasks}
    assert [row["path"] for row in rows if (row["doc"], row["offset_start"], row["offset_end"]) not in spans] == []


def test_certain_damage_that_changes_a_reading_is_found(shared: Path, readings: dict[str, Reading]) -> None:
    rows = [json.loads(line) for line in (shared / "gold" / "damage.jsonl").read_text("utf-8").splitlines()]
    wanted = [
        r
        for r in rows
        if r["certainty"] == "certain" and r["category"] in {"page_break", "latex", "ocr", "duplicate", "case"}
    ]
    missed = [
        row["id"] for row in wanted
        if not any(r.start < row["offset"] + len(row["quote"]) and r.end > row["offset"] for r in readings[row["doc"]].repairs)  # noqa: E501
    ]  # fmt: skip
    assert missed == []


# The headline targets of 主要目标 in the two plans without annotation, read by hand.
HEADLINES = {
    "001": [
        ("decrease_by", "16", "%", 2020), ("decrease_by", "16.6", "%", 2020), (">=", "85", "%", None), (">=", "80", "%", None),  # noqa: E501
        (">=", "3730", "吨", None), (">=", "690", "吨", None), (">=", "1600.6", "吨", None), (">=", "80.07", "吨", None),  # noqa: E501
    ],
}  # fmt: skip


def test_headline_targets_of_a_plan_without_annotation(readings: dict[str, Reading]) -> None:
    goals = [t for t in readings["001"].targets if t.clause.endswith("一/（三）") and t.value is not None]
    assert [(t.comparator, str(t.value), t.unit, t.base_year) for t in goals] == HEADLINES["001"]
    assert {t.deadline for t in goals} == {"2025"}


@pytest.mark.parametrize(("number", "sections", "items"), [("001", 9, 41), ("004", 10, 69)])
def test_trees_of_the_plans_without_annotation(
    readings: dict[str, Reading], number: str, sections: int, items: int
) -> None:
    levels = Counter(min(c.level, 2) for c in readings[number].clauses)
    assert (levels[1], levels[2]) == (sections, items)


def test_masked_units_are_kept_as_printed(readings: dict[str, Reading]) -> None:
    tasks = {t.path: t for t in readings["004"].tasks}
    assert tasks["四/（一）/1"].lead_units == ("XXX",)
    assert tasks["九/（三）"].responsible_units == ("XXXX",)
    assert tasks["五/（三）/4"].responsible_units == ("XXX",)
    assert tasks["六/（四）"].support_units == ("XXX",)


def test_laws_set_no_targets(shared: Path) -> None:
    for path in sorted((shared / "data" / "laws").glob("*.md")):
        reading = read_document(path, CATALOG)
        assert reading.document.kind == "law"
        assert len(reading.targets) == 0, path.name


def test_laws_dressed_as_a_plan_set_hardly_any(shared: Path) -> None:
    from qingce.plans import read_text

    for path in sorted((shared / "data" / "laws").glob("*.md")):
        text = "某市攻坚行动方案\n" + path.read_text("utf-8").replace("条 ", "款 ")
        assert len(read_text(text, CATALOG).targets) <= 1, path.name


def ranks(numbers: list[int]) -> list[float]:
    ordered = sorted(numbers)
    return [ordered.index(n) + (ordered.count(n) - 1) / 2 for n in numbers]


@pytest.mark.parametrize("number", GOLD)
def test_measures_are_counted_as_people_count_them(shared: Path, readings: dict[str, Reading], number: str) -> None:
    """Human counters differ by a tenth: totals within that, items in much the same order."""
    rows = [json.loads(line) for line in (shared / "gold" / "tasks.jsonl").read_text("utf-8").splitlines()]
    found = {t.start: len(t.measures) for t in readings[number].tasks}
    pairs = [(r["measures"], found[r["offset_start"]]) for r in rows if r["doc"] == number and not r["children"]]
    wanted, counted = ([pair[i] for pair in pairs] for i in (0, 1))
    assert abs(sum(counted) - sum(wanted)) <= sum(wanted) / 10
    a, b = ranks(wanted), ranks(counted)
    middle = sum(a) / len(a)
    covariance = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
    spread = (sum((x - middle) ** 2 for x in a) * sum((y - middle) ** 2 for y in b)) ** 0.5
    assert covariance / spread > 0.85
