"""Standards: dated limits, printed table row for row, and the one row that answers. 标准与限值。

References
----------
A limit's `clause`, `page` and `words` are those of the standard's text; see `data/standards/*/limits.csv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.sources import STATUSES, cite, dated_head
from qingce.catalog.strict import Report, Row, Table, guarded, read_rows, read_table, refuse
from qingce.catalog.units import check_unit
from qingce.core.errors import complain
from qingce.core.records import Limit, Parameter, Source
from qingce.core.units import Units

__all__ = ["BOUNDS", "Lexicon", "LimitIndex", "Standard", "is_met", "read_averagings", "read_limits", "read_standards"]

BOUNDS = ("le", "ge", "range")
_HEAD = ("code", "family", "zh", "en", "medium", "source", "start", "status")
_HEAD_MORE = ("end", "replaces", "note", "question", "editions", "supersedes")
_COLUMNS = ("parameter", "averaging", "grade", "bound", "low", "value", "unit", "edition", "start", "end", "clause",
            "page", "words", "place", "status", "question")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standard:
    """One standard: who issued it, from when to when it answers, and its named editions (stages)."""

    code: str
    family: str
    zh: str
    en: str
    medium: str
    source: str
    start: date
    end: date | None
    status: str
    replaces: str = ""
    note: str = ""
    question: str = ""
    editions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the rows of a limit table may refer to."""

    units: Units
    parameters: Mapping[str, Parameter]
    sources: Mapping[str, Source]
    averagings: Mapping[str, str]


def read_averagings(roots: Sequence[Path], report: Report = refuse) -> Mapping[str, str]:
    """Return every accepted word of an averaging time with its id (`annual`, `day`, `8h`, `1h`, `sample` …)."""
    found: dict[str, str] = {}
    for path in content_files(roots, "standards/averagings.csv"):
        for row in read_rows(path, required=("id", "zh", "en", "aliases"), report=report):
            with guarded(report):
                for word in (row.text("id"), row.text("zh"), *filter(None, row.cells["aliases"].split("|"))):
                    if found.setdefault(word, row.cells["id"]) != row.cells["id"]:
                        raise complain("QC108", row.place, {"key": word})
    return found


def read_standards(
    roots: Sequence[Path], *, sources: Mapping[str, Source], report: Report = refuse
) -> Mapping[str, Standard]:
    """Read every `standards/<code>/standard.toml`; raises QC101–QC103, QC105–QC108."""
    shelf: Shelf[Standard] = Shelf(report)
    for path in content_files(roots, "standards/*/standard.toml"):
        table = read_table(path, required=_HEAD, optional=_HEAD_MORE, report=report)
        with guarded(report):
            item = _standard(table, sources)
            shelf.put(item.code, item, place=table.place("code"), supersedes=table.text("supersedes"))
    return shelf.items


def _standard(table: Table, sources: Mapping[str, Source]) -> Standard:
    code, start, end = dated_head(table, "code")
    editions = table.content.get("editions", {})
    if not isinstance(editions, dict):
        raise table.wrong("editions", editions, "[editions]")
    return Standard(
        code=code,
        family=table.text("family"),
        zh=table.text("zh"),
        en=table.text("en"),
        medium=table.text("medium"),
        source=cite(sources, table.text("source"), place=table.place("source"), what=code),
        start=start,
        end=end,
        status=table.text("status"),
        replaces=table.text("replaces"),
        note=table.text("note"),
        question=table.text("question"),
        editions={str(key): str(value) for key, value in editions.items()},
    )


def read_limits(
    roots: Sequence[Path], *, standards: Mapping[str, Standard], lexicon: Lexicon, report: Report = refuse
) -> Mapping[str, tuple[Limit, str]]:
    """Read every `standards/<code>/limits.csv`: key → (limit, place).

    The key is `standard/edition/parameter/averaging/grade/place/start`; an overlay's row that replaces one names the
    key in its `supersedes` column. Raises QC101–QC103, QC105–QC108, QC110.
    """
    shelf: Shelf[tuple[Limit, str]] = Shelf(report)
    for path in content_files(roots, "standards/*/limits.csv"):
        standard = standards.get(path.parent.name)
        if standard is None:
            report(complain("QC106", f"{path}:1", {"key": path.name, "target": f"{path.parent.name}/standard.toml"}))
            continue
        for row in read_rows(path, required=_COLUMNS, optional=("supersedes",), report=report):
            with guarded(report):
                limit = _limit(row, standard=standard, lexicon=lexicon)
                shelf.put(_key(limit), (limit, row.place), place=row.place, supersedes=row.cells["supersedes"])
    return shelf.items


def _key(limit: Limit) -> str:
    parts = (limit.standard, limit.edition, limit.parameter, limit.averaging, limit.grade, limit.place, limit.start)
    return "/".join(str(part) for part in parts)


def _limit(row: Row, *, standard: Standard, lexicon: Lexicon) -> Limit:
    parameter, averaging, edition = row.text("parameter"), row.text("averaging"), row.cells["edition"]
    if parameter not in lexicon.parameters:
        raise complain("QC106", row.place, {"key": "parameter", "target": parameter})
    if lexicon.averagings.get(averaging) != averaging:
        raise complain("QC106", row.place, {"key": "averaging", "target": averaging})
    if edition and edition not in standard.editions:
        raise complain("QC106", row.place, {"key": "edition", "target": edition})
    unit = check_unit(lexicon.units, row.text("unit"), place=row.place)
    inside = lexicon.parameters[parameter].unit
    if unit != inside:
        raise complain("QC107", row.place, {"key": "unit", "value": unit, "expected": inside})
    start, end = row.day("start") or standard.start, row.day("end") or standard.end
    if end is not None and end < start:
        raise complain("QC105", row.place, {"key": parameter, "reason": f"{start} … {end}"})
    status, bound = row.one_of("status", STATUSES), row.one_of("bound", BOUNDS)
    question = row.text("question") if status == "unread" else row.cells["question"]
    return Limit(
        standard=standard.code,
        parameter=parameter,
        averaging=averaging,
        grade=row.text("grade"),
        value=row.decimal("value"),
        unit=unit,
        start=start,
        end=end,
        clause=row.text("clause"),
        words=row.text("words"),
        bound=bound,
        low=row.decimal("low") if bound == "range" else None,
        place=row.cells["place"],
        status=status,
        edition=edition or standard.code,
        page=row.cells["page"],
        question=question,
    )


def is_met(limit: Limit, value: Decimal | Fraction | int) -> bool:
    """Say whether a value [in the limit's unit] keeps the limit; the limit itself is included.

    Examples
    --------
    >>> from qingce.catalog import load_catalog
    >>> oxygen = load_catalog().limit("do", "sample", "3", day=date(2026, 1, 1))
    >>> is_met(oxygen, Decimal("5")), is_met(oxygen, Decimal("4.99"))
    (True, False)
    """
    if limit.bound == "ge":
        return value >= limit.value
    if limit.low is not None and value < limit.low:
        return False
    return value <= limit.value


class LimitIndex:
    """Every limit, found by (parameter, averaging, class, place, day): exactly one row answers."""

    def __init__(self, limits: Iterable[Limit], averagings: Mapping[str, str]) -> None:
        self._rows: dict[tuple[str, str, str], list[Limit]] = {}
        self._spans: dict[str, tuple[date, date]] = {}
        self._averagings = averagings
        self._parameters: set[str] = set()
        for limit in limits:
            self._parameters.add(limit.parameter)
            self._rows.setdefault((limit.parameter, limit.averaging, limit.grade), []).append(limit)
            for name in (limit.edition, limit.standard):
                first, last = self._spans.get(name, (date.max, date.min))
                self._spans[name] = (min(first, limit.start), max(last, limit.end or date.max))

    @property
    def editions(self) -> tuple[str, ...]:
        """The names that may be asked for as `edition`, sorted."""
        return tuple(sorted(self._spans))

    def knows(self, parameter: str) -> bool:
        """Say whether any limit is for the parameter itself."""
        return parameter in self._parameters

    def find(
        self, parameter: str, averaging: str, grade: str, *, day: date, place: str = "", edition: str = "auto"
    ) -> Limit:
        """Return the one limit that answers; raises QC104 for none, QC105 for several, QC110 for an unknown edition.

        `edition` other than "auto" is a what-if: the rows of that standard or stage answer, whatever the day.
        `place` is a word (`lake`, `river`) or a region code; the row of the most special place wins.
        """
        averaging = self._averagings.get(averaging, averaging)
        rows = self._rows.get((parameter, averaging, str(grade)), [])
        if edition != "auto":
            if edition not in self._spans:
                words: dict[str, object] = {"name": edition, "what": "限值版本", "allowed": ", ".join(self.editions)}
                raise complain("QC110", words=words)
            first, last = self._spans[edition]
            day = min(max(day, first), last)
            rows = [row for row in rows if edition in (row.edition, row.standard)]
        found = [row for row in rows if row.covers(day)]
        found = _most_special(found, place)
        asked: dict[str, object] = {"parameter": parameter, "averaging": averaging, "grade": grade, "day": day}
        if not found:
            raise complain("QC104", words=asked | {"rows": 0})
        if len(found) > 1:
            reason = "、".join(f"{row.edition} {row.start}…{row.end or ''}" for row in found)
            raise complain("QC105", words={"key": f"{parameter}（{averaging}，{grade}级，{day}）", "reason": reason})
        return found[0]


def _most_special(rows: list[Limit], place: str) -> list[Limit]:
    """Keep the rows of the asked place, its parent regions, or no place: the first of these that has any."""
    ladder = [place] if place else []
    if len(place) == 6 and place.isdigit():
        ladder += [place[:4] + "00", place[:2] + "0000"]
    for step in dict.fromkeys((*ladder, "")):
        found = [row for row in rows if row.place == step]
        if found:
            return found
    return []
