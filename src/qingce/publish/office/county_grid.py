"""区县月排名 as a sheet: one county a row, in the order of the composite index."""

from __future__ import annotations

from pathlib import Path

from qingce.core.errors import complain
from qingce.publish.office.grid import Cell, Column, Grid, Toned
from qingce.publish.office.labels import UNREVIEWED, deadline_text, review_text, run_line, unit_text
from qingce.publish.office.section_monthly import write_grid
from qingce.publish.results import Results
from qingce.publish.rows import Row, text

__all__ = ["county_grid", "write_county_ranking"]

_NONE = "—"


def write_county_ranking(results: Results, path: Path) -> None:
    """Write 区县月排名 as xlsx or docx by the path's ending; raises QC570, QC571, QC572."""
    if not results["air_counties"].num_rows:
        raise complain("QC571", words={"what": "区县月排名", "when": "", "allowed": "无"})
    write_grid(county_grid(results), path, sample=results.sample)


def county_grid(results: Results) -> Grid:
    """Make the table of counties of the last month; what is not there is a dash, never a zero."""
    found = results.rows("air_counties")
    unit = unit_text(text(found[0], "unit")) if found else ""
    columns = (
        Column("名次", 6, "center"), Column("县（市、区）", 16), Column(f"PM2.5\n（{unit}）", 11, "center"),
        Column("同比", 13, "center"), Column("较三年均值", 14, "center"), Column("优良率（%）\n实测", 12, "center"),
        Column("优良率（%）\n扣沙", 12, "center"), Column("重污染\n天数", 9, "center"),
        Column("综合指数", 11, "center"), Column("审核状态", 12, "center"),
    )  # fmt: skip
    rows: list[list[Cell]] = [_line(row) for row in found]
    month = deadline_text(text(found[0], "period")) if found else ""
    notes = (
        "名次按综合指数由小到大，相同并列，其后名次空出；PM2.5 与综合指数为剔除例外事件后的系列。",
        "优良率实测含例外事件日，扣沙为剔除后；重污染天数为实测。“较三年均值”与前三年同期均值的平均相比。",
        f"标“{UNREVIEWED}”的为预排名，不得通报和公开。",
    )
    return Grid("区县月排名", f"{month}区县空气质量排名", columns, rows, run_line(results), notes, "没有区县数据")


def _line(row: Row) -> list[Cell]:
    place = row["place"]
    review = review_text(row["review"]) or _NONE
    return [
        place if isinstance(place, int) else _NONE,
        text(row, "scope_name") or text(row, "scope"),
        text(row, "text") or _NONE,
        text(row, "change_text") or _NONE,
        text(row, "base_change_text") or _NONE,
        text(row, "good_measured") or _NONE,
        text(row, "good_deducted") or _NONE,
        text(row, "heavy") or _NONE,
        text(row, "composite") or _NONE,
        Toned(review, "watch") if row["unreviewed"] else review,
    ]
