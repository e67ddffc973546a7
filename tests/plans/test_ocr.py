"""Scans: digits that were not read surely go to review, with a stand-in engine and, where installed, the real one."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from qingce.app.reading import explained
from qingce.catalog import load_catalog
from qingce.core.errors import DocumentError
from qingce.plans import read_document, reading_to_dict
from qingce.plans.formats.picture import joined
from qingce.plans.formats.source import Doubt, Scan

CATALOG = load_catalog()
Piece = tuple[str, float, float, float]
"""Text, confidence, left and top of what the stand-in engine sees."""

PAGE: list[Piece] = [
    ("一、主要目标", 0.99, 10, 10),
    ("到2027年，湿地保护率", 0.97, 10, 50),
    ("达到51%。", 0.62, 200, 51),
    ("到2026年，森林覆盖率达到39%。", 0.95, 10, 90),
    ("到2028年，优良天数比率达到", 0.71, 10, 130),
    ("88.5%以上。", 0.93, 300, 131),
]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[bytes]]:
    """Put a stand-in for the extra `ocr` in place that sees the given pages one after the other."""

    def install(*pages: list[Piece]) -> list[bytes]:
        seen: list[bytes] = []

        class Engine:
            def __call__(self, image: bytes) -> tuple[list[Any] | None, float]:
                page = pages[len(seen)]
                seen.append(image)
                boxes = [
                    ([[x, y], [x + 90, y], [x + 90, y + 20], [x, y + 20]], text, score) for text, score, x, y in page
                ]
                return boxes or None, 0.1

        module = ModuleType("rapidocr_onnxruntime")
        module.__spec__ = ModuleSpec("rapidocr_onnxruntime", None)
        module.RapidOCR = Engine  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", module)
        return seen

    return install


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "page.png"
    path.write_bytes(b"\x89PNG")
    return path


def test_doubtful_digits_are_repairs_that_change_nothing(engine: Callable[..., list[bytes]], picture: Path) -> None:
    engine(PAGE)
    reading = read_document(picture, CATALOG)
    text = reading.document.text
    assert text.splitlines()[1] == "到2027年，湿地保护率达到51%。"
    doubts = [(r.before, r.after, r.confidence) for r in reading.repairs if r.rule == "ocr-digit"]
    assert doubts == [("51", "51", 0.62), ("2028", "2028", 0.71)]
    assert all(text[r.start : r.end] == r.before for r in reading.repairs)


def test_a_target_is_no_surer_than_its_digits(engine: Callable[..., list[bytes]], picture: Path) -> None:
    engine(PAGE)
    found = {t.indicator_id: t for t in read_document(picture, CATALOG).targets}
    assert found["wetland_protection"].confidence == 0.62
    assert found["forest_cover"].confidence > 0.9
    assert found["good_day_ratio"].confidence == 0.71, "its date was read with doubt"
    assert str(found["good_day_ratio"].value) == "88.5"


def test_they_go_to_review(engine: Callable[..., list[bytes]], picture: Path) -> None:
    engine(PAGE)
    lines = "\n".join(explained([read_document(picture, CATALOG)]))
    assert "待复核 2" in lines


def test_the_contract_lists_them(engine: Callable[..., list[bytes]], picture: Path) -> None:
    engine(PAGE)
    answer = reading_to_dict(read_document(picture, CATALOG))
    assert [r["confidence"] for r in answer["repairs"] if r["rule"] == "ocr-digit"] == [0.62, 0.71]


@pytest.mark.parametrize(("score", "count"), [(0.8999, 1), (0.9, 0), (0.95, 0)])
def test_the_limit(engine: Callable[..., list[bytes]], picture: Path, score: float, count: int) -> None:
    engine([("湿地保护率达到51%。", score, 10, 10)])
    assert len([r for r in read_document(picture, CATALOG).repairs if r.rule == "ocr-digit"]) == count


def test_pages_come_one_below_the_other() -> None:
    pages = [Scan("甲1", (Doubt(1, 2, 0.5),)), Scan(""), Scan("乙22", (Doubt(1, 3, 0.6),))]
    whole = joined(pages)
    assert [(whole.text[d.start : d.end], d.confidence) for d in whole.doubts] == [("1", 0.5), ("22", 0.6)]


def test_nothing_recognised_is_no_text(engine: Callable[..., list[bytes]], picture: Path) -> None:
    engine([])
    with pytest.raises(DocumentError, match="QC300"):
        read_document(picture, CATALOG)


def scanned(path: Path, *lines: str) -> Path:
    """Draw lines into a picture with a Chinese font of this machine."""
    from PIL import Image, ImageDraw, ImageFont

    fonts = sorted(Path("/usr/share/fonts").rglob("*CJK*")) or sorted(Path("/usr/share/fonts").rglob("*wqy*"))
    if not fonts:
        pytest.skip("no Chinese font to draw a scan with")
    image = Image.new("RGB", (1400, 90 * len(lines) + 60), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(fonts[0]), 36)
    for number, line in enumerate(lines):
        draw.text((50, 40 + 90 * number), line, fill="black", font=font)
    stream = io.BytesIO()
    image.save(stream, path.suffix[1:].upper())
    path.write_bytes(stream.getvalue())
    return path


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", ["png", "pdf"])
@pytest.mark.skipif(find_spec("rapidocr_onnxruntime") is None, reason="the extra `ocr` is not installed")
def test_a_real_scan(tmp_path: Path, suffix: str) -> None:
    """Models and all come in the wheel: nothing is fetched."""
    lines = ("一、主要目标", "到2027年，湿地保护率达到51%。", "到2026年，森林覆盖率达到39.5%以上。")
    reading = read_document(scanned(tmp_path / f"scan.{suffix}", *lines), CATALOG)
    values = {(t.indicator_id, str(t.value), t.deadline) for t in reading.targets}
    assert values == {("wetland_protection", "51", "2027"), ("forest_cover", "39.5", "2026")}
    assert all(r.confidence < 0.9 for r in reading.repairs if r.rule == "ocr-digit")
