"""What a build writes for people: pages, ledger, daily sheet, sections, briefing. 发布。"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from qingce.app.campaign import Campaign
from qingce.app.output import as_json
from qingce.app.progress import Steps
from qingce.core.ports import Lake
from qingce.publish import Results, write_results, write_site
from qingce.publish.office import (
    write_air_daily,
    write_briefing,
    write_consultation,
    write_county_ranking,
    write_ledger,
    write_progress_table,
    write_section_monthly,
)
from qingce.thread import whys

__all__ = ["publish", "tidy"]

NAMES = {
    "ledger": "台账.xlsx", "progress": "目标进度表.docx", "briefing": "会商材料.docx", "consultation": "月度会商.docx",
    "sections": "断面月报.xlsx", "counties": "区县月排名.xlsx",
}  # fmt: skip


TRACED = 3
"""How many of the newest findings of a point and quantity have a tree of their own."""


def publish(results: Results, campaign: Campaign, *, lake: Lake, steps: Steps) -> Results:
    """Write the trees of `why`, the office files, the results and the site; returns the results as written."""
    with steps.step("溯源 tracing every target"):
        results = results.with_tables({"whys": _whys(results, lake)})
    with steps.step("写 Excel 与 Word writing office files"):
        files = write_office(results, campaign.out)
    with steps.step("写结果 writing results"):
        results = replace(results, run={**results.run, "files": files})
        write_results(results, campaign.out)
    with steps.step("写网页 writing pages"):
        write_site(results, campaign.out / "site")
    return results


def tidy(out: Path) -> None:
    """Clear what a killed build left in `out`; results taken away between its two renames are put back."""
    for old in sorted(out.glob(".results-*-old")):
        if not (out / "results").exists():
            old.rename(out / "results")
    for left in (*out.glob(".results-*"), *out.glob(".run-*.json")):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def _whys(results: Results, lake: Lake) -> pa.Table:
    ids = list(dict.fromkeys(_traced(results)))
    rows = [
        {"id": name, "tree": as_json(one.to_dict())}
        for name, one in zip(ids, whys(ids, results.tables, lake=lake), strict=True)
    ]
    return pa.Table.from_pylist(rows, pa.schema([("id", pa.string()), ("tree", pa.string())]))


def _traced(results: Results) -> Iterator[str]:
    """Yield the ids whose trees are kept: bound targets, their values, and the newest findings of every point."""
    for row in results.rows("progress", where={"bound": True}):
        yield from dict.fromkeys(str(name) for name in (row["target_id"], row["value_id"]) if name)
    seen: dict[tuple[object, object], int] = {}
    points = results.rows("points", columns=["id", "subject", "quantity", "start", "end"])
    for row in sorted(points, key=lambda row: (str(row["end"]), str(row["start"])), reverse=True):
        place = row["subject"], row["quantity"]
        seen[place] = seen.get(place, 0) + 1
        if seen[place] <= TRACED:
            yield str(row["id"])


def write_office(results: Results, out: Path) -> list[str]:
    """Write the files of the first week into `out` and return their names."""
    out.mkdir(parents=True, exist_ok=True)
    write_ledger(results, out / NAMES["ledger"])
    write_progress_table(results, out / NAMES["progress"])
    write_briefing(results, out / NAMES["briefing"])
    write_consultation(results, out / NAMES["consultation"])
    written = ["ledger", "progress", "briefing", "consultation"]
    if results["water_months"].num_rows:
        write_section_monthly(results, out / NAMES["sections"])
        written.append("sections")
    if results["air_counties"].num_rows:
        write_county_ranking(results, out / NAMES["counties"])
        written.append("counties")
    names = [NAMES[name] for name in written]
    if results["air_city_days"].num_rows:
        last = pc.max(results["air_city_days"]["day"]).as_py()  # the air may end before the day judged
        names.append(f"空气日报-{last.isoformat()}.docx")
        write_air_daily(results, out / names[-1], last)
    return names
