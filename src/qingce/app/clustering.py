"""`qingce evaluate … --master`: a lake judged group by group on Spark, by the same functions. 集群评价。"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qingce.catalog import Catalog, load_catalog
from qingce.core.errors import complain
from qingce.evaluate import evaluate
from qingce.evaluate.air.door import evaluate_air
from qingce.evaluate.air.input import QUANTITIES
from qingce.store import open_lake
from qingce.store.spark import Cluster, Times, on_groups

__all__ = ["ALONE", "COLUMNS", "Judging", "evaluate_on_cluster", "groups_of"]

ALONE = ("air", "surface-water", "groundwater", "flood-season", "lake")
"""Media whose subjects are judged each by itself, so that a group of sites can be judged anywhere."""
COLUMNS = ("site", "parameter", "time", "span", "value", "flag", "absent", "detection_limit", "review", "known_at")


@dataclass(frozen=True, slots=True)
class Judging:
    """What is asked of every group; it travels to the workers, the content is read there from the same package."""

    medium: str
    by: str
    period: str
    edition: str
    sites: pa.Table

    def __call__(self, rows: pa.Table, times: Times) -> pa.Table:
        """Judge the rows of one group as part of the whole between two times. Raises QC2xx."""
        given: dict[str, Any] = {name: value for name, value in (("by", self.by), ("period", self.period)) if value}
        if self.medium == "air":
            days = times[0].date(), times[1].date()
            return evaluate_air(
                rows, catalog=_catalog(), edition=self.edition, sites=self._of(rows), within=days, **given
            )
        return evaluate(self.medium, rows, catalog=_catalog(), edition=self.edition, sites=self._of(rows), **given)

    def _of(self, rows: pa.Table) -> pa.Table:
        """Return the sites of a group only: a city without rows here belongs to another group."""
        return self.sites.filter(pc.is_in(self.sites["site"], value_set=pc.unique(rows["site"])))


def evaluate_on_cluster(lake: Path, judging: Judging, *, master: str) -> pa.Table:
    """Judge a lake on Spark; the same rows as on one machine, to the last digit, ordered by group.

    Raises QC630 (a medium whose subjects are not judged one by one), QC631 (no lake there, or no sites), QC5xx, QC2xx.
    """
    if judging.medium not in ALONE:
        raise complain("QC630", words={"value": judging.medium, "allowed": ", ".join(ALONE)})
    if not (lake / "manifest.sqlite").exists() or not judging.sites.num_rows:
        raise complain("QC631", str(lake))
    opened = open_lake(lake)
    try:
        files = opened.files("observation")
    finally:
        opened.close()
    where = {"parameter": QUANTITIES} if judging.medium == "air" else None
    found = on_groups(
        files,
        groups_of(judging),
        kind="observation",
        columns=COLUMNS,
        kernel=judging,
        cluster=Cluster(master),
        where=where,
    )
    if not found:
        raise complain("QC631", str(lake))
    return pa.concat_tables(found, promote_options="permissive")


def groups_of(judging: Judging) -> dict[str, str]:
    """Return the group of each site: its city when cities are judged, else itself."""
    column = "city" if judging.medium == "air" and judging.by != "site" else "site"
    pairs = zip(judging.sites["site"].to_pylist(), judging.sites[column].to_pylist(), strict=True)
    return {site: group for site, group in pairs if group}


@cache
def _catalog() -> Catalog:
    """Read the content once in each worker."""
    return load_catalog()
