"""Schemas of the Arrow tables that cross rooms. 跨室表的结构。

`value` is DECIMAL(18,6) in the inside unit; `time` is naive local standard time, the START of the span;
`span` says how long one value lasts (`PT1H`, `PT4H`, `P1D`, `P1M`, `sample`).
"""

from __future__ import annotations

import pyarrow as pa

__all__ = [
    "BACKTEST",
    "EXCEPTION",
    "FINDING",
    "FORECAST",
    "MONTH_SECTION",
    "OBSERVATION",
    "OFFICIAL",
    "OUTLOOK",
    "OUTLOOK_PATH",
    "OUTLOOK_RANK",
    "POINT_FINDING",
    "PROGRESS",
    "QUOTA",
    "QUOTA_SHARE",
    "REJECTED",
    "SCALE",
    "SERIES",
    "SITE",
    "TODAY",
    "VALUE",
    "VALUE_TYPE",
    "WARNING",
    "empty",
    "schema_of",
    "shape",
]

SCALE = 1_000_000
VALUE_TYPE = pa.decimal128(18, 6)


def schema_of(columns: str, **types: pa.DataType) -> pa.Schema:
    """Columns in order, text unless a type is named."""
    return pa.schema([(name, types.get(name, pa.string())) for name in columns.split()])


_SECOND, _MICRO, _DAY, _INT, _BOOL = (
    pa.timestamp("s"),
    pa.timestamp("us"),
    pa.date32(),
    pa.int64(),
    pa.bool_(),
)

OBSERVATION = schema_of(
    "site parameter time span value flag absent detection_limit review source batch line reason known_at",
    time=_SECOND, value=VALUE_TYPE, detection_limit=VALUE_TYPE, line=_INT, known_at=_MICRO,
)  # fmt: skip
"""One measured value as received. Key: (site, parameter, span, time); the row last known wins."""

SITE = schema_of(
    "site name kind city city_name county county_name lon lat roles water_kind target_class upstream downstream "
    "valid_from valid_until category river basin",
    lon=pa.float64(), lat=pa.float64(), target_class=_INT, valid_from=_DAY, valid_until=_DAY,
)  # fmt: skip
"""Monitoring sites and sections 站点与断面. kind: air_site | section | point; roles: 评价点,国考,省考 joined by ','.

`category` is the class of function, the use of land or the kind of source that decides which limits hold; `river` and
`basin` are the waters that a section is of, as plans name them."""

EXCEPTION = schema_of(
    "id scope kind start end parameters status issuer number evidence known_at",
    start=_DAY, end=_DAY, known_at=_MICRO,
)  # fmt: skip
"""Exceptional days 例外事件: scope is a city code or site; parameters joined by ','; both series are kept."""

OFFICIAL = schema_of(
    "id indicator scope period series value text unit issuer number issued version review source line known_at",
    value=VALUE_TYPE, issued=_DAY, version=_INT, line=_INT, known_at=_MICRO,
)  # fmt: skip
"""Official values 认定值 as imported; period as in `core.periods` (2025, 2025-10, 2026-01/2026-05)."""

REJECTED = schema_of("file sheet line column text code message", line=_INT)
"""Every cell that could not be taken in, with its place and the numbered reason."""

FINDING = schema_of(
    "id subject subject_kind medium quantity period value text unit n review absent series edition known_at",
    value=VALUE_TYPE, n=_INT, known_at=_MICRO,
)  # fmt: skip
"""One judged result for one subject and period; `series`: measured 实测 | deducted 剔除例外."""

POINT_FINDING = schema_of(
    "id medium subject subject_name city county quantity period start end value exact text unit n absent review "
    "edition limits items note",
    start=_DAY, end=_DAY, value=VALUE_TYPE, n=_INT,
)  # fmt: skip
"""One judged point, source, water or region of a medium without a table of its own: groundwater, noise, soil, ratios.

`quantity`: class, met, met_day, met_night, grade, a parameter or an indicator's id; `items`: what decided, by ','."""

VALUE = schema_of(
    "id indicator scope scope_name period series value exact text unit n n_required absent review method limits "
    "start end note",
    value=VALUE_TYPE, n=_INT, n_required=_INT, start=_DAY, end=_DAY,
)  # fmt: skip
"""One indicator for one scope and period; `exact` is the unrounded value as a fraction `a/b`."""

PROGRESS = schema_of(
    "target_id document_id document_number clause_id battle indicator_id indicator_name scope scope_name comparator "
    "target_value unit target_text basis series rounding decider deadline deadline_day bound reason reason_text "
    "official_value official_review official_issuer official_number own_value own_text own_n own_review own_start "
    "own_end own_label difference difference_text last_year_value change status status_text pace_text quota_text "
    "probability owners quote start end value_id confirmed official_period",
    deadline_day=_DAY, bound=_BOOL, official_value=VALUE_TYPE, own_value=VALUE_TYPE, own_n=_INT, own_start=_DAY,
    own_end=_DAY, difference=VALUE_TYPE, last_year_value=VALUE_TYPE, change=VALUE_TYPE, probability=pa.float64(),
    start=_INT, end=_INT, confirmed=_BOOL,
)  # fmt: skip
"""One row a target: 目标进度表. `change` is 同比 in the indicator's unit; texts are ready to print (Chinese)."""

QUOTA = schema_of(
    "target_id kind rule state done remaining allowed exact inclusive unit text series part",
    done=_INT, remaining=_INT, allowed=VALUE_TYPE, inclusive=_BOOL,
)  # fmt: skip
"""Remaining allowance 剩余允许值: kind mean|days|sections|section_mean|hours; state open|lost|safe.

`part` is empty for the whole, else the month, county (code), section (with factor, and month of it) or year that this
share belongs to. Kinds also: amount (tonnes and counts), points (ratio points), index (composite and water index)."""

SERIES = schema_of(
    "target_id day value cumulative last_year allowed category",
    day=_DAY, value=VALUE_TYPE, cumulative=VALUE_TYPE, last_year=VALUE_TYPE, allowed=VALUE_TYPE,
)  # fmt: skip
"""Daily or monthly series behind a target's cumulative chart and calendar."""

FORECAST = schema_of(
    "issuer site parameter made_on day value low high level_low level_high primary review source line known_at",
    made_on=_DAY, day=_DAY, value=VALUE_TYPE, low=VALUE_TYPE, high=VALUE_TYPE, level_low=_INT, level_high=_INT,
    line=_INT, known_at=_MICRO,
)  # fmt: skip
"""One forecast 预报 as received: what `issuer` (a model or an office) said on `made_on` about `day` at a site or city.

`parameter` is a quantity, or `aqi` with levels and primary pollutants joined by ','."""

OUTLOOK = schema_of(
    "target_id indicator_id scope period made_on horizon_days model model_name chosen state probability p10 p50 p90 "
    "p10_text p50_text p90_text unit members history skill text reason",
    made_on=_DAY, horizon_days=_INT, chosen=_BOOL, probability=pa.float64(), p10=VALUE_TYPE, p50=VALUE_TYPE,
    p90=VALUE_TYPE, members=_INT, history=_INT, skill=pa.float64(),
)  # fmt: skip
"""Where the official statistic of a target will stand at its deadline, by one model 研判（内部）: never in a score.

`state`: ok | quota_only (too little history; `reason` says what is missing) | lost | safe. `probability` is P(attain);
one row a target is `chosen`; `history` counts the whole years the model had; `skill` is its back-test score."""

OUTLOOK_PATH = schema_of(
    "target_id model day p10 p50 p90",
    day=_DAY, p10=VALUE_TYPE, p50=VALUE_TYPE, p90=VALUE_TYPE,
)  # fmt: skip
"""The statistic so far on each coming day of the period, 10, 50 and 90 per cent: the fan 扇形图."""

OUTLOOK_RANK = schema_of(
    "kind subject subject_name indicator_id period made_on model regions members history now now_rank p10 p50 p90 "
    "rank_p10 rank_p50 rank_p90 first last text reason",
    made_on=_DAY, regions=_INT, members=_INT, history=_INT, now=VALUE_TYPE, now_rank=_INT, p10=VALUE_TYPE,
    p50=VALUE_TYPE, p90=VALUE_TYPE, rank_p10=_INT, rank_p50=_INT, rank_p90=_INT, first=pa.float64(),
    last=pa.float64(),
)  # fmt: skip
"""Where the ranking index of each region will stand at the end of the year, and its rank 排名研判（内部）.

`kind`: county | city, ranked apart; `regions` are those that could be drawn together; `now` is the year to date;
`first` and `last` are the chances of the first and the last place."""

WARNING = schema_of(
    "target_id day probability week_ago drop cause needs rank",
    day=_DAY, probability=pa.float64(), week_ago=pa.float64(), drop=pa.float64(), rank=_INT,
)  # fmt: skip
"""Targets whose chance fell most in seven days 预警: the cause (days, sites, pollutant, hours) and what they need."""

BACKTEST = schema_of(
    "indicator_id model month scopes years coverage_80 crps brier brier_baseline note",
    month=_INT, scopes=_INT, years=_INT, coverage_80=pa.float64(), crps=pa.float64(), brier=pa.float64(),
    brier_baseline=pa.float64(),
)  # fmt: skip
"""Rolling-origin back-test of a model for an indicator and a month of issue 回测: nothing tuned on the judged year."""

TODAY = schema_of(
    "subject subject_name kind day hour passed remaining quantity quantity_name level level_name aqi ceiling so_far "
    "state allowed exact inclusive unit deciding text review",
    day=_DAY, hour=_SECOND, passed=_INT, remaining=_INT, level=_INT, aqi=_INT, ceiling=VALUE_TYPE, so_far=VALUE_TYPE,
    allowed=VALUE_TYPE, inclusive=_BOOL,
)  # fmt: skip
"""What the hours left of a day may bring so that it stays within a level 今日研判: a row a subject, quantity, level.

`kind`: site | county | city; `hour` is the start of the last hour used, `passed` + `remaining` are the day's hours;
`aqi` and `ceiling` are the level's end; `so_far` the mean (of ozone the highest running mean) to that hour;
`allowed` is what each hour left may average at every site (of ozone: hold); state: open | lost | safe (nothing that
remains can change it) | unknown (too few hours); `deciding` names the sites that decide, joined by '、'.
A row with an empty `quantity` is the level as a whole: lost if any quantity lost it."""

MONTH_SECTION = schema_of(
    "section section_name county_name period span parameter parameter_name target_class class_now limit bound mean "
    "done remaining unit how state allowed exact inclusive edge chance chance_n intensity text note",
    target_class=_INT, class_now=_INT, limit=VALUE_TYPE, mean=VALUE_TYPE, done=_INT, remaining=_INT,
    allowed=VALUE_TYPE, inclusive=_BOOL, chance=pa.float64(), chance_n=_INT, intensity=VALUE_TYPE,
)  # fmt: skip
"""A section's month 本月断面 (span `month`) or year to date (`year`): a row for the section, then one a factor.

The section's own row has an empty `parameter`; it carries class_now, edge ('' | near 达标边缘 | beyond 超目标 | worst
单月劣Ⅴ), chance (internal: share of its own same calendar months in which it kept the class from here, `chance_n` of
them) and 汛期污染强度 `intensity`. A factor's row: mean of `done` days (how `automatic`), samples (`manual`) or months,
what the `remaining` may average, bound le | ge, state open | lost | safe."""

QUOTA_SHARE = schema_of(
    "target_id dimension part part_name share exact profile note",
    share=VALUE_TYPE,
)  # fmt: skip
"""By what shares [%] a quota is split: dimension month | county; profile last | equal | population | baseline | hand.

The parts themselves are rows of QUOTA with `part` = the month (2026-11) or the county's code."""


def empty(schema: pa.Schema) -> pa.Table:
    """Return a table of no rows with the schema, without the library's own way, which imports pandas."""
    return pa.Table.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def shape(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Put `table` into the columns and types of `schema`; columns it lacks become null."""
    columns = [
        table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type) for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
