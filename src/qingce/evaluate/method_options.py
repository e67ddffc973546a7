"""Declared values of a method as numbers, texts and verbs; a verb this program does not have is refused. 方法参数。"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeVar

from qingce.catalog.methods import Method
from qingce.core.errors import complain

__all__ = ["chosen", "number", "open_questions", "section_questions", "texts", "whole"]

T = TypeVar("T")


def whole(method: Method, section: str, key: str) -> int:
    """Return a declared whole number; raises QC103, QC107."""
    value = method.option(section, key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(method, f"{section}.{key}", value, expected="整数 a whole number")
    return value


def number(method: Method, section: str, key: str) -> Fraction:
    """Return a declared number, exact; raises QC103, QC107."""
    try:
        return Fraction(str(method.option(section, key)))
    except ValueError as error:
        raise _wrong(method, f"{section}.{key}", method.option(section, key), expected="数 a number") from error


def texts(method: Method, section: str, key: str) -> tuple[str, ...]:
    """Return a declared list of texts; raises QC103, QC107."""
    value = method.option(section, key)
    if not isinstance(value, list | tuple):
        raise _wrong(method, f"{section}.{key}", value, expected="列表 a list")
    return tuple(str(word) for word in value)


def chosen(method: Method, where: tuple[str, str], table: Mapping[str, T]) -> T:
    """Return what a declared verb means; raises QC103, QC107 for a verb that this program does not have."""
    word = str(method.option(*where))
    if word not in table:
        raise _wrong(method, ".".join(where), word, expected=" | ".join(table))
    return table[word]


def open_questions(method: Method) -> dict[str, str]:
    """Return the open questions of the method and of its sections that are not yet read from the official text."""
    found = {"method": method.question} if method.status == "unread" and method.question else {}
    return found | section_questions(method)


def section_questions(method: Method) -> dict[str, str]:
    """Return the open question of every section of the method, but not of the method itself."""
    return {
        name: str(section.get("question", ""))
        for name, section in method.options.items()
        if isinstance(section, Mapping) and section.get("status") == "unread"
    }


def _wrong(method: Method, key: str, value: object, *, expected: str) -> Exception:
    return complain("QC107", method.place, {"key": key, "value": value, "expected": expected})
