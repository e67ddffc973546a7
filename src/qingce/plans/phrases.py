"""Words of the plan grammar: content read strictly from `data/phrases/zh`, an overlay may add rows. 词表。"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast

from qingce.catalog.strict import read_rows
from qingce.core.errors import complain

__all__ = ["Phrases", "load_phrases"]

TABLES: Mapping[str, tuple[str, ...]] = {
    "actions": ("words", "strength"),
    "attainments": ("words", "kind"),
    "battles": ("words", "battle", "weight"),
    "classes": ("words", "class"),
    "columns": ("words", "field"),
    "comparators": ("words", "sense"),
    "counted": ("words",),
    "countverbs": ("words", "kind"),
    "delegation": ("part", "words"),
    "eliminated": ("words", "place"),
    "excuses": ("words", "kind"),
    "furniture": ("words",),
    "heads": ("words",),
    "history": ("words", "scope"),
    "kinds": ("words", "kind"),
    "levels": ("words", "level"),
    "mechanisms": ("words", "kind"),
    "objects": ("words",),
    "organisations": ("words", "usual"),
    "repairs": ("pattern", "after", "rule", "confidence"),
    "roles": ("words", "role"),
    "scopes": ("words", "level"),
    "states": ("words", "kind"),
    "strengths": ("words", "class"),
    "suffixes": ("words", "sense"),
    "synonyms": ("words", "usual"),
    "times": ("words", "kind", "value"),
    "titles": ("words",),
    "units": ("words", "unit", "family", "before_noun"),
    "withdrawals": ("words", "kind"),
}


@dataclass(frozen=True, eq=False)
class Phrases:
    """Every table of words, by name; rows of overlays come first."""

    tables: Mapping[str, tuple[Mapping[str, str], ...]]
    memory: dict[tuple[str, ...], object] = field(default_factory=dict)

    def rows(self, table: str, **where: str) -> list[Mapping[str, str]]:
        """Return the rows whose columns have the values asked for."""
        return [row for row in self.tables[table] if all(row[key] == value for key, value in where.items())]

    def words(self, table: str, **where: str) -> tuple[str, ...]:
        """Return the words of a table, longest first, so that an alternation takes the longest."""
        key = ("words", table, *(f"{k}={v}" for k, v in where.items()))
        if key not in self.memory:
            found = {row["words"] for row in self.rows(table, **where)}
            self.memory[key] = tuple(sorted(found, key=lambda word: (-len(word), word)))
        return cast("tuple[str, ...]", self.memory[key])

    def pattern(self, table: str, **where: str) -> str:
        """Return the words as the inside of a regular expression group."""
        return "|".join(re.escape(word) for word in self.words(table, **where))

    def lookup(self, table: str, column: str) -> Mapping[str, str]:
        """Return word → value of `column`; the first row of a word wins, so an overlay does."""
        key = ("lookup", table, column)
        if key not in self.memory:
            found: dict[str, str] = {}
            for row in self.tables[table]:
                found.setdefault(row["words"], row[column])
            self.memory[key] = found
        return cast("Mapping[str, str]", self.memory[key])

    @property
    def senses(self) -> Mapping[str, str]:
        """Comparator words and what they mean."""
        return self.lookup("comparators", "sense")


@cache
def load_phrases(folders: tuple[Path, ...] = ()) -> Phrases:
    """Read the packaged words and those of overlay `folders` (each with `zh/`) once; raises QC101 to QC103, QC107."""
    packaged = Path(str(files("qingce"))) / "data" / "phrases"
    places = [folder for folder in reversed(folders) if folder.resolve() != packaged.resolve()]
    roots = [folder / "zh" for folder in [*places, packaged]]
    return Phrases({name: _read(name, roots) for name in TABLES})


def _read(name: str, folders: list[Path]) -> tuple[Mapping[str, str], ...]:
    rows: list[Mapping[str, str]] = []
    for folder in folders:
        path = folder / f"{name}.csv"
        if path.is_file():
            for row in read_rows(path, required=TABLES[name]):
                _check(name, row.place, row.cells)
                rows.append(row.cells)
    return tuple(rows)


def _check(name: str, place: str, cells: Mapping[str, str]) -> None:
    """Refuse a repair whose pattern does not compile: QC107."""
    if name != "repairs":
        return
    try:
        re.compile(cells["pattern"])
    except re.error as error:
        words: dict[str, object] = {"key": "pattern", "value": cells["pattern"], "expected": str(error)}
        raise complain("QC107", place, words) from error
