"""How packed rows stand in a file, and the SQL that gives every one of them back. 打包的格式。

A packed file is a grid of whole days: one line for each time and site, in that order, and for each parameter its value
as a whole number, a mark (what else the row says), and how far its line and row lie from those of the first parameter.
A row is there where its value or its mark is. Nothing of a row is lost; what all rows of a line share stands once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qingce.store.kinds import ROW, SEQ, Grid, Kind
from qingce.store.manifest import Segment

__all__ = [
    "BREAK",
    "Column",
    "Dialect",
    "Form",
    "NOTHING",
    "SPARK",
    "literal",
    "located",
    "rows_of",
    "selected",
]

BREAK, NOTHING = "\x1f", "\x1e"
"""Between the parts of a mark, and in place of a part that is null."""
_MARKED = ("flag", "absent", "reason")
_SHARED = ("review", "source", "batch", "known_at", SEQ)
_DIGITS = {2: 5, 4: 10, 8: 18}


@dataclass(frozen=True, slots=True)
class Column:
    """One parameter: whole numbers of 10 ** -`digits`, so many bytes wide."""

    parameter: str
    digits: int
    width: int


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of a packed file."""

    columns: tuple[Column, ...]

    @property
    def text(self) -> str:
        """How the manifest says it: `so2:0:2 co:1:2`."""
        return " ".join(f"{each.parameter}:{each.digits}:{each.width}" for each in self.columns)

    @classmethod
    def read(cls, text: str) -> Form:
        """Read what the manifest says."""
        parts = (each.split(":") for each in text.split())
        return cls(tuple(Column(name, int(digits), int(width)) for name, digits, width in parts))

    def column(self, parameter: str) -> Column | None:
        """Return the column of a parameter, if the file has one."""
        return next((each for each in self.columns if each.parameter == parameter), None)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What engines write differently: the quote of a name, splitting a text, and the number of its first part."""

    quote: str
    split: str
    first: int

    def named(self, column: str) -> str:
        """Return a column's name, quoted."""
        return f"{self.quote}{column}{self.quote}"

    def part(self, mark: str, place: int) -> str:
        """Return the SQL of one part of a mark."""
        return f"nullif({self.split}({mark}, chr({ord(BREAK)}))[{place + self.first}], chr({ord(NOTHING)}))"


DUCKDB = Dialect('"', "string_split", 1)
"""`split_part` fails on a file of no marks (DuckDB 2.0)."""
SPARK = Dialect("`", "split", 0)


def located(folder: Path, segments: Sequence[Segment]) -> list[Path]:
    """Return where the segments stand."""
    return [folder / segment.name for segment in segments]


def rows_of(kind: Kind, segments: Sequence[Segment], folder: Path) -> tuple[str, list[object]]:
    """Return the SQL that reads segments of any form as rows, and the lists of files that it binds."""
    groups: dict[str, list[str]] = {}
    for segment in segments:
        groups.setdefault(segment.form, []).append(literal(folder / segment.name))
    parts: list[str] = []
    values: list[object] = []
    for form, files in groups.items():
        selects = _unpacked(kind, Form.read(form)) if form else [f"SELECT {_names(kind)} FROM read_parquet(?)"]
        parts += selects
        values += [files] * len(selects)
    nothing = f"SELECT {_names(kind)} FROM read_parquet(?) WHERE FALSE"
    return " UNION ALL ".join(parts) or nothing, values or [[]]


def _names(kind: Kind) -> str:
    return ", ".join(f'"{name}"' for name in kind.physical.names)


def _unpacked(kind: Kind, form: Form) -> list[str]:
    grid = kind.grid
    if grid is None:
        return []
    return [f"{select} FROM read_parquet(?) WHERE {there}" for select, there in selected(kind, form, DUCKDB)]


def selected(kind: Kind, form: Form, dialect: Dialect) -> list[tuple[str, str]]:
    """Return for each parameter of a packed file the SELECT of its rows and the condition that there is one."""
    return [] if kind.grid is None else [_one(kind, kind.grid, column, dialect=dialect) for column in form.columns]


def _one(kind: Kind, grid: Grid, column: Column, *, dialect: Dialect) -> tuple[str, str]:
    name = column.parameter
    value, mark, line, row = (dialect.named(f"{name}{part}") for part in ("", ":mark", ":line", ":row"))
    whole = f"CAST({value} AS DECIMAL({_DIGITS[column.width]}, 0))"
    told = {
        "site": "site",
        "parameter": f"'{name}'",
        "span": f"'{grid.span}'",
        "time": "time",
        "value": f"CAST({whole} * CAST('{10**-column.digits:.6f}' AS DECIMAL(7, 6)) AS DECIMAL(18, 6))",
        "detection_limit": "CAST(NULL AS DECIMAL(18, 6))",
        "line": f"line + {line}",
        ROW: f"{ROW} + {row}",
    }
    told |= {part: dialect.part(mark, place) for place, part in enumerate(_MARKED)} | {each: each for each in _SHARED}
    columns = ", ".join(f"{told[each]} AS {dialect.named(each)}" for each in kind.physical.names)
    return f"SELECT {columns}", f"{value} IS NOT NULL OR {mark} IS NOT NULL"


def literal(path: Path) -> str:
    """Write a path so that DuckDB takes none of its characters for a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
