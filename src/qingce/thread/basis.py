"""The 口径 of a target: which series, which rounding, who decides. It belongs to the target, not to the indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from qingce.core.errors import complain
from qingce.core.records import Indicator, Target

__all__ = ["Basis", "SERIES_ZH", "Settings", "basis_of", "printed_decimals", "settings_of"]

SERIES_ZH = {"measured": "实测", "deducted": "扣沙"}
_KEYS = (
    "series",
    "rounding",
    "decimals",
    "decider",
    "stations",
    "baseline",
    "deadline",
    "scope",
    "sections",
    "indicator",
)
_WORDS = {"series": tuple(SERIES_ZH), "rounding": ("strict", "integer", "decimals")}

Settings = Mapping[str, Mapping[str, str]]
"""Settings of a campaign: target id or indicator id → key → word, as `[basis.ID]` of campaign.toml gives them."""


@dataclass(frozen=True, slots=True)
class Basis:
    """How a target's value is taken: `step` is what the verdict rounds to, None for a strict comparison."""

    series: str
    rounding: str
    step: Decimal | None
    decider: str
    stations: str = ""
    baseline: Decimal | None = None
    changed: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        """The 口径 in words, ready to print."""
        rounding = "严格比较，不修约" if self.step is None else _rounding_text(self.step)
        words = [SERIES_ZH[self.series], rounding, self.stations]
        return "；".join(word for word in words if word)


def settings_of(settings: Settings, *keys: str) -> dict[str, str]:
    """Merge the settings of several ids, the later ones winning; raises QC403 and QC404."""
    found: dict[str, str] = {}
    for key in keys:
        for name, word in settings.get(key, {}).items():
            if name not in _KEYS:
                raise complain("QC403", f"[basis.{key}]", {"key": name, "allowed": ", ".join(_KEYS)})
            if name in _WORDS and word not in _WORDS[name]:
                allowed = ", ".join(_WORDS[name])
                raise complain("QC404", f"[basis.{key}]", {"key": name, "value": word, "allowed": allowed})
            found[name] = word
    return found


def basis_of(indicator: Indicator, target: Target, settings: Settings | None = None) -> Basis:
    """Return the 口径 of a target: the indicator's defaults, overridden by its settings, then by the target's own.

    Rounding `decimals` is to the finer of the indicator's decimals and those the target prints. Raises QC403, QC404.
    """
    given = settings_of(settings or {}, indicator.id, target.id)
    rounding = given.get("rounding", indicator.rounding)
    steps = {"strict": None, "integer": Decimal(1), "decimals": _step(given, indicator, target)}
    return Basis(
        series=given.get("series", indicator.series),
        rounding=rounding,
        step=steps[rounding],
        decider=given.get("decider", indicator.decider),
        stations=given.get("stations", ""),
        baseline=_number(given, "baseline"),
        changed=tuple(sorted(given)),
    )


def printed_decimals(target: Target) -> int:
    """Return how many decimals the target prints: 39 → 0, 74.5 → 1."""
    values = target.value if isinstance(target.value, tuple) else (target.value,)
    places = [-int(value.normalize().as_tuple().exponent) for value in values if value is not None]
    return max([0, *places])


def _step(given: Mapping[str, str], indicator: Indicator, target: Target) -> Decimal:
    places = _number(given, "decimals")
    most = max(indicator.decimals, printed_decimals(target)) if places is None else int(places)
    return Decimal(1).scaleb(-most)


def _number(given: Mapping[str, str], key: str) -> Decimal | None:
    if key not in given:
        return None
    try:
        value = Decimal(given[key])
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise complain("QC404", words={"key": key, "value": given[key], "allowed": "数字 a number"})
    return value


def _rounding_text(step: Decimal) -> str:
    places = -int(step.as_tuple().exponent)
    return "先修约到整数" if places <= 0 else f"先修约到 {places} 位小数"
