"""Feeds: how a foreign file becomes observations. 数据接入说明。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.strict import Report, guarded, read_table, refuse
from qingce.core.records import Feed

__all__ = ["read_feeds"]

_HEAD = ("id", "zh", "en", "layout", "medium")


def read_feeds(roots: Sequence[Path], report: Report = refuse) -> Mapping[str, Feed]:
    """Read every `feeds/<id>.toml`; what is not the header goes to `options`."""
    shelf: Shelf[Feed] = Shelf(report)
    for path in content_files(roots, "feeds/*.toml"):
        table = read_table(path, required=_HEAD, report=report)
        with guarded(report):
            head = {key: table.text(key) for key in _HEAD}
            options = {key: value for key, value in table.content.items() if key not in _HEAD}
            shelf.put(head["id"], Feed(**head, options=options), place=table.place("id"))
    return shelf.items
