"""What quantities, classes of water and editions are called, from the tables of a build. 名称。"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import pyarrow as pa

__all__ = ["Names"]

_QUANTITIES = {
    "aqi": "AQI", "class": "水质类别", "met": "达标判定", "met_day": "昼间达标判定", "met_night": "夜间达标判定",
    "grade": "黑臭级别",
}  # fmt: skip


class Names:
    """Names by id; an id that nothing names is its own name."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = tables

    def quantity(self, name: str) -> str:
        """Return what a quantity, parameter or indicator is called."""
        return self._quantities.get(name) or _QUANTITIES.get(name, name)

    def grade(self, value: object) -> str:
        """Return the name of a class of water: Ⅲ类."""
        return self._grades.get(str(value), "" if value is None else str(value))

    def edition(self, name: str) -> str:
        """Return the number of the document that an edition is from: HJ 663-2026."""
        return self._editions.get(name) or name

    def site(self, code: str) -> str:
        """Return the name of a site."""
        return self._sites.get(code) or code

    @cached_property
    def _sites(self) -> dict[str, str]:
        return self._column("sites", "name", key="site")

    @cached_property
    def _quantities(self) -> dict[str, str]:
        return {**self._column("indicators", "zh"), **self._column("parameters", "zh")}

    @cached_property
    def _editions(self) -> dict[str, str]:
        return self._column("editions", "number")

    @cached_property
    def _grades(self) -> dict[str, str]:
        rows = self._tables["levels"].to_pylist() if "levels" in self._tables else []
        return {str(row["level"]): str(row["zh"]) for row in rows if row["scale"] == "water_class"}

    def _column(self, table: str, column: str, *, key: str = "id") -> dict[str, str]:
        rows = self._tables[table].to_pylist() if table in self._tables else []
        return {str(row[key]): str(row.get(column) or "") for row in rows}
