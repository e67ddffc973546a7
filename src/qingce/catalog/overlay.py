"""Content roots in order, and the one rule for two entries of the same key. 内容目录与覆盖规则。

An overlay may add. Replacing what stands needs `supersedes` naming the key replaced; anything else is QC108.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Generic, TypeVar

from qingce.catalog.strict import Report, refuse
from qingce.core.errors import complain

__all__ = ["Shelf", "content_files", "content_roots"]

Item = TypeVar("Item")


def content_roots(overlays: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Return the packaged content folder and then the overlays, in the order given."""
    return (Path(str(files("qingce"))) / "data", *(Path(overlay) for overlay in overlays))


def content_files(roots: Sequence[Path], pattern: str) -> Iterator[Path]:
    """Yield the files of every root that match, root by root, sorted by name."""
    for root in roots:
        yield from sorted(root.glob(pattern))


class Shelf(Generic[Item]):
    """Entries by key, as they are read; a second entry of a key must say that it supersedes the first."""

    def __init__(self, report: Report = refuse) -> None:
        self._items: dict[str, Item] = {}
        self._places: dict[str, str] = {}
        self._report = report

    def put(self, key: str, item: Item, *, place: str, supersedes: str = "") -> None:
        """Place an entry; QC108 for an undeclared double, QC106 when what it supersedes does not exist."""
        if supersedes and supersedes not in self._items:
            self._report(complain("QC106", place, {"key": key, "target": supersedes}))
            return
        if key in self._items and supersedes != key:
            self._report(complain("QC108", place, {"key": key}))
            return
        if supersedes and supersedes != key:
            del self._items[supersedes]
        self._items[key] = item
        self._places[key] = place

    @property
    def items(self) -> Mapping[str, Item]:
        """The entries that stand, by key, in the order they were placed."""
        return self._items

    def refuse_shared(self, names: Callable[[Item], Iterable[str]]) -> None:
        """Report a name that two entries go by (QC108)."""
        owners: dict[str, str] = {}
        for key, item in self._items.items():
            for name in dict.fromkeys(names(item)):
                if owners.setdefault(name, key) != key:
                    self._report(complain("QC108", self._places[key], {"key": f"{name}（{owners[name]}、{key}）"}))

    def place(self, key: str) -> str:
        """Return `file:line` of an entry."""
        return self._places[key]
