"""The campaign folder: `campaign.toml` read strictly. 攻坚战文件夹。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from qingce.app.campaign_quota import read_quota
from qingce.catalog.strict import Table, read_table
from qingce.core.errors import complain
from qingce.core.periods import Period, parse_period
from qingce.outlook.quotas.profile import Profiles

__all__ = ["Campaign", "FeedFile", "PlanFile", "read_campaign"]

_OPTIONAL = (
    "region_name", "period", "language", "as_of", "sample", "overlays", "plans", "feeds", "sites", "official",
    "exceptions", "basis", "lake", "book", "boundaries", "quota",
)  # fmt: skip
_PLAN_KEYS = {"file", "number", "date"}
_FEED_KEYS = {"path", "feed", "review"}


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A document that assigns work, with what the file itself may not say."""

    file: Path
    number: str = ""


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A data file and the feed that translates it."""

    file: Path
    feed: str
    review: str | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything `campaign.toml` declares, paths resolved."""

    folder: Path
    name: str
    region: str
    region_name: str = ""
    period: Period | None = None
    language: str = "zh"
    as_of: date | None = None
    sample: bool = False
    overlays: tuple[Path, ...] = ()
    plans: tuple[PlanFile, ...] = ()
    feeds: tuple[FeedFile, ...] = ()
    sites: Path | None = None
    official: tuple[Path, ...] = ()
    exceptions: tuple[Path, ...] = ()
    basis: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lake: Path = Path()
    book: str = ""
    boundaries: Path | None = None
    quota: Profiles = field(default_factory=Profiles)

    @property
    def out(self) -> Path:
        """Where `qingce build` writes."""
        return self.folder / "out"


def read_campaign(folder: Path) -> Campaign:
    """Read `campaign.toml` of a folder; raises QC601, QC602, QC101–QC107 with file and line."""
    path = folder / "campaign.toml"
    if not path.is_file():
        raise complain("QC601", str(folder), {"folder": folder})
    table = read_table(path, required=("name", "region"), optional=_OPTIONAL)
    content = table.content
    sites, boundaries = _files(table, "sites"), _files(table, "boundaries")
    return Campaign(
        folder=folder,
        name=str(content["name"]),
        region=str(content["region"]),
        region_name=str(content.get("region_name", "")),
        period=parse_period(str(content["period"])) if "period" in content else None,
        language=str(content.get("language", "zh")),
        as_of=_day(table, "as_of"),
        sample=content.get("sample", False) is True,
        overlays=_overlays(table),
        plans=_plans(table),
        feeds=_feeds(table),
        sites=sites[0] if sites else None,
        official=_files(table, "official"),
        exceptions=_files(table, "exceptions"),
        basis=_basis(table),
        lake=folder / str(content.get("lake", ".qingce/lake")),
        book=_book(folder, str(content.get("book", ".qingce/book.sqlite"))),
        boundaries=boundaries[0] if boundaries else None,
        quota=read_quota(table),
    )


def _book(folder: Path, address: str) -> str:
    return address if "://" in address else str(folder / address)


def _day(table: Table, key: str) -> date | None:
    value = table.content.get(key)
    if value is None or type(value) is date:
        return value
    raise table.wrong(key, value, "2026-10-31")


def _names(table: Table, key: str) -> list[str]:
    value = table.content.get(key, [])
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise table.wrong(key, value, "文件名 file names")


def _matching(table: Table, name: str, key: str) -> tuple[Path, ...]:
    folder = table.path.parent
    found = (folder / name,) if (folder / name).exists() else tuple(sorted(folder.glob(name)))
    if not found:
        raise complain("QC602", table.place(key), {"name": name})
    return found


def _files(table: Table, key: str) -> tuple[Path, ...]:
    return tuple(file for name in _names(table, key) for file in _matching(table, name, key))


def _overlays(table: Table) -> tuple[Path, ...]:
    standard = table.path.parent / "content"
    if "overlays" in table.content:
        return _files(table, "overlays")
    return (standard,) if standard.is_dir() else ()


def _entries(table: Table, key: str, allowed: set[str]) -> list[Mapping[str, object]]:
    entries = table.content.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise table.wrong(key, entries, f"[[{key}]]")
    for entry in entries:
        for name in entry.keys() - allowed:
            words: dict[str, object] = {"key": name, "allowed": ", ".join(sorted(allowed))}
            raise complain("QC102", table.place(name), words)
    return entries


def _plans(table: Table) -> tuple[PlanFile, ...]:
    """The plans named, or every file of `plans/` when none is."""
    entries = _entries(table, "plans", _PLAN_KEYS)
    if not entries:
        folder = table.path.parent / "plans"
        return tuple(PlanFile(file) for file in sorted(folder.glob("*")) if file.is_file())
    return tuple(
        PlanFile(file, str(entry.get("number", "")))
        for entry in entries
        for file in _matching(table, _required(table, entry, "file"), "file")
    )


def _feeds(table: Table) -> tuple[FeedFile, ...]:
    found = []
    for entry in _entries(table, "feeds", _FEED_KEYS):
        feed, review = _required(table, entry, "feed"), entry.get("review")
        files = _matching(table, _required(table, entry, "path"), "path")
        found += [FeedFile(file, feed, str(review) if review else None) for file in files]
    return tuple(found)


def _required(table: Table, entry: Mapping[str, object], key: str) -> str:
    if not entry.get(key):
        raise complain("QC103", table.place(key), {"key": key})
    return str(entry[key])


def _basis(table: Table) -> dict[str, dict[str, str]]:
    given = table.content.get("basis", {})
    if not isinstance(given, dict) or not all(isinstance(value, dict) for value in given.values()):
        raise table.wrong("basis", given, "[basis.ID]")
    return {str(key): {str(k): str(v) for k, v in value.items()} for key, value in given.items()}
