"""The closed table of verbs by which a declared model simulates the coming days. 模型的动词。

A verb takes the past of one subject and the coming days and returns `values[member, quantity, day]`: floats, since a
model is a model. The statistic that is official is then taken of whole numbers by `evaluate`'s own rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from qingce.catalog.outlooks import History, OutlookModel
from qingce.core.errors import complain
from qingce.outlook.models.carry import Together
from qingce.outlook.models.past import Floats, Future, Past
from qingce.outlook.models.spread import Spread

__all__ = ["Setting", "VERBS", "simulate"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One run of a model: who it is, how uncertain years are, how much history is asked for, the dice, and
    how all subjects of the panel stand so far."""

    model: OutlookModel
    spread: Spread
    history: History
    rng: np.random.Generator
    others: Together | None = None
    alone: np.random.Generator | None = None
    """The dice of what sets a subject apart, where `rng` is thrown for all subjects alike."""

    @property
    def members(self) -> int:
        """How many futures are drawn."""
        return int(self.model.number("members"))


Verb = Callable[[Past, Future, Setting], Floats]

VERBS: Mapping[str, tuple[str, str]] = {
    "repeat": ("qingce.outlook.models.repeat", "repeat"),
    "bootstrap": ("qingce.outlook.models.bootstrap", "bootstrap"),
    "autoregression": ("qingce.outlook.models.autoregression", "autoregression"),
    "boosting": ("qingce.outlook.models.boosting", "boosting"),
}
"""Verb → module and function, imported when first used: a model may need what is not installed."""


def simulate(past: Past, future: Future, setting: Setting) -> Floats:
    """Draw futures by the model's verb; raises QC107 for a verb there is none of."""
    verb = setting.model.verb
    if verb not in VERBS:
        words: dict[str, object] = {"key": "verb", "value": verb, "expected": " | ".join(VERBS)}
        raise complain("QC107", setting.model.place, words)
    module, name = VERBS[verb]
    function: Verb = getattr(import_module(module), name)
    return function(past, future, setting)
