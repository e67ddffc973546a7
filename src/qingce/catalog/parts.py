"""The parts of the content, each read strictly and once, when first asked for. 内容各部分。"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from qingce.catalog.feeds import read_feeds
from qingce.catalog.indicators import read_indicators
from qingce.catalog.methods import Method, read_methods
from qingce.catalog.parameters import read_parameters
from qingce.catalog.regions import Regions, read_regions
from qingce.catalog.sources import read_sources
from qingce.catalog.standards import Lexicon, Standard, read_averagings, read_limits, read_standards
from qingce.catalog.units import read_units
from qingce.core.records import Feed, Indicator, Limit, Parameter, Source
from qingce.core.units import Units

if TYPE_CHECKING:
    from qingce.catalog.outlooks import Outlooks

__all__ = ["Parts"]


@dataclass(frozen=True)
class Parts:
    """Content of the packaged folder and its overlays; each part is read once, when first asked for."""

    roots: tuple[Path, ...]

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The bibliography, by key."""
        return read_sources(self.roots)

    @cached_property
    def units(self) -> Units:
        """The accepted units."""
        return read_units(self.roots)

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The measured quantities, by id."""
        return read_parameters(self.roots, units=self.units, sources=self.sources)

    @cached_property
    def standards(self) -> Mapping[str, Standard]:
        """The standards, by code."""
        return read_standards(self.roots, sources=self.sources)

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """Every limit row of every standard."""
        averagings = read_averagings(self.roots)
        lexicon = Lexicon(self.units, self.parameters, self.sources, averagings)
        rows = read_limits(self.roots, standards=self.standards, lexicon=lexicon)
        return tuple(limit for limit, _ in rows.values())

    @cached_property
    def methods(self) -> Mapping[str, Method]:
        """The evaluation methods, by id."""
        return read_methods(self.roots, sources=self.sources, parameters=self.parameters)

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """The indicators, by id."""
        return read_indicators(self.roots, units=self.units, parameters=self.parameters, sources=self.sources)

    @cached_property
    def feeds(self) -> Mapping[str, Feed]:
        """The feeds, by id."""
        return read_feeds(self.roots)

    @cached_property
    def regions(self) -> Regions:
        """The administrative regions, dated."""
        return read_regions(self.roots, sources=self.sources)

    @cached_property
    def outlooks(self) -> Outlooks:
        """The models of the outlook with their skill and spread."""
        from qingce.catalog.outlooks import read_outlooks

        return read_outlooks(self.roots)

    @cached_property
    def phrases_dir(self) -> tuple[Path, ...]:
        """The folders of the plan grammar's words that exist, root by root."""
        return tuple(root / "phrases" for root in self.roots if (root / "phrases").is_dir())
