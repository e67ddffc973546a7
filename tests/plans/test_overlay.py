"""Decisions of officers laid over a reading: found again, applied once, never dropped in silence."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingce.catalog import Catalog, load_catalog
from qingce.core.records import Reading, Target
from qingce.plans import read_text
from qingce.plans.anchor import ALIKE, Ground, make_anchor, squeeze
from qingce.plans.overlay import Record, Reviewed, apply, apply_all, fields_of, record_from, record_to

PLAN = """云泽市深入打好污染防治攻坚战行动方案
一、主要目标
到2026年，全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下，空气质量优良天数比例达到78%以上。
到2030年，地表水国考断面优良比例达到83.3%以上，森林覆盖率达到24.5%以上。
二、重点任务
（一）推进散煤治理。2026年10月底前，完成清洁取暖改造1.2万户。责任单位：市发展改革委、市生态环境局。
（二）强化扬尘管控。县级及以上城市平均降尘量不得高于7吨/月·平方公里。责任单位：市住房城乡建设局。
三、保障饮水安全
县级及以上集中式饮用水水源水质达标率保持100%。受污染耕地安全利用率达到95%以上。
"""
LINES = PLAN.splitlines(keepends=True)


@cache
def catalog() -> Catalog:
    return load_catalog()


@cache
def read(text: str = PLAN, name: str = "plan.txt") -> Reading:
    return read_text(text, catalog(), name=name)


def target(words: str, reading: Reading | None = None) -> Target:
    return next(t for t in (reading or read()).targets if words in t.quote)


def decided(words: str, verdict: str = "confirm", *, key: str = "", **fields: object) -> Record:
    reading = read()
    chosen = target(words)
    path = Ground(reading.document, reading.clauses).clause_at(chosen.start)
    anchor = make_anchor(
        reading.document, chosen.start, chosen.end, clause=path, value_start=chosen.value_start,
        value_text=chosen.value_text,
    )  # fmt: skip
    given = fields_of(chosen)
    document = reading.document
    key = key or apply(reading, []).keys[chosen.id]
    return Record(
        key, "target", document.id, document.title, verdict, given | fields, given, anchor, "张三", "", "看过"
    )


def added(words: str, **fields: object) -> Record:
    document = read().document
    start = document.text.index(words)
    anchor = make_anchor(document, start, start + len(words), clause="三")
    said = {"indicator": "饮水安全", "indicator_id": "", "scope": "云泽市", "comparator": ">=", "value": Decimal(1)}
    said |= {"unit": "项", "base_year": None, "deadline": "2026", "kind": "level"} | fields
    return Record(f"A:plan:{words}", "target", document.id, document.title, "add", said, {}, anchor, "张三")


def state(reviewed: Reviewed, record: Record) -> tuple[str, str]:
    mark = next(mark for mark in reviewed.marks if mark.record.key == record.key)
    return mark.state, mark.how


def all_records() -> list[Record]:
    return [
        decided("细颗粒物"),
        decided("83.3%", "correct", value=Decimal("83.4"), scope="国考断面", deadline="2031"),
        decided("95%", "reject"),
        added("保障饮水安全"),
        decided("降尘量", "correct", indicator="降尘", indicator_id="", owners="市住建局"),
    ]


# ---- what each verdict does


def test_a_confirmed_target_is_as_it_was_and_confirmed() -> None:
    reviewed = apply(read(), [decided("细颗粒物")])
    assert reviewed.reading == read()
    assert reviewed.confirmed == {target("细颗粒物").id}


def test_a_correction_changes_the_fields_and_nothing_of_the_text() -> None:
    record = decided("83.3%", "correct", value=Decimal("83.4"), deadline="2031", owners="市水务局")
    reviewed = apply(read(), [record])
    changed = next(t for t in reviewed.reading.targets if t.id == target("83.3%").id)
    assert (changed.value, changed.deadline) == (Decimal("83.4"), "2031")
    assert (changed.quote, changed.start, changed.value_text) == (
        target("83.3%").quote,
        target("83.3%").start,
        target("83.3%").value_text,
    )
    assert reviewed.owners == {changed.id: "市水务局"}
    assert reviewed.reading.document == read().document


def test_a_range_is_a_pair_again() -> None:
    reviewed = apply(read(), [decided("83.3%", "correct", value=[Decimal(80), Decimal(85)], comparator="range")])
    assert next(t for t in reviewed.reading.targets if t.comparator == "range").value == (Decimal(80), Decimal(85))


def test_a_rejected_target_stands_apart() -> None:
    reviewed = apply(read(), [decided("95%", "reject")])
    assert [t.quote for t in reviewed.rejected] == [target("95%").quote]
    assert len(reviewed.reading.targets) == len(read().targets) - 1
    assert reviewed.confirmed == frozenset()


def test_an_added_target_has_a_span_of_the_text() -> None:
    reviewed = apply(read(), [added("保障饮水安全")])
    made = next(t for t in reviewed.reading.targets if t.indicator == "饮水安全")
    assert read().document.text[made.start : made.end] == made.quote == "保障饮水安全"
    assert made.id in reviewed.confirmed
    assert made.id.startswith(f"T-{read().document.id}-R")
    assert [t.start for t in reviewed.reading.targets] == sorted(t.start for t in reviewed.reading.targets)


def test_an_added_target_that_the_reader_reads_by_now_is_not_doubled() -> None:
    seen = target("95%")
    blind = replace(read(), targets=tuple(t for t in read().targets if t.id != seen.id))
    record = replace(decided("95%", "add", deadline="2027"), as_read={}, key="A:plan:x")
    assert len(apply(blind, [record]).reading.targets) == len(read().targets)
    reviewed = apply(read(), [record])
    assert len(reviewed.reading.targets) == len(read().targets)
    assert next(t for t in reviewed.reading.targets if t.id == seen.id).deadline == "2027"


def test_a_confirmed_target_that_a_newer_reader_misses_is_kept() -> None:
    record = decided("95%", "correct", deadline="2027")
    blind = replace(read(), targets=tuple(t for t in read().targets if "95%" not in t.quote))
    reviewed = apply(blind, [record])
    kept = next(t for t in reviewed.reading.targets if "95%" in t.quote)
    assert (kept.deadline, kept.value, kept.value_start) == ("2027", Decimal(95), target("95%").value_start)
    assert kept.id in reviewed.confirmed
    assert "按人工确认保留" in reviewed.marks[0].note


def test_a_rejected_target_that_is_no_longer_read_is_settled() -> None:
    blind = replace(read(), targets=tuple(t for t in read().targets if "95%" not in t.quote))
    reviewed = apply(blind, [decided("95%", "reject")])
    assert state(reviewed, decided("95%"))[0] == "settled"
    assert reviewed.reading == blind


def test_a_newer_reader_does_not_overrule_an_officer() -> None:
    record = decided("83.3%", "correct", scope="国考断面")
    newer = tuple(replace(t, scope="全省", confidence=0.5) if "83.3%" in t.quote else t for t in read().targets)
    reviewed = apply(replace(read(), targets=newer), [record])
    assert next(t for t in reviewed.reading.targets if "83.3%" in t.quote).scope == "国考断面"


def test_two_targets_of_one_value_are_kept_apart() -> None:
    twin = replace(target("95%"), id="T-plan-099", indicator="污染地块安全利用率", indicator_id="")
    both = replace(read(), targets=(*read().targets, twin))
    first, second = decided("95%", "reject"), decided("95%", key="T:plan:other")
    second = replace(second, as_read=fields_of(twin), fields=fields_of(twin))
    reviewed = apply(both, [first, second])
    assert [t.id for t in reviewed.rejected] == [target("95%").id]
    assert reviewed.confirmed == {"T-plan-099"}


def test_it_says_so_when_it_cannot_tell_which_target_is_meant() -> None:
    names = ("甲率", "乙率")
    renamed = [replace(target("95%"), id=f"T-plan-09{i}", indicator=n, indicator_id="") for i, n in enumerate(names)]
    rest = [t for t in read().targets if "95%" not in t.quote]
    reviewed = apply(replace(read(), targets=(*rest, *renamed)), [decided("95%", "correct", deadline="2027")])
    assert [mark.state for mark in reviewed.marks] == ["lost"]
    assert "分不清" in reviewed.lost[0].note
    assert len(reviewed.reading.targets) == len(read().targets) + 1


# ---- finding the place again


def test_the_same_document_is_found_at_its_offset() -> None:
    assert state(apply(read(), [decided("细颗粒物")]), decided("细颗粒物")) == ("applied", "offset")


def test_an_inserted_paragraph_moves_nothing() -> None:
    moved = read("".join([LINES[0], "为改善环境，结合我市实际，制定本方案。\n", *LINES[1:]]))
    for record in all_records():
        assert state(apply(moved, [record]), record) == ("applied", "clause")


def test_words_that_went_to_another_clause_are_found_there() -> None:
    moved = read("".join([*LINES[:3], *LINES[4:], "四、远景目标\n", LINES[3]]))
    record = decided("83.3%", "correct", scope="国考断面")
    assert state(apply(moved, [record]), record) == ("applied", "elsewhere")
    assert next(t for t in apply(moved, [record]).reading.targets if "83.3%" in t.quote).scope == "国考断面"


def test_blanks_and_widths_of_another_file_format_do_not_count() -> None:
    other = read(PLAN.replace("细颗粒物（PM2.5）年均浓度控制在39", "细颗粒物(ＰＭ2.5)年均\n　浓度控制在３９"))
    record = decided("细颗粒物")
    found = Ground(other.document, other.clauses).find(record.anchor)
    assert found is not None
    assert found.similarity == 1
    assert squeeze(other.document.text[found.start : found.end]) == squeeze(record.anchor.quote)


def test_changed_words_with_the_same_value_are_found_by_likeness() -> None:
    changed = read(PLAN.replace("空气质量优良天数比例达到78%以上", "空气质量优良天数的比例稳定达到78%以上"))
    record = decided("78%")
    mark = apply(changed, [record]).marks[0]
    assert (mark.state, mark.how) == ("applied", "similar")
    assert ALIKE <= mark.similarity < 1


def test_a_changed_value_must_be_reviewed_again() -> None:
    changed = read(PLAN.replace("控制在39微克", "控制在37微克"))
    record = decided("细颗粒物")
    reviewed = apply(changed, [record])
    assert state(reviewed, record) == ("changed", "similar")
    assert reviewed.confirmed == frozenset()
    assert target("细颗粒物", reviewed.reading).value == Decimal(37)
    assert reviewed.keys[target("细颗粒物", changed).id] == record.key


def test_a_changed_date_of_a_new_edition_must_be_reviewed_again() -> None:
    record = decided("78%")
    reviewed = apply(read(PLAN.replace("到2026年，全市", "到2027年，全市")), [record])
    assert state(reviewed, record)[0] == "changed"
    assert target("78%", reviewed.reading).deadline == "2027"


def test_a_sentence_that_is_gone_is_among_the_lost() -> None:
    record = decided("83.3%", "correct", scope="国考断面")
    reviewed = apply(read("".join(LINES[:3] + LINES[4:])), [record])
    assert [mark.record for mark in reviewed.lost] == [record]
    assert "找不到原文" in reviewed.lost[0].note


def test_a_repeated_sentence_is_told_by_what_stands_around_it() -> None:
    again = read(PLAN + "四、附则\n本市受污染耕地安全利用率达到95%以上。\n")
    reviewed = apply(again, [decided("95%", "reject")])
    assert len(reviewed.rejected) == 1
    assert reviewed.rejected[0].start == PLAN.index(reviewed.rejected[0].quote)
    assert len(set(reviewed.keys.values())) == len(reviewed.keys)


def test_a_new_edition_under_another_name_is_known_by_its_title() -> None:
    renamed = read(PLAN, "方案（修订）.txt")
    record = decided("细颗粒物")
    (reviewed,), gone = apply_all([renamed], [record])
    assert len(reviewed.confirmed) == 1
    assert gone == ()
    _, gone = apply_all([], [record])
    assert [(mark.state, mark.record.key) for mark in gone] == [("lost", record.key)]
    assert "文件已不在" in gone[0].note


# ---- tasks


def task_record(**fields: object) -> Record:
    reading = read()
    task = next(t for t in reading.tasks if "扬尘" in t.title)
    anchor = make_anchor(reading.document, task.start, task.start + len(task.title), clause=task.path)
    anchor = replace(anchor, quote=task.title)
    read_fields = {"lead_units": [], "responsible_units": ["市住房城乡建设局"], "deadline": ""}
    return Record("plan#二/(二)", "task", "plan", reading.document.title, "correct", fields, read_fields, anchor)


def test_owners_and_date_of_a_task_are_set() -> None:
    record = task_record(lead_units=["市城管局"], responsible_units=[], deadline="2026-12")
    for text in (PLAN, "前言，说明情况。\n" + PLAN, PLAN.replace("（二）强化扬尘管控", "（二）强化扬尘精细化管控")):
        task = next(t for t in apply(read(text), [record]).reading.tasks if "扬尘" in t.title)
        assert (task.lead_units, task.responsible_units, task.deadline) == (("市城管局",), (), "2026-12")


def test_a_task_that_is_gone_is_lost() -> None:
    reviewed = apply(read("".join(LINES[:6] + LINES[7:])), [task_record(deadline="2026-12")])
    assert [mark.note[:5] for mark in reviewed.lost] == ["找不到任务"]


# ---- laws


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(5)), st.integers(0, len(LINES)))
def test_order_does_not_matter_and_twice_is_once(order: list[int], where: int) -> None:
    records = all_records()
    text = "".join([*LINES[:where], "本段是后来加的说明，没有目标。\n", *LINES[where:]]) if where else PLAN
    reading = read(text)
    once = apply(reading, records)
    assert apply(reading, [records[i] for i in order]) == once
    assert apply(once.reading, records).reading == once.reading
    one_by_one = reading
    for i in order:
        one_by_one = apply(one_by_one, [records[i]]).reading
    assert one_by_one.targets == once.reading.targets


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from([4, 5, 6, 7, 8])), st.lists(st.integers(1, len(LINES)), max_size=3))
def test_a_decision_survives_paragraphs_put_in_and_taken_out_elsewhere(out: set[int], put: list[int]) -> None:
    record = decided("83.3%", "correct", value=Decimal("83.4"), scope="国考断面")
    kept = [line for i, line in enumerate(LINES) if i not in out]
    for n, place in enumerate(put):
        kept.insert(min(place, len(kept)), f"补充说明之{'甲乙丙'[n]}，各县认真组织，按期报送。\n")
    reviewed = apply(read("".join(kept)), [record])
    assert state(reviewed, record)[0] == "applied"
    changed = [t for t in reviewed.reading.targets if "83.3%" in t.quote]
    assert [(t.value, t.scope) for t in changed] == [(Decimal("83.4"), "国考断面")]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="云泽市PM2.5达到39%以上，。\n ", max_size=120))
def test_nothing_is_dropped_in_silence(text: str) -> None:
    records = all_records()
    reviewed = apply(read_text(text, catalog(), name="plan.txt"), records)
    assert sorted(mark.record.key for mark in reviewed.marks) == sorted(record.key for record in records)
    for made in reviewed.reading.targets:
        assert text[made.start : made.end] == made.quote


def test_a_record_comes_back_whole_from_what_the_book_keeps() -> None:
    record = decided("83.3%", "correct", value=Decimal("83.4"))
    event = {"who": "张三", "at": "", "why": "看过", "version": 0}
    assert record_from(record.key, record_to(record), event) == record


def test_keys_are_the_words_not_the_number() -> None:
    before = {t.quote: apply(read(), []).keys[t.id] for t in read().targets}
    other = read("".join([LINES[0], LINES[1], "到2026年，森林蓄积量达到300万立方米以上。\n", *LINES[2:]]))
    after = {t.quote: apply(other, []).keys[t.id] for t in other.targets}
    assert before.items() <= after.items()


@pytest.mark.parametrize("number", [0, 2, 3])
def test_every_confirmed_target_of_a_real_plan_is_found_in_its_next_edition(shared: Path, number: int) -> None:
    path = next((shared / "plans").glob(f"{number:03d}_*.txt"))
    first = read_text(path.read_text("utf-8"), catalog(), name=path.name)
    ground = Ground(first.document, first.clauses)
    keys = apply(first, []).keys
    records = []
    for t in first.targets:
        anchor = make_anchor(
            first.document, t.start, t.end, clause=ground.clause_at(t.start), value_start=t.value_start,
            value_text=t.value_text,
        )  # fmt: skip
        read_as = fields_of(t)
        records.append(Record(keys[t.id], "target", "x", first.document.title, "confirm", read_as, read_as, anchor))
    assert apply(first, records).confirmed == {t.id for t in first.targets}
    lines = first.document.text.splitlines(keepends=True)
    middle = len(lines) // 2
    text = "".join(
        [*lines[:1], "\n按照统一部署，现予修订。\n", *lines[1:middle], "以下为修订部分。\n", *lines[middle:]]
    )
    second = read_text(text, catalog(), name="other.txt")
    (reviewed,), gone = apply_all([second], [replace(r, title=second.document.title) for r in records])
    assert gone == ()
    assert len(reviewed.confirmed) >= len(records) - 2
    assert {mark.state for mark in reviewed.marks} <= {"applied", "changed", "lost"}
