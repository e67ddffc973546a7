"""Scanned pages and pictures, with the extra `ocr`; digits that were not read surely are told. 扫描件。"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from qingce.core.errors import complain
from qingce.plans.formats.source import Doubt, Scan

__all__ = ["SURE", "joined", "picture_text", "recognise", "require_ocr"]

SURE = 0.9
"""Digits recognised with less confidence [0-1] go to review."""

_SAME_LINE = 0.6
"""Boxes whose middles differ by less than this part of a line's height are one line."""

_DIGITS = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)?")

_Box = tuple[float, float, float, str, float]
"""Top, bottom, left, text and confidence of what was recognised as one piece."""


def picture_text(path: Path) -> Scan:
    """Read the text of a picture; raises QC304 without the extra `ocr`."""
    return recognise(path.read_bytes(), path)


def require_ocr(path: Path) -> None:
    """Raise QC304 without the extra `ocr`: asked before a picture is even unpacked, which needs more libraries."""
    if find_spec("rapidocr_onnxruntime") is None:
        raise complain("QC304", str(path))


@lru_cache(maxsize=1)
def _engine(module: ModuleType) -> Any:
    """Load the models once for all pages."""
    return module.RapidOCR()


def recognise(image: bytes, path: Path) -> Scan:
    """Recognise the lines of one image, top to bottom; raises QC304 without the extra `ocr`."""
    require_ocr(path)
    result, _ = _engine(import_module("rapidocr_onnxruntime"))(image)
    return _lines([(box[0][1], box[2][1], box[0][0], text, float(score)) for box, text, score in result or []])


def joined(scans: Iterable[Scan]) -> Scan:
    """Put the pages of a document one below the other."""
    text, doubts = "", list[Doubt]()
    for scan in scans:
        text += "\n" if text else ""
        doubts += [Doubt(doubt.start + len(text), doubt.end + len(text), doubt.confidence) for doubt in scan.doubts]
        text += scan.text
    return Scan(text, tuple(doubts))


def _lines(boxes: list[_Box]) -> Scan:
    """Put boxes together to lines."""
    lines: list[list[_Box]] = []
    for box in sorted(boxes):
        last = lines[-1][-1] if lines else None
        if last and abs((box[0] + box[1]) - (last[0] + last[1])) / 2 < _SAME_LINE * (last[1] - last[0]):
            lines[-1].append(box)
        else:
            lines.append([box])
    return joined(_line(sorted(line, key=lambda box: box[2])) for line in lines)


def _line(boxes: list[_Box]) -> Scan:
    text, doubts = "", list[Doubt]()
    for _, _, _, words, confidence in boxes:
        doubts += _doubted(words, confidence, len(text))
        text += words
    return Scan(text, tuple(doubts))


def _doubted(words: str, confidence: float, start: int) -> Iterator[Doubt]:
    for match in _DIGITS.finditer(words) if confidence < SURE else ():
        yield Doubt(start + match.start(), start + match.end(), confidence)
