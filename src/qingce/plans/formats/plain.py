"""Text files: UTF-8 (unchanged) or GB18030. 纯文本。"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from qingce.core.errors import complain

__all__ = ["decode"]

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROL = 0.01


def decode(data: bytes, path: Path) -> str:
    """Decode UTF-8, UTF-16 with its mark, else GB18030; raises QC305 where none fits."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _try(data, "utf-16") or _refuse(path)
    for encoding in ("utf-8", "gb18030"):
        text = _try(data, encoding)
        if text is not None and len(_CONTROL.findall(text)) <= len(text) * _MOST_CONTROL:
            return text
    return _refuse(path)


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _refuse(path: Path) -> str:
    raise complain("QC305", str(path), {"tried": "UTF-8, UTF-16, GB18030"})
