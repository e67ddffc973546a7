"""The steps of the thread: what one row rests on, and what rests on it. 线索的每一步。"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog.catalog import Catalog
from qingce.core.absence import ABSENT_ZH, REVIEW_ZH, Absent, Review
from qingce.core.errors import QingceError
from qingce.core.periods import Period, parse_period
from qingce.core.ports import Lake
from qingce.thread.basis import SERIES_ZH
from qingce.thread.tracing.known import days_known
from qingce.thread.tracing.lookup import Lookup, Row
from qingce.thread.tracing.names import Names

__all__ = ["Node", "Trail"]

_PUBLISHED_AS = {"o3": ("o3", "o3_8h")}
"""Quantities that a parameter observed by the hour is published as by the day, where the name differs."""


POINT = "point"
"""Kind of a site whose readings move no air and no section."""


@dataclass(frozen=True, slots=True)
class Node:
    """One step: its id and kind (target, value, finding, observation), facts as (label, text), and what it rests on."""

    id: str
    kind: str
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = field(default=())

    def walk(self) -> Iterator[Node]:
        """Yield the node and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def to_dict(self) -> dict[str, object]:
        """Return the node as JSON-able facts."""
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "facts": [list(fact) for fact in self.facts],
            "children": [child.to_dict() for child in self.children],
        }


class Trail:
    """The tables of a build, looked up by id; hours come from the lake, as known at an instant."""

    def __init__(
        self,
        tables: Mapping[str, pa.Table],
        lake: Lake | None,
        *,
        known_at: datetime | None = None,
        catalog: Catalog | None = None,
    ) -> None:
        self.rows = Lookup(tables)
        self._hour_table = tables.get("hours")
        self._lake = lake
        self._known_at = known_at
        self._catalog = catalog
        self._tables = tables

    def target(self, row: Row, *, depth: int) -> Node:
        """A target with the value it is judged by."""
        facts = (
            *_facts(row, 状态="status_text", 目标="target_text", 口径="basis"),
            *_official(row),
            *_facts(row, 差值="difference_text", 测算="own_text", 剩余="quota_text", 原文="quote"),
        )
        value = self.rows.values.get(str(row["value_id"] or ""))
        below = (self.value(value, depth=depth - 1),) if value is not None and depth else ()
        return Node(
            str(row["target_id"]), "target", f"目标 {row['indicator_name']}（{row['scope_name']}）", facts, below
        )

    def value(self, row: Row, *, depth: int) -> Node:
        """An indicator value with the days or months it is taken from; one of them, the worst, down to its hours."""
        facts = (
            *_facts(row, 数值="text" if row["unit"] == "class" else "value", 分数="exact", 有效数="n", 审核="review"),
            *_method(self.rows.names, row["method"]),
            *_facts(row, 缺="absent", 说明="note"),
        )
        name = self.rows.names.quantity(str(row["indicator"]))
        title = f"{row['scope_name'] or row['scope']} {name} {_period(row['period'])} {_series(row['series'])}"
        found = list(self._findings_of(row)) if depth else []
        if depth > 1 and found:
            worst = max(found, key=lambda item: _sortable(item[1]))[0]
            nodes = [node for key, _ in found if (node := self.finding(key, depth=int(key == worst))) is not None]
        else:
            nodes = [node for key, _ in found if (node := self.finding(key, depth=0)) is not None]
        return Node(str(row["id"]), "value", title, facts, tuple(nodes))

    def finding(self, identifier: str, *, depth: int) -> Node | None:
        """One subject's day or month, with the hours it is taken from when `depth` is left."""
        parts = _parts(identifier, "F")
        row = self._finding_row(parts) if parts else None
        if parts is None or row is None:
            return None
        subject, quantity, period, series = parts
        grade, primary = row.get("class"), str(row.get("primary") or "")
        facts = [
            ("数值", _number(self.rows.names, quantity, row)),
            *(_facts(row, AQI="aqi") if quantity != "aqi" else ()),
            *((("类别", self.rows.names.grade(grade)),) if grade is not None and quantity != "class" else ()),
            ("首要", "、".join(self.rows.names.quantity(name.strip()) for name in primary.split(","))),
            *_facts(row, 审核="review"),
            *_method(self.rows.names, row.get("edition")),
        ]
        facts += self._then(subject, quantity, parse_period(period), series=series) if depth else []
        facts += [("缺", _absent(row.get(f"absent_{quantity}")))] if row.get(f"absent_{quantity}") else []
        name = row.get("subject_name") or row.get("section_name") or subject
        title = f"{name} {self.rows.names.quantity(quantity)} {period} {_series(series)}"
        below = tuple(self._hours(subject, quantity, row, period=parse_period(period))) if depth else ()
        return Node(identifier, "finding", title, tuple(fact for fact in facts if fact[1]), below)

    def _then(self, subject: str, quantity: str, period: Period, *, series: str) -> list[tuple[str, str]]:
        """Return what would have been said of an air day at the instant asked for."""
        if self._lake is None or self._known_at is None or self._catalog is None:
            return []
        if period.days > 1 or subject in self.rows.water:
            return []
        tables = days_known(
            self._lake,
            start=period.start,
            end=period.end,
            known_at=self._known_at,
            sites=self._tables["sites"],
            catalog=self._catalog,
            exceptions=self._tables.get("exceptions"),
        )
        rows = [row for table in tables for row in table.to_pylist()]
        mine = [row for row in rows if (row["subject"], row["series"]) == (subject, series)]
        return [("当时数值", _text(row.get(quantity))) for row in mine] + [
            ("当时AQI", _text(row["aqi"])) for row in mine
        ]

    def observation(self, identifier: str) -> Node | None:
        """One observation with every version of it that was ever known."""
        parts = _observed(identifier)
        if parts is None or self._lake is None:
            return None
        site, parameter, at = parts
        past = self._lake.history("observation", {"site": site, "parameter": parameter, "time": at})
        versions = [row for row in past.to_pylist() if self._known(row)]
        if not versions:
            return None
        nodes = tuple(_version(identifier, row, index) for index, row in enumerate(versions, 1))
        title = f"{self.rows.names.site(site)} {self.rows.names.quantity(parameter)} {at:%Y-%m-%d %H:%M}"
        return Node(identifier, "observation", title, _seen(versions[-1]), nodes)

    def targets_of(self, identifier: str) -> tuple[Node, ...]:
        """Return every target that a value is judged for, or that its region is part of."""
        value = self.rows.values.get(identifier)
        hits = [
            row
            for row in self.rows.targets.values()
            if row["value_id"] == identifier or (value is not None and _same(row, value))
        ]
        return tuple(self.target(row, depth=0) for row in hits)

    def values_over(self, identifier: str) -> tuple[Node, ...]:
        """Return every value that a finding moves, each with its targets."""
        parts = _parts(identifier, "F")
        if parts is None:
            return ()
        subject, quantity, period, series = parts
        day = parse_period(period).end
        found = []
        for row in self.rows.values.values():
            moved = (
                identifier in self.rows.found.findings_of(row)
                if identifier in self.rows.found.rows
                else (_covers(row, day) and row["series"] == series and self.rows.rests(row, subject, quantity))
            )
            if moved:
                node = self.value(row, depth=0)
                found.append(Node(node.id, node.kind, node.title, node.facts, self.targets_of(node.id)))
        return tuple(found)

    def findings_over(self, identifier: str) -> tuple[Node, ...]:
        """Return every finding of the site and of its region that an observation moves, with values and targets."""
        parts = _observed(identifier)
        if parts is None:
            return ()
        site, parameter, at = parts
        place = self.rows.sites.get(site, {})
        around = () if place.get("kind") == POINT else (place.get("city"), place.get("county"))
        subjects = dict.fromkeys(str(name) for name in (site, *around) if name)
        quantities = [*_PUBLISHED_AS.get(parameter, (parameter,)), "aqi", "class"]
        keys = [
            f"F:{subject}:{quantity}:{period}:{series}"
            for subject in subjects
            for quantity in quantities
            for period in (f"{at:%Y-%m-%d}", f"{at:%Y-%m}")
            for series in SERIES_ZH
        ]
        found = [(key, self.finding(key, depth=0)) for key in (*keys, *self.rows.found.at(site, at.date()))]
        return tuple(
            Node(key, node.kind, node.title, node.facts, self.values_over(key))
            for key, node in found
            if node is not None
        )

    def number(self, identifier: str) -> tuple[object] | None:
        """Return a finding's number as the tables have it now, in a tuple; None for an id that is nowhere."""
        parts = _parts(identifier, "F")
        row = self._finding_row(parts) if parts else None
        return None if row is None or parts is None else (row[parts[1]],)

    def _known(self, row: Row) -> bool:
        known = row.get("known_at")
        if self._known_at is None or not isinstance(known, datetime):
            return True
        return known.replace(tzinfo=UTC) <= _utc(self._known_at)

    def _findings_of(self, row: Row) -> Iterator[tuple[str, object]]:
        """Yield id and value of every day or month that a value is taken from."""
        for key, point in self.rows.found.findings_of(row).items():
            if point["value"] is not None:
                kept = str(point["quantity"]).startswith("met")
                yield key, -point["value"] if kept else point["value"]  # type: ignore[operator]
        if self.rows.found.pointwise(row):
            return
        reads, scope, series = self.rows.reads(str(row["indicator"])), str(row["scope"]), str(row["series"])
        subjects = self.rows.sections(scope) if reads == "class" else [scope]
        for subject in subjects:
            for period, found in self.rows.subject(subject, series).items():
                if found.get(reads) is not None and _covers(row, parse_period(period).end):
                    yield f"F:{subject}:{reads}:{period}:{series}", found[reads]

    def _finding_row(self, parts: tuple[str, str, str, str]) -> Row | None:
        subject, quantity, period, series = parts
        point = self.rows.found.point("F:" + ":".join(parts))
        if point is not None:
            return point
        row = self.rows.subject(subject, series).get(period)
        return row if row is not None and quantity in row else None

    def _hours(self, subject: str, quantity: str, row: Row, *, period: Period) -> Iterator[Node]:
        """Yield every observation that a finding is taken from, as known at the instant asked for."""
        start = datetime.combine(period.start, time())
        end = datetime.combine(period.end + timedelta(1), time())
        sites = [subject] if "items" in row else self.rows.sites_of(subject)
        where = {"site": sites, "parameter": list(_observed_as(quantity, row))}
        if not where["parameter"]:
            del where["parameter"]
        for seen in self._observations(where, start=start, end=end):
            at = seen["time"]
            if isinstance(at, datetime):
                key = f"O:{seen['site']}:{seen['parameter']}:{at:%Y-%m-%dT%H:%M}"
                name = self.rows.names.quantity(str(seen["parameter"]))
                title = f"{self.rows.names.site(str(seen['site']))} {name} {at:%m-%d %H:%M}"
                yield Node(key, "observation", title, _seen(seen))

    def _observations(self, where: Mapping[str, list[str]], *, start: datetime, end: datetime) -> list[Row]:
        if self._lake is not None:
            table = self._lake.scan("observation", where=where, start=start, end=end, known_at=self._known_at)
        else:
            table = self._hour_table
            if table is None or not table.num_rows:
                return []
            keep = pc.and_(pc.greater_equal(table["time"], start), pc.less(table["time"], end))
            for column, wanted in where.items():
                keep = pc.and_(keep, pc.is_in(table[column], value_set=pa.array(wanted)))
            table = table.filter(keep)
        rows: list[Row] = table.sort_by([(name, "ascending") for name in ("site", "parameter", "time")]).to_pylist()
        return rows


def _number(names: Names, quantity: str, row: Row) -> str:
    """Return what was found, in words where there are some."""
    if row.get("text") and "items" in row:
        return str(row["text"])
    return names.grade(row.get("class")) if quantity == "class" else _text(row.get(quantity))


def _observed_as(quantity: str, row: Row) -> Iterable[str]:
    """Return the parameters observed for a quantity: the primary ones for an index or a class, all where none is."""
    if "items" in row:
        return [name for name in str(row["items"] or "").split(",") if name]
    if quantity in ("aqi", "class"):
        names = [name.strip() for name in str(row.get("primary") or "").split(",") if name.strip()]
        return list(dict.fromkeys(_raw(name) for name in names))
    return [_raw(quantity)]


def _raw(quantity: str) -> str:
    """Return the parameter that hours are observed in: o3 for o3_8h."""
    return quantity.removesuffix("_8h")


def _utc(instant: datetime) -> datetime:
    """Return an instant in UTC, which an instant of no named zone is already."""
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _parts(identifier: str, head: str) -> tuple[str, str, str, str] | None:
    parts = identifier.split(":")
    return (parts[1], parts[2], parts[3], parts[4]) if len(parts) == 5 and parts[0] == head else None


def _observed(identifier: str) -> tuple[str, str, datetime] | None:
    parts = identifier.split(":", 3)
    if len(parts) != 4 or parts[0] != "O":
        return None
    try:
        return parts[1], parts[2], datetime.fromisoformat(parts[3])
    except ValueError:
        return None


def _covers(row: Row, day: date) -> bool:
    start, end = row["start"], row["end"]
    if isinstance(start, date) and isinstance(end, date):
        return start <= day <= end
    try:
        return day in parse_period(str(row["period"]))
    except QingceError:
        return False


def _same(target: Row, value: Row) -> bool:
    """Say whether a value belongs to a target: its indicator and series, its scope or one within it."""
    if target["indicator_id"] != value["indicator"] or (target["series"] or value["series"]) != value["series"]:
        return False
    mine, other = str(target["scope"] or ""), str(value["scope"])
    return mine == other or (mine.isdigit() and other.isdigit() and other.startswith(mine.rstrip("0")))


def _facts(row: Row, **labels: str) -> tuple[tuple[str, str], ...]:
    """Return the named cells that hold something, as (label, text)."""
    found = []
    for label, column in labels.items():
        value = row.get(column)
        if value is not None and value != "":
            words = {"review": _review, "absent": _absent}.get(column, _text)(value)
            found.append((label, words))
    return tuple(found)


def _method(names: Names, editions: object) -> tuple[tuple[str, str], ...]:
    """Return the methods a result was judged by, as their documents are numbered."""
    parts = [name.strip() for name in str(editions or "").split("+") if name.strip()]
    return (("方法", "、".join(names.edition(part) for part in parts)),) if parts else ()


def _official(row: Row) -> tuple[tuple[str, str], ...]:
    """Return the official value of a target with its issuer, document and period."""
    if row["official_value"] is None:
        return ()
    source = f"{row['official_issuer'] or ''}{row['official_number'] or ''}"
    told = (source, _period(row.get("official_period")), _review(row["official_review"]))
    return (("认定", "，".join(word for word in (_text(row["official_value"]), *told) if word)),)


def _period(value: object) -> str:
    """Print a period that has no name by its first and last day."""
    return str(value or "").replace("/", " 至 ")


def _seen(row: Row) -> tuple[tuple[str, str], ...]:
    names = {"数值": "value", "标记": "flag", "缺": "absent", "审核": "review", "来源": "source"}
    return _facts(row, **names, 文件="batch", 行="line", 更正="reason")


def _version(identifier: str, row: Row, number: int) -> Node:
    known = row.get("known_at")
    facts = (*_seen(row), *((("得知", f"{known:%Y-%m-%d %H:%M:%S}"),) if isinstance(known, datetime) else ()))
    return Node(f"{identifier}#{number}", "version", f"第 {number} 次所知", facts)


def _review(value: object) -> str:
    return REVIEW_ZH[Review(str(value))] if str(value) in set(Review) else str(value)


def _absent(value: object) -> str:
    return ABSENT_ZH[Absent(str(value))] if str(value) in set(Absent) else str(value)


def _series(value: object) -> str:
    return SERIES_ZH.get(str(value), str(value))


def _text(value: object) -> str:
    """Print a cell; a decimal without the zeros of its scale."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


def _sortable(value: object) -> Decimal:
    return Decimal(str(value))
