"""Reader of `parameters.csv`: the measured quantities, their names, codes and inside units. 监测参数。"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.sources import cite
from qingce.catalog.strict import Report, Row, guarded, read_rows, refuse
from qingce.catalog.units import check_unit
from qingce.core.errors import complain
from qingce.core.records import Parameter, Source
from qingce.core.units import Units

__all__ = ["name_index", "parameter_key", "read_parameters"]

_COLUMNS = (
    "id", "zh", "en", "symbol", "medium", "unit", "decimals", "aliases", "codes", "minimum", "maximum", "source"
)  # fmt: skip


def read_parameters(
    roots: Sequence[Path], *, units: Units, sources: Mapping[str, Source], report: Report = refuse
) -> Mapping[str, Parameter]:
    """Read every parameter; raises QC102, QC103, QC106, QC107, QC108, QC110 (unknown unit)."""
    shelf: Shelf[Parameter] = Shelf(report)
    for path in content_files(roots, "parameters.csv"):
        for row in read_rows(path, required=_COLUMNS, optional=("base", "supersedes"), report=report):
            with guarded(report):
                parameter = _parameter(row)
                check_unit(units, parameter.unit, place=row.place)
                cite(sources, row.cells["source"], place=row.place, what=parameter.id)
                shelf.put(parameter.id, parameter, place=row.place, supersedes=row.cells["supersedes"])
    shelf.refuse_shared(lambda item: map(parameter_key, _names(item)))
    return shelf.items


def parameter_key(name: str) -> str:
    """Fold a printed parameter name: width, case, blanks, dots and brackets.

    Examples
    --------
    >>> parameter_key("ＰＭ２．５"), parameter_key("NH3-N")
    ('pm25', 'nh3n')
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def name_index(parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return every id, name, alias and code, folded, with its parameter."""
    return {parameter_key(name): item for item in parameters.values() for name in _names(item)}


def _names(item: Parameter) -> tuple[str, ...]:
    return (item.id, item.zh, *item.aliases, *item.codes)


def _parameter(row: Row) -> Parameter:
    low, high = row.decimal_or_none("minimum"), row.decimal_or_none("maximum")
    if low is not None and high is not None and low >= high:
        raise complain("QC107", row.place, {"key": "maximum", "value": high, "expected": f"> {low}"})
    return Parameter(
        id=row.text("id"),
        zh=row.text("zh"),
        en=row.text("en"),
        symbol=row.text("symbol"),
        medium=row.text("medium"),
        unit=row.text("unit"),
        decimals=row.whole("decimals"),
        aliases=tuple(filter(None, row.cells["aliases"].split("|"))),
        codes=tuple(filter(None, row.cells["codes"].split("|"))),
        minimum=low,
        maximum=high,
        base=row.cells["base"],
    )
