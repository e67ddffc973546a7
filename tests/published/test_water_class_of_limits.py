"""The limits alone reproduce every class that the national automatic stations published."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from qingce.catalog import Catalog, is_met, load_catalog

COLUMNS = {
    "pH(无量纲)": "ph",
    "溶解氧(mg/L)": "do",
    "高锰酸盐指数(mg/L)": "codmn",
    "氨氮(mg/L)": "nh3n",
    "总磷(mg/L)": "tp",
}
DAY = date(2026, 8, 26)


def class_of(catalog: Catalog, row: dict[str, str], place: str) -> int:
    """The worst of the best class that each measured item meets; 6 is worse than V."""
    classes = []
    for column, parameter in COLUMNS.items():
        if row[column] != "--":
            limits = [catalog.limit(parameter, "sample", grade, day=DAY, place=place) for grade in "12345"]
            met = [number for number, limit in enumerate(limits, 1) if is_met(limit, Decimal(row[column]))]
            classes.append(min(met, default=6))
    return max(classes)


def test_every_published_class_comes_out(shared: Path) -> None:
    catalog = load_catalog()
    text = (shared / "data/water_cnemc_auto_2026/sections_20260826.csv").read_text("utf-8-sig")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["水质类别"] in "123456" and row["水质类别"]]
    rows = [row for row in rows if any(row[column] != "--" for column in COLUMNS)]
    assert len(rows) > 100
    wrong = [row["断面名称"] for row in rows if class_of(catalog, row, "river") != int(row["水质类别"])]
    lakes = [row for row in rows if row["断面名称"] in wrong]
    assert [row["断面名称"] for row in lakes if class_of(catalog, row, "lake") != int(row["水质类别"])] == []
    assert len(lakes) < 0.1 * len(rows)
    assert set(COLUMNS.values()) == {
        row.cells["parameter"] for row in catalog.methods["hb2011-22"].tables["items"] if row.cells["basic"] == "yes"
    }
