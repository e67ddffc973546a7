"""What a build leaves behind: named Arrow tables and the facts of the run. 结果的读写。

Everything published is read from here; nothing is computed on the way. The pipeline fills the tables, `write_results`
puts them under `out/results/*.parquet` with `out/run.json`, and `read_results` gives them back whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qingce.core import tables as core
from qingce.core.errors import QingceError, complain
from qingce.core.tables import schema_of

__all__ = ["INTERNAL", "Results", "SCHEMAS", "read_results", "write_results"]

_TRIES, _PAUSE = 100, 0.02
"""How often and how long results that are being exchanged are waited for [s]; two renames take far less."""
RowDict = dict[str, object]
T = TypeVar("T")

_INT, _BOOL, _DAY, _SECOND = pa.int64(), pa.bool_(), pa.date32(), pa.timestamp("s")


SCHEMAS: Mapping[str, pa.Schema | None] = {
    # the thread
    "progress": core.PROGRESS,
    "quota": core.QUOTA,
    "series": core.SERIES,
    "values": core.VALUE,
    "sites": core.SITE,
    "official": core.OFFICIAL,
    "exceptions": core.EXCEPTION,
    "rejected": core.REJECTED,
    # the readings
    "documents": schema_of("id title number issuer level date kind file sha256 text"),
    "clauses": schema_of("document_id id path marker title start end level battle", start=_INT, end=_INT, level=_INT),
    "targets": schema_of(
        "document_id id quote start end indicator indicator_id scope comparator value value_text value_start unit "
        "base_year deadline strength kind clause battle confidence reasons review_key verdict as_read",
        start=_INT, end=_INT, value_start=_INT, base_year=_INT, confidence=pa.float64(),
    ),
    "tasks": schema_of(
        "document_id path title start end lead support responsible measures deadline battle review_key",
        start=_INT, end=_INT,
    ),
    "deadlines": schema_of("document_id quote start end date kind action", start=_INT, end=_INT),
    "mechanisms": schema_of("document_id term start end kind", start=_INT, end=_INT),
    "repairs": schema_of(
        "document_id start end before after rule confidence", start=_INT, end=_INT, confidence=pa.float64()
    ),
    # what documents say of each other; values as printed exactly, `key` is one promise
    "comparisons": schema_of(
        "relation kind indicator_id indicator first_document first_target first_quote first_start first_end "
        "first_scope first_comparator first_value first_unit first_base_year first_deadline second_document "
        "second_target second_quote second_start second_end second_scope second_comparator second_value second_unit "
        "second_base_year second_deadline text text_en note",
        first_start=_INT, first_end=_INT, first_base_year=_INT, second_start=_INT, second_end=_INT,
        second_base_year=_INT,
    ),
    "promises": schema_of("indicator_key indicator_id indicator document_id target_id text"),
    "history": schema_of(
        "key indicator_id indicator place deadline document_id target_id change value_text superseded_by note start "
        "end",
        start=_INT, end=_INT,
    ),
    # what officers decided: state applied, changed, settled, lost; in the served site also pending, withdrawn
    "reviews": schema_of(
        "key what document_id target_id verdict state how similarity start end quote fields as_read who at why version "
        "note", similarity=pa.float64(), start=_INT, end=_INT, version=_INT,
    ),
    # the evaluation: wide, the columns are those of `evaluate`
    "air_site_days": None,
    "air_city_days": None,
    "water_months": None,
    "points": core.POINT_FINDING,
    # what the daily air sheet shows besides, where the build makes it
    "air_cumulative": schema_of(
        "subject subject_name day parameter month_mean year_mean last_year_mean change rank review",
        day=_DAY, month_mean=core.VALUE_TYPE, year_mean=core.VALUE_TYPE, last_year_mean=core.VALUE_TYPE,
        change=core.VALUE_TYPE, rank=_INT,
    ),
    "air_counties": schema_of(
        "place scope scope_name period text value unit last_text change change_text base_text base_change "
        "base_change_text good_measured good_deducted heavy composite n review unreviewed absent edition limits note",
        place=_INT, value=core.VALUE_TYPE, change=core.VALUE_TYPE, base_change=core.VALUE_TYPE, n=_INT,
        unreviewed=_INT,
    ),
    "water_counties": schema_of(
        "place scope scope_name period text value last_text change change_text change_place exempt sections missing "
        "review unreviewed absent edition note",
        place=_INT, value=core.VALUE_TYPE, change=core.VALUE_TYPE, change_place=_INT, sections=_INT, unreviewed=_INT,
    ),
    "air_top_hours": schema_of(
        "site site_name county_name time parameter value unit iaqi review",
        time=_SECOND, value=core.VALUE_TYPE, iaqi=_INT,
    ),
    "air_forecast": schema_of(
        "subject day aqi_low aqi_high primary text issued source", day=_DAY, aqi_low=_INT, aqi_high=_INT, issued=_SECOND
    ),
    # the outlook: internal, never in a score, left out of what is made public (INTERNAL)
    "questions": schema_of(
        "target_id indicator scope period comparator value step series subjects mean unit",
        subjects=pa.list_(pa.string()), mean=pa.bool_(),
    ),
    "outlook": core.OUTLOOK,
    "outlook_paths": core.OUTLOOK_PATH,
    "outlook_ranks": core.OUTLOOK_RANK,
    "warnings": core.WARNING,
    "backtest": core.BACKTEST,
    "forecasts": core.FORECAST,
    "forecast_scores": None,
    "weather": None,
    # what the hours and samples that remain may bring; parts of the quota by county
    "today": core.TODAY,
    "month_sections": core.MONTH_SECTION,
    "county_shares": core.QUOTA_SHARE,
    # the reference the pages need to label what they show
    "quality": schema_of(
        "site parameter span month expected received valid share_text longest_gap stuck_runs negative jumps note",
        **dict.fromkeys(("expected", "received", "valid", "longest_gap", "stuck_runs", "negative", "jumps"), _INT),
    ),
    "editions": schema_of(
        "id kind family title number start end status question in_force used_days source",
        start=_DAY, end=_DAY, in_force=_BOOL, used_days=_INT,
    ),
    "levels": schema_of("scale level zh en words_zh words_en colour low high source", level=_INT),
    "parameters": schema_of("id zh en symbol medium unit decimals", decimals=_INT),
    "indicators": schema_of("id zh en medium battle unit decimals decider direction note status parameter "
        "finding_medium finding", decimals=_INT),
    "regions": schema_of("code name level parent geometry source"),
    # the way down: raw hours of the days that matter, and the trees of `why`
    "hours": schema_of(
        "site parameter time span value text flag absent review source line reason",
        time=_SECOND, value=core.VALUE_TYPE, line=_INT,
    ),
    "whys": schema_of("id tree"),
}  # fmt: skip
"""Every table by name. `None`: wide, columns as the evaluation gives them. All but the readings may be missing."""

INTERNAL = (
    "questions", "outlook", "outlook_paths", "outlook_ranks", "warnings", "backtest", "weather", "today",
    "month_sections", "reviews",
)  # fmt: skip
"""Tables for the office alone 内部，不作为考核依据: nothing that is made public holds them. Of a day or month that is
not over nothing is reviewed, and the reviews name officers."""

CHANCES = (("progress", "probability"),)
"""Columns of other tables that tell a chance."""
RANKED = ("air_counties", "water_counties")
"""Rankings: rows of unreviewed figures are left out of what is made public."""


@dataclass(frozen=True)
class Results:
    """Named Arrow tables and the facts of the run (`campaign, region, region_name, as_of, built_at, sample, version,
    heads, counts, notes, files`). Tables are brought into their schemas; raises QC550 for a name that is no table."""

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    run: Mapping[str, object] = field(default_factory=dict)
    _kept: dict[str, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bring every table into its schema, so that a view may name any of its columns."""
        object.__setattr__(self, "tables", {name: _checked(name, table) for name, table in self.tables.items()})

    def __getitem__(self, name: str) -> pa.Table:
        """Return a table, of no rows if the build left none; raises QC550 for a name that is no table."""
        if name not in SCHEMAS:
            raise complain("QC550", name, {"name": name, "allowed": ", ".join(SCHEMAS)})
        if name in self.tables:
            return self.tables[name]
        return core.empty(SCHEMAS[name] or pa.schema([]))

    def pick(self, name: str, where: Mapping[str, object] | None = None) -> pa.Table:
        """Return the rows whose columns equal `where` (a list means any of them); of no rows without the column."""
        table = self[name]
        for column, wanted in (where or {}).items():
            if column not in table.column_names:
                return table.slice(0, 0)
            many = isinstance(wanted, list | tuple | set | frozenset)
            values = pa.array(list(wanted) if many else [wanted], table[column].type)  # type: ignore[call-overload]
            table = table.filter(pc.is_in(table[column], value_set=values))
        return table

    def rows(
        self, name: str, *, columns: Sequence[str] | None = None, where: Mapping[str, object] | None = None
    ) -> list[RowDict]:
        """Return the rows picked as dictionaries in table order, with some columns or all."""
        table = self.pick(name, where)
        if columns is not None:
            table = table.select([column for column in columns if column in table.column_names])
        found: list[RowDict] = table.to_pylist()
        return found

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` gives, made once for these tables: for what every page asks again."""
        if name not in self._kept:
            self._kept[name] = make()
        return cast("T", self._kept[name])

    def with_tables(self, tables: Mapping[str, pa.Table]) -> Results:
        """Return the same results with some tables put in or exchanged, e.g. the hours of one month."""
        return replace(self, tables={**self.tables, **tables})

    def public(self) -> Results:
        """Return the same results without what is internal: no outlook, no chance, no ranking of unreviewed figures.

        The run says `public`, so that a site made of them has neither an internal page nor a link to one.
        """
        kept = {name: table for name, table in self.tables.items() if name not in INTERNAL}
        for name, column in CHANCES:
            if name in kept:
                place, empty = kept[name].column_names.index(column), pa.nulls(kept[name].num_rows)
                kept[name] = kept[name].set_column(place, column, empty.cast(kept[name].schema.field(column).type))
        for name in RANKED:
            if name in kept:
                kept[name] = kept[name].filter(pc.equal(pc.fill_null(kept[name]["unreviewed"], 0), 0))
        return replace(self, tables=kept, run={**self.run, "public": True})

    @property
    def is_public(self) -> bool:
        """True when these are the public results: see `public`."""
        return bool(self.run.get("public", False))

    @property
    def sample(self) -> bool:
        """True when the numbers are generated: every page then says 示例数据."""
        return bool(self.run.get("sample", False))


def write_results(results: Results, out: Path) -> None:
    """Write `out/results/*.parquet` and `out/run.json`; a reader sees the old or the new, never a mixture.

    Everything is written and synced beside the old folder, which one rename then exchanges.
    """
    out.mkdir(parents=True, exist_ok=True)
    fresh, old = (out / f".results-{os.getpid()}-{word}" for word in ("new", "old"))
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    fresh.mkdir()
    listed: dict[str, dict[str, object]] = {}
    for name in results.tables:
        path = fresh / f"{name}.parquet"
        pq.write_table(results.tables[name], path, compression="zstd")
        _sync(path)
        listed[name] = {"rows": results.tables[name].num_rows, "sha256": _digest(path)}
    run = fresh / "run.json"
    run.write_text(json.dumps({**results.run, "tables": listed}, ensure_ascii=False, indent=1, default=str), "utf-8")
    _sync(run)
    if (out / "results").exists():
        os.rename(out / "results", old)
    os.rename(fresh, out / "results")
    temporary = out / f".run-{os.getpid()}.json"
    shutil.copyfile(out / "results" / "run.json", temporary)
    os.replace(temporary, out / "run.json")
    _sync(out)
    shutil.rmtree(old, ignore_errors=True)


def read_results(out: Path) -> Results:
    """Read what a build left in `out`; raises QC551 if there is nothing, QC552 if a table is not the one listed.

    A build that exchanges the results meanwhile is waited for: the answer is all of the old or all of the new.
    """
    for _ in range(_TRIES):
        before = _identity(out)
        try:
            return _read(out)
        except (QingceError, OSError):
            if before == _identity(out) and (before or not any(out.glob(".results-*"))):
                raise
        time.sleep(_PAUSE)
    return _read(out)


def _identity(out: Path) -> tuple[int, int] | None:
    """Tell one build's results from another's; None where there are none, also between the two renames."""
    try:
        found = (out / "results" / "run.json").stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read(out: Path) -> Results:
    place = out / "results" / "run.json"
    if not place.is_file():
        raise complain("QC551", str(out))
    run = json.loads(place.read_text("utf-8"))
    listed = run.pop("tables")
    tables: dict[str, pa.Table] = {}
    for name, facts in listed.items():
        path = place.with_name(f"{name}.parquet")
        if name not in SCHEMAS or not path.is_file() or _digest(path) != facts["sha256"]:
            raise complain("QC552", str(path), {"name": name})
        tables[name] = pq.read_table(path)
    return Results(tables, run)


def _checked(name: str, table: pa.Table) -> pa.Table:
    """Bring a table into its schema; a column the schema does not know is kept at the end."""
    if name not in SCHEMAS:
        raise complain("QC550", name, {"name": name, "allowed": ", ".join(SCHEMAS)})
    schema = SCHEMAS[name]
    if schema is None or table.schema.equals(schema):
        return table
    shaped = core.shape(table, schema)
    for column in _extra(table, schema):
        shaped = shaped.append_column(column, table[column])
    return shaped


def _extra(table: pa.Table, schema: pa.Schema) -> Iterator[str]:
    return (name for name in table.column_names if name not in schema.names)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
