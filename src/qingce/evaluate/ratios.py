"""Declared formulas of reported quantities: ratios with their denominators, net cuts. 比率与净减排量。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import pyarrow as pa

from qingce.catalog.catalog import Catalog
from qingce.core.absence import Absent, lowest
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.core.rounding import round_gbt8170
from qingce.evaluate.air.indicators import value_table
from qingce.evaluate.points.tables import decimals_step
from qingce.evaluate.readings import Reading, asked_for, by_span, read_points

__all__ = ["evaluate_ratios", "formula_value", "parts_of"]

MEDIUM = "ratio"
_PERIODS = ("year", "quarter", "month")
_SERIES = "measured"

Sums = Mapping[str, Fraction]


def evaluate_ratios(
    table: pa.Table,
    *,
    catalog: Catalog,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: pa.Table | None = None,
) -> pa.Table:
    """Return every ratio [%] and net amount whose quantities a region reports, as VALUE rows by period.

    A quantity reported several times in a period (by works, by month) is summed; an indicator of which some
    quantities are missing is absent and names them. Raises QC250–QC252, QC254, QC257, QC260 for a zero denominator.

    References
    ----------
    [GENGDI-HESUAN]_; [WUFEI-2019]_; [STG-JIANPAI-2021]_; the formula of each indicator stands in `data/indicators`.
    """
    by, period = asked_for(MEDIUM, by=by, period=period, allowed={"region": _PERIODS}, otherwise=("region", "year"))
    indicators = [item for item in catalog.indicators.values() if item.statistic.get("verb") in _FORMULAS]
    items = dict.fromkeys(name for item in indicators for name in parts_of(item))
    readings = read_points(table, medium=MEDIUM, items=items, catalog=catalog)
    rows = []
    for (scope, span), found in by_span(readings, period).items():
        sums: dict[str, Fraction] = {}
        for reading in found:
            if reading.value is not None:
                sums[reading.parameter] = sums.get(reading.parameter, Fraction(0)) + reading.value
        told = [item for item in indicators if any(name in sums for name in parts_of(item))]
        rows += [_row(item, scope, span, sums=sums, readings=found) for item in told]
    return value_table(rows)


def parts_of(indicator: Indicator) -> tuple[str, ...]:
    """Return the parameters that an indicator's formula sums."""
    keys = ("numerator", "denominator", "plus", "minus")
    return tuple(name for key in keys for name in _names(indicator, key))


def formula_value(indicator: Indicator, sums: Sums) -> Fraction | None:
    """Return the exact value of an indicator's formula; None for a zero denominator. All its parts must be there."""
    return _FORMULAS[str(indicator.statistic["verb"])](indicator, sums)


def _names(indicator: Indicator, key: str) -> tuple[str, ...]:
    return tuple(filter(None, str(indicator.statistic.get(key, "")).split("|")))


def _sum(indicator: Indicator, key: str, sums: Sums) -> Fraction:
    return sum((sums[name] for name in _names(indicator, key)), Fraction(0))


def _ratio(indicator: Indicator, sums: Sums) -> Fraction | None:
    """Numerator over denominator [%]."""
    below = _sum(indicator, "denominator", sums)
    return 100 * _sum(indicator, "numerator", sums) / below if below else None


def _net(indicator: Indicator, sums: Sums) -> Fraction | None:
    """What is added less what is taken off, in the inside unit."""
    return _sum(indicator, "plus", sums) - _sum(indicator, "minus", sums)


_FORMULAS: Mapping[str, Callable[[Indicator, Sums], Fraction | None]] = {"ratio": _ratio, "net": _net}


def _row(
    indicator: Indicator, scope: str, period: Period, *, sums: Sums, readings: Sequence[Reading]
) -> dict[str, object]:
    missing = [name for name in parts_of(indicator) if name not in sums]
    exact = None if missing else formula_value(indicator, sums)
    if not missing and exact is None:
        told = "、".join(_names(indicator, "denominator"))
        words: dict[str, object] = {"scope": scope, "period": period, "indicator": indicator.id, "denominator": told}
        raise complain("QC260", words=words)
    value = None if exact is None else round_gbt8170(exact, decimals_step(indicator.decimals))
    used = [reading for reading in readings if reading.parameter in parts_of(indicator) and reading.value is not None]
    notes = [f"缺 {'、'.join(missing)}"] if missing else []
    notes += [f"规则未核：{indicator.note}"] if indicator.status == "unread" else []
    return {
        "id": f"V:{indicator.id}:{scope}:{period}:{_SERIES}",
        "indicator": indicator.id,
        "scope": scope,
        "scope_name": scope,
        "period": str(period),
        "series": _SERIES,
        "value": value,
        "exact": None if exact is None else str(exact),
        "text": None if value is None else f"{value:f}",
        "unit": indicator.unit,
        "n": len(used),
        "n_required": len(parts_of(indicator)),
        "absent": Absent.NOT_REPORTED.value if missing else None,
        "review": lowest(reading.review for reading in used if reading.review),
        "method": indicator.source,
        "limits": "",
        "start": period.start,
        "end": period.end,
        "note": "；".join(notes),
    }
