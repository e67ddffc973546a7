"""Judged tables of an earlier build, used again while nothing they rest on has changed. 评价结果的留存。

They are derived and may be deleted at any time. Their key is made of everything they rest on: the head of the lake's
chain, the lists of sites and exceptional days, the day, every file of content and the code that judges; each file is
kept with its digest, and what does not fit is judged anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from qingce import __version__
from qingce.app.campaign import Campaign
from qingce.app.judging.again import Earlier, judge_again
from qingce.app.judging.judged import Judged, judge
from qingce.app.judging.media import Points, judge_points
from qingce.catalog import Catalog
from qingce.core.ports import Lake

__all__ = ["basis", "code_digest", "ground", "judged_of", "kept", "points_of", "read_kept", "tree_digest", "write_kept"]

LISTING = "kept.json"
JUDGES = ("app/judging/judged.py", "app/judging/again.py", "app/judging/media.py")
CODE = ("core", "catalog", "store", "observe", "evaluate", "data", *JUDGES)
"""What judges: rooms and files of the package whose bytes are part of the key."""


def judged_of(
    campaign: Campaign, lake: Lake, lists: tuple[pa.Table, pa.Table], *, catalog: Catalog, as_of: date
) -> Judged:
    """Judge what the lake holds for (sites, exceptions), or take what an earlier build judged of the very same."""
    folder, key = campaign.folder / ".qingce" / "judged", basis(lake, *lists, overlays=campaign.overlays, as_of=as_of)
    same, head = ground(*lists, overlays=campaign.overlays), lake.version("observation")

    def ask() -> Judged:
        earlier = _earlier(folder, same)
        again = judge_again(lake, lists, earlier, catalog=catalog, as_of=as_of) if earlier else None
        return again or judge(lake, *lists, catalog=catalog, as_of=as_of)

    return kept(folder, key, ask, ground=same, head=head, as_of=as_of.isoformat())


def points_of(
    campaign: Campaign, lake: Lake, lists: tuple[pa.Table, pa.Table], *, catalog: Catalog, as_of: date
) -> Points:
    """Judge the other media of a campaign's feeds, or take what an earlier build judged of the very same."""
    feeds = sorted({entry.feed for entry in campaign.feeds})
    rests = basis(lake, *lists, overlays=campaign.overlays, as_of=as_of)
    key = hashlib.sha256("\0".join([rests, *feeds]).encode()).hexdigest()
    folder = campaign.folder / ".qingce" / "points"
    found = _read_points(folder, key)
    if found is not None:
        return found
    points = judge_points(lake, lists[0], catalog=catalog, as_of=as_of, feeds=feeds)
    write_kept(folder, key, {"points": points.table}, answered=sorted(points.answered), notes=list(points.notes))
    return points


def _read_points(folder: Path, key: str) -> Points | None:
    found = read_kept(folder, key)
    if found is None:
        return None
    tables, said = found
    answered, notes = said.get("answered"), said.get("notes")
    if "points" not in tables or not isinstance(answered, list) or not isinstance(notes, list):
        return None
    return Points(tables["points"], frozenset(answered), tuple(notes))


def ground(sites: pa.Table, exceptions: pa.Table, *, overlays: Sequence[Path]) -> str:
    """Return the digest of what judged tables rest on beside the data and the day: lists, content, code."""
    return _digest([__version__, _code()], (sites, exceptions), overlays)


def basis(lake: Lake, sites: pa.Table, exceptions: pa.Table, *, overlays: Sequence[Path], as_of: date) -> str:
    """Return the digest of everything that judged tables rest on."""
    heads = [lake.version(kind) for kind in ("observation", "exception")]
    return _digest([__version__, as_of.isoformat(), *heads, _code()], (sites, exceptions), overlays)


def _digest(words: Sequence[str], lists: Iterable[pa.Table], overlays: Iterable[Path]) -> str:
    digest = hashlib.sha256("\0".join(words).encode())
    for table in lists:
        digest.update(_table_digest(table).encode())
    for overlay in overlays:
        digest.update(tree_digest([overlay]).encode())
    return digest.hexdigest()


def kept(folder: Path, key: str, ask: Callable[[], Judged], **more: str) -> Judged:
    """Return the tables kept under the key, else judge and keep them; what was kept under another key goes.

    `more` is kept beside them: what a later build needs to know to judge only what came since.
    """
    found = _read(folder, key)
    if found is not None:
        return found
    judged = ask()
    _write(folder, key, judged, more=more)
    return judged


def _earlier(folder: Path, same: str) -> Earlier | None:
    """Return what an earlier build kept on the same ground, whatever its data and day."""
    try:
        said = json.loads((folder / LISTING).read_text("utf-8"))
        if said["ground"] != same:
            return None
        judged = _read(folder, said["key"])
        return Earlier(judged, said["head"], date.fromisoformat(said["as_of"])) if judged is not None else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(folder: Path, key: str) -> Judged | None:
    found = read_kept(folder, key)
    try:
        if found is None:
            return None
        tables, said = found
        return Judged(
            site_days=tables["air_site_days"],
            city_days=tables["air_city_days"],
            months=tables["water_months"],
            quality=tables["quality"],
            hours=tables["hours"],
            unlisted=tuple(said["unlisted"]),  # type: ignore[arg-type]
        )
    except (KeyError, TypeError):
        return None


def _write(folder: Path, key: str, judged: Judged, *, more: Mapping[str, str]) -> None:
    write_kept(folder, key, judged.tables(), unlisted=list(judged.unlisted), **more)


def read_kept(folder: Path, key: str) -> tuple[dict[str, pa.Table], Mapping[str, object]] | None:
    """Return the tables kept under a key with what was said beside them; None for another key or a broken file."""
    listing = folder / LISTING
    try:
        said = json.loads(listing.read_text("utf-8"))
        if said["key"] != key:
            return None
        tables = {}
        for name, digest in said["files"].items():
            raw = (folder / f"{name}.parquet").read_bytes()
            if hashlib.sha256(raw).hexdigest() != digest:
                return None
            tables[name] = pq.read_table(pa.BufferReader(raw))
        return tables, said
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None


def write_kept(folder: Path, key: str, tables: Mapping[str, pa.Table], **more: object) -> None:
    """Write the tables beside each other, the listing last: without it nothing is kept."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = {}
    for name, table in tables.items():
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        raw = sink.getvalue()
        (folder / f"{name}.parquet").write_bytes(raw)
        files[name] = hashlib.sha256(raw).hexdigest()
    said: Mapping[str, object] = {"key": key, "files": files, **more}
    fresh = folder / f".{LISTING}"
    fresh.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    fresh.replace(folder / LISTING)


def _table_digest(table: pa.Table) -> str:
    """Return the digest of a table's rows but for when they were known: reading a list again changes nothing."""
    columns = [name for name in table.column_names if name != "known_at"]
    rows = sorted(json.dumps(row, ensure_ascii=False, default=str) for row in table.select(columns).to_pylist())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def tree_digest(roots: Iterable[Path]) -> str:
    """Return the digest of the names and bytes of every file below some folders."""
    digest = hashlib.sha256()
    for root in roots:
        files = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(root.parent).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _code() -> str:
    """Return the digest of the code and content that judge, once a process."""
    return code_digest(CODE)


@lru_cache(maxsize=4)
def code_digest(names: tuple[str, ...]) -> str:
    """Return the digest of rooms and files of the package, once a process."""
    spec = find_spec("qingce")
    root = Path(next(iter(spec.submodule_search_locations or [])) if spec else ".")
    return tree_digest(root / name for name in names)
