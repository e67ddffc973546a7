"""From a file to the lake, once: what is known already is not written again, what changed says why. 入湖。"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.ports import Book, Lake
from qingce.core.records import Feed
from qingce.core.tables import OBSERVATION, REJECTED, empty, shape

__all__ = ["Intake", "Taken", "feed_named", "fingerprint", "reconcile"]

KEY = ["site", "parameter", "span", "time"]
FACTS = ["value", "flag", "absent", "detection_limit", "review"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file."""

    file: str
    feed: str
    rows: int
    written: int
    changed: int
    unchanged: int
    rejected: int
    notes: tuple[str, ...] = ()
    skipped: bool = False

    @property
    def told(self) -> str:
        """What became of the file, in one line."""
        if self.skipped:
            return f"{self.file}：{self.rows} 个值此前已收入，没有重复写入 | taken in before, nothing written"
        return f"{self.file}：读到 {self.rows} 个值，写入 {self.written}（更正 {self.changed}），已有 {self.unchanged}"

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-able facts."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"notes": list(self.notes)}


def feed_named(catalog: Catalog, name: str) -> Feed:
    """Return a feed of the catalog; raises QC110 naming the choices."""
    if name not in catalog.feeds:
        allowed = ", ".join(sorted(catalog.feeds))
        raise complain("QC110", words={"name": name, "what": "数据来源 feed", "allowed": allowed})
    return catalog.feeds[name]


def fingerprint(path: Path, *words: str) -> str:
    """Return a SHA-256 over the bytes of a file (or of all files of a folder) and the words."""
    digest = hashlib.sha256("\0".join(words).encode())
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def reconcile(new: pa.Table, lake: Lake) -> tuple[pa.Table, int, int]:
    """Compare new observations with those in force; return (rows to write, changed, unchanged).

    A row equal to the one in force is not written again; a changed one carries its reason.
    """
    if not new.num_rows:
        return new, 0, 0
    ends = pc.min_max(new["time"]).as_py()
    sites = pc.unique(new["site"]).to_pylist()
    known = lake.scan(
        "observation",
        columns=[*KEY, *FACTS],
        where={"site": sites},
        start=ends["min"],
        end=ends["max"] + timedelta(seconds=1),
    )
    if not known.num_rows:
        return new, 0, 0
    old = known.rename_columns(KEY + [f"old_{name}" for name in FACTS])
    old = old.append_column("known", pa.repeat(pa.scalar(value=True), old.num_rows))
    both = new.join(old, keys=KEY, join_type="left outer")
    seen = pc.fill_null(both["known"], fill_value=False)
    same = seen
    for name in FACTS:
        same = pc.and_(same, _equal(both[name], both[f"old_{name}"]))
    changed = pc.and_(seen, pc.invert(same))
    told = pc.if_else(changed, pc.coalesce(both["reason"], _reasons(both)), both["reason"])
    both = both.set_column(both.column_names.index("reason"), "reason", told)
    rows = both.filter(pc.invert(same)).sort_by([("source", "ascending"), ("line", "ascending")])
    return shape(rows, OBSERVATION), pc.sum(changed).as_py() or 0, pc.sum(same).as_py() or 0


def _equal(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.ChunkedArray:
    both_null = pc.and_(pc.is_null(left), pc.is_null(right))
    return pc.or_(both_null, pc.fill_null(pc.equal(left, right), fill_value=False))


def _reasons(both: pa.Table) -> pa.ChunkedArray:
    """Say what changed: the review state, or the value."""
    moved = pc.invert(_equal(both["review"], both["old_review"]))
    return pc.if_else(moved, pa.scalar("审核状态变化 review changed"), pa.scalar("来源更正 source corrected"))


class Intake:
    """Takes files into a lake once, remembers them in the book and keeps every report of rejected cells."""

    def __init__(self, lake: Lake, book: Book, reports: Path) -> None:
        self._lake = lake
        self._book = book
        self._reports = reports
        self._asked: set[str] = set()

    def take(
        self,
        file: Path,
        key: str,
        read: Callable[[], tuple[str, pa.Table, pa.Table, tuple[str, ...]]],
    ) -> Taken:
        """Read a file unless its key is known; write what is new, then remember it. Safe to repeat after a kill."""
        self._asked.add(key)
        known = self._book.get("intake", key)
        if known is not None:
            kept = {name: known[name] for name in Taken.__dataclass_fields__ if name in known}
            return Taken(**{**kept, "notes": tuple(known.get("notes", ())), "skipped": True})  # type: ignore[arg-type]
        kind, rows, rejected, notes = read()
        fresh, changed, unchanged = (rows, 0, 0) if kind != "observation" else reconcile(rows, self._lake)
        if fresh.num_rows:
            self._lake.append(kind, fresh, source=file.name)
        self._report(key, rejected)
        taken = Taken(file.name, kind, rows.num_rows, fresh.num_rows, changed, unchanged, rejected.num_rows, notes)
        self._book.put("intake", key, taken.to_dict(), who="qingce", why="ingest")
        return taken

    def rejected(self) -> pa.Table:
        """Return every rejected cell of the files asked for in this run; those of a replaced file are gone."""
        import pyarrow.parquet as pq

        files = (self._reports / f"{key}.parquet" for key in sorted(self._asked))
        return pa.concat_tables([empty(REJECTED), *(pq.read_table(file) for file in files if file.exists())])

    def rejected_of(self, key: str) -> list[dict[str, object]]:
        """Return the rejected cells of one file."""
        import pyarrow.parquet as pq

        file = self._reports / f"{key}.parquet"
        found: list[dict[str, object]] = pq.read_table(file).to_pylist() if file.exists() else []
        return found

    def _report(self, key: str, rejected: pa.Table) -> None:
        self._reports.mkdir(parents=True, exist_ok=True)
        if rejected.num_rows:
            import pyarrow.parquet as pq

            fresh = self._reports / f".{key}.tmp"
            pq.write_table(shape(rejected, REJECTED), fresh)
            fresh.replace(self._reports / f"{key}.parquet")
