"""View of the counties in the order of the composite index of a month. 区县月排名视图。

Places, values and changes stand in the table; where a county is below the review state that a ranking asks for, its row
says so and the page is a preview for the office.
"""

from __future__ import annotations

from qingce.core.grouping import grouped
from qingce.publish.results import Results
from qingce.publish.rows import View, absent_label, distinct, facts, plain, review_label, text

__all__ = ["counties"]

_SHOWN = (
    "place", "scope", "scope_name", "text", "unit", "change_text", "last_text", "base_text", "base_change_text",
    "good_measured", "good_deducted", "heavy", "composite", "n", "unreviewed", "edition", "limits",
)  # fmt: skip
_WATER = (
    "place", "scope", "scope_name", "text", "change_text", "last_text", "change_place", "exempt", "sections", "missing",
    "unreviewed", "edition",
)  # fmt: skip


def counties(results: Results) -> View:
    """The page of the counties of the last month there is; `preview` where any of them is unreviewed."""
    rows = results.rows("air_counties")
    last = max((text(row, "period") for row in rows), default=None)
    with_page = {code for (code,) in distinct(results, "air_city_days", "subject")}
    shown = [
        {
            **plain(row, *_SHOWN),
            "review": review_label(row["review"]),
            "absent": absent_label(row["absent"]),
            "has_page": row["scope"] in with_page,
        }
        for row in rows
        if text(row, "period") == last
    ]
    return {
        **facts(results),
        "period": last,
        "rows": shown,
        "unit": shown[0]["unit"] if shown else None,
        "preview": any(row["unreviewed"] for row in shown),
        "notes": _notes([row for row in rows if text(row, "period") == last]),
        "water": _water(results),
    }


def _water(results: Results) -> View:
    """The counties by the water quality index of the year so far."""
    rows = results.rows("water_counties")
    shown = [
        {**plain(row, *_WATER), "review": review_label(row["review"]), "absent": absent_label(row["absent"])}
        for row in rows
    ]
    return {
        "period": text(rows[0], "period") if rows else None,
        "rows": shown,
        "preview": any(row["unreviewed"] for row in shown),
        "notes": _notes(rows),
    }


def _notes(rows: list[dict[str, object]]) -> list[View]:
    """Return what is noted, said once, with the counties it is noted of."""
    said = grouped((row for row in rows if row["note"]), lambda row: text(row, "note"))
    return [
        {"text": note, "counties": [text(row, "scope_name") or text(row, "scope") for row in found]}
        for note, found in said.items()
    ]
