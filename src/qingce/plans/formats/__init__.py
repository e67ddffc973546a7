"""Formats of documents: each becomes one text with a line a paragraph and tabs between cells. 文件格式。"""

from __future__ import annotations

from qingce.plans.formats.door import Source, documents_in, load
from qingce.plans.formats.source import Doubt

__all__ = ["Doubt", "Source", "documents_in", "load"]
