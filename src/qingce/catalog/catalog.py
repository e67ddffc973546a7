"""The catalog: content that answers by name, by day and by place. 目录。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from qingce.catalog.methods import Method, find_method
from qingce.catalog.overlay import content_roots
from qingce.catalog.parameters import name_index, parameter_key
from qingce.catalog.parts import Parts
from qingce.catalog.standards import LimitIndex, read_averagings
from qingce.core.errors import complain
from qingce.core.records import Indicator, Limit, Parameter

if TYPE_CHECKING:
    from qingce.catalog.naming import Finder

__all__ = ["Catalog", "load_catalog"]


@dataclass(frozen=True)
class Catalog(Parts):
    """Content of the packaged folder and its overlays, with the ways to ask it."""

    @cached_property
    def _limit_index(self) -> LimitIndex:
        return LimitIndex(self.limits, read_averagings(self.roots))

    @cached_property
    def _parameter_index(self) -> Mapping[str, Parameter]:
        return name_index(self.parameters)

    @cached_property
    def edition_names(self) -> Mapping[str, tuple[str, ...]]:
        """What an edition may be called: ids and aliases of the methods by family; "limits" for editions of limits."""
        found: dict[str, list[str]] = {}
        for method in self.methods.values():
            found.setdefault(method.family, []).extend((method.id, *method.aliases))
        limits = dict.fromkeys(name for limit in self.limits for name in (limit.edition, limit.standard))
        return {family: tuple(names) for family, names in found.items()} | {"limits": tuple(limits)}

    @cached_property
    def _finder(self) -> Finder:
        from qingce.catalog.naming import Finder

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
