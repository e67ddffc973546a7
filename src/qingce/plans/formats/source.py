"""What every format gives. 来源。"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Doubt", "Scan", "Source"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Digits of a scan that were not read surely: their place and confidence [0-1]."""

    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Scan:
    """The text of a scan and the digits in doubt."""

    text: str
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A document's text and the digest of its file; Markdown keeps its marks, which the reader leaves out."""

    text: str
    sha256: str
    markdown: bool = False
    doubts: tuple[Doubt, ...] = ()
