"""The slow way to score forecasts: loops over dicts, numbers typed in from the notes on HJ 633 (levels)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from tests.oracle.air import LEVELS

__all__ = ["level", "scores"]

Row = Mapping[str, object]
COUNTS = ("n", "unjudged", "level_hits", "primary_n", "primary_hits", "hits", "misses", "false_alarms", "quiet")


def level(index: Fraction) -> int:
    """The level of an index."""
    return next((number for high, number, _ in LEVELS if index <= high), 6)


def _span(row: Row) -> tuple[int, int] | None:
    """The levels said: as written, else of the range, else of the value."""
    written = [row["level_low"], row["level_high"]]
    if any(one is not None for one in written):
        low = written[0] if written[0] is not None else written[1]
        high = written[1] if written[1] is not None else written[0]
        return int(str(low)), int(str(high))
    values = [row[name] for name in ("low", "high")]
    if all(one is None for one in values):
        values = [row["value"], row["value"]]
    if all(one is None for one in values):
        return None
    low, high = (one if one is not None else (row["value"] if row["value"] is not None else other)
                 for one, other in zip(values, reversed(values), strict=True))  # fmt: skip
    return level(Fraction(str(low))), level(Fraction(str(high)))


def scores(
    forecasts: Sequence[Row], days: Mapping[tuple[str, date], Row]
) -> dict[tuple[object, ...], dict[str, object]]:
    """(issuer, scope, parameter, lead) → counts and exact shares; the later of equal keys counts."""
    last = {}
    for row in forecasts:
        key = tuple(row[name] for name in ("issuer", "site", "parameter", "made_on", "day"))
        if key not in last or row["known_at"] >= last[key]["known_at"]:  # type: ignore[operator]
            last[key] = row
    found: dict[tuple[object, ...], dict[str, object]] = {}
    for row in last.values():
        lead = (row["day"] - row["made_on"]).days  # type: ignore[operator]
        if lead < 0:
            continue
        told = found.setdefault((row["issuer"], row["site"], row["parameter"], lead), dict.fromkeys(COUNTS, 0))
        told.setdefault("errors", [])
        _judge(row, days.get((str(row["site"]), row["day"])), told)  # type: ignore[arg-type]
    return {key: _shares(key, told) for key, told in found.items()}


def _judge(row: Row, came: Row | None, told: dict[str, object]) -> None:
    def add(name: str, yes: bool) -> None:
        told[name] = int(str(told[name])) + yes

    value = row["value"]
    if value is None and row["low"] is not None and row["high"] is not None:
        value = (Fraction(str(row["low"])) + Fraction(str(row["high"]))) / 2
    seen = None if came is None else came.get(str(row["parameter"]))
    if value is not None and seen is not None:
        told["errors"] += [Fraction(str(value)) - Fraction(str(seen))]  # type: ignore[operator]
    if row["parameter"] != "aqi":
        add("n", value is not None and seen is not None)
        add("unjudged", value is None or seen is None)
        return
    span = _span(row)
    if span is None or came is None or came["level"] is None:
        add("unjudged", True)
        return
    add("n", True)
    actual = int(str(came["level"]))
    add("level_hits", span[0] <= actual <= span[1])
    heavy, warned = actual >= 5, span[1] >= 5
    for name, yes in (("hits", heavy and warned), ("misses", heavy and not warned),
                      ("false_alarms", warned and not heavy), ("quiet", not heavy and not warned)):  # fmt: skip
        add(name, yes)
    first, second = (set(str(one["primary"] or "").split(",")) - {""} for one in (row, came))
    add("primary_n", bool(first) and bool(second))
    add("primary_hits", bool(first & second))


def _shares(key: tuple[object, ...], told: dict[str, object]) -> dict[str, object]:
    def share(top: str, *bottom: str, times: int = 1) -> Fraction | None:
        below = sum(int(str(told[name])) for name in bottom)
        return Fraction(times * int(str(told[top])), below) if below else None

    errors: list[Fraction] = told.pop("errors")  # type: ignore[assignment]
    told["n_values"] = len(errors)
    told["bias"] = sum(errors, Fraction(0)) / len(errors) if errors else None
    told["mean_error"] = sum(map(abs, errors), Fraction(0)) / len(errors) if errors else None
    told["level_accuracy"] = share("level_hits", "n", times=100)
    told["primary_accuracy"] = share("primary_hits", "primary_n", times=100)
    told["threat_score"] = share("hits", "hits", "misses", "false_alarms")
    if key[2] != "aqi":
        return {name: told[name] for name in ("n", "unjudged", "n_values", "bias", "mean_error")}
    return told
