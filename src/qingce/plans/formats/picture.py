"""Scanned pages and pictures, with the extra `ocr`. 扫描件。"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qingce.core.errors import complain

__all__ = ["picture_text", "recognise", "require_ocr"]

_SAME_LINE = 0.6
"""Boxes whose middles differ by less than this part of a line's height are one line."""


def picture_text(path: Path) -> str:
    """Read the text of a picture; raises QC304 without the extra `ocr`."""
    return recognise(path.read_bytes(), path)


def require_ocr(path: Path) -> None:
    """Raise QC304 without the extra `ocr`: asked before a picture is even unpacked, which needs more libraries."""
    if find_spec("rapidocr_onnxruntime") is None:
        raise complain("QC304", str(path))


def recognise(image: bytes, path: Path) -> str:
    """Recognise the lines of one image, top to bottom; raises QC304 without the extra `ocr`."""
    require_ocr(path)
    engine: Any = import_module("rapidocr_onnxruntime").RapidOCR()
    result, _ = engine(image)
    boxes = [(box[0][1], box[2][1], box[0][0], text) for box, text, _ in result or []]
    return _lines(boxes)


def _lines(boxes: list[tuple[float, float, float, str]]) -> str:
    """Put boxes (top, bottom, left, text) together to lines."""
    lines: list[list[tuple[float, float, float, str]]] = []
    for box in sorted(boxes):
        last = lines[-1][-1] if lines else None
        if last and abs((box[0] + box[1]) - (last[0] + last[1])) / 2 < _SAME_LINE * (last[1] - last[0]):
            lines[-1].append(box)
        else:
            lines.append([box])
    return "\n".join("".join(box[3] for box in sorted(line, key=lambda b: b[2])) for line in lines)
