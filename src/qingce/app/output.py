"""How a verb answers: JSON to a file or standard output, errors on standard error. 输出。"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from qingce.core.errors import CampaignError, QingceError

__all__ = ["as_json", "error_dict", "exit_status", "say", "write_json"]

_OPTIONS = {"ingest": ("QC110",), "evaluate": ("QC110", "QC254"), "why": ("QC107",)}
"""Errors that a verb raises for its own options, where no file is to blame: unknown feed, edition, period, date."""


def as_json(value: object) -> str:
    """Write a value as JSON: Chinese as it is, Decimals without loss, dates in ISO form."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return int(value) if whole else float(value)
    if isinstance(value, Fraction | Path):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def write_json(value: object, target: str) -> None:
    """Write JSON to a file, or to standard output for `-`."""
    text = as_json(value) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, "utf-8")


def say(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")


def error_dict(error: QingceError) -> dict[str, object]:
    """Return the one shape of an error."""
    fact = f"{error.fact}。{error.place}".rstrip("。")
    english = {"error_en": error.fact_en, "remedy_en": error.cure_en}
    return {"ok": False, "code": error.code, "error": fact, "remedy": error.cure, **english}


def exit_status(error: QingceError, verb: str = "") -> int:
    """2 for wrong use, 3 for bad content of any kind; a word of the command line that means nothing is wrong use."""
    misspoken = error.code in _OPTIONS.get(verb, ()) and not error.place
    return 2 if misspoken or isinstance(error, CampaignError) else 3
