"""Numbers of the outlook's settings: `outlook/blend.toml`, `outlook/weather.toml`. 研判设置。

They are settings of models, no clause of a standard; an overlay that holds the same file replaces single keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
"""Name of the file → its keys."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of one file, each positive."""

    name: str
    numbers: Mapping[str, float]

    def number(self, key: str) -> float:
        """Return a number."""
        return self.numbers[key]

    def whole(self, key: str) -> int:
        """Return a number that counts."""
        return int(self.numbers[key])


def read_settings(roots: Sequence[Path], name: str, report: Report = refuse) -> Settings:
    """Read `outlook/<name>.toml` of every root; raises QC101, QC102, QC103 (a key nobody gives), QC107."""
    found: dict[str, float] = {}
    place = ""
    for path in content_files(roots, f"outlook/{name}.toml"):
        table = read_table(path, required=(), optional=(*SETTINGS[name], "note"), report=report)
        place = str(path)
        for key in table.content.keys() - {"note"}:
            with guarded(report):
                found[key] = _number(table, key)
    for key in SETTINGS[name]:
        if key not in found:
            if place:  # folders that hold no such file at all are checked by themselves
                report(complain("QC103", place, {"key": key}))
            found[key] = 1.0
    return Settings(name, found)


def _number(table: Table, key: str) -> float:
    value = table.content[key]
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value <= 0:
        raise complain("QC107", table.place(key), {"key": key, "value": value, "expected": "> 0"})
    return float(value)
