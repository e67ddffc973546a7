"""Numbers of the outlook's settings: `outlook/blend.toml`, `outlook/weather.toml`. 研判设置。

They are settings of models, no clause of a standard; an overlay that holds the same file replaces single keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from qingce.catalog.overlay import content_files
from qingce.catalog.strict import Report, Table, guarded, read_table, refuse
from qingce.core.errors import complain

__all__ = ["BLEND", "SETTINGS", "Settings", "WEATHER", "read_settings"]

BLEND = ("window_days", "least", "prior", "longest", "stale_days", "season_days", "recent_days", "half_width",
         "primary_share")  # fmt: skip
WEATHER = ("least_days", "coverage", "folds", "block_days", "knot_days", "trees", "leaves", "leaf", "learning_rate",
           "forest", "forest_leaf", "samples", "season_days", "seed", "interval", "least_skill")  # fmt: skip
SETTINGS: Mapping[str, tuple[str, ...]] = {"blend": BLEND, "weather": WEATHER}
"""Name of the file → its numbers."""
NAMES: Mapping[str, tuple[str, ...]] = {"weather": ("quantities",)}
"""Name of the file → its lists of names."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of one file, each positive, and its lists of names."""

    name: str
    numbers: Mapping[str, float]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def number(self, key: str) -> float:
        """Return a number."""
        return self.numbers[key]

    def whole(self, key: str) -> int:
        """Return a number that counts."""
        return int(self.numbers[key])

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of names."""
        return self.lists[key]


def read_settings(roots: Sequence[Path], name: str, report: Report = refuse) -> Settings:
    """Read `outlook/<name>.toml` of every root; raises QC101, QC102, QC103 (a key nobody gives), QC107."""
    found: dict[str, float] = {}
    lists: dict[str, tuple[str, ...]] = {}
    place, listed = "", NAMES.get(name, ())
    for path in content_files(roots, f"outlook/{name}.toml"):
        table = read_table(path, required=(), optional=(*SETTINGS[name], *listed, "note"), report=report)
        place = str(path)
        for key in table.content.keys() - {"note"}:
            with guarded(report):
                if key in listed:
                    lists[key] = _names(table, key)
                else:
                    found[key] = _number(table, key)
    for key in (*SETTINGS[name], *listed):
        if place and key not in found and key not in lists:  # folders without such a file are checked by themselves
            report(complain("QC103", place, {"key": key}))
    return Settings(name, dict.fromkeys(SETTINGS[name], 1.0) | found, dict.fromkeys(listed, ()) | lists)


def _names(table: Table, key: str) -> tuple[str, ...]:
    value = table.content[key]
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise table.wrong(key, value, '["pm2_5", …]')
    return tuple(value)


def _number(table: Table, key: str) -> float:
    value = table.content[key]
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value <= 0:
        raise table.wrong(key, value, "> 0")
    return float(value)
