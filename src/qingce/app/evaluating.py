"""`qingce evaluate`: a file or a lake to official statistics. 评价文件。"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from qingce.app.intake import feed_named
from qingce.catalog import Catalog, load_catalog
from qingce.catalog.feeds import Recipe, recipe_of
from qingce.core.absence import ABSENT_ZH
from qingce.core.errors import complain
from qingce.core.records import Feed
from qingce.core.tables import SITE, empty
from qingce.evaluate import MEDIA, evaluate
from qingce.observe import glimpse, ingest, read_exceptions, read_sites
from qingce.store import open_lake

__all__ = ["evaluate_file", "result_rows"]

FORMATS = (".csv", ".parquet", ".xlsx")
DAY, OFFSET = "P1D", "+08:00"
DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
MIDNIGHT = re.compile(rf"(?:{DATE.pattern})[ T]00?:00(?::00)?")
FAMILIES = dict.fromkeys(
    ("surface-water", "groundwater", "basin", "cwqi", "section-target", "flood-season", "lake"), "water"
) | dict.fromkeys((medium for medium in MEDIA if medium.startswith("air-")), "air")
"""Medium of the command line → medium of the feeds, where they differ."""


def evaluate_file(
    medium: str,
    source: Path,
    *,
    out: Path,
    feed: str | None = None,
    by: str = "",
    period: str = "",
    edition: str = "auto",
    sites: Path | None = None,
    master: str = "",
    exceptions: Path | None = None,
    options: Mapping[str, object] | None = None,
) -> pa.Table:
    """Judge a file or lake and write the result table; rejected cells are told on standard error.

    With `master` a lake is judged on that Spark cluster, to the same last digit. `exceptions` is a list of exceptional
    days, `options` what else the medium takes (`evaluate.OPTIONS`); an empty one counts as not given.

    Raises QC262, QC606 (format of `out`), QC608, QC609, QC613 (nothing could be taken in), QC110, QC2xx.
    """
    if out.suffix.lower() not in FORMATS:
        raise complain("QC606", str(out), {"value": out.suffix, "allowed": ", ".join(FORMATS)})
    if medium not in MEDIA:
        raise complain("QC606", words={"value": medium, "allowed": ", ".join(MEDIA)})
    if not source.exists():
        raise complain("QC608", words={"name": source})
    catalog = load_catalog()
    places = _listed(read_sites(sites, catalog=catalog, tell=_tell)) if sites else None
    asked_for = _options(options, exceptions, catalog=catalog)
    if master:
        if asked_for:
            raise complain("QC262", words={"medium": f"{medium} --master", "option": min(asked_for), "allowed": medium})
        from qingce.app.clustering import Judging, evaluate_on_cluster

        asked = Judging(medium, by, period, edition, empty(SITE) if places is None else places)
        table = evaluate_on_cluster(source, asked, master=master)
    else:
        rows, named = _observations(source, feed, medium=medium, catalog=catalog)
        chosen = places if places is not None else named
        table = evaluate(
            medium, rows, catalog=catalog, by=by, period=period, edition=edition, sites=chosen, options=asked_for
        )
    _write(table, out)
    return table


def _options(options: Mapping[str, object] | None, exceptions: Path | None, *, catalog: Catalog) -> dict[str, object]:
    """Return the options that were given, the list of exceptional days read."""
    found = {name: value for name, value in (options or {}).items() if value}
    if exceptions is not None:
        found["exceptions"] = _listed(read_exceptions(exceptions, catalog=catalog, tell=_tell))
    return found


def _observations(source: Path, feed: str | None, *, medium: str, catalog: Catalog) -> tuple[pa.Table, pa.Table | None]:
    """Return observations and the sites that the file itself names."""
    if (source / "manifest.sqlite").exists():
        lake = open_lake(source)
        try:
            return lake.scan("observation"), None
        finally:
            lake.close()
    described = feed_named(catalog, feed or _guess(source, medium, catalog=catalog))
    found = ingest(source, feed=described, catalog=catalog)
    for note in found.notes:
        _tell(note)
    _tell_rejected(found.rejected)
    if not found.observations.num_rows:
        raise complain("QC613", str(source), {"count": found.rejected.num_rows})
    return found.observations, found.places if found.places.num_rows else None


def _listed(read: tuple[pa.Table, pa.Table]) -> pa.Table:
    """Return the rows of a list and tell what of it was refused."""
    _tell_rejected(read[1])
    return read[0]


def _tell(note: str) -> None:
    sys.stderr.write(f"{note}\n")


def _tell_rejected(rejected: pa.Table) -> None:
    for cell in rejected.slice(0, 20).to_pylist():
        _tell(f"{cell['file']}:{cell['line']}: {cell['code']} {cell['column']} “{cell['text']}” {cell['message']}")
    if rejected.num_rows > 20:
        _tell(f"… 共 {rejected.num_rows} 格不能收入 | {rejected.num_rows} cells rejected in all")


def _guess(source: Path, medium: str, *, catalog: Catalog) -> str:
    """Tell by the header which feed a file follows, the medium's own first, then the canonical; raises QC609."""
    head = _head(source)
    rows, daily = [set(row) for row in head], _is_daily(head)
    family = FAMILIES.get(medium, medium)

    def rank(feed: Feed) -> tuple[bool, bool, str]:
        return not feed.id.startswith("canonical"), (recipe_of(feed).time.span == DAY) != daily, feed.id

    own = f"{medium}-long"
    if own in catalog.feeds and _fits(recipe_of(catalog.feeds[own]), rows):
        return own
    others = {f"{other}-long" for other in MEDIA}
    for feed in sorted(catalog.feeds.values(), key=rank):
        if feed.id not in others and feed.medium in {family, "any"} and _fits(recipe_of(feed), rows):
            return feed.id
    raise complain("QC609", words={"name": source, "allowed": ", ".join(sorted(catalog.feeds))})


def _is_daily(head: list[list[str]]) -> bool:
    """Say whether the first rows behind the header have dates without an hour, or midnight on several days."""
    rows = [row for row in head if any(map(DATE.match, row))]
    if any(any(map(DATE.fullmatch, row)) and not any(":" in cell for cell in row) for row in rows):
        return not any(":" in cell for row in rows for cell in row)
    timed = {cell for row in rows for cell in row if DATE.match(cell)}
    return len(timed) > 1 and all(map(MIDNIGHT.fullmatch, timed))


def _fits(recipe: Recipe, rows: list[set[str]]) -> bool:
    """Say whether one of the first rows is a header with a column for each part that the recipe needs."""
    needed = [*recipe.time.columns, *recipe.site.columns]
    if recipe.layout == "long":
        needed += [recipe.long.parameter, recipe.long.value]
    elif recipe.layout == "wide":
        needed.append(tuple(recipe.columns))
    return recipe.layout in {"long", "wide"} and any(all(row & set(choice) for choice in needed) for row in rows)


def _head(source: Path) -> list[list[str]]:
    """Return the first rows of a file, or of the first file of a folder; raises QC200, QC202, QC221."""
    file = next((f for f in sorted(source.rglob("*")) if f.is_file()), None) if source.is_dir() else source
    if file is None:
        raise complain("QC221", str(source), {"names": "*.csv, *.parquet, *.xlsx"})
    return glimpse(file)


def result_rows(table: pa.Table) -> list[dict[str, object]]:
    """Return result rows for JSON; a time carries the offset of local standard time."""
    return [
        {name: _text(cell) if isinstance(cell, datetime) else cell for name, cell in row.items()}
        for row in table.to_pylist()
    ]


def _write(table: pa.Table, out: Path) -> None:
    """Write the result whole or not at all: a temporary file, then one rename."""
    fresh = out.with_name(f".{out.name}.tmp")
    if out.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, fresh)
    elif out.suffix.lower() == ".csv":
        with fresh.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(table.column_names)
            writer.writerows(
                ["" if cell is None else _text(cell) for cell in row.values()] for row in table.to_pylist()
            )
    else:
        _write_sheet(table, fresh)
    fresh.replace(out)


def _text(cell: object) -> str:
    """Return a cell as text; a time carries the offset of local standard time, as canonical input does."""
    if isinstance(cell, str | int):
        return str(cell)
    if isinstance(cell, datetime):
        return f"{cell.isoformat()}{OFFSET}"
    plain = f"{cell:f}" if hasattr(cell, "as_tuple") else str(cell)
    return plain.rstrip("0").rstrip(".") if "." in plain and hasattr(cell, "as_tuple") else plain


def _write_sheet(table: pa.Table, path: Path) -> None:
    """Write an Excel sheet: frozen header, filters, reasons of absence in Chinese."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet("评价结果")
        bold = book.add_format({"bold": True, "bg_color": "#E6EEF2", "border": 1})
        sheet.write_row(0, 0, table.column_names, bold)
        for number, row in enumerate(table.to_pylist(), 1):
            for column, (name, cell) in enumerate(row.items()):
                shown = ABSENT_ZH.get(cell, cell) if name.startswith("absent") else cell
                if shown is not None:
                    sheet.write(number, column, float(shown) if hasattr(shown, "as_tuple") else shown)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(table.num_rows, 1), len(table.column_names) - 1)
        sheet.set_column(0, len(table.column_names) - 1, 13)
