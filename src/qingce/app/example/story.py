"""The story behind the example: levels, weather, faults and sites, as `data/examples/yunze` declares them."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "MARK", "Noise", "Story", "content", "load_story"]

MARK = "示例数据"
"""What every generated file and name carries."""

Floats = NDArray[np.float64]


class Noise:
    """Random numbers of one named stream.

    The legacy generator is used on purpose: numpy promises that its stream never changes, so the same
    seed writes the same bytes with every version. Each name has its own stream, so that one more
    parameter does not move the others.
    """

    def __init__(self, seed: int, name: str) -> None:
        self._random = np.random.RandomState([seed, *name.encode("utf-8")])

    def normal(self, *shape: int) -> Floats:
        """Return standard normal numbers."""
        return np.asarray(self._random.standard_normal(shape), dtype=np.float64)

    def uniform(self, *shape: int) -> Floats:
        """Return numbers in [0, 1)."""
        return np.asarray(self._random.random_sample(shape), dtype=np.float64)

    def walk(self, length: int, *, memory: float) -> Floats:
        """Return a stationary first-order walk of unit spread."""
        steps = self.normal(length)
        walked = np.empty(length)
        walked[0] = steps[0]
        fresh = float(np.sqrt(1 - memory * memory))
        for i in range(1, length):
            walked[i] = memory * walked[i - 1] + fresh * steps[i]
        return walked


@dataclass(frozen=True)
class Story:
    """The declared story with its calendar."""

    facts: Mapping[str, Any]
    sites: tuple[Mapping[str, str], ...]

    @property
    def first(self) -> date:
        """First day."""
        return date.fromisoformat(str(self.facts["first"]))

    @property
    def last(self) -> date:
        """Last day."""
        return date.fromisoformat(str(self.facts["last"]))

    @property
    def preliminary_from(self) -> date:
        """First day whose review state is still 初审."""
        return date.fromisoformat(str(self.facts["preliminary_from"]))

    @cached_property
    def days(self) -> NDArray[np.datetime64]:
        """Every day of the story."""
        return np.arange(np.datetime64(self.first), np.datetime64(self.last) + 1)

    @cached_property
    def hours(self) -> NDArray[np.datetime64]:
        """Start of every hour of the story."""
        return np.arange(np.datetime64(self.first, "h"), np.datetime64(self.last, "h") + 24)

    def hour_of(self, moment: object) -> int:
        """Return the place of a moment in `hours`."""
        return int((np.datetime64(str(moment), "h") - self.hours[0]) / np.timedelta64(1, "h"))

    def named(self, kind: str) -> tuple[str, ...]:
        """Return the ids of the sites of a kind."""
        return tuple(site["site"] for site in self.sites if site["kind"] == kind)


def content(name: str) -> Traversable:
    """Return a packaged file or folder of the example."""
    return files("qingce").joinpath("data", "examples", "yunze", *name.split("/"))


def load_story() -> Story:
    """Read the packaged story and its sites."""
    facts = tomllib.loads(content("story.toml").read_text("utf-8"))
    return Story(facts, tuple(csv.DictReader(content("sites.csv").read_text("utf-8").splitlines())))
