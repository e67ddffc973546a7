"""One unit per quantity inside; others are converted at the door or refused with the cure. 计量单位。"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from qingce.core.errors import complain

__all__ = ["BARE", "Unit", "Units", "plain"]

BARE = "-"
"""`shown` of a unit that is not printed: an index, a number of things."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An accepted spelling: value [unit] * factor = value [inside]; `shown` is how an inside unit is printed."""

    quantity: str
    inside: str
    unit: str
    factor: Decimal
    zh: str = ""
    shown: str = ""


def plain(text: str) -> str:
    """Fold a printed unit: full width, µ and μ, superscripts, blanks.

    Examples
    --------
    >>> plain("μg／m³")
    'ug/m3'
    """
    folded = unicodedata.normalize("NFKC", text).replace("μ", "u").replace("µ", "u")
    return "".join(folded.split())


class Units:
    """The table of accepted units, as read from `data/units.csv`."""

    def __init__(self, rows: Iterable[Unit]) -> None:
        self._rows = {(row.quantity, plain(row.unit)): row for row in rows}
        self._insides = {row.inside: row.quantity for row in self._rows.values()}
        self._shown = {row.inside: row.shown for row in self._rows.values() if row.shown}

    def quantity_of(self, inside: str) -> str:
        """Return the quantity whose inside unit this is; raises QC110."""
        if inside not in self._insides:
            allowed = ", ".join(sorted(self._insides))
            raise complain("QC110", words={"name": inside, "what": "单位", "allowed": allowed})
        return self._insides[inside]

    def shown(self, inside: str) -> str:
        """Return an inside unit as it is printed: μg/m³, 类, nothing; itself where nothing else is declared."""
        return self._shown.get(inside, inside).removeprefix(BARE)

    def factor(self, given: str, inside: str, *, place: str = "") -> Decimal:
        """Return what multiplies a value in `given` to reach `inside`; raises QC203 for a wrong unit."""
        quantity = self.quantity_of(inside)
        row = self._rows.get((quantity, plain(given)))
        if row is None:
            accepted = ", ".join(sorted(unit for q, unit in self._rows if q == quantity))
            words: dict[str, object] = {"given": given, "expected": inside, "accepted": accepted}
            raise complain("QC203", place=place, words=words)
        return row.factor
