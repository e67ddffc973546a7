"""Media without tables of their own, judged point by point: groundwater, noise, soil, ratios. 其他介质。"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog
from qingce.core.errors import QingceError
from qingce.core.ports import Lake
from qingce.core.tables import POINT_FINDING, SITE
from qingce.evaluate import POINT_MEDIA, finding_of, is_finding, points_found

__all__ = ["Points", "judge_points", "point_subjects"]

COLUMNS = ("site", "parameter", "time", "span", "value", "flag", "absent", "detection_limit", "review", "source")
FEED = "{medium}-long"
"""The feed whose rows are judged as a medium."""


@dataclass(frozen=True, slots=True)
class Points:
    """Findings of every medium, the indicators they answer, and what could not be judged."""

    table: pa.Table
    answered: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def judge_points(lake: Lake, sites: pa.Table, *, catalog: Catalog, as_of: date, feeds: Collection[str]) -> Points:
    """Judge each medium that one of the campaign's feeds brings, up to a day.

    A medium that cannot be judged (a wrong item, a point without a category) is told in `notes` with its number; the
    others stand.
    """
    chosen = [medium for medium in POINT_MEDIA if FEED.format(medium=medium) in feeds]
    rows: list[Mapping[str, object]] = []
    notes: list[str] = []
    held = lake.extent("observation", ("site", "source")).to_pylist() if chosen else []
    for medium in chosen:
        feed = FEED.format(medium=medium)
        told = [row["site"] for row in held if row["source"] == feed]
        found = lake.scan("observation", columns=COLUMNS, where={"site": told, "source": [feed]})
        if not found.num_rows:
            continue
        try:
            rows += points_found(medium, found, _listed(sites), catalog=catalog, as_of=as_of)
        except QingceError as error:
            notes.append(f"{medium} 的数据已保存但没有评价：{error}")
    table = pa.Table.from_pylist(list(rows), schema=POINT_FINDING)
    seen = {(row["medium"], row["quantity"]): row for row in rows}.values()
    answered = frozenset(
        one.id for one in catalog.indicators.values() if any(is_finding(row, *finding_of(one)) for row in seen)
    )
    return Points(table, answered, tuple(notes))


def point_subjects(points: pa.Table) -> frozenset[str]:
    """Return the codes that stand in the findings: sites and regions."""
    return frozenset(pc.unique(points["subject"]).to_pylist())


def _listed(sites: pa.Table) -> pa.Table:
    return sites.select([name for name in SITE.names if name in sites.column_names])
