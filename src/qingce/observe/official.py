"""Official values as the deciding units give them; they never overwrite ours, nor ours them. 认定值。"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa

from qingce.catalog import Catalog
from qingce.core.absence import Review
from qingce.core.errors import QingceError, complain
from qingce.core.periods import parse_period
from qingce.core.records import Indicator, Parameter
from qingce.core.rounding import as_decimal
from qingce.core.tables import OFFICIAL
from qingce.observe.frame import split_unit
from qingce.observe.ingest import as_rejected
from qingce.observe.registers import Entry, Tell, read_register, untold

__all__ = ["read_official", "spoken_period"]

_SERIES = ("measured", "deducted")
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_NUMBER = re.compile(r"(?P<number>[-+]?\d+(?:\.\d+)?)\s*(?P<unit>\D*)")


def read_official(
    path: Path, *, catalog: Catalog, known_at: datetime | None = None, tell: Tell = untold
) -> tuple[pa.Table, pa.Table]:  # fmt: skip
    """Return the OFFICIAL rows and what was refused; raises QC200, QC201, QC202, QC204 for an unfit file.

    The key is indicator, scope, period, series and version: a second row of a key is refused (QC220).
    """
    required = ("indicator", "scope", "period", "value", "issuer")
    register = read_register(path, "register-official", catalog=catalog, required=required)
    fixed: dict[str, object] = {"source": path.name, "known_at": known_at}
    rows = register.rows(lambda entry: _row(entry, catalog) | fixed, key=("id",))
    for note in register.told():
        tell(note)
    return pa.Table.from_pylist(rows, OFFICIAL), as_rejected(register.rejected)


def spoken_period(text: str) -> str:
    """Return a period as `core.periods` writes it; raises QC107.

    Examples
    --------
    >>> [spoken_period(text) for text in ("2025年", "2026年1—5月", "2026年第一季度", "2026年上半年")]
    ['2025', '2026-01/2026-05', '2026-Q1', '2026-01/2026-06']
    """
    plain = "".join(text.split()).replace("—", "-").replace("－", "-").replace("~", "-").replace("至", "-")
    patterns = (
        (r"(\d{4})年?(?:度|全年)?", "{0}"),
        (r"(\d{4})年(\d{1,2})月份?", "{0}-{1:02d}"),
        (r"(\d{4})年(\d{1,2})-(\d{1,2})月份?", "{0}-{1:02d}/{0}-{2:02d}"),
        (r"(\d{4})年(\d{1,2})月(\d{1,2})日", "{0}-{1:02d}-{2:02d}"),
        (r"(\d{4})年上半年", "{0}-01/{0}-06"),
        (r"(\d{4})年下半年", "{0}-07/{0}-12"),
    )
    for pattern, form in patterns:
        match = re.fullmatch(pattern, plain)
        if match:
            return str(_checked(form.format(*(int(part) for part in match.groups()))))
    quarter = re.fullmatch(r"(\d{4})年第?([一二三四1-4])季度", plain)
    return _checked(f"{quarter[1]}-Q{_QUARTERS[quarter[2]]}" if quarter else text.strip())


def _checked(text: str) -> str:
    parse_period(text)
    return text


def _row(entry: Entry, catalog: Catalog) -> dict[str, object]:
    indicator = _indicator(entry, catalog)
    scope, period = entry.scope("scope", catalog), _period(entry)
    usual = indicator.series if isinstance(indicator, Indicator) and indicator.series in _SERIES else _SERIES[0]
    series = entry.one_of("series", _SERIES, default=usual)
    version = entry.whole("version", low=1, high=10_000) or 1
    value, unit = _value(entry, indicator, catalog)
    name = indicator.id if indicator else entry.text("indicator")
    return {
        "id": f"OV:{name}:{scope}:{period}:{series}:{version}",
        "indicator": name,
        "scope": scope,
        "period": period,
        "series": series,
        "value": value,
        "text": entry.text("text") or entry.cells.get("value", ""),
        "unit": unit,
        "issuer": entry.text("issuer", required=True),
        "number": entry.text("number") or None,
        "issued": entry.day("issued"),
        "version": version,
        "review": entry.one_of("review", list(Review), default=Review.ASSESSED),
        "line": entry.line,
    }


def _indicator(entry: Entry, catalog: Catalog) -> Indicator | Parameter | None:
    """Return the indicator that is named, or the parameter: the centre also revises a month's mean of a section."""
    text = entry.text("indicator", required=True)
    exact = catalog.indicators.get(text) or catalog.parameters.get(text)
    if exact is not None:
        return exact
    found = (catalog.find_indicator(text, unit=entry.text("unit"))[0] or _parameter(text, catalog)) if text else None
    if found is None and text:
        entry.refuse("indicator", complain("QC205", words={"name": text, "feed": "register-official"}))
    return found


def _parameter(text: str, catalog: Catalog) -> Parameter | None:
    try:
        return catalog.parameter(text)
    except QingceError:
        return None


def _period(entry: Entry) -> str:
    text = entry.text("period", required=True)
    try:
        return spoken_period(text) if text else ""
    except QingceError as error:
        entry.refuse("period", error)
        return ""


def _value(entry: Entry, indicator: Indicator | Parameter | None, catalog: Catalog) -> tuple[Decimal | None, str]:
    """Return the exact value in the indicator's unit; QC203, QC206, QC215."""
    text = entry.text("value", required=True)
    unit = entry.text("unit") or split_unit(entry.headers.get("value", ""))[1]
    match = _NUMBER.fullmatch(text)
    if match is None:
        if text:
            entry.refuse("value", complain("QC206", words={"text": text}))
        return None, unit
    if indicator is None:
        return None, unit
    given = unit or match["unit"].strip() or indicator.unit
    try:
        factor = catalog.units.factor(given, indicator.unit)
    except QingceError as error:
        entry.refuse("unit" if entry.text("unit") else "value", error)
        return None, unit
    return as_decimal(Fraction(Decimal(match["number"])) * Fraction(factor), 6), indicator.unit
