"""The catalog: everything content says, read strictly and only when asked for. 目录。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from qingce.catalog.feeds import read_feeds
from qingce.catalog.indicators import read_indicators
from qingce.catalog.methods import Method, find_method, read_methods
from qingce.catalog.naming import Finder
from qingce.catalog.overlay import content_roots
from qingce.catalog.parameters import name_index, parameter_key, read_parameters
from qingce.catalog.regions import Regions, read_regions
from qingce.catalog.sources import read_sources
from qingce.catalog.standards import Lexicon, LimitIndex, Standard, read_averagings, read_limits, read_standards
from qingce.catalog.units import read_units
from qingce.core.errors import complain
from qingce.core.records import Feed, Indicator, Limit, Parameter, Source
from qingce.core.units import Units

__all__ = ["Catalog", "load_catalog"]


@dataclass(frozen=True)
class Catalog:
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
        return read_regions(self.roots)

    @cached_property
    def phrases_dir(self) -> tuple[Path, ...]:
        """The folders of the plan grammar's words that exist, root by root."""
        return tuple(root / "phrases" for root in self.roots if (root / "phrases").is_dir())

    @cached_property
    def _limit_index(self) -> LimitIndex:
        return LimitIndex(self.limits, read_averagings(self.roots))

    @cached_property
    def _parameter_index(self) -> Mapping[str, Parameter]:
        return name_index(self.parameters)

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self.indicators.values(), self.units)

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of an id, printed name, alias or code; raises QC110."""
        found = self.parameters.get(name) or self._parameter_index.get(parameter_key(name))
        if found is None:
            allowed = "、".join(f"{item.id} {item.zh}" for item in self.parameters.values())
            raise complain("QC110", words={"name": name, "what": "监测参数", "allowed": allowed})
        return found

    def indicator(self, name: str) -> Indicator:
        """Return the indicator of an id; raises QC110."""
        if name not in self.indicators:
            raise complain("QC110", words={"name": name, "what": "指标", "allowed": ", ".join(self.indicators)})
        return self.indicators[name]

    def find_indicator(
        self, printed_name: str, *, unit: str = "", hint_medium: str = ""
    ) -> tuple[Indicator | None, str]:
        """Return the indicator that a printed name means and why, or None and why not."""
        return self._finder.find(printed_name, unit=unit, hint_medium=hint_medium)

    def limit(
        self, parameter: str, averaging: str, grade: str, *, day: date, place: str = "", edition: str = "auto"
    ) -> Limit:
        """Return the one limit in force; `edition` other than "auto" is a what-if. Raises QC104, QC105, QC110."""
        if not self._limit_index.knows(parameter) and parameter in self.parameters:
            parameter = self.parameters[parameter].base or parameter
        return self._limit_index.find(parameter, averaging, grade, day=day, place=place, edition=edition)

    def method(self, family: str, *, day: date, edition: str = "auto") -> Method:
        """Return the one method of a family in force on the day, or the one named; raises QC105, QC110."""
        return find_method(self.methods, family, day=day, edition=edition)


def load_catalog(overlays: Sequence[Path] = ()) -> Catalog:
    """Open the packaged content and the overlays, in order; each part is read strictly when first asked for.

    Raises QC1xx at the first fault met; `check_content` lists them all.
    """
    return Catalog(content_roots(overlays))
