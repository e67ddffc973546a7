"""Every case an inspector wrote beside a standard or a method comes out, by a slow plain-Python reading of the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from tests.oracle import media

from qingce.catalog import Method, is_met, load_catalog
from qingce.catalog.cases import Case, read_cases
from qingce.core.rounding import round_gbt8170

CATALOG = load_catalog()
STANDARD_CASES = read_cases(CATALOG.roots, "standards")
METHOD_CASES = read_cases(CATALOG.roots, "methods")
LATER = date(2026, 6, 1)


def names(case: Case) -> str:
    return f"{case.owner}:{case.name}"


@pytest.mark.parametrize("case", STANDARD_CASES, ids=names)
def test_case_of_a_standard(case: Case) -> None:
    asked = dict(case.given)
    value = Decimal(asked.pop("value"))
    limit = CATALOG.limit(
        asked["parameter"],
        asked["averaging"],
        asked["grade"],
        day=case.day or LATER,
        place=asked.get("place", ""),
        edition=asked.get("edition", "auto"),
    )
    got = {
        "limit": str(limit.value),
        "met": "yes" if is_met(limit, value) else "no",
        "standard": limit.standard,
        "edition": limit.edition,
    }
    assert {key: got[key] for key in case.expect} == dict(case.expect)


def iaqi(method: Method, parameter: str, *, averaging: str, value: str) -> str:
    """One index of one value, read off the printed table with fractions."""
    report = "hour" if averaging == "1h" else "day"
    wanted = {"day": "_24h", "8h": "_8h"}.get(averaging, "_1h")
    item = next(
        row
        for row in method.tables["items"]
        if row.cells["report"] == report
        and row.cells["parameter"] == parameter
        and (row.cells["scale"].endswith(wanted) or parameter.startswith("pm"))
    )
    amount = Fraction(value)
    if item.cells["decimals"]:
        amount = Fraction(round_gbt8170(Decimal(value), Decimal(1).scaleb(-int(item.cells["decimals"]))))
    points = [
        (int(row.cells["index"]), Fraction(row.cells[item.cells["scale"]]))
        for row in method.tables["breakpoints"]
        if row.cells[item.cells["scale"]]
    ]
    if amount > points[-1][1]:
        return "NA" if item.cells["beyond"] == "none" else str(points[-1][0])
    for (low, start), (high, end) in pairwise(points):
        if start <= amount <= end:
            exact = low + Fraction(high - low) * (amount - start) / (end - start)
            return str(-(-exact.numerator // exact.denominator))
    raise AssertionError(f"{parameter} {value} stands below the table")


def water_class(parameter: str, *, value: str, place: str) -> str:
    for grade in "12345":
        if is_met(CATALOG.limit(parameter, "sample", grade, day=LATER, place=place), Decimal(value)):
            return grade
    return "6"


def composite(given: dict[str, str], day: date) -> str:
    method = CATALOG.method("air_statistics", day=day)
    step = Decimal(1).scaleb(-int(str(method.option("composite", "decimals"))))
    total = Decimal(0)
    for row in method.tables["composite"]:
        limit = CATALOG.limit(
            row.cells["limit_parameter"], row.cells["limit_averaging"], row.cells["limit_grade"], day=day
        )
        total += round_gbt8170(Fraction(given[row.cells["parameter"]]) / Fraction(limit.value), step)
    return str(total)


def spearman(series: str) -> tuple[Fraction, int]:
    values = [Fraction(word) for word in series.split()]
    count = len(values)
    ranks = [1 + sum(other < value for other in values) for value in values]
    squares = sum((place - rank) ** 2 for place, rank in enumerate(ranks, 1))
    return 1 - Fraction(6 * squares, count**3 - count), count


def outcome(case: Case) -> dict[str, str]:
    given, method = dict(case.given), CATALOG.methods[case.owner]
    if "medium" in given:
        return {name: text for name, text in media.outcome(given).items() if name in case.expect}
    if "iaqi" in case.expect:
        return {"iaqi": iaqi(method, given["parameter"], averaging=given["averaging"], value=given["value"])}
    if "class" in case.expect:
        return {"class": water_class(given["parameter"], value=given["value"], place=given["place"])}
    if "rank" in case.expect:
        rank = 1 + Fraction(int(given["n"]) - 1) * Fraction(given["percent"]) / 100
        return {"rank": str(Decimal(rank.numerator) / Decimal(rank.denominator))}
    if "composite" in case.expect:
        return {"composite": composite(given, case.day or LATER)}
    found, count = spearman(given["series"])
    row = next(row for row in method.tables["trend"] if row.whole("n") == count)
    assert abs(found) >= Fraction(row.cells["w05"])
    return {
        "spearman": str(Decimal(found.numerator) / Decimal(found.denominator)),
        "critical": str(row.decimal("w05").normalize()),
    }


@pytest.mark.parametrize("case", METHOD_CASES, ids=names)
def test_case_of_a_method(case: Case) -> None:
    assert outcome(case) == dict(case.expect)


def test_every_standard_and_dated_method_has_cases() -> None:
    owners = {case.owner for case in (*STANDARD_CASES, *METHOD_CASES)}
    own = {*CATALOG.standards, *(one.id for one in CATALOG.methods.values() if not one.base)}
    assert own - owners == set(), "write a cases.toml beside it"
