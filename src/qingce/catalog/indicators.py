"""Indicators: names and spellings, unit, decider, statistic; and which one a printed name means. 指标。"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.sources import STATUSES, cite
from qingce.catalog.strict import Report, Table, guarded, read_table, refuse
from qingce.catalog.units import check_unit
from qingce.core.errors import ObservationError, complain
from qingce.core.records import Indicator, Parameter, Source
from qingce.core.units import Units

__all__ = ["BATTLES", "VERBS", "Finder", "expand", "fold_name", "read_indicators"]

BATTLES = ("蓝天", "碧水", "净土", "生态", "低碳", "风险", "治理")
# The closed table of verbs: which arguments each must have and may have.
VERBS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "mean": (("parameter", "over", "period", "family"), ()),
    "percentile": (("parameter", "percent", "over", "period", "family"), ()),
    "day_share": (("quantity", "at_most", "period", "family"), ()),
    "day_share_above": (("quantity", "above", "period", "family"), ()),
    "day_count": (("quantity", "above", "period", "family"), ()),
    "composite": (("period", "family"), ("scheme",)),
    "section_share": (("period", "family"), ("at_most", "worse_than")),
    "section_class": (("period", "family"), ()),
    "none": ((), ()),
}
_HEAD = ("id", "zh", "en", "aliases", "medium", "battle", "unit", "direction", "decimals", "decider", "series",
         "rounding", "source", "status", "statistic")  # fmt: skip
_HEAD_MORE = ("note", "supersedes")
_WORDS = {
    "battle": BATTLES,
    "direction": ("lower", "higher"),
    "series": ("measured", "deducted"),
    "rounding": ("strict", "integer", "decimals"),
    "status": STATUSES,
}
_GAP = 24  # letters a '*' of an alias may stand for; never a separator


def read_indicators(
    roots: Sequence[Path],
    *,
    units: Units,
    parameters: Mapping[str, Parameter],
    sources: Mapping[str, Source],
    report: Report = refuse,
) -> Mapping[str, Indicator]:
    """Read every `indicators/<id>.toml`; raises QC101–QC103, QC106–QC108, QC110."""
    shelf: Shelf[Indicator] = Shelf(report)
    for path in content_files(roots, "indicators/*.toml"):
        table = read_table(path, required=_HEAD, optional=_HEAD_MORE, report=report)
        with guarded(report):
            item = _indicator(table, sources)
            check_unit(units, item.unit, place=table.place("unit"))
            _check_statistic(table, item, parameters)
            shelf.put(item.id, item, place=table.place("aliases"), supersedes=table.text("supersedes"))
    _refuse_shared_aliases(shelf, report)
    return shelf.items


def expand(alias: str) -> tuple[str, ...]:
    """Write out the choices of a declared alias: `优良天数{比例,比率}` is two spellings.

    Examples
    --------
    >>> expand("优良天数{比例,比率}")
    ('优良天数比例', '优良天数比率')
    """
    parts = re.split(r"\{([^{}]*)\}", alias)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
    return tuple("".join(words) for words in product(*choices))


@lru_cache(maxsize=4096)
def fold_name(text: str) -> str:
    """Fold a printed name: NFKC, no LaTeX, brackets, quotes or blanks, one kind of dash, lower case.

    Examples
    --------
    >>> fold_name("细颗粒物（$PM_{2.5}$）年均浓度"), fold_name("地表水 劣Ⅴ类")
    ('细颗粒物pm2.5年均浓度', '地表水劣v类')
    """
    folded = unicodedata.normalize("NFKC", text)
    folded = re.sub(r"\\(?:mathrm|text|rm|mathbf)|[$_^{}\\\s()\[\]<>〈〉《》“”\"'‘’「」]", "", folded)
    return re.sub(r"[‐-―~－-]+", "-", folded).casefold()


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    alias: str
    indicator: Indicator

    @property
    def length(self) -> int:
        return len(self.alias.replace("*", ""))

    def within(self, other: _Hit) -> bool:
        return other.start <= self.start and self.end <= other.end and self.length < other.length


class Finder:
    """Which indicator a printed name means: the longest alias it contains, by unit and medium where names tie."""

    def __init__(self, indicators: Iterable[Indicator], units: Units) -> None:
        self._units = units
        indicators = tuple(indicators)
        self._insides = sorted({item.unit for item in indicators})
        self._plain: list[tuple[str, Indicator]] = []
        self._gapped: list[tuple[str, re.Pattern[str], str, Indicator]] = []
        for item in indicators:
            for alias in dict.fromkeys(fold_name(name) for name in (item.zh, *item.aliases)):
                if "*" in alias:
                    pieces = [re.escape(piece) for piece in alias.split("*")]
                    pattern = re.compile(f"[^、,;:。]{{0,{_GAP}}}?".join(pieces))
                    self._gapped.append((alias.split("*")[0], pattern, alias, item))
                else:
                    self._plain.append((alias, item))

    def find(self, printed: str, *, unit: str = "", hint_medium: str = "") -> tuple[Indicator | None, str]:
        """Return the indicator and the reason, or None and why not."""
        hits = self._hits(fold_name(printed)) or self._hits(fold_name(re.sub(r"[（(][^（）()]*[)）]", "", printed)))
        if not hits:
            return None, f"“{printed}”不含任何已登记指标的名称"
        left = [hit for hit in hits if not any(hit.within(other) for other in hits)]
        left = _prefer(left, [hit for hit in left if unit and self._fits(unit, hit.indicator.unit)])
        left = _prefer(left, [hit for hit in left if hit.indicator.medium == hint_medium])
        if _several(left):
            names = "、".join(dict.fromkeys(hit.indicator.zh for hit in left))
            return None, f"“{printed}”含有多个指标的名称：{names}"
        best = max(left, key=lambda hit: hit.length)
        if self._contradicts(unit, best.indicator.unit):
            return (
                None,
                f"名称“{best.alias}”属于“{best.indicator.zh}”，但单位“{unit}”与“{best.indicator.unit}”不是同一量",
            )
        return best.indicator, f"名称含“{best.alias}”"

    def _hits(self, folded: str) -> list[_Hit]:
        hits = []
        for alias, item in self._plain:
            at = folded.find(alias)
            if at >= 0:
                hits.append(_Hit(at, at + len(alias), alias, item))
        for first, pattern, alias, item in self._gapped:
            match = pattern.search(folded) if first in folded else None
            if match:
                hits.append(_Hit(match.start(), match.end(), alias, item))
        return hits

    def _fits(self, unit: str, inside: str) -> bool:
        try:
            self._units.factor(unit, inside)
        except ObservationError:
            return False
        return True

    def _contradicts(self, unit: str, inside: str) -> bool:
        """A known unit of another quantity; a percentage never contradicts, since a change is printed in it."""
        if not unit or self._fits(unit, inside) or self._fits(unit, "%"):
            return False
        return any(self._fits(unit, other) for other in self._insides)


def _prefer(hits: list[_Hit], fitting: list[_Hit]) -> list[_Hit]:
    """Keep what fits when the names leave several indicators."""
    return fitting if fitting and _several(hits) else hits


def _several(hits: list[_Hit]) -> bool:
    return len({hit.indicator.id for hit in hits}) > 1


def _indicator(table: Table, sources: Mapping[str, Source]) -> Indicator:
    name = table.text("id")
    if table.path.stem != name:
        raise complain("QC107", table.place("id"), {"key": "id", "value": name, "expected": table.path.stem})
    for key, allowed in _WORDS.items():
        if table.text(key) not in allowed:
            words: dict[str, object] = {"key": key, "value": table.text(key), "expected": " | ".join(allowed)}
            raise complain("QC107", table.place(key), words)
    if table.text("status") == "unread" and not table.text("note"):
        raise complain("QC103", table.place("status"), {"key": "note"})
    statistic = table.content.get("statistic")
    return Indicator(
        id=name,
        zh=table.text("zh"),
        en=table.text("en"),
        aliases=tuple(spelling for alias in table.texts("aliases") for spelling in expand(alias)),
        medium=table.text("medium"),
        battle=table.text("battle"),
        unit=table.text("unit"),
        direction=table.text("direction"),
        decimals=table.whole("decimals"),
        decider=table.text("decider"),
        series=table.text("series"),
        rounding=table.text("rounding"),
        statistic=dict(statistic) if isinstance(statistic, dict) else {},
        source=cite(sources, table.text("source"), place=table.place("source"), what=name),
        status=table.text("status"),
        note=table.text("note"),
    )


def _check_statistic(table: Table, item: Indicator, parameters: Mapping[str, Parameter]) -> None:
    place, verb = table.place("verb"), item.statistic.get("verb")
    if verb not in VERBS:
        raise complain("QC107", place, {"key": "verb", "value": verb, "expected": " | ".join(VERBS)})
    required, optional = VERBS[str(verb)]
    for key in required:
        if key not in item.statistic:
            raise complain("QC103", place, {"key": f"statistic.{key}"})
    for key in item.statistic:
        if key not in ("verb", *required, *optional):
            allowed = ", ".join(("verb", *required, *optional))
            raise complain("QC102", table.place(key), {"key": f"statistic.{key}", "allowed": allowed})
    parameter = item.statistic.get("parameter")
    if parameter is not None and parameter not in parameters:
        raise complain("QC106", table.place("parameter"), {"key": item.id, "target": parameter})


def _refuse_shared_aliases(shelf: Shelf[Indicator], report: Report) -> None:
    owners: dict[str, str] = {}
    for item in shelf.items.values():
        for alias in dict.fromkeys(fold_name(name) for name in (item.zh, *item.aliases)):
            if owners.setdefault(alias, item.id) != item.id:
                report(complain("QC108", shelf.place(item.id), {"key": f"{alias}（{owners[alias]}、{item.id}）"}))
