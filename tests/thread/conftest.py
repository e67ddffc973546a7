"""Made things for the thread: documents, targets, sites, days and values, each with sensible defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pyarrow as pa
import pytest

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.core.periods import parse_period
from qingce.core.records import Clause, Document, Reading, Target, Task
from qingce.core.tables import SITE, VALUE


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


def make_target(quote: str = "细颗粒物（PM2.5）浓度降至39微克/立方米以下", **fields: object) -> Target:
    start = fields.pop("start", 0)
    defaults: dict[str, object] = {
        "id": "T-a-001",
        "quote": quote,
        "start": start,
        "end": start + len(quote),  # type: ignore[operator]
        "indicator": "细颗粒物（PM2.5）浓度",
        "indicator_id": "pm2_5_annual",
        "scope": "",
        "comparator": "<=",
        "value": Decimal("39"),
        "value_text": "39微克/立方米",
        "value_start": None,
        "unit": "微克/立方米",
        "base_year": None,
        "deadline": "2026",
        "strength": "firm",
        "kind": "level",
        "clause": "",
        "battle": "蓝天",
    }
    return Target(**{**defaults, **fields})  # type: ignore[arg-type]


def make_reading(*targets: Target, level: str = "city", text: str = "", tasks: Iterable[Task] = ()) -> Reading:
    document = Document("a", "示例方案", "示例", level, "2024-03-18", "0" * 64, text or "字" * 400, "示例〔2024〕1号")
    clauses = (Clause("C-a-一", "一", "一", "总体", 0, 400), Clause("C-a-一/(一)", "一/(一)", "（一）", "目标", 0, 200))
    return Reading(document, clauses, targets, (), tuple(tasks), (), ())


def make_sites(*rows: Mapping[str, object]) -> pa.Table:
    blank = dict.fromkeys(SITE.names)
    defaults = {
        **blank,
        "kind": "section",
        "city": "621100",
        "county": "621102",
        "roles": "国考",
        "water_kind": "river",
    }
    return pa.Table.from_pylist([{**defaults, **row} for row in rows], schema=SITE)


def make_days(
    values: Iterable[object], *, start: date, subject: str = "140100", column: str = "pm2_5", series: str = "measured"
) -> pa.Table:
    """One subject's days from `start` on; None is a day without a value."""
    rows = [
        {
            "subject": subject,
            "subject_name": "示例市",
            "day": start + timedelta(i),
            "series": series,
            column: None if value is None else Decimal(str(value)),
            "level": None if value is None else 1 + int(Decimal(str(value)) // 50),
            "review": "national",
        }
        for i, value in enumerate(values)
    ]
    fields = [("subject", pa.string()), ("subject_name", pa.string()), ("day", pa.date32()), ("series", pa.string())]
    schema = pa.schema([*fields, (column, pa.decimal128(18, 6)), ("level", pa.int64()), ("review", pa.string())])
    return pa.Table.from_pylist(rows, schema=schema)


def make_value(
    indicator: str, scope: str, *, period: str, exact: object = None, series: str = "measured", **fields: object
) -> dict[str, object]:
    span = parse_period(period)
    known = None if exact is None else Fraction(str(exact))
    defaults: dict[str, object] = {
        **dict.fromkeys(VALUE.names),
        "id": f"V:{indicator}:{scope}:{span}:{series}",
        "indicator": indicator,
        "scope": scope,
        "scope_name": "示例市",
        "period": str(span),
        "series": series,
        "value": None if known is None else Decimal(known.numerator) / known.denominator,
        "exact": "" if known is None else str(known),
        "unit": "ug/m3",
        "n": 0 if known is None else span.days,
        "review": "national",
        "start": span.start,
        "end": span.end,
        "absent": None if known is not None else "not_reported",
    }
    value = {**defaults, **fields}
    if isinstance(value["value"], Decimal):
        value["value"] = value["value"].quantize(Decimal("0.000001"))
    return value


def make_values(*rows: Mapping[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=VALUE)


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """The makers by name."""
    return SimpleNamespace(
        target=make_target,
        reading=make_reading,
        sites=make_sites,
        days=make_days,
        value=make_value,
        values=make_values,
    )
