"""Findings of points and regions by id, and which indicator values they move. 点位评价结果的查找。"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property

import pyarrow as pa

from qingce.core.periods import parse_period

__all__ = ["PointFindings"]

Row = Mapping[str, object]


class PointFindings:
    """The table `points` of a build, read when first asked for."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = tables

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Findings of points and regions by id."""
        return _by(self._tables, "points")

    def pointwise(self, row: Row) -> bool:
        """Say whether a value is taken from findings of points."""
        return str(row["indicator"]) in self._answered

    def findings_of(self, row: Row) -> dict[str, Row]:
        """Return the findings of points that a value is taken from, by id."""
        indicator = self._answered.get(str(row["indicator"]))
        if indicator is None:
            return {}
        from qingce.evaluate import finding_counts, is_finding, of_first

        period, scope = parse_period(str(row["period"])), str(row["scope"])
        found = [
            one for one in self.rows.values() if is_finding(one, *indicator) and finding_counts(one, scope, period)
        ]
        return {str(one["id"]): one for one in of_first(found, indicator[0])}

    def point(self, identifier: str) -> Row | None:
        """Return a finding of a point as a row with a column of its quantity, as days and months have them."""
        found = self.rows.get(identifier)
        if found is None:
            return None
        name = str(found["quantity"])
        told = {key: found[key] for key in ("subject_name", "review", "edition", "text", "items")}
        return told | {name: found["value"], f"absent_{name}": found["absent"]}

    def at(self, site: str, day: date) -> list[str]:
        """Return the findings of a point that a day counts in."""
        return [key for key, row in self.rows.items() if row["subject"] == site and _around(row, day)]

    @cached_property
    def _answered(self) -> dict[str, tuple[str, str]]:
        """What each indicator that points answer counts: medium and quantity."""
        from qingce.evaluate import is_finding

        told = {(row["medium"], row["quantity"]): row for row in self.rows.values()}.values()
        named = {
            name: (str(row.get("finding_medium")), str(row.get("finding")))
            for name, row in _by(self._tables, "indicators").items()
        }
        return {name: pair for name, pair in named.items() if any(is_finding(row, *pair) for row in told)}


def _around(row: Row, day: date) -> bool:
    start, end = row["start"], row["end"]
    return isinstance(start, date) and isinstance(end, date) and start <= day <= end


def _by(tables: Mapping[str, pa.Table], name: str) -> dict[str, Row]:
    return {str(row["id"]): row for row in tables[name].to_pylist()} if name in tables else {}
