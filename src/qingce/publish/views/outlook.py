"""Views of the outlook: what is expected, how sure, and what warns. Internal, never a score. 研判视图（内部）。

Rows are picked, named and sorted; every chance and every number stands in a table of the results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qingce.core.grouping import grouped
from qingce.core.periods import parse_period
from qingce.publish.results import Results
from qingce.publish.rows import Row, View, cell, facts, plain, text

__all__ = ["backtest_rows", "beside", "fan", "outlook", "outlook_of", "rank_groups", "target_names", "warning_rows"]

_NAMED = (
    "target_id", "indicator_id", "indicator_name", "scope_name", "target_text", "deadline", "deadline_day", "battle",
    "quote", "owners",
    "status", "status_text", "quota_text", "own_text", "unit",
)  # fmt: skip
_PERCENTILES = ("p10", "p50", "p90")
_YEAR = 366


def target_names(results: Results) -> Mapping[str, View]:
    """Return what a row about a target needs to name it: target id → columns of `progress`.

    `beside` says why a chance of this year is not the target's: `after` its deadline (到期后延续对照), or `early`.
    """
    english = {str(row["id"]): row["en"] for row in results.rows("indicators", columns=["id", "en"])}
    return results.keep(
        "target_names",
        lambda: {
            str(row["target_id"]): {
                **plain(row),
                "en": english.get(str(row["indicator_id"])),
                "beside": beside(row, results),
            }
            for row in results.rows("progress", columns=_NAMED)
        },
    )


def beside(target: Row, results: Results) -> str:
    """Say `after` or `early` where a deadline lies in another year: a chance of this year then counts for nothing."""
    day, as_of = str(target["deadline_day"] or ""), text(results.run, "as_of")
    if not day or day[:4] == as_of[:4] or _own_months(text(target, "deadline")):
        return "after" if day and day < as_of else ""
    return "after" if day < as_of else "early"


def _own_months(deadline: str) -> bool:
    """Say whether a deadline is the months of the figure itself, which may reach into another year."""
    return deadline.startswith("R/") or ("-" in deadline and "/" in deadline and parse_period(deadline).days <= _YEAR)


def outlook(results: Results) -> View:
    """The page of the outlook: early warnings, every target with its chance, and how the models did before."""
    names = target_names(results)
    rows = [
        {**plain(row), "target": names[str(row["target_id"])]}
        for row in results.rows("outlook", where={"chosen": True})
        if str(row["target_id"]) in names
    ]
    rows.sort(key=_least_likely)
    return {
        **facts(results),
        "warnings": warning_rows(results),
        "rows": rows,
        "ranks": rank_groups(results),
        "backtest": backtest_rows(results),
    }


def rank_groups(results: Results) -> list[View]:
    """Return the regions of each kind with the index and rank they will have, in the order of their median rank."""
    rows = [plain(row) for row in results.rows("outlook_ranks")]
    return [{"kind": kind, "rows": found} for kind, found in grouped(rows, lambda row: str(row["kind"])).items()]


def _least_likely(row: View) -> tuple[bool, bool, float]:
    chance, target = row["probability"], row["target"]
    aside = isinstance(target, Mapping) and bool(target["beside"])
    return (aside, chance is None, float(str(chance)) if chance is not None else 0.0)


def warning_rows(results: Results) -> list[View]:
    """Return the early warnings, the worst first, each with the target it is about."""
    names = target_names(results)
    rows = [{**plain(row), "target": names.get(str(row["target_id"]))} for row in results.rows("warnings")]
    found = [row for row in rows if row["target"]]
    return sorted(found, key=lambda row: (row["rank"] is None, row["rank"]))


def outlook_of(results: Results, identity: str) -> View | None:
    """Return one target's models beside each other, the chosen one first, each with its back-test of that month.

    None where nothing was foreseen for the target.
    """
    rows = results.rows("outlook", where={"target_id": identity})
    warning = next((row for row in warning_rows(results) if row["target_id"] == identity), None)
    if not rows and warning is None:
        return None
    models = [{**plain(row), "backtest": _backtest_of(results, row)} for row in rows]
    models.sort(key=lambda row: not row["chosen"])
    chosen = next((row for row in models if row["chosen"]), None)
    return {
        "chosen": chosen,
        "models": models,
        "warning": warning,
        "beside": target_names(results).get(identity, {}).get("beside", ""),
    }


def _backtest_of(results: Results, row: Row) -> View | None:
    made_on: Any = row["made_on"]
    where = {"indicator_id": row["indicator_id"], "model": row["model"]}
    found = results.rows("backtest", where=where)
    month = made_on.month if made_on else None
    return next((plain(item) for item in found if item["month"] == month), None)


def backtest_rows(results: Results) -> list[View]:
    """Return the back-test, indicator by indicator: the models with their months; of the models that were asked."""
    names = {str(row["id"]): plain(row, "zh", "en") for row in results.rows("indicators", columns=["id", "zh", "en"])}
    models = {str(row["model"]): text(row, "model_name") for row in results.rows("outlook")}
    rows = [
        {**plain(row), "model_name": models[str(row["model"])] or row["model"]}
        for row in results.rows("backtest")
        if str(row["model"]) in models
    ]
    return [
        {"id": indicator, **names.get(indicator, {"zh": indicator, "en": indicator}), "rows": found}
        for indicator, found in grouped(rows, lambda row: str(row["indicator_id"])).items()
    ]


def fan(results: Results, identity: str) -> list[View]:
    """Return the coming days of a target by its chosen model: day, p10, p50, p90; none without one."""
    chosen = [row["model"] for row in results.rows("outlook", where={"target_id": identity, "chosen": True})]
    if not chosen:
        return []
    rows = results.rows("outlook_paths", where={"target_id": identity, "model": chosen[0]})
    found = [{"day": cell(row["day"]), **{name: row[name] for name in _PERCENTILES}} for row in rows]
    return sorted(found, key=lambda row: str(row["day"]))
