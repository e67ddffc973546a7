"""`qingce check`: every fault of the content at once, each with its file and line. 内容检查。

Loading refuses at the first fault; here the same readers hand every fault over. What does not fail a check is a notice:
a source nobody looked at for long, and every clause that is not yet read from the official text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from pathlib import Path

from qingce.catalog.cases import read_cases
from qingce.catalog.feeds import check_feeds, read_feeds
from qingce.catalog.indicators import read_indicators
from qingce.catalog.methods import Method, read_families, read_methods
from qingce.catalog.outlook_settings import SETTINGS, read_settings
from qingce.catalog.outlooks import read_outlooks, unread_outlooks
from qingce.catalog.overlay import content_files, content_roots
from qingce.catalog.parameters import read_parameters
from qingce.catalog.regions import read_regions
from qingce.catalog.sources import read_sources
from qingce.catalog.standards import Lexicon, Standard, read_averagings, read_limits, read_standards
from qingce.catalog.strict import Report, Table, guarded, read_table
from qingce.catalog.units import read_units
from qingce.core.errors import QingceError, complain
from qingce.core.records import Fault, Indicator, Limit, Source

__all__ = ["check_content", "check_roots"]

# What an overlay may hold at its top (DESIGN 4); anything else is a slip of the pen.
_FOLDERS = (
    "errors", "examples", "factors", "feeds", "indicators", "measures", "methods", "outlook", "phrases", "regions",
    "registers", "response", "scoring", "standards", "templates", "workflows",
)  # fmt: skip
_FILES = ("check.toml", "parameters.csv", "sources.toml", "units.csv")
_STANDARD_FILES = ("standard.toml", "limits.csv", "cases.toml")


@dataclass(frozen=True, slots=True)
class _Span:
    """One dated entry under the key for which exactly one may answer on a day."""

    key: str
    start: date
    end: date | None
    place: str


def check_content(overlays: Sequence[Path] = (), *, today: date | None = None) -> list[Fault]:
    """Return every fault and notice of the packaged content and the overlays, by file and line.

    `today` decides which `checked_on` is stale; it is the day of the call unless given.
    """
    return check_roots(content_roots(overlays), today=today or date.today())


def check_roots(roots: Sequence[Path], *, today: date) -> list[Fault]:
    """Return every fault and notice of the content folders, later ones laid over earlier ones."""
    errors: list[QingceError] = []
    notices: list[QingceError] = []
    report = errors.append
    _check_names(roots, report)
    sources = read_sources(roots, report)
    units = read_units(roots, report)
    parameters = read_parameters(roots, units=units, sources=sources, report=report)
    standards = read_standards(roots, sources=sources, report=report)
    lexicon = Lexicon(units, parameters, sources, read_averagings(roots, report))
    limits = read_limits(roots, standards=standards, lexicon=lexicon, report=report)
    methods = read_methods(roots, sources=sources, parameters=parameters, report=report)
    indicators = read_indicators(roots, units=units, parameters=parameters, sources=sources, report=report)
    check_feeds(read_feeds(roots, report), parameters=parameters, units=units, report=report)
    read_regions(roots, report, sources=sources)
    read_outlooks(roots, report)
    for settings in SETTINGS:
        read_settings(roots, settings, report)
    for kind in ("standards", "methods"):
        read_cases(roots, kind, report)
    _check_spans(_limit_spans(limits.values()), report)
    _check_ends(limits.values(), standards, report)
    _check_spans(_method_spans(methods.values()), report)
    _check_methods(methods.values(), sources, report)
    _check_families(indicators.values(), families=read_families(roots, lambda _: None), roots=roots, report=report)
    notices += _stale(roots, sources, today=today, days=_stale_after(roots, report))
    notices += _unread(limits.values(), methods.values(), indicators.values(), roots=roots)
    notices += unread_outlooks(roots)
    return sorted(_faults(errors, notices), key=lambda fault: (fault.file, fault.line, fault.code, fault.message))


def _faults(errors: Iterable[QingceError], notices: Iterable[QingceError]) -> set[Fault]:
    return {_fault(error, False) for error in errors} | {_fault(error, True) for error in notices}


def _fault(error: QingceError, notice: bool) -> Fault:
    file, _, line = error.place.rpartition(":")
    known = bool(file) and line.isdigit()
    message = f"{error.code}: {error.fact}。{error.cure}。 | {error.fact_en}. {error.cure_en}."
    return Fault(error.code, file if known else error.place, int(line) if known else 1, message, notice)


def _check_names(roots: Sequence[Path], report: Report) -> None:
    """Refuse files and folders that no reader would ever open."""
    for root in roots:
        for path in sorted(root.iterdir()) if root.is_dir() else ():
            allowed = _FOLDERS if path.is_dir() else _FILES
            if path.name not in allowed and not path.name.startswith((".", "__")):
                report(complain("QC102", f"{path}:1", {"key": path.name, "allowed": ", ".join(allowed)}))
    for path in content_files(roots, "standards/*/*"):
        if path.name not in _STANDARD_FILES:
            report(complain("QC102", f"{path}:1", {"key": path.name, "allowed": ", ".join(_STANDARD_FILES)}))
    for root in roots:
        if not root.is_dir():
            report(complain("QC106", f"{root}:1", {"key": "overlay", "target": str(root)}))


def _limit_spans(limits: Iterable[tuple[Limit, str]]) -> Iterator[_Span]:
    for limit, place in limits:
        key = "/".join((limit.parameter, limit.averaging, limit.grade, limit.place))
        yield _Span(key, limit.start, limit.end, place)


def _method_spans(methods: Iterable[Method]) -> Iterator[_Span]:
    for method in methods:
        if not method.base:
            yield _Span(method.family, method.start, method.end, f"{method.place}:1")


def _check_spans(spans: Iterable[_Span], report: Report) -> None:
    """Refuse two entries on one day, and a day without one between two."""
    ordered = sorted(spans, key=lambda span: (span.key, span.start))
    for key, group in groupby(ordered, key=lambda span: span.key):
        for before, after in pairwise(group):
            follows = None if before.end is None else before.end + timedelta(1)
            if follows is None or after.start < follows:
                reason = f"重叠 overlap: {after.start} … {before.end or ''}（{before.place}）"
                report(complain("QC105", after.place, {"key": key, "reason": reason}))
            elif after.start > follows:
                reason = f"空档 gap: {follows} … {after.start - timedelta(1)}（{before.place}）"
                report(complain("QC105", after.place, {"key": key, "reason": reason}))


def _check_ends(limits: Iterable[tuple[Limit, str]], standards: Mapping[str, Standard], report: Report) -> None:
    """Refuse a limit that ends with nothing after it while its standard goes on or another replaces it."""
    followed = {standard.replaces for standard in standards.values() if standard.replaces}
    last: dict[tuple[str, str, str, str], tuple[Limit, str]] = {}
    for limit, place in limits:
        key = (limit.parameter, limit.averaging, limit.grade, limit.place)
        if key not in last or last[key][0].start < limit.start:
            last[key] = (limit, place)
    for key, (limit, place) in last.items():
        goes_on = limit.standard in followed or standards[limit.standard].end != limit.end
        if limit.end is not None and goes_on:
            reason = f"空档 gap: {limit.end + timedelta(1)} …"
            report(complain("QC105", place, {"key": "/".join(key), "reason": reason}))


def _check_methods(methods: Iterable[Method], sources: Mapping[str, Source], report: Report) -> None:
    """Every section that cites names a source that exists; an unread section says what is open."""
    for method in methods:
        for name, part in method.options.items():
            if not isinstance(part, dict):
                continue
            place = f"{method.place}:{_line(Path(method.place), name)}"
            cited = part.get("source")
            if cited is not None and str(cited) not in sources:
                report(complain("QC106", place, {"key": name, "target": f"sources.toml [{cited}]"}))
            if part.get("status") == "unread" and not part.get("question"):
                report(complain("QC103", place, {"key": f"{name}.question"}))


def _check_families(
    indicators: Iterable[Indicator], *, families: Mapping[str, object], roots: Sequence[Path], report: Report
) -> None:
    places = {path.stem: path for path in content_files(roots, "indicators/*.toml")}
    for item in indicators:
        family = item.statistic.get("family")
        if family is not None and str(family) not in families:
            place = f"{places[item.id]}:{_line(places[item.id], 'family')}"
            report(complain("QC106", place, {"key": item.id, "target": str(family)}))


def _stale_after(roots: Sequence[Path], report: Report) -> int:
    """How many days a look at a source is good for; 0 where no root says."""
    days = 0
    for path in content_files(roots, "check.toml"):
        with guarded(report):
            days = read_table(path, required=("stale_after_days",), optional=(), report=report).whole(
                "stale_after_days"
            )
    return days


def _stale(roots: Sequence[Path], sources: Mapping[str, Source], *, today: date, days: int) -> Iterator[QingceError]:
    """A source nobody looked at for longer than `check.toml` says."""
    for path in content_files(roots, "sources.toml"):
        table = Table(path, {}, path.read_text("utf-8-sig"))
        for key, source in sources.items():
            if f"[{key}]" not in table.source_text:
                continue
            if source.checked_on is None or (days and (today - source.checked_on).days > days):
                words: dict[str, object] = {"key": key, "checked_on": source.checked_on or "—", "days": days}
                yield complain("QC112", table.place(section=key), words)
            if source.status == "unread":
                yield complain(
                    "QC109", table.place(section=key), {"question": (source.note or source.title).rstrip("。")}
                )


def _unread(
    limits: Iterable[tuple[Limit, str]],
    methods: Iterable[Method],
    indicators: Iterable[Indicator],
    *,
    roots: Sequence[Path],
) -> Iterator[QingceError]:
    for limit, place in limits:
        if limit.status == "unread":
            yield complain("QC109", place, {"question": limit.question})
    for method in methods:
        yield from _unread_method(method)
    places = {path.stem: path for path in content_files(roots, "indicators/*.toml")}
    for item in indicators:
        if item.status == "unread":
            place = f"{places[item.id]}:{_line(places[item.id], 'status')}"
            yield complain("QC109", place, {"question": f"{item.zh}：{item.note}".rstrip("。")})


def _unread_method(method: Method) -> Iterator[QingceError]:
    path = Path(method.place)
    if method.status == "unread":
        yield complain(
            "QC109", f"{path}:{_line(path, 'status')}", {"question": (method.question or method.note).rstrip("。")}
        )
    for name, part in method.options.items():
        if isinstance(part, dict) and part.get("status") == "unread":
            yield complain("QC109", f"{path}:{_line(path, name)}", {"question": str(part.get("question", name))})
    for rows in method.tables.values():
        unread = [row for row in reversed(rows) if row.cells.get("status") == "unread"]
        for question, row in {row.cells.get("question", ""): row for row in unread}.items():
            yield complain("QC109", row.place, {"question": question or "位数或取值来自从业知识"})


def _line(path: Path, key: str) -> int:
    place = Table(path, {}, path.read_text("utf-8-sig")).place(key)
    return int(place.rpartition(":")[2])
