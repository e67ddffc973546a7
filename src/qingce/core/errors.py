"""Numbered errors: fact, place, cure. 编号错误：事实、位置、办法。

* QingceError
  x ContentError       QC1xx  something in data/ or an overlay is wrong
  x ObservationError   QC2xx  something in the monitoring feed is wrong
  x DocumentError      QC3xx  something in a plan or another document is wrong
  x StoreError         QC5xx  the lake or the book cannot be read or written
  x CampaignError      QC6xx  the campaign folder or the request is wrong

The numbers and their sentences stand in `data/errors/*.csv`, one file a room, which the manual prints.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = [
    "CampaignError",
    "Complaint",
    "ContentError",
    "DocumentError",
    "ObservationError",
    "QingceError",
    "StoreError",
    "catalogue",
    "complain",
]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One row of `data/errors/*.csv`: the sentences of a numbered error, with {placeholders}."""

    code: str
    kind: str
    fact_zh: str
    fact_en: str
    cure_zh: str
    cure_en: str


@cache
def catalogue() -> dict[str, Complaint]:
    """Read every numbered error once, keyed by its code; a code given twice is refused."""
    found: dict[str, Complaint] = {}
    folder = files("qingce").joinpath("data/errors")
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        for row in csv.DictReader(file.read_text("utf-8").splitlines()):
            if row["code"] in found:
                raise ValueError(f"{file.name}: {row['code']} is given twice")
            found[row["code"]] = Complaint(**row)
    return found


class QingceError(Exception):
    """A numbered error: `code`, `fact`, `place`, `cure`; Chinese first, English beside it."""

    def __init__(self, code: str, *, place: str = "", **words: object) -> None:
        row = catalogue()[code]
        self.code = code
        self.place = place
        self.words = words
        self.fact = row.fact_zh.format(**words)
        self.fact_en = row.fact_en.format(**words)
        self.cure = row.cure_zh.format(**words)
        self.cure_en = row.cure_en.format(**words)
        super().__init__(str(self))

    def __str__(self) -> str:
        """`QC104: fact. place. cure.` in Chinese, then the same in English."""
        where = f"{self.place}。" if self.place else ""
        here = f"{self.place}. " if self.place else ""
        return f"{self.code}: {self.fact}。{where}{self.cure}。 | {self.fact_en}. {here}{self.cure_en}."

    def __reduce__(self) -> tuple[object, tuple[str, str, dict[str, object]]]:
        """Keep the error whole when it crosses a process."""
        return complain, (self.code, self.place, self.words)


class ContentError(QingceError):
    """Something in `data/` or an overlay is wrong (exit status 3)."""


class ObservationError(QingceError):
    """Something in the monitoring feed is wrong."""


class DocumentError(QingceError):
    """Something in a plan or another document is wrong."""


class StoreError(QingceError):
    """The lake or the book cannot be read or written."""


class CampaignError(QingceError):
    """The campaign folder or the request is wrong."""


KINDS: dict[str, type[QingceError]] = {
    "content": ContentError,
    "observation": ObservationError,
    "document": DocumentError,
    "store": StoreError,
    "campaign": CampaignError,
}


def complain(code: str, place: str = "", words: dict[str, object] | None = None) -> QingceError:
    """Make the error of the right class for `code`; the caller raises it."""
    return KINDS[catalogue()[code].kind](code, place=place, **(words or {}))
