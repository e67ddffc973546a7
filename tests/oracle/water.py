"""The slow judge of surface water: plain Python over plain rows, its table 1 typed here and not read from content.

A row is (section, parameter, time, span, value, absent, detection_limit, review); values are `Fraction` or None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction

Row = tuple[str, str, datetime, str, Fraction | None, str | None, Fraction | None, str]

RIVER = {
    "codmn": "2 4 6 10 15",
    "cod": "15 15 20 30 40",
    "bod5": "3 3 4 6 10",
    "nh3n": "0.15 0.5 1.0 1.5 2.0",
    "tp": "0.02 0.1 0.2 0.3 0.4",
    "cu": "0.01 1.0 1.0 1.0 1.0",
    "zn": "0.05 1.0 1.0 2.0 2.0",
    "fluoride": "1.0 1.0 1.0 1.5 1.5",
    "se": "0.01 0.01 0.01 0.02 0.02",
    "as": "0.05 0.05 0.05 0.1 0.1",
    "hg": "0.00005 0.00005 0.0001 0.001 0.001",
    "cd": "0.001 0.005 0.005 0.005 0.01",
    "cr6": "0.01 0.05 0.05 0.05 0.1",
    "pb": "0.01 0.01 0.05 0.05 0.1",
    "cyanide": "0.005 0.05 0.2 0.2 0.2",
    "volatile_phenol": "0.002 0.002 0.005 0.01 0.1",
    "petroleum": "0.05 0.05 0.05 0.5 1.0",
    "las": "0.2 0.2 0.2 0.3 0.3",
    "sulfide": "0.05 0.1 0.2 0.5 1.0",
}
LAKE = RIVER | {"tp": "0.01 0.025 0.05 0.1 0.2"}
OXYGEN = "7.5 6 5 3 2"
FIRST = ("cu", "zn", "as", "hg", "cd", "cr6", "pb", "cyanide")
ORDER = (
    "ph", "do", "codmn", "cod", "bod5", "nh3n", "tp", "cu", "zn", "fluoride", "se", "as", "hg", "cd", "cr6", "pb",
    "cyanide", "volatile_phenol", "petroleum", "las", "sulfide",
)  # fmt: skip
REFERENCE = ("water_temp", "tn", "fecal_coliform")
REVIEWS = ("realtime", "preliminary", "provincial", "national", "assessed")
REASONS = ("not_reported", "invalid", "too_few", "below_detection", "excluded_event", "not_monitored", "unread_rule")


def limits(parameter: str, kind: str) -> list[Fraction]:
    """The five limits of a factor that has an upper bound."""
    return [Fraction(text) for text in (LAKE if kind == "lake" else RIVER)[parameter].split()]


def grade(parameter: str, value: Fraction, kind: str) -> int:
    """Class of one factor, 1 to 6."""
    if parameter == "ph":
        return 1 if 6 <= value <= 9 else 6
    if parameter == "do":
        met = [number for number, text in enumerate(OXYGEN.split(), 1) if value >= Fraction(text)]
    else:
        met = [number for number, limit in enumerate(limits(parameter, kind), 1) if value <= limit]
    return min(met, default=6)


def verdict(values: Mapping[str, Fraction], kind: str) -> dict[str, object]:
    """Class, deciding factors, primary pollutants and multiples (one decimal, ties to even) of a set of values."""
    grades = {p: grade(p, values[p], kind) for p in ORDER if p in values}
    worst = max(grades.values(), default=None)
    multiples = {}
    for p in grades:
        if p not in ("ph", "do") and grades[p] > 3:
            third = limits(p, kind)[2]
            multiples[p] = (values[p] - third) / third
    beyond = sorted(
        (p for p in grades if grades[p] > 3),
        key=lambda p: (p not in FIRST, -grades[p], -multiples.get(p, Fraction(-1)), ORDER.index(p)),
    )
    return {
        "class": worst,
        "deciding": ",".join(p for p in ORDER if p in grades and grades[p] == worst) or None,
        "primary": ",".join(beyond[:3]),
        "grades": grades,
        "exceed": {p: Fraction(round(10 * m), 10) for p, m in multiples.items()},
    }


def counted(row: Row) -> Fraction | None:
    """The value a row counts with: half the detection limit where it says below, none where it is absent."""
    _, _, _, _, value, absent, limit, _ = row
    if absent == "below_detection":
        return None if limit is None else limit / 2
    return None if absent else value


def months(rows: Iterable[Row], kinds: Mapping[str, str]) -> dict[tuple[str, str], dict[str, object]]:
    """Section-months that have any row: means, counts, verdict, review, absence."""
    grouped: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row[1] in (*ORDER, *REFERENCE):
            grouped[row[0], row[2].strftime("%Y-%m")].append(row)
    return {key: month(found, kinds[key[0]]) for key, found in grouped.items()}


def month(rows: list[Row], kind: str) -> dict[str, object]:
    """One section-month."""
    means: dict[str, Fraction] = {}
    counts: dict[str, int] = {}
    reviews: dict[str, set[str]] = {}
    for parameter in sorted({row[1] for row in rows}):
        mine = [row for row in rows if row[1] == parameter and counted(row) is not None]
        station = [row for row in mine if row[3].startswith("P") and row[3] != "P1M"]
        used = station or mine
        if not used:
            continue
        values = [Fraction(counted(row) or 0) for row in used]
        if station:
            days = sorted({row[2].date() for row in station})
            per_day = [[Fraction(counted(row) or 0) for row in station if row[2].date() == day] for day in days]
            values = [sum(day, Fraction(0)) / len(day) for day in per_day]
        means[parameter] = sum(values, Fraction(0)) / len(values)
        counts[parameter] = len(values)
        reviews[parameter] = {row[7] for row in used}
    told = verdict(means, kind)
    judged = [REVIEWS.index(review) for p in told["grades"] for review in reviews[p]]
    gone = [str(row[5] or "not_reported") for row in rows if counted(row) is None]
    common = min(set(gone), key=lambda word: (-gone.count(word), REASONS.index(word)), default="not_reported")
    return told | {
        "means": means,
        "n": counts,
        "review": REVIEWS[min(judged)] if judged else None,
        "absent": None if told["class"] else "too_few" if means else common,
    }


def year(
    found: Mapping[tuple[str, str], Mapping[str, object]], section: str, *, of: Iterable[str], kind: str
) -> dict[str, object]:
    """One section over some months (`2026-01` …): the mean of its monthly means, judged."""
    mine = [found[section, month] for month in of if (section, month) in found]
    parts: dict[str, list[Fraction]] = defaultdict(list)
    for row in mine:
        for parameter, mean in row["means"].items():
            parts[parameter].append(mean)
    means = {parameter: sum(values, Fraction(0)) / len(values) for parameter, values in parts.items()}
    return verdict(means, kind) | {"means": means, "months": sum(row["class"] is not None for row in mine)}
