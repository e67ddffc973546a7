"""Reader of `indicators/<id>.toml`: names and spellings, unit, decider, 口径, and the declared statistic. 指标。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qingce.catalog.naming import expand, fold_alias
from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.sources import STATUSES, cite
from qingce.catalog.strict import Report, Table, guarded, read_table, refuse
from qingce.catalog.units import check_unit
from qingce.core.errors import complain
from qingce.core.records import Indicator, Parameter, Source
from qingce.core.units import Units

__all__ = ["ACCUMULATES", "BATTLES", "VERBS", "read_indicators"]

BATTLES = ("蓝天", "碧水", "净土", "生态", "低碳", "风险", "治理")
# The closed table of verbs: which arguments each must have and may have.
VERBS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "mean": (("parameter", "over", "period", "family"), ()),
    "percentile": (("parameter", "percent", "over", "period", "family"), ()),
    "day_share": (("quantity", "at_most", "period", "family"), ()),
    "day_share_above": (("quantity", "above", "period", "family"), ()),
    "day_count": (("quantity", "period", "family"), ("above", "at_most")),
    "composite": (("period", "family"), ("scheme",)),
    "section_share": (("period", "family"), ("at_most", "worse_than")),
    "section_class": (("period", "family"), ()),
    "section_target_share": (("period", "family"), ()),
    "water_index": (("period", "family"), ()),
    "water_index_change": (("period", "family"), ("sense",)),
    "class_share": (("family", "period"), ("at_most", "worse_than")),
    "met_share": (("family", "part", "period"), ()),
    "point_mean": (("family", "parameter", "period"), ()),
    "ratio": (("numerator", "denominator"), ()),
    "region_index": (("family", "period"), ()),
    "net": (("plus",), ("minus", "accumulates")),
    "none": ((), ()),
}
_ONE_OF = {"day_count": {"above", "at_most"}, "class_share": {"at_most", "worse_than"}}
# Of these arguments of a verb exactly one is given.
_FORMULA = ("numerator", "denominator", "plus", "minus")
# Parts of a declared formula: parameters joined by "|", summed.
ACCUMULATES = ("five_year_plan",)
"""From when an amount adds up where a target does not say it: the first year of the five-year plan of its deadline."""
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
    shelf.refuse_shared(lambda item: map(fold_alias, (item.zh, *item.aliases)))
    return shelf.items


def _indicator(table: Table, sources: Mapping[str, Source]) -> Indicator:
    name = table.text("id")
    if table.path.stem != name:
        raise table.wrong("id", name, table.path.stem)
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
    if not isinstance(verb, str) or verb not in VERBS:
        raise complain("QC107", place, {"key": "verb", "value": verb, "expected": " | ".join(VERBS)})
    required, optional = VERBS[verb]
    for key in required:
        if key not in item.statistic:
            raise complain("QC103", place, {"key": f"statistic.{key}"})
    if verb in _ONE_OF and len(_ONE_OF[verb] & item.statistic.keys()) != 1:
        raise complain("QC103", place, {"key": " | ".join(f"statistic.{key}" for key in sorted(_ONE_OF[verb]))})
    _check_arguments(table, item, (*required, *optional))
    since = item.statistic.get("accumulates", ACCUMULATES[0])
    if since not in ACCUMULATES:
        words: dict[str, object] = {"key": "statistic.accumulates", "value": since}
        raise complain("QC107", table.place("accumulates"), words | {"expected": " | ".join(ACCUMULATES)})
    _check_parameters(table, item, parameters)


def _check_arguments(table: Table, item: Indicator, known: tuple[str, ...]) -> None:
    for key, value in item.statistic.items():
        if key not in ("verb", *known):
            allowed = ", ".join(("verb", *known))
            raise complain("QC102", table.place(key), {"key": f"statistic.{key}", "allowed": allowed})
        if not isinstance(value, str | int):
            words: dict[str, object] = {
                "key": f"statistic.{key}",
                "value": value,
                "expected": "文字或整数 a text or a number",
            }
            raise complain("QC107", table.place(key), words)


def _check_parameters(table: Table, item: Indicator, parameters: Mapping[str, Parameter]) -> None:
    for key in ("parameter", *_FORMULA):
        named = str(item.statistic.get(key, ""))
        for parameter in filter(None, named.split("|") if key in _FORMULA else [named]):
            if parameter not in parameters:
                raise complain("QC106", table.place(key), {"key": item.id, "target": parameter})
