"""Indicators of surface water: shares of sections, and the class of a section. 断面指标。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import ABSENT_ZH, Absent, lowest
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import as_decimal, round_gbt8170
from qingce.evaluate.air.indicators import value_table
from qingce.evaluate.method_options import open_questions
from qingce.evaluate.water.index import FAMILY, WaterIndex, share_of_base, water_index
from qingce.evaluate.water.periods import AUTOMATIC, Assessed, assess_period
from qingce.evaluate.water.rules import LAKE, Lawbook, WaterRules
from qingce.evaluate.water.tables import months_of_table

__all__ = ["LOOKS_BACK", "VERBS", "water_indicator"]

_SERIES = "measured"
LOOKS_BACK = frozenset({"water_index_change"})
"""Verbs that also ask the section-months of the same period of the year before."""
_SENSES = {"change": 1, "improvement": -1}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: an indicator over sections judged for a period; those of `missing` have nothing in the table."""

    indicator: Indicator
    scope: str
    scope_name: str
    period: Period
    as_of: date
    judged: tuple[Assessed, ...]
    missing: tuple[str, ...]
    rules: WaterRules
    topics: tuple[str, ...]
    catalog: Catalog
    lawbook: Lawbook
    before: tuple[Assessed, ...] = ()

    @property
    def counted(self) -> tuple[Assessed, ...]:
        """The sections that have a class."""
        return tuple(section for section in self.judged if section.verdict.grade is not None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An exact value, how it is told, and what is to be said about it."""

    exact: Fraction
    text: str
    notes: tuple[str, ...]
    method: str = ""


def water_indicator(
    indicator: Indicator,
    section_months: pa.Table,
    *,
    scope: str,
    sections: Sequence[str],
    period: Period,
    catalog: Catalog,
    scope_name: str = "",
    edition: str = "auto",
    as_of: date | None = None,
) -> pa.Table:
    """Return the indicator of some sections over a period as VALUE rows, from section-months.

    A share counts the sections that have a class and names those left out; a class is that of the worst section, with
    a row for each section beside it. `n` is the number of months. A period not over on `as_of` (default: the end of
    the last month in the table) is told to date. Raises QC103, QC105, QC110, QC255.

    References
    ----------
    [HB2011-22]_; the class of a longer period is that of the mean of its monthly means.
    """
    verb = str(indicator.statistic.get("verb", ""))
    if verb not in VERBS:
        raise complain("QC255", words={"indicator": indicator.id, "verb": verb})
    lawbook = Lawbook(catalog, edition)
    months = months_of_table(section_months, lawbook) if section_months.num_rows else {}
    last = max((month.period.end for rows in months.values() for month in rows), default=period.end)
    until = as_of or last
    chosen = tuple(section for section in dict.fromkeys(sections) if section in months)
    judged = tuple(assess_period(months[section], period, lawbook, as_of=until) for section in chosen)
    asked = Asked(
        indicator=indicator,
        scope=scope,
        scope_name=scope_name or _named(judged),
        period=period,
        as_of=min(until, last),
        judged=judged,
        missing=tuple(section for section in dict.fromkeys(sections) if section not in months),
        rules=lawbook.on(period.end),
        topics=_topics([month for section in chosen for month in months[section]], period),
        catalog=catalog,
        lawbook=lawbook,
        before=tuple(
            assess_period(months[section], period.year_before(), lawbook, as_of=until) for section in chosen
        ) if verb in LOOKS_BACK else (),
    )  # fmt: skip
    return value_table([_row(each) for each in (asked, *_parts(asked, verb))])


def _parts(asked: Asked, verb: str) -> list[Asked]:
    """Return the question put to each section alone, where the verb is about sections one by one."""
    if verb != "section_class":
        return []
    return [
        Asked(asked.indicator, one.place.section, one.place.name, asked.period, asked.as_of, (one,), (), asked.rules,
              asked.topics, asked.catalog, asked.lawbook)
        for one in asked.judged
        if one.place.section != asked.scope
    ]  # fmt: skip


def _row(asked: Asked) -> dict[str, object]:
    """Answer a question as the cells of one VALUE row."""
    answer = VERBS[str(asked.indicator.statistic["verb"])](asked) if asked.counted else None
    value = None if answer is None else round_gbt8170(answer.exact, Decimal(1).scaleb(-asked.indicator.decimals))
    over = asked.period.end <= asked.as_of
    n = max((section.months for section in asked.judged), default=0)
    needed = max((section.needed for section in asked.judged), default=0)
    notes = [*(answer.notes if answer else ()), *_left_out(asked)]
    if not over and asked.counted:
        notes.append(f"时段未完，截至 {asked.as_of.isoformat()} 有效 {n} 个月（满时段至少 {needed} 个月）")
    notes += [f"规则未核：{asked.rules.questions[topic]}" for topic in asked.topics if topic in asked.rules.questions]
    return {
        "id": f"V:{asked.indicator.id}:{asked.scope}:{asked.period}:{_SERIES}",
        "indicator": asked.indicator.id,
        "scope": asked.scope,
        "scope_name": asked.scope_name,
        "period": str(asked.period),
        "series": _SERIES,
        "value": value,
        "exact": None if answer is None else str(answer.exact),
        "text": None if answer is None or value is None else answer.text or f"{value:f}",
        "unit": asked.indicator.unit,
        "n": n,
        "n_required": needed,
        "absent": None if answer else _why_not(asked) or Absent.NOT_MONITORED.value,
        "review": _review(asked),
        "method": "+".join(filter(None, (asked.rules.id, answer.method if answer else ""))),
        "limits": "+".join(dict.fromkeys(section.limits for section in asked.judged if section.limits)),
        "start": asked.period.start,
        "end": asked.period.end if over else max(asked.as_of, asked.period.start),
        "note": "；".join(notes),
    }


def _share(asked: Asked) -> Answer:
    """Share of the sections that have a class [%]."""
    statistic = asked.indicator.statistic
    best, worse = statistic.get("at_most"), statistic.get("worse_than")
    grades = [section.verdict.grade for section in asked.counted]
    if isinstance(best, int):
        met = [grade is not None and grade <= best for grade in grades]
    elif isinstance(worse, int):
        met = [grade is not None and grade > worse for grade in grades]
    else:
        raise complain("QC103", asked.indicator.id, {"key": "statistic.at_most"})
    names = "、".join(s.place.name for s, yes in zip(asked.counted, met, strict=True) if yes != isinstance(best, int))
    which = "未达到" if isinstance(best, int) else "劣于"
    notes = [f"参评 {len(met)} 个断面，其中 {sum(met)} 个"]
    notes += [f"{which}：{names}"] if names else []
    return Answer(Fraction(100 * sum(met), len(met)), "", tuple(notes))


def _class(asked: Asked) -> Answer:
    """The class of the worst section, with the factors that decide it."""
    grade = max(section.verdict.grade or 0 for section in asked.counted)
    worst = [section for section in asked.counted if section.verdict.grade == grade]
    several = len(asked.judged) + len(asked.missing) > 1
    notes = [
        f"{section.place.name}：{_factors(section, asked)}" if several else _factors(section, asked)
        for section in worst
    ]
    return Answer(Fraction(grade), asked.rules.names.get(grade, str(grade)), tuple(notes))


def _target_share(asked: Asked) -> Answer | None:
    """Share of the sections with a target class that keep it [%]; those without one are named."""
    held = [section for section in asked.counted if section.place.target is not None]
    if not held:
        return None
    met = [(section.verdict.grade or 0) <= (section.place.target or 0) for section in held]
    names = "、".join(section.place.name for section, yes in zip(held, met, strict=True) if not yes)
    bare = "、".join(section.place.name for section in asked.counted if section.place.target is None)
    notes = [f"有目标类别的 {len(met)} 个断面，其中达标 {sum(met)} 个"]
    notes += [f"未达到目标：{names}"] if names else []
    notes += [f"没有目标类别，不参评：{bare}"] if bare else []
    return Answer(Fraction(100 * sum(met), len(met)), "", tuple(notes))


def _index(asked: Asked) -> Answer | None:
    """The water quality index of all the sections that have means."""
    method = asked.catalog.method(FAMILY, day=asked.period.end)
    found = water_index(asked.judged, asked.lawbook, method=method)
    if found.value is None:
        return None
    notes = [f"{sum(found.counts.values())} 个断面（点位）"]
    notes += [f"未测、不计：{_items(found, asked)}"] if found.missing else []
    notes += [f"规则未核：{question}" for question in open_questions(method).values()]
    return Answer(found.value, "", tuple(notes), method.id)


def _index_change(asked: Asked) -> Answer | None:
    """The change of that index on the same period of the year before [%]; as an improvement what it fell by."""
    sense = str(asked.indicator.statistic.get("sense", "change"))
    if sense not in _SENSES:
        words: dict[str, object] = {"key": "statistic.sense", "value": sense, "expected": " | ".join(_SENSES)}
        raise complain("QC107", asked.indicator.id, words)
    method = asked.catalog.method(FAMILY, day=asked.period.end)
    now, then = (water_index(part, asked.lawbook, method=method) for part in (asked.judged, asked.before))
    change = share_of_base(now.value, then.value, method=method)
    if change is None or now.value is None or then.value is None:
        return None
    notes = [f"水质指数本期 {as_decimal(now.value, 4)}，上年同期 {as_decimal(then.value, 4)}"]
    if now.counts != then.counts or now.missing != then.missing:
        notes.append("两期的断面数或项目不同，比较供参考")
    notes += [f"规则未核：{question}" for question in open_questions(method).values()]
    return Answer(_SENSES[sense] * change, "", tuple(notes), method.id)


def _items(found: WaterIndex, asked: Asked) -> str:
    return "、".join(asked.catalog.parameters[name].zh for name in found.missing)


VERBS: Mapping[str, Callable[[Asked], Answer | None]] = {
    "section_share": _share,
    "section_class": _class,
    "section_target_share": _target_share,
    "water_index": _index,
    "water_index_change": _index_change,
}
"""The closed table of verbs; `data/indicators` only combines them."""


def _factors(section: Assessed, asked: Asked) -> str:
    """Name the deciding factors with their multiples."""
    told = []
    for name in section.verdict.deciding:
        multiple = section.verdict.multiple(name, section.rules)
        told.append(asked.catalog.parameters[name].zh + (f"（{multiple}）" if multiple is not None else ""))
    return f"定类因子 {'、'.join(told)}"


def _left_out(asked: Asked) -> list[str]:
    """Name the sections that do not count, with the reason."""
    gone: dict[str, list[str]] = {}
    for section in asked.judged:
        if section.verdict.grade is None:
            short = section.absent == Absent.TOO_FEW.value
            months = f"（{section.months}/{section.needed} 个月）" if short else ""
            gone.setdefault(section.absent, []).append(section.place.name + months)
    if asked.missing:
        gone.setdefault(Absent.NOT_REPORTED.value, []).extend(asked.missing)
    return [
        f"剔除 {len(names)} 个断面（{ABSENT_ZH[Absent(reason)]}）：{'、'.join(names)}" for reason, names in gone.items()
    ]


def _why_not(asked: Asked) -> str:
    reasons = [section.absent for section in asked.judged]
    return Absent.TOO_FEW.value if Absent.TOO_FEW.value in reasons else (reasons or [Absent.NOT_REPORTED.value])[0]


def _review(asked: Asked) -> str | None:
    return lowest(section.review for section in asked.counted if section.review)


def _named(judged: Sequence[Assessed]) -> str:
    return judged[0].place.name if len(judged) == 1 else f"{len(judged)} 个断面"


def _topics(months: Sequence[Assessed], period: Period) -> tuple[str, ...]:
    """Return the sections of the method that had a say in a result."""
    found = ["class", "statistics"]
    found += [period.kind] if period.kind in ("year", "quarter") else []
    found += ["automatic"] if any(m.how == AUTOMATIC for month in months for m in month.means.values()) else []
    return (*found, "lake") if any(month.place.kind == LAKE for month in months) else tuple(found)
