"""`qingce export`: the tables of the last build for others, with or without what is internal. 导出结果。"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from qingce.app.campaign import read_campaign
from qingce.core.errors import complain
from qingce.publish import Results, read_results, write_results, write_site

__all__ = ["Exported", "export_results"]

PRIVATE = ("notes", "counts", "files", "heads")
"""Facts of a run that name files and people of the office: not for the public."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written where: tables with their rows, pages."""

    folder: Path
    public: bool
    tables: dict[str, int]
    pages: int

    def to_dict(self) -> dict[str, object]:
        """Return the facts as JSON-able values."""
        return {
            "ok": True,
            "folder": str(self.folder),
            "public": self.public,
            "tables": self.tables,
            "pages": self.pages,
        }

    def line(self) -> str:
        """Return one line that says what was written."""
        rows = sum(self.tables.values())
        kind = "公开结果（不含内部研判） public results" if self.public else "全部结果（含内部研判） all results"
        pages = f"，{self.pages} 页 pages" if self.pages else ""
        return f"{kind}：{len(self.tables)} 张表 tables，{rows} 行 rows{pages} → {self.folder}"


def export_results(folder: Path, out: Path, *, public: bool = False, csv: bool = False, site: bool = False) -> Exported:
    """Write the tables of the last build of a campaign below `out`, as Parquet, also CSV and pages where asked.

    `public` leaves out what is internal: the outlook, chances, warnings, back-tests, the weather's share, the day and
    month not over, the officers' reviews, all their pages, and what the run says of the office's own files. Raises
    QC605 before the first build, QC632 for a place inside the campaign.
    """
    campaign = read_campaign(folder)
    if not (campaign.out / "run.json").exists():
        raise complain("QC605", words={"folder": folder})
    if out.resolve().is_relative_to(folder.resolve()):
        raise complain("QC632", words={"name": out})
    results = read_results(campaign.out)
    results = _public(results) if public else results
    write_results(results, out)
    if csv:
        _write_csv(results, out / "csv")
    pages = write_site(results, out / "site") if site else 0
    return Exported(out, public, {name: table.num_rows for name, table in results.tables.items()}, pages)


def _public(results: Results) -> Results:
    """Return what may be seen by everybody."""
    public = results.public()
    return replace(public, run={name: value for name, value in public.run.items() if name not in PRIVATE})


def _write_csv(results: Results, folder: Path) -> None:
    """Write every table as text, numbers without loss; tables of an earlier export that are gone are removed."""
    import csv

    folder.mkdir(parents=True, exist_ok=True)
    for name, table in results.tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(table.column_names)
            writer.writerows(zip(*(_texts(table[column]) for column in table.column_names), strict=True))
    for file in folder.glob("*.csv"):
        if file.stem not in results.tables:
            file.unlink()


def _texts(column: pa.ChunkedArray) -> list[str]:
    return [
        "" if cell is None else f"{cell:f}" if pa.types.is_decimal(column.type) else str(cell)
        for cell in column.to_pylist()
    ]
