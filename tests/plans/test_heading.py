"""Title, issuer, level, date, number and kind; words of an overlay; pictures with the extra. 文件头与词表。"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from qingce.catalog import load_catalog
from qingce.core.errors import ContentError
from qingce.plans import read_document, read_text, reading_to_dict
from qingce.plans.phrases import TABLES, load_phrases

CATALOG = load_catalog()

HEADS = {
    "中共云山省委 云山省人民政府\n关于深入打好污染防治攻坚战的实施意见\n（2026年6月1日）\n一、要求\n":
        ("关于深入打好污染防治攻坚战的实施意见", "中共云山省委 云山省人民政府", "province", "2026-06-01", "", "opinion"),  # noqa: E501
    "青溪市人民政府办公室文件\n青政办发〔2026〕12号\n青溪市人民政府办公室\n关于印发青溪市水污染防治工作方案的通知\n一、要求\n":
        ("关于印发青溪市水污染防治工作方案的通知", "青溪市人民政府办公室", "city", "", "青政办发〔2026〕12号", "notice"),  # noqa: E501
    "东山县打赢蓝天保卫战行动计划\n根据省政府要求（云政发〔2025〕3号），制定本计划。\n一、要求\n做好工作。\n东山县人民政府\n2026年3月2日\n":
        ("东山县打赢蓝天保卫战行动计划", "东山县人民政府", "county", "2026-03-02", "", "plan"),
    "白石镇环境整治任务清单\n一、要求\n": ("白石镇环境整治任务清单", "", "township", "", "", "task_list"),
    "云山省青溪市西泽区攻坚方案（送审稿）\n一、要求\n": ("云山省青溪市西泽区攻坚方案（送审稿）", "", "county", "", "", "plan"),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("text", HEADS)
def test_the_head(text: str) -> None:
    document = read_text(text, CATALOG).document
    found = (document.title, document.issuer, document.level, document.date, document.number, document.kind)
    assert found == HEADS[text]


@pytest.mark.parametrize(("name", "identity"), [("000_plan.txt", "000-plan"), ("Air Plan 2026.docx", "air-plan-2026")])
def test_a_short_id_from_the_name(name: str, identity: str) -> None:
    reading = read_text("一、目标\n到2027年，湿地保护率达到51%。\n", CATALOG, name=name)
    assert reading.document.id == identity
    assert reading.targets[0].id == f"T-{identity}-001"
    assert reading.targets[0].clause == f"C-{identity}-一"


def test_ids_of_chinese_names_are_stable_and_apart() -> None:
    ids = [
        read_text("一、甲\n", CATALOG, name=name).document.id
        for name in ("攻坚方案.txt", "攻坚意见.txt", "攻坚方案.txt")
    ]
    assert ids[0] == ids[2] != ids[1]


class Overlaid:
    """A catalog with an overlay of words."""

    def __init__(self, folder: Path) -> None:
        self.phrases_dir = (*CATALOG.phrases_dir, folder)

    def find_indicator(self, printed_name: str, *, unit: str = "") -> Any:
        return CATALOG.find_indicator(printed_name, unit=unit)


def test_an_overlay_teaches_a_new_verb(tmp_path: Path) -> None:
    text = "到2027年，湿地保护率站稳58%。"
    assert read_text(text, CATALOG).targets == ()
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "comparators.csv").write_text("words,sense\n站稳,floor\n", encoding="utf-8")
    targets = read_text(text, Overlaid(tmp_path)).targets
    assert [(t.comparator, str(t.value)) for t in targets] == [(">=", "58")]


def test_a_repair_that_is_no_pattern_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "repairs.csv").write_text("pattern,after,rule,confidence\n(未闭合,甲,x,0.9\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"QC107.*repairs\.csv:2"):
        load_phrases((tmp_path,))


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_words_is_there_and_has_no_double(table: str) -> None:
    phrases = load_phrases()
    rows = phrases.rows(table)
    assert rows
    keys = [tuple(row.values()) for row in rows]
    assert len(keys) == len(set(keys))


def test_a_picture_with_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        def __call__(self, _image: bytes) -> tuple[list[tuple[list[list[float]], str, float]], float]:
            def box(left: float, top: float) -> list[list[float]]:
                return [[left, top], [left + 90, top], [left + 90, top + 20], [left, top + 20]]

            return [
                (box(200, 11), "达到51%。", 0.98),
                (box(10, 10), "到2027年，湿地保护率", 0.99),
                (box(10, 50), "二、任务", 0.9),
            ], 0.1

    module = ModuleType("rapidocr_onnxruntime")
    module.__spec__ = ModuleSpec("rapidocr_onnxruntime", None)
    module.RapidOCR = Engine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", module)
    path = tmp_path / "page.png"
    path.write_bytes(b"\x89PNG")
    reading = read_document(path, CATALOG)
    assert reading.document.text == "到2027年，湿地保护率达到51%。\n二、任务"
    assert str(reading.targets[0].value) == "51"


def test_mechanisms_are_found_with_or_without_quotes() -> None:
    text = "推行排污许可“一证式”管理，落实河湖长制，开展“双随机、一公开”监管。"
    found = [(m.term, text[m.start : m.end]) for m in read_text(text, CATALOG).mechanisms]
    assert ("排污许可", "排污许可") in found
    assert {"一证式", "河湖长制", "双随机"} <= {term for term, _ in found}


def test_a_mechanism_says_what_kind_it_is() -> None:
    read = read_text("落实河湖长制，推行“一月一考核”。", CATALOG)
    assert {m.term: m.kind for m in read.mechanisms} == {"河湖长制": "workflow", "一月一考核": "assessment"}
    assert set(reading_to_dict(read)["mechanisms"][0]) == {"term", "start", "end", "kind"}
