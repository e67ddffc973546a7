"""The tables of a build, looked up by id: targets, values, findings, sites. 按编号查表。"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from qingce.thread.tracing.names import Names
from qingce.thread.tracing.point_rows import PointFindings

__all__ = ["Lookup", "Row"]

Row = Mapping[str, object]


class Lookup:
    """Rows of the tables of a build by id, each table read when first asked for."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = tables
        self.found = PointFindings(tables)
        self._cache: dict[tuple[str, str], dict[str, Row]] = {}

    @cached_property
    def targets(self) -> dict[str, Row]:
        """Progress rows by target id."""
        return self._by("progress", "target_id")

    @cached_property
    def values(self) -> dict[str, Row]:
        """Value rows by id."""
        return self._by("values", "id")

    @cached_property
    def documents(self) -> dict[str, Row]:
        """Documents by id."""
        return self._by("documents", "id")

    @cached_property
    def sites(self) -> dict[str, Row]:
        """Sites by code."""
        return self._by("sites", "site")

    @cached_property
    def indicators(self) -> dict[str, Row]:
        """Indicators by id."""
        return self._by("indicators", "id")

    @cached_property
    def names(self) -> Names:
        """What quantities, classes and editions are called."""
        return Names(self._tables)

    def reads(self, indicator: str) -> str:
        """Return the quantity an indicator reads; class for sections, aqi for one that reads several."""
        row = self.indicators.get(indicator, {})
        if str(row.get("medium") or "").endswith("water"):
            return "class"
        return str(row.get("parameter") or "aqi")

    def rests(self, row: Row, subject: str, quantity: str) -> bool:
        """Say whether a value is taken from a subject's quantity."""
        if self.found.pointwise(row):
            return False
        reads, scope = self.reads(str(row["indicator"])), str(row["scope"])
        if reads == "class":
            return subject in self.sections(scope)
        above = {subject, str(self.sites.get(subject, {}).get("city") or subject)}
        within = any(code.startswith(scope.rstrip("0")) for code in above) if scope.isdigit() else scope in above
        return (
            within
            and subject not in self.water
            and (reads in (quantity, "aqi") or (reads, quantity) == ("o3_8h", "o3"))
        )

    @cached_property
    def water(self) -> frozenset[str]:
        """The codes of all river and lake sections."""
        return frozenset(site for site, row in self.sites.items() if row["kind"] == "section")

    def sections(self, scope: str) -> list[str]:
        """Return the sections of a scope: `A+B`, a region code, or a region code with roles `990100~国考`."""
        region, _, roles = scope.partition("~")
        if set(region.split("+")) <= self.water:
            return region.split("+")
        stem, wanted = region.rstrip("0") if region.isdigit() else region, set(filter(None, roles.split("+")))
        return [
            site
            for site in sorted(self.water)
            if str(self.sites[site]["city"] or "").startswith(stem)
            and (not wanted or wanted & set(str(self.sites[site]["roles"] or "").split(",")))
        ]

    def subject(self, subject: str, series: str) -> dict[str, Row]:
        """Return the days or months of one subject, by period."""
        key = (subject, series)
        if key not in self._cache:
            self._cache[key] = self._read(subject, series)
        return self._cache[key]

    def _read(self, subject: str, series: str) -> dict[str, Row]:
        for name in ("air_city_days", "air_site_days"):
            table = self._tables.get(name)
            if table is not None and table.num_rows:
                mine = pc.and_(pc.equal(table["subject"], subject), pc.equal(table["series"], series))
                rows = table.filter(mine).to_pylist()
                if rows:
                    return {str(row["day"]): row for row in rows}
        table = self._tables.get("water_months")
        if table is None or not table.num_rows:
            return {}
        return {str(row["period"]): row for row in table.filter(pc.equal(table["section"], subject)).to_pylist()}

    def sites_of(self, subject: str) -> list[str]:
        """Return a site itself, or the assessed sites of a region."""
        if subject in self.sites:
            return [subject]
        return [
            site
            for site, row in self.sites.items()
            if subject in (row["city"], row["county"]) and "评价点" in str(row["roles"] or "").split(",")
        ]

    def _by(self, table: str, key: str) -> dict[str, Row]:
        return {str(row[key]): row for row in self._tables[table].to_pylist()} if table in self._tables else {}
