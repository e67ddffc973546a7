"""Does the outlook tell the truth? Rolling-origin back-test on real cities, and what one day of it costs.

`python benchmarks/outlook.py --json FILE [--svg FILE] [--skill FILE] [--cities N] [--months 3,6]` writes: coverage_80,
brier, brier_baseline_mean, brier_baseline_anomaly and crps of the chosen model (overall, and by indicator and month
under `months`), calibration (told chance → how often), seconds and one_city_s (all cities, one date; one city, warm),
rss_mb, the same figures of twelve Beijing sites judged in 2014, 2015 and 2016 under `beijing` (each year by priors that
it is no part of), the model of the weather on these sites under `weather`, and the models of reported figures on yearly
carbon dioxide of 30 provinces and 290 cities under `reports`. There are no public months of sections of many years.

Data: QINGCE_SHARED or ../shared, see outlook_parts/data.py.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from outlook_parts.data import beijing_days, city_days
from outlook_parts.more import emission_trials, weather_trials
from outlook_parts.priors import without

from qingce.catalog import load_catalog
from qingce.catalog.catalog import Catalog
from qingce.core.periods import Period
from qingce.outlook import Question, outlook_rows
from qingce.outlook.backtest import Trial, trials

INDICATORS = ("pm2_5_annual", "good_day_ratio")
MONTHS = tuple(range(3, 12))
MODEL = "season-bootstrap"
BASELINES = ("same-remaining-mean", "same-anomaly")
ONE = "北京"  # a city with history, for the time of one
EDITION = "hj633-2012"  # in force in the years judged


def figures(found: Sequence[Trial], model: str = MODEL) -> dict[str, object]:
    """Coverage, Brier, CRPS of one model and the Brier of the two naive ones, over any trials."""
    chosen = [trial for trial in found if trial.model == model]
    naive = {name: [t.brier for t in found if t.model == name] for name in BASELINES}
    return {
        "trials": len(chosen),
        "coverage_80": mean(trial.covered for trial in chosen),
        "crps": mean(trial.crps for trial in chosen),
        "brier": mean(trial.brier for trial in chosen),
        "brier_baseline_mean": mean(naive[BASELINES[0]]),
        "brier_baseline_anomaly": mean(naive[BASELINES[1]]),
    }


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean, rounded for print."""
    told = [float(value) for value in values]
    return round(sum(told) / len(told), 4)


def by_month(found: Sequence[Trial]) -> dict[str, dict[str, object]]:
    """The figures of each indicator at each month of issue."""
    keys = sorted({(trial.indicator, trial.month) for trial in found})
    both = {f"all/{month}": figures([t for t in found if t.month == month]) for month in sorted({m for _, m in keys})}
    return both | {f"{indicator}/{month}": figures([t for t in found if (t.indicator, t.month) == (indicator, month)])
            for indicator, month in keys}  # fmt: skip


def by_year(found: Sequence[Trial]) -> dict[str, dict[str, object]]:
    """The figures of each indicator and year."""
    keys = sorted({(trial.indicator, trial.year) for trial in found})
    return {f"{indicator}/{year}": figures([t for t in found if (t.indicator, t.year) == (indicator, year)])
            for indicator, year in keys}  # fmt: skip


def beijing(catalog: Catalog, months: Sequence[int]) -> list[Trial]:
    """Twelve sites of Beijing in three years, each judged by a spread that it is no part of."""
    days, wanted = beijing_days(), [catalog.indicator(name) for name in INDICATORS]
    return [trial for year in (2014, 2015, 2016)
            for trial in trials(days, wanted, catalog=without(catalog, year), years=[year], months=months,
                                edition=EDITION)]  # fmt: skip


def calibration(found: Sequence[Trial], *, bins: int = 10) -> dict[str, list[list[float]]]:
    """By indicator: mean chance told and how often it came true, in ten bins, with how many."""
    told = {}
    for indicator in INDICATORS:
        pairs = [(p, m) for t in found if t.model == MODEL and t.indicator == indicator
                 for p, m in zip(t.chances, t.met, strict=True)]  # fmt: skip
        groups: dict[int, list[tuple[float, bool]]] = {}
        for chance, met in pairs:
            groups.setdefault(min(int(chance * bins), bins - 1), []).append((chance, met))
        told[indicator] = [[mean(p for p, _ in group), mean(m for _, m in group), len(group)]
                           for _, group in sorted(groups.items())]  # fmt: skip
    return told


def speed(days: pa.Table, catalog: Catalog) -> dict[str, float]:
    """Seconds of both indicators for every city on one date, and of one city once all is warm."""
    cities = sorted(pc.unique(days["subject"]).to_pylist())
    period = Period.year(2015)
    goals = {"pm2_5_annual": ("<=", Fraction(50)), "good_day_ratio": (">=", Fraction(70))}
    questions = [Question(f"T-{city}-{name}", catalog.indicator(name), city, period, *goal)
                 for city in cities for name, goal in goals.items()]  # fmt: skip
    begun = time.perf_counter()
    outlook_rows(questions, days, catalog=catalog, as_of=date(2015, 6, 30), edition=EDITION)
    whole = time.perf_counter() - begun
    mine = days.filter(pc.equal(days["subject"], ONE))
    asked = [question for question in questions if question.scope == ONE]
    begun = time.perf_counter()
    outlook_rows(asked, mine, catalog=catalog, as_of=date(2015, 6, 30), edition=EDITION)
    return {"seconds": round(whole, 2), "one_city_s": round(time.perf_counter() - begun, 3), "cities": len(cities)}


def svg(curves: dict[str, list[list[float]]]) -> str:
    """The calibration plot: told chance across, how often it came true upward."""
    size, edge = 360, 48
    colours = dict(zip(INDICATORS, ("#1f6f8b", "#b5532c"), strict=True))
    names = {"pm2_5_annual": "PM2.5 年均 annual mean", "good_day_ratio": "优良天数比例 good days"}

    def at(x: float, y: float) -> str:
        return f"{edge + x * size:.1f},{edge + (1 - y) * size:.1f}"

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * edge} {size + 2 * edge}" font-size="12" '
           'font-family="sans-serif"><rect width="100%" height="100%" fill="#fff"/>',
           f'<path d="M{at(0, 0)} L{at(1, 0)} L{at(1, 1)} L{at(0, 1)} Z" fill="none" stroke="#999"/>',
           f'<path d="M{at(0, 0)} L{at(1, 1)}" stroke="#999" stroke-dasharray="4 4"/>']  # fmt: skip
    for place, (name, points) in enumerate(curves.items()):
        path = " L".join(at(x, y) for x, y, _ in points)
        out.append(f'<path d="M{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        out += [f'<circle cx="{at(x, y).split(",")[0]}" cy="{at(x, y).split(",")[1]}" r="3.5" fill="{colours[name]}"/>'
                for x, y, _ in points]  # fmt: skip
        out.append(f'<text x="{edge + 10}" y="{edge + 20 + 16 * place}" fill="{colours[name]}">{names[name]}</text>')
    for tick in range(0, 11, 2):
        x, y = at(tick / 10, 0).split(",")
        out.append(f'<text x="{x}" y="{float(y) + 16}" text-anchor="middle">{tick * 10}%</text>')
        x, y = at(0, tick / 10).split(",")
        out.append(f'<text x="{float(x) - 6}" y="{float(y) + 4}" text-anchor="end">{tick * 10}%</text>')
    middle = edge + size / 2
    out.append(f'<text x="{middle}" y="{2 * edge + size - 8}" text-anchor="middle">预计达标可能性 told chance</text>')
    out.append(
        f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">实际达标比例 came true</text>'
    )
    return "".join([*out, "</svg>\n"])


def write_skill(found: Sequence[Trial], path: Path, catalog: Catalog) -> None:
    """The packaged back-test by which a model is chosen: one row a kind of statistic, model and month."""
    kinds = {name: str(catalog.indicator(name).statistic["verb"]) for name in {trial.indicator for trial in found}}
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(["kind", "model", "month", "crps", "coverage_80", "brier", "scopes", "basis"])
        for name in sorted(kinds, key=lambda name: kinds[name]):
            for month in sorted({trial.month for trial in found}):
                for model in catalog.outlooks.models:
                    mine = [t for t in found if (t.indicator, t.month, t.model) == (name, month, model)]
                    if mine:
                        row = [mean(t.crps for t in mine), mean(t.covered for t in mine), mean(t.brier for t in mine)]
                        out.writerow([kinds[name], model, month, *row, len(mine), "全国城市日值 2015 年回测"])


def main() -> None:
    """Run everything and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--skill", type=Path)
    parser.add_argument("--cities", type=int, default=0)
    parser.add_argument("--months", default=",".join(map(str, MONTHS)))
    given = parser.parse_args()
    catalog = load_catalog()
    days, months = city_days(), [int(month) for month in given.months.split(",")]
    report = speed(days, catalog)
    wanted = [catalog.indicator(name) for name in INDICATORS]
    cities = sorted(pc.unique(days["subject"]).to_pylist())
    some = cities[:: max(1, len(cities) // given.cities)] if given.cities else None
    found = list(trials(days, wanted, catalog=catalog, years=[2015], months=months, scopes=some, edition=EDITION))
    told = figures(found) | {"months": by_month(found), "calibration": calibration(found)} | report
    if given.skill:
        write_skill(found, given.skill, catalog)
    if given.svg:
        given.svg.write_text(svg(calibration(found)), "utf-8")
    if not given.cities:
        here = beijing(catalog, months)
        told["beijing"] = figures(here) | {"months": by_month(here), "years": by_year(here)}
        told["weather"] = weather_trials(catalog, months=[6, 9])
        told["reports"] = emission_trials(catalog)
    told["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    text = json.dumps(told, ensure_ascii=False, indent=1)
    if given.json == "-":
        sys.stdout.write(text + "\n")
    else:
        Path(given.json).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
