"""River sections of the example: a sample each month, and automatic stations every four hours. 示例地表水数据."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from qingce.app.example.story import MARK, Floats, Noise, Story

__all__ = ["months_of", "true_means", "write_water"]

_HEADER = "site,parameter,time,span,value,unit,flag,note"
_SAMPLE = "sample"


def months_of(story: Story) -> list[date]:
    """Return the first day of each month of the story."""
    count = (story.last.year - story.first.year) * 12 + story.last.month
    return [date(story.first.year + i // 12, i % 12 + 1, 1) for i in range(count)]


def true_means(story: Story, *, seed: int) -> dict[tuple[str, str], Floats]:
    """Return what each parameter of each section really was, month by month [mg/L]."""
    facts = story.facts["water"]
    months = months_of(story)
    season = np.array([math.cos((month.month - 1.5) / 12 * 2 * math.pi) for month in months])
    years = np.array([month.year - story.first.year for month in months])
    means: dict[tuple[str, str], Floats] = {}
    for section, levels in facts["means"].items():
        for parameter, level in {"water_temp": 17.0, **levels}.items():
            chance = Noise(seed, f"{section} {parameter}")
            spread = facts["spread"][parameter] * chance.walk(len(months), memory=0.3)
            trend = facts["drift"] ** years if parameter not in ("ph", "do", "water_temp") else 1.0
            means[section, parameter] = level * trend * (1 + facts["swing"][parameter] * season) * np.exp(spread)
    for fixed in facts["fixed"]:
        place = months.index(date.fromisoformat(str(fixed["from"])))
        values = [float(value) for value in fixed["values"]]
        means[fixed["section"], fixed["parameter"]][place : place + len(values)] = values
    return means


def write_water(story: Story, folder: Path, *, seed: int) -> list[Path]:
    """Write the monthly samples and the automatic stations as long CSV, reviewed and not yet reviewed apart."""
    means = true_means(story, seed=seed)
    written = []
    for state in ("national", "preliminary"):
        path = folder / f"water-manual-{state}-{MARK}.csv"
        wanted = [m for m in months_of(story) if (m >= story.preliminary_from) == (state == "preliminary")]
        lines = [_HEADER, *_samples(story, means, wanted)]
        path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
        auto = folder / f"water-auto-{state}-{MARK}.csv"
        _write_auto(story, means, months=wanted, path=auto, seed=seed)
        written += [path, auto]
    return written


def _samples(story: Story, means: dict[tuple[str, str], Floats], months: list[date]) -> Iterator[str]:
    facts = story.facts["water"]
    every = months_of(story)
    for month in months:
        stamp = f"{month.replace(day=facts['manual_day'])}T10:00:00{story.facts['offset']}"
        for section in facts["means"]:
            for parameter in ["water_temp", *facts["means"][section]]:
                text = _printed(means[section, parameter][every.index(month)], facts, parameter)
                yield f"{section},{parameter},{stamp},{_SAMPLE},{text},{facts['units'][parameter]},,{MARK}"


def _printed(value: float, facts: dict[str, Any], parameter: str) -> str:
    """Print a reading; below the detection limit as laboratories write it, the limit and L."""
    limit = facts["detection"].get(parameter)
    if limit is not None and value < float(limit):
        return f"{limit}L"
    return f"{Decimal(value):.{facts['decimals'][parameter]}f}"


def _write_auto(
    story: Story, means: dict[tuple[str, str], Floats], *, months: list[date], path: Path, seed: int
) -> None:
    facts = story.facts["water"]
    start = date.fromisoformat(str(facts["auto_from"]))
    wanted = [month for month in months if month >= start]
    every = months_of(story)
    first = np.datetime64(wanted[0], "h")
    last = np.datetime64((wanted[-1] + timedelta(32)).replace(day=1), "h")
    times = np.arange(first, last, facts["auto_every"])
    place = times.astype("datetime64[M]").astype(int) - np.datetime64(every[0], "M").astype(int)
    stamps = np.char.add(np.datetime_as_string(times, unit="s"), story.facts["offset"])
    tables = []
    for section in facts["auto_sections"]:
        for parameter in facts["auto_parameters"]:
            chance = Noise(seed, f"auto {section} {parameter} {wanted[0]}")
            wobble = np.exp(facts["spread"][parameter] * 0.4 * chance.walk(len(times), memory=0.9))
            values = means[section, parameter][place] * wobble / _monthly(wobble, place)
            tables.append(_auto_table(story, section, parameter=parameter, stamps=stamps, values=values, chance=chance))
    options = arrow_csv.WriteOptions(quoting_style="none", quoting_header="none")
    arrow_csv.write_csv(pa.concat_tables(tables), path, write_options=options)


def _monthly(values: Floats, place: Any) -> Floats:
    """Return the mean of each value's own month, so that the month keeps its declared mean."""
    sums, counts = np.bincount(place, values), np.bincount(place)
    result: Floats = sums[place] / counts[place]
    return result


def _auto_table(story: Story, section: str, *, parameter: str, stamps: Any, values: Floats, chance: Noise) -> pa.Table:
    facts = story.facts["water"]
    kept = np.flatnonzero(chance.uniform(len(values)) >= story.facts["gaps"]["share"])
    texts = [_printed(value, facts, parameter) for value in values[kept].tolist()]
    constant = {"site": section, "parameter": parameter, "unit": facts["units"][parameter], "flag": "", "note": MARK}
    constant["span"] = f"PT{facts['auto_every']}H"
    columns = {name: pa.array([text] * len(kept)) for name, text in constant.items()}
    columns |= {"time": pa.array(stamps[kept]), "value": pa.array(texts)}
    return pa.table(columns).select(_HEADER.split(","))
