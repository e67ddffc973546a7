"""Administrative regions as of a day: codes, names, parents, successors. 行政区划。

The rows stand in `data/regions/divisions.csv` (and those of an overlay); `aliases.csv` adds names that no rule makes
from the full one (博州). A row without `valid_from` was in force before the first list kept, one without `valid_until`
still is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

from qingce.catalog.overlay import content_files
from qingce.catalog.sources import STATUSES, cite
from qingce.catalog.strict import Report, Row, guarded, read_rows, refuse
from qingce.core.errors import complain
from qingce.core.grouping import grouped
from qingce.core.records import Region, Source

__all__ = ["LEVELS", "Regions", "read_regions", "short_name"]

LEVELS = ("province", "city", "county")

_COLUMNS = ("code", "name", "level", "parent", "valid_from", "valid_until", "successor", "source")
_MORE = ("document", "status")
_PEOPLES = (
    "各族|蒙古族?|回族|藏族|维吾尔族?|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?|傣族|黎族|傈僳族|佤族|畲族"
    "|高山族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族?|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯族?|阿昌族|普米族"
    "|塔吉克族?|怒族|乌孜别克族|俄罗斯族|鄂温克族|德昂族|保安族|裕固族|京族|塔塔尔族|独龙族|鄂伦春族|赫哲族|门巴族|珞巴族|基诺族"
)
_AUTONOMOUS = re.compile(rf"(?P<stem>.{{2,}}?)(?:{_PEOPLES})*(?:自治区|自治州|自治县|自治旗)")
_KINDS = re.compile(r"(?P<stem>.{2,}?)(?:特别行政区|地区|林区|特区|省|市|区|县|旗|盟|州)")
_SEVERAL = ","


def short_name(name: str) -> str:
    """Return a region's name without its kind and the peoples in it.

    Examples
    --------
    >>> short_name("太原市"), short_name("恩施土家族苗族自治州"), short_name("沙县")
    ('太原', '恩施', '沙县')
    """
    match = _AUTONOMOUS.fullmatch(name) or _KINDS.fullmatch(name)
    return match["stem"] if match else name


class Regions:
    """Every region with its dates. A code may have several rows, one after the other."""

    def __init__(self, rows: Iterable[Region], aliases: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._rows: dict[str, list[Region]] = {}
        self._aliases = dict(aliases or {})
        for row in rows:
            self._rows.setdefault(row.code, []).append(row)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, code: object) -> bool:
        return code in self._rows

    def __iter__(self) -> Iterator[Region]:
        """Yield every row, code by code, oldest first."""
        return (row for rows in self._rows.values() for row in rows)

    def get(self, code: str, *, day: date | None = None) -> Region:
        """Return the region of a code on a day, or its last row without a day; raises QC110 if there is none."""
        rows = [row for row in self._rows.get(code, []) if day is None or _stands(row, day)]
        if not rows:
            hint = f"{day} 在用的代码 a code in force on {day}" if day else "GB/T 2260 六位代码 a six-digit code"
            raise complain("QC110", words={"name": code, "what": "行政区划", "allowed": hint})
        return rows[-1]

    def find(self, name: str, *, within: str = "", day: date | None = None) -> tuple[Region, ...]:
        """Return the regions of a name, with or without its kind (太原, 太原市), anywhere below `within`.

        Without a day those in force today come alone if there are any. Several answers are all given, the highest level
        first; none is an empty tuple. An exact full name is never mixed with looser readings.
        """
        plain = "".join(name.split())
        exact = [row for row in self._named.get(plain, ()) if self._fits(row, within=within, day=day)]
        loose = [row for row in self._loose(plain) if self._fits(row, within=within, day=day)]
        found = exact or loose
        current = [row for row in found if row.valid_until is None]
        chosen = found if day else current or found
        return tuple(sorted(chosen, key=lambda row: (LEVELS.index(row.level), row.code)))

    def children(self, code: str, *, day: date | None = None) -> tuple[Region, ...]:
        """Return the regions right below a code on a day, or in force now; raises QC110 for an unknown code."""
        self.get(code)
        rows = self._below.get(code, ())
        return tuple(row for row in rows if (_stands(row, day) if day else row.valid_until is None))

    def on(self, day: date) -> Regions:
        """Return the regions in force on a day."""
        return Regions((row for row in self if _stands(row, day)), self._aliases)

    def path(self, code: str, *, day: date | None = None) -> tuple[Region, ...]:
        """Return the way from the province down to the code; raises QC110 for an unknown code."""
        row = self.get(code, day=day)
        if not row.parent:
            return (row,)
        above = day if day and any(_stands(item, day) for item in self._rows.get(row.parent, ())) else None
        return (*self.path(row.parent, day=above), row)

    def successors(self, code: str, *, day: date | None = None) -> tuple[Region, ...]:
        """Return the regions that took over an ended code, followed to those in force on `day` or now; raises QC110."""
        row = self.get(code)
        if _stands(row, day) if day else row.valid_until is None:
            return (row,)
        found = [item for next_code in _codes(row.successor) for item in self.successors(next_code, day=day)]
        return tuple(dict.fromkeys(found))

    @cached_property
    def _named(self) -> dict[str, list[Region]]:
        return grouped(self, lambda row: row.name)

    @cached_property
    def _stems(self) -> dict[str, list[Region]]:
        return grouped(self, lambda row: short_name(row.name))

    @cached_property
    def _below(self) -> dict[str, list[Region]]:
        return grouped(self, lambda row: row.parent)

    def _loose(self, name: str) -> list[Region]:
        """Regions by alias, by name without kind, or by another kind that the name ends with (延边州)."""
        if name in self._aliases:
            return [row for code in self._aliases[name] for row in self._rows.get(code, ())]
        if name in self._stems:
            return self._stems[name]
        kind = name[-1:]
        return [row for row in self._stems.get(short_name(name), ()) if row.name.endswith(kind)]

    def _fits(self, row: Region, *, within: str, day: date | None) -> bool:
        if day is not None and not _stands(row, day):
            return False
        return not within or any(item.code == within for item in self.path(row.code)[:-1]) or row.parent == within


def read_regions(
    roots: Sequence[Path], report: Report = refuse, *, sources: Mapping[str, Source] | None = None
) -> Regions:
    """Read `regions/divisions.csv` and `regions/aliases.csv` of every root; raises QC103, QC105, QC106, QC107.

    With `sources` every row must cite keys of the bibliography (joined by `;`); a row without a status of its own has
    the lowest of theirs.
    """
    rows: list[Region] = []
    places: dict[str, str] = {}
    last: dict[str, Region] = {}
    for path in content_files(roots, "regions/divisions.csv"):
        for cells in read_rows(path, required=_COLUMNS, optional=_MORE, report=report):
            with guarded(report):
                region = _region(cells, sources)
                _refuse_overlap(last.get(region.code), region, place=cells.place)
                last[region.code] = region
                places[region.code] = cells.place
                rows.append(region)
    _refuse_unknown(rows, places, report)
    return Regions(rows, _aliases(roots, places, report=report, sources=sources))


def _region(row: Row, sources: Mapping[str, Source] | None) -> Region:
    cells = row.cells
    if not re.fullmatch(r"\d{6}", cells["code"]):
        raise complain("QC107", row.place, {"key": "code", "value": cells["code"], "expected": "六位数字 six digits"})
    if cells["level"] not in LEVELS:
        expected = " | ".join(LEVELS)
        raise complain("QC107", row.place, {"key": "level", "value": cells["level"], "expected": expected})
    if (cells["level"] == "province") == bool(cells["parent"]):
        raise complain("QC103", row.place, {"key": "parent"})
    return Region(
        code=cells["code"],
        name=row.text("name"),
        level=cells["level"],
        parent=cells["parent"],
        valid_from=row.day("valid_from"),
        valid_until=row.day("valid_until"),
        successor=cells["successor"],
        source=row.text("source"),
        document=cells["document"],
        status=_status(row, sources),
    )


def _status(row: Row, sources: Mapping[str, Source] | None) -> str:
    """The row's own status, else the lowest of its sources'; raises QC106 for a source that nobody described."""
    verified, unread = STATUSES
    stated = row.one_of("status", ("", *STATUSES))
    keys = row.text("source").split(";")
    if sources is None:
        return stated or verified
    cited = [sources[cite(sources, key.strip(), place=row.place, what=row.cells["code"])] for key in keys]
    return stated or (unread if any(source.status == unread for source in cited) else verified)


def _refuse_overlap(before: Region | None, row: Region, *, place: str) -> None:
    start = row.valid_from or date.min
    if row.valid_until and row.valid_until < start:
        reason = f"{row.valid_from} > {row.valid_until}"
        raise complain("QC105", place, {"key": row.code, "reason": reason})
    if before and (before.valid_until is None or before.valid_until >= start):
        reason = f"{before.name} … {before.valid_until or ''} / {row.name} {row.valid_from or ''} …"
        raise complain("QC105", place, {"key": row.code, "reason": reason})


def _refuse_unknown(rows: Iterable[Region], places: Mapping[str, str], report: Report) -> None:
    for row in rows:
        for code in (row.parent, *_codes(row.successor)):
            if code and code not in places:
                report(complain("QC106", places[row.code], {"key": row.code, "target": code}))


def _aliases(
    roots: Sequence[Path], places: Mapping[str, str], *, report: Report, sources: Mapping[str, Source] | None
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in content_files(roots, "regions/aliases.csv"):
        for row in read_rows(path, required=("name", "code"), optional=("source", "status"), report=report):
            with guarded(report):
                code = row.text("code")
                if row.cells["source"]:
                    _status(row, sources)
                if code not in places:
                    raise complain("QC106", row.place, {"key": row.text("name"), "target": code})
                found[row.text("name")] = (*found.get(row.text("name"), ()), code)
    return found


def _codes(text: str) -> list[str]:
    return text.split(_SEVERAL) if text else []


def _stands(row: Region, day: date) -> bool:
    return (row.valid_from is None or row.valid_from <= day) and (row.valid_until is None or day <= row.valid_until)
