"""What every format gives. 来源。"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A document's text and the digest of its file; Markdown keeps its marks, which the reader leaves out."""

    text: str
    sha256: str
    markdown: bool = False
