"""A table ready to be written, in Excel or in Word alike: columns, rows, tones. 表格。"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

__all__ = ["Cell", "Column", "Grid", "TONES", "Toned", "colours", "lines_of", "plain_text", "width_of"]


@dataclass(frozen=True, slots=True)
class Toned:
    """Words with a tone: the colour never stands alone. `fill` overrides the tone's own background.

    In Word the words may lead to a file or to a place of the document (`link`, `#name`) and be such a place (`mark`).
    """

    text: str
    tone: str = ""
    fill: str = ""
    link: str = ""
    mark: str = ""

    def __str__(self) -> str:
        return self.text


Cell = str | int | Decimal | Toned | None

TONES = {
    "bad": ("9C0006", "FFC7CE"),
    "warn": ("7F4A00", "FFE2B8"),
    "watch": ("7A5C00", "FFF4C2"),
    "good": ("1E5B2A", "DDF2DF"),
    "calm": ("1F3F6E", "DEE9F7"),
    "wait": ("4A3B72", "E8E2F4"),
    "mute": ("555555", "EFEFEF"),
}
"""Tone → (ink, background)."""

_DARK = 128_000
"""Brightness below which black words can no longer be read."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its printed head, its width in half characters, how it stands, and whether it is a hidden key.

    `choices` are the words a person may fill in.
    """

    name: str
    width: float
    align: str = "left"
    hidden: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """One table with its title, the line below the title, and notes under it."""

    sheet: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    subtitle: str = ""
    notes: tuple[str, ...] = ()
    empty: str = "无"
    landscape: bool = True
    marks: tuple[str, ...] = field(default=())

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that are printed."""
        return tuple(column for column in self.columns if not column.hidden)


def colours(cell: Cell) -> tuple[str, str]:
    """Return the ink and the background of a cell; on a dark fill the ink is white.

    Examples
    --------
    >>> colours(Toned("Ⅱ类", fill="0070C0")), colours(Toned("良", fill="FFFF00")), colours("良")
    (('FFFFFF', '0070C0'), ('000000', 'FFFF00'), ('', ''))
    """
    if not isinstance(cell, Toned):
        return ("", "")
    if not cell.fill:
        return TONES.get(cell.tone, ("", ""))
    red, green, blue = (int(cell.fill[i : i + 2], 16) for i in (0, 2, 4))
    return ("FFFFFF" if 299 * red + 587 * green + 114 * blue < _DARK else "000000", cell.fill)


def plain_text(cell: Cell) -> str:
    """Return what a cell says.

    Examples
    --------
    >>> plain_text(Toned("有风险", "watch")), plain_text(None), plain_text(3)
    ('有风险', '', '3')
    """
    return "" if cell is None else str(cell)


def width_of(text: str) -> int:
    """Return the width of a text in half characters: a Chinese character takes two.

    Examples
    --------
    >>> width_of("PM2.5浓度")
    9
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of a width in half characters.

    Examples
    --------
    >>> lines_of("细颗粒物年均浓度", 9), lines_of("", 9)
    (2, 1)
    """
    room = max(2.0, width - 1)
    return sum(max(1, int(-(-width_of(line) // room))) for line in text.split("\n"))
