"""Reader of `units.csv`: quantity, inside unit, accepted spellings, factor, what is printed. 计量单位表。"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.strict import Report, guarded, read_rows, refuse
from qingce.core.errors import ContentError, complain
from qingce.core.units import Unit, Units, plain

__all__ = ["check_unit", "read_units"]

_COLUMNS = ("quantity", "inside", "unit", "factor", "zh")


def read_units(roots: Sequence[Path], report: Report = refuse) -> Units:
    """Read every accepted unit; raises QC105 for a quantity with two inside units, QC107, QC108 for a double."""
    shelf: Shelf[Unit] = Shelf(report)
    insides: dict[str, str] = {}
    for path in content_files(roots, "units.csv"):
        for row in read_rows(path, required=_COLUMNS, optional=("supersedes", "shown"), report=report):
            with guarded(report):
                unit = Unit(
                    quantity=row.text("quantity"),
                    inside=row.text("inside"),
                    unit=row.text("unit"),
                    factor=row.decimal("factor"),
                    zh=row.cells["zh"],
                    shown=row.cells["shown"],
                )
                if unit.factor <= 0:
                    words: dict[str, object] = {"key": "factor", "value": unit.factor, "expected": "> 0"}
                    raise complain("QC107", row.place, words)
                if insides.setdefault(unit.quantity, unit.inside) != unit.inside:
                    reason = f"{insides[unit.quantity]} / {unit.inside}"
                    raise complain("QC111", row.place, {"key": unit.quantity, "reason": reason})
                key = f"{unit.quantity}/{plain(unit.unit)}"
                shelf.put(key, unit, place=row.place, supersedes=row.cells["supersedes"])
    return Units(shelf.items.values())


def check_unit(units: Units, inside: str, *, place: str) -> str:
    """Return the unit if it is the inside unit of a quantity; raises QC110 at `place`."""
    try:
        units.quantity_of(inside)
    except ContentError as error:
        raise complain("QC110", place, error.words) from error
    return inside
