"""Rows by what they share. 分组。"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

__all__ = ["grouped"]

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Return the items by their key, keys and items in the order met.

    Examples
    --------
    >>> grouped(["pm10", "so2", "pm2_5"], lambda name: name[:2])
    {'pm': ['pm10', 'pm2_5'], 'so': ['so2']}
    """
    found: dict[Key, list[Item]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found
