"""Chinese and English words of the pages, from `templates/words.csv`. 页面用语。"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from qingce.core.errors import complain
from qingce.publish.sentences import english

__all__ = ["LANGUAGES", "Words", "words"]

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    language: str
    table: Mapping[str, str]

    def __call__(self, key: str, /, **filled: object) -> str:
        """Return the words of a key with its {places} filled; raises QC110 for a key without words."""
        if key not in self.table:
            raise complain("QC110", words={"name": key, "what": "页面用语", "allowed": "templates/words.csv"})
        return self.table[key].format(**filled) if filled else self.table[key]

    def of(self, family: str, code: object, fallback: object = "") -> str:
        """Return the word of a code such as `status.met`; else the fallback, else the code itself."""
        return self.table.get(f"{family}.{code}") or str(fallback or code or "")

    def said(self, text: object) -> str | None:
        """Return a sentence of the results in the page's language where it is not Chinese; None where it has none."""
        return english(str(text)) if text and self.language != "zh" else None


@cache
def words(language: str) -> Words:
    """Return the words of a language, `zh` or `en`; raises QC110 for another."""
    if language not in LANGUAGES:
        allowed = ", ".join(LANGUAGES)
        raise complain("QC110", words={"name": language, "what": "语言", "allowed": allowed})
    text = files("qingce.publish").joinpath("templates/words.csv").read_text("utf-8")
    return Words(language, {row["key"]: row[language] for row in csv.DictReader(text.splitlines())})
