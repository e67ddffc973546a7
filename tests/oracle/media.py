"""Cases that an inspector wrote for a medium, answered by the slow judges: `medium` in `given` names which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction

from tests.oracle import air_more, black, ecology, emissions, groundwater, noise, outlets, sections, soil

__all__ = ["outcome"]


def outcome(given: Mapping[str, str]) -> dict[str, str]:
    """Return every answer to a case of a medium, as texts."""
    return JUDGES[given["medium"]]({name: text for name, text in given.items() if name != "medium"})


def _groundwater(given: Mapping[str, str]) -> dict[str, str]:
    told = groundwater.point([(name, Fraction(text), None, None) for name, text in given.items()])
    return {"class": str(told["class"]), "deciding": str(told["deciding"])}


def _noise(given: Mapping[str, str]) -> dict[str, str]:
    told: dict[str, str] = {}
    if "levels" in given:
        told["level"] = str(noise.told(noise.energy_mean([Fraction(word) for word in given["levels"].split()])))
    if "mean" in given:
        told["grade"] = str(noise.grade(given["kind"], given["period"], Fraction(given["mean"])))
    if "of" in given:
        told["rate"] = str(noise.told(Fraction(100 * int(given["met"]), int(given["of"]))))
    return told


def _soil(given: Mapping[str, str]) -> dict[str, str]:
    if "ph" in given:
        values = dict(zip(soil.FIVE, (Fraction(word) for word in given["values"].split()), strict=True))
        return {"class": str(soil.farm(values, given["use"], Fraction(given["ph"])))}
    items = {name: Fraction(text) for name, text in given.items() if name != "use"}
    return {"class": str(soil.site(items, given["use"]))}


def _drinking(given: Mapping[str, str]) -> dict[str, str]:
    count = Fraction(100 * int(given["passing"]), int(given["sources"]))
    return {"count": str(count), "volume": str(100 * Fraction(given["passed"]) / Fraction(given["volumes"]))}


def _cwqi(given: Mapping[str, str]) -> dict[str, str]:
    return {"index": str(sections.cwqi([{given["parameter"]: Fraction(given["value"])}], "river"))}


def _black(given: Mapping[str, str]) -> dict[str, str]:
    return {"grade": str(black.datum(given["parameter"], Fraction(given["value"]), given["kind"]))}


def _dustfall(given: Mapping[str, str]) -> dict[str, str]:
    told = noise.told(noise.mean([Fraction(word) for word in given["values"].split()]))
    return {"told": f"{told:.1f}", "met": "yes" if told <= Fraction(given["cap"]) else "no"}


def _period(given: Mapping[str, str]) -> dict[str, str]:
    first, last = air_more.period_of(given["kind"], date.fromisoformat(given["day"]))
    return {"start": first.isoformat(), "end": last.isoformat()}


def _change(given: Mapping[str, str]) -> dict[str, str]:
    return {"told": air_more.change(given["unit"], Fraction(given["now"]), Fraction(given["last"]))}


def _ranking(given: Mapping[str, str]) -> dict[str, str]:
    if "now" in given:
        return {"change": str(air_more.improvement(Fraction(given["now"]), Fraction(given["last"])))}
    values = [Fraction(word) for word in given["composite"].split()]
    return {"places": " ".join(str(place) for place in air_more.places(values))}


def _state(given: Mapping[str, str]) -> dict[str, str]:
    found = air_more.converted(given["parameter"], date(2018, 8, 31), Fraction(given["value"]))
    return {"value": f"{float(found):.6f}".rstrip("0").rstrip(".")}


def _forecast(given: Mapping[str, str]) -> dict[str, str]:
    hits, misses, false_alarms = (int(given[name]) for name in ("hits", "misses", "false_alarms"))
    return {"threat_score": str(hits / (hits + misses + false_alarms))}


def _watch(given: Mapping[str, str]) -> dict[str, str]:
    """Whether a mean has used up nine tenths of its limit and still keeps it; a floor is used the other way round."""
    value, limit = Fraction(given["value"]), Fraction(given["limit"])
    used = limit / value if given["bound"] == "ge" else value / limit
    return {"used": f"{float(100 * used):g}", "edge": "yes" if Fraction(9, 10) <= used <= 1 else "no"}


def _straw(given: Mapping[str, str]) -> dict[str, str]:
    points = int(given["points"])
    words = ("", "通报批评", "约谈分管负责人", "约谈主要负责人")
    return {"yuan": str(50_000 * points), "action": words[sum(points > bound for bound in (5, 10, 20))]}


JUDGES: Mapping[str, Callable[[Mapping[str, str]], dict[str, str]]] = {
    "air-change": _change,
    "air-period": _period,
    "air-ranking": _ranking,
    "air-state": _state,
    "black-odorous": _black,
    "cwqi": _cwqi,
    "drinking": _drinking,
    "dustfall": _dustfall,
    "ecology": ecology.case,
    "emissions": emissions.case,
    "forecast": _forecast,
    "groundwater": _groundwater,
    "noise": _noise,
    "section-watch": _watch,
    "soil": _soil,
    "source": outlets.case,
    "straw": _straw,
}
