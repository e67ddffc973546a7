"""Official values: the latest version wins, all stay, and the difference is explained as far as it is known."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest

from qingce.core.periods import parse_period
from qingce.core.tables import OFFICIAL
from qingce.thread import Official, Officials, difference, official_months

YEAR = parse_period("2025")


def table(*rows: dict[str, object]) -> pa.Table:
    defaults = {
        **dict.fromkeys(OFFICIAL.names),
        "indicator": "pm2_5_annual",
        "scope": "140100",
        "period": "2025",
        "issuer": "总站",
        "number": "1号",
        "version": 1,
        "review": "assessed",
    }
    found = [{**defaults, **row, "value": Decimal(str(row["value"]))} for row in rows]
    return pa.Table.from_pylist(found, schema=OFFICIAL)


def find(*rows: dict[str, object], series: str = "measured", known_at: datetime | None = None) -> Official | None:
    return Officials(table(*rows), known_at=known_at).find("pm2_5_annual", ["140100"], period=YEAR, series=series)


def test_the_latest_version_wins_and_the_earlier_stay() -> None:
    found = find({"value": "36.2", "version": 2}, {"value": "36.5", "version": 1}, {"value": "36.1", "version": 3})
    assert found is not None
    assert found.value == Decimal("36.1")
    assert [old.value for old in found.before] == [Decimal("36.5"), Decimal("36.2")]


def test_versions_count_within_one_issuer_and_number() -> None:
    """A later letter of the same centre is another number: the later day wins, not the higher version."""
    found = find(
        {"value": "36.5", "version": 3, "number": "1号", "issued": date(2026, 1, 10)},
        {"value": "35.9", "version": 1, "number": "9号", "issued": date(2026, 3, 1)},
    )
    assert found is not None
    assert (found.value, found.before) == (Decimal("35.9"), ())


def test_the_higher_review_wins_over_the_later_day() -> None:
    found = find(
        {"value": "36.0", "issuer": "总站", "review": "assessed", "issued": date(2026, 1, 10)},
        {"value": "37.0", "issuer": "省厅", "review": "provincial", "issued": date(2026, 3, 1)},
    )
    assert found is not None
    assert found.value == 36


@pytest.mark.parametrize(("series", "value"), [("measured", 37), ("deducted", 36)])
def test_the_asked_series_is_preferred(series: str, value: int) -> None:
    found = find(
        {"value": 37, "series": "measured"}, {"value": 36, "series": "deducted", "number": "2号"}, series=series
    )
    assert found is not None
    assert found.value == value
    unnamed = find({"value": 38, "series": None}, {"value": 36, "series": "deducted", "number": "2号"})
    assert unnamed is not None
    assert unnamed.value == 38


def test_the_same_year_written_otherwise_is_found() -> None:
    found = find({"value": 36, "period": "2025-01/2025-12"})
    assert found is not None
    assert find({"value": 36, "period": "2025-01/2025-11"}) is None
    assert find({"value": 36, "period": "去年"}) is None


def test_known_then() -> None:
    rows = (
        {"value": "1.02", "version": 1, "known_at": datetime(2026, 11, 5)},
        {"value": "0.92", "version": 2, "known_at": datetime(2026, 11, 20)},
    )
    assert (then := find(*rows, known_at=datetime(2026, 11, 10))) is not None
    assert (now := find(*rows)) is not None
    assert (then.value, now.value) == (Decimal("1.02"), Decimal("0.92"))


def test_scopes_are_tried_in_turn() -> None:
    officials = Officials(table({"value": 80, "scope": "990100"}))
    found = officials.find("pm2_5_annual", ["990100~国考", "990100"], period=YEAR, series="measured")
    assert found is not None
    assert officials.find("pm2_5_annual", ["990100~省考"], period=YEAR, series="measured") is None


# --- difference ------------------------------------------------------------------------------------------------------


def official(value: str, **fields: object) -> Official:
    found = find({"value": value, **fields})
    assert found is not None
    return found


def test_the_same_value_is_said_to_be_the_same() -> None:
    found = difference(official("36"), Fraction(36), series="measured")
    assert (found.value, found.text) == (0, "与测算一致")


def test_rounding_alone_explains() -> None:
    found = difference(official("36"), Fraction(13091, 365), series="measured")
    assert found.value == 36 - Fraction(13091, 365)
    assert found.text == "认定比测算高 0.134；差异仅来自修约"


def test_sand_days_explain() -> None:
    """Taiyuan to 2026-05-31: 41.99 measured, 41.64 without the two sand days."""
    found = difference(
        official("41.6", series="deducted"),
        Fraction(6341, 151),
        series="measured",
        other=Fraction(6205, 149),
        days=2,
    )
    assert found.text == "认定比测算低 0.393；认定值与扣沙测算 41.644 一致，差异来自例外事件日 2 天"


def test_what_is_not_explained_is_said_to_be_so() -> None:
    found = difference(
        official("34", series="deducted", version=2),
        Fraction(6341, 151),
        series="measured",
        review="preliminary",
        other=Fraction(6205, 149),
        days=2,
        stations="6个国控站",
    )
    assert found.text == (
        "认定比测算低 7.993；认定值为扣沙，测算为实测；测算数据为初审，认定为考核认定，复核可能改变数据；"
        "测算站点口径：6个国控站；其余差异依现有数据不能解释"
    )


def test_days_left_out_are_a_hint_only() -> None:
    found = difference(official("30"), Fraction(40), series="measured", other=Fraction(39), days=2)
    assert "期内有例外事件日 2 天，认定采用的名单可能不同" in found.text


def test_an_earlier_version_is_named() -> None:
    latest = find({"value": "1.02", "version": 1}, {"value": "0.92", "version": 2})
    assert latest is not None
    assert difference(latest, Fraction(92, 100), series="measured").text == "与测算一致；第2版，上一版为 1.02"
    assert difference(latest, None, series="measured").text == "第2版，上一版为 1.02"


# --- months of a section ---------------------------------------------------------------------------------------------


def test_official_months_stand_over_ours_and_ours_fill_the_rest() -> None:
    """Story 3: our own station's 0.93 for October changes nothing once the centre has spoken."""
    own = {"2026-09": Fraction(1), "2026-10": Fraction(93, 100)}
    officials = Officials(
        table(
            {"value": "1.02", "period": "2026-10", "scope": "S1", "indicator": "nh3n", "version": 1},
            {"value": "0.92", "period": "2026-10", "scope": "S1", "indicator": "nh3n", "version": 2},
        )
    ).all("nh3n", "S1")
    values, labels = official_months(own, officials)
    assert values == {"2026-09": 1, "2026-10": Fraction(92, 100)}
    assert labels == {"2026-09": "测算", "2026-10": "认定（总站1号，第2版）"}


def test_an_official_year_is_no_month() -> None:
    values, _ = official_months({}, Officials(table({"value": 1})).all("pm2_5_annual", "140100"))
    assert values == {}
