"""The outlook of targets of the air: chances, fans, what is certain, and plain answers to poor histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.outlook.made_air import city_days

from qingce.catalog import load_catalog
from qingce.core.errors import QingceError
from qingce.core.periods import Period
from qingce.core.tables import OUTLOOK, OUTLOOK_PATH, SITE
from qingce.outlook import Question, outlook_rows
from qingce.outlook.air.breaks import exchanged
from qingce.outlook.answer import chance

CATALOG = load_catalog()
YEAR, AS_OF = Period.year(2025), date(2025, 7, 31)
HISTORY = city_days(date(2022, 1, 1), AS_OF)


def ask(target: object = 40, name: str = "pm2_5_annual", comparator: str = "<=", **more: Any) -> Question:
    return Question(
        "T-1", CATALOG.indicator(name), "X", more.pop("period", YEAR), comparator,
        None if target is None else Fraction(str(target)), **more,
    )  # fmt: skip


def rows_of(question: Question, days: pa.Table = HISTORY, as_of: date = AS_OF, **more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = outlook_rows(
        [question], days, catalog=CATALOG, as_of=as_of, **more
    ).outlook.to_pylist()
    return rows


def chosen(question: Question, days: pa.Table = HISTORY, as_of: date = AS_OF, **more: Any) -> dict[str, Any]:
    found = [row for row in rows_of(question, days, as_of, **more) if row["chosen"]]
    assert len(found) == 1
    return found[0]


def test_every_model_answers_and_one_is_chosen() -> None:
    found = outlook_rows([ask()], HISTORY, catalog=CATALOG, as_of=AS_OF)
    assert found.outlook.schema == OUTLOOK
    assert found.paths.schema == OUTLOOK_PATH
    rows = found.outlook.to_pylist()
    assert {row["model"] for row in rows} >= {"same-remaining-mean", "same-anomaly", "season-bootstrap", "season-ar"}
    assert sum(row["chosen"] for row in rows) == 1
    best = next(row for row in rows if row["chosen"])
    assert best["skill"] == min(row["skill"] for row in rows if row["skill"] is not None)
    assert best["reason"].endswith("按随附回测选用")
    assert best["p10"] < best["p50"] < best["p90"]
    assert best["state"] == "ok"
    assert best["history"] == 3
    assert best["horizon_days"] == 153
    assert "内部研判" in best["text"]


def test_same_seed_same_answer_other_seed_another() -> None:
    first, again = rows_of(ask(), seed=5), rows_of(ask(), seed=5)
    assert first == again
    assert rows_of(ask(), seed=6) != first


@pytest.mark.parametrize("name", ["pm2_5_annual", "o3_p90", "good_day_ratio", "heavy_days", "composite_index"])
def test_an_easier_target_is_never_less_likely(name: str) -> None:
    indicator = CATALOG.indicator(name)
    comparator = "<=" if indicator.direction == "lower" else ">="
    middle = chosen(ask(None, name))["p50"]
    levels = [middle * Decimal(step) / 100 for step in (70, 85, 95, 100, 105, 115, 130)]
    found = [chosen(ask(level, name, comparator))["probability"] for level in levels]
    assert found == sorted(found, reverse=comparator == ">=")
    assert 0.25 < found[3] < 0.75 or name == "heavy_days"


def test_the_fan_ends_at_the_distribution_of_the_year() -> None:
    found = outlook_rows([ask(), replace(ask(80, "good_day_ratio", ">="), target_id="T-2")], HISTORY, catalog=CATALOG,
                         as_of=AS_OF)  # fmt: skip
    for row in found.outlook.to_pylist():
        path = [p for p in found.paths.to_pylist() if (p["target_id"], p["model"]) == (row["target_id"], row["model"])]
        assert [p["day"] for p in path] == sorted({p["day"] for p in path})
        assert path[0]["day"] > AS_OF
        assert path[-1]["day"] == YEAR.end
        assert [path[-1][name] for name in ("p10", "p50", "p90")] == [row[name] for name in ("p10", "p50", "p90")]
        assert all(p["p10"] <= p["p50"] <= p["p90"] for p in path)
        assert len(path) <= 41


def test_a_year_of_equal_days_is_practically_certain() -> None:
    flat = city_days(date(2022, 1, 1), AS_OF, rough=0)
    assert chosen(ask(39), flat)["probability"] > 0.99
    assert chosen(ask(37), flat)["probability"] < 0.01
    row = chosen(ask(39), flat)
    assert Decimal("37.9") < row["p10"] <= row["p90"] < Decimal("38.1")


def test_lost_and_safe_are_told_exactly() -> None:
    lost = chosen(ask(5))
    assert (lost["state"], lost["probability"]) == ("lost", 0.0)
    assert lost["text"] == "已不可能实现：余下即使最好也不达标"
    safe = chosen(ask(10, "good_day_ratio", ">="))
    assert (safe["state"], safe["probability"]) == ("safe", 1.0)


def test_forty_days_of_history_give_the_quota_only() -> None:
    short = city_days(AS_OF - timedelta(39), AS_OF)
    rows = rows_of(ask(), short)
    assert len(rows) == 1
    assert (rows[0]["state"], rows[0]["probability"], rows[0]["chosen"]) == ("quota_only", None, True)
    assert "只有" in rows[0]["reason"] or "有效日至多" in rows[0]["reason"]
    fresh = city_days(date(2025, 1, 1), AS_OF)
    assert "历史只有 212 个有效日" in rows_of(ask(), fresh)[0]["reason"]


def test_no_history_of_the_subject_at_all() -> None:
    row = rows_of(replace(ask(), scope="nowhere"))[0]
    assert (row["state"], row["p50"]) == ("quota_only", None)


def test_a_quantity_that_nobody_measures_is_named() -> None:
    days = HISTORY.set_column(HISTORY.column_names.index("co"), "co", pa.nulls(HISTORY.num_rows, pa.decimal128(18, 6)))
    row = rows_of(ask(80, "good_day_ratio", ">="), days)[0]
    assert row["state"] == "quota_only"
    assert "一氧化碳" in row["reason"]
    assert chosen(ask(), days)["state"] == "ok"  # fine particles do not need it


def test_a_leap_year_has_366_days_and_so_has_its_rest() -> None:
    days = city_days(date(2022, 1, 1), date(2024, 1, 31))
    found = outlook_rows([ask(period=Period.year(2024))], days, catalog=CATALOG, as_of=date(2024, 1, 31))
    assert found.outlook.to_pylist()[0]["horizon_days"] == 335
    assert found.paths.to_pylist()[-1]["day"] == date(2024, 12, 31)
    flat = city_days(date(2022, 1, 1), date(2024, 2, 28), rough=0)
    assert abs(chosen(ask(period=Period.year(2024)), flat, date(2024, 2, 28))["p50"] - 38) < Decimal("0.1")


def test_before_the_year_has_begun() -> None:
    days = city_days(date(2022, 1, 1), date(2024, 12, 20))
    row = chosen(ask(), days, date(2024, 12, 20))
    assert row["state"] == "ok"
    assert row["p10"] < row["p50"] < row["p90"]


def test_a_year_that_is_over_is_its_own_figure() -> None:
    days = city_days(date(2022, 1, 1), date(2025, 12, 31))
    row = chosen(ask(50), days, date(2025, 12, 31))
    assert row["p10"] == row["p90"]
    assert (row["state"], row["probability"], row["reason"]) == ("safe", 1.0, "时段已结束")


def test_missing_days_are_bridged_by_their_neighbours() -> None:
    gappy = city_days(date(2022, 1, 1), AS_OF, gaps=0.06)
    whole, holes = chosen(ask()), chosen(ask(), gappy)
    assert holes["state"] == "ok"
    assert abs(whole["p50"] - holes["p50"]) < 2


def test_a_station_that_moved_is_flagged() -> None:
    first, moved = date(2023, 1, 1), date(2025, 4, 1)
    count = (AS_OF - first).days + 1
    before = city_days(first, moved - timedelta(1))
    after = city_days(first, AS_OF, level={2025: 3.0}).slice((moved - first).days)
    row = chosen(ask(90), pa.concat_tables([before, after]))
    assert "水平突变" in row["reason"]
    assert "2025-0" in row["reason"]
    sites = [3 if first + timedelta(place) < moved else 4 for place in range(count)]
    row = chosen(ask(), city_days(first, AS_OF, extra={"n_sites": sites}))
    assert "2025-04-01 起参评站点由 3 个变为 4 个" in row["reason"]


def site(name: str, first: date | None = None, last: date | None = None, **fields: object) -> dict[str, object]:
    return dict.fromkeys(SITE.names) | {
        "site": name, "name": name, "kind": "air_site", "city": "X", "roles": "评价点", "valid_from": first,
        "valid_until": last, **fields,
    }  # fmt: skip


def test_a_station_that_the_list_exchanges_is_named_though_number_and_level_stay() -> None:
    """Ended on 31 March, another begun on 1 April: told; a background site, another city, a later day are not."""
    moved = date(2025, 4, 1)
    sites = [
        site("旧站", last=moved - timedelta(1)), site("新站", moved), site("老站", date(2020, 1, 1)),
        site("清洁站", moved, roles="对照点"), site("外地站", moved, city="999999"),
        site("明年站", AS_OF + timedelta(1)),
    ]  # fmt: skip
    days = city_days(date(2023, 1, 1), AS_OF)
    row = chosen(ask(), days, sites=pa.Table.from_pylist(sites, schema=SITE))
    assert row["reason"].startswith("2025-04-01 起评价点停用 旧站，启用 新站，往年不宜直接类推")
    assert "清洁站" not in row["reason"]
    period = Period.year(2025)
    many = [site(f"站{number}", moved) for number in range(5)]
    assert exchanged(many, ["X"], period=period, as_of=AS_OF) == (
        "2025-04-01 起评价点启用 站0、站1、站2等 5 个，往年不宜直接类推"
    )
    assert exchanged(many, ["X"], period=period, as_of=moved - timedelta(1)) == ""
    gone = [site("旧站", last=date(2024, 12, 31))]
    assert exchanged(gone, ["X"], period=period, as_of=AS_OF) == "2025-01-01 起评价点停用 旧站，往年不宜直接类推"


def test_level_of_this_year_carries_on_but_not_wholly() -> None:
    lower = city_days(date(2022, 1, 1), AS_OF, level={2025: 0.7})
    rows = {row["model"]: row["p50"] for row in rows_of(ask(), lower)}
    assert rows["same-anomaly"] < rows["season-bootstrap"] < rows["same-remaining-mean"]


def test_every_place_must_meet_it() -> None:
    both = pa.concat_tables([HISTORY, city_days(date(2022, 1, 1), AS_OF, subject="Y")])
    one, other = chosen(ask(40), both), chosen(replace(ask(40), scope="Y"), both)
    joint = chosen(replace(ask(40), scope="XY", subjects=("X", "Y")), both)
    assert joint["probability"] <= min(one["probability"], other["probability"])
    assert joint["p50"] == max(one["p50"], other["p50"])


def test_nothing_after_the_day_is_seen() -> None:
    later = city_days(date(2022, 1, 1), date(2025, 12, 31))
    assert rows_of(ask(), later) == rows_of(ask(), HISTORY)


def test_a_forecast_stands_in_the_place_of_the_first_days() -> None:
    def near(subject: str, days: list[date], members: int) -> dict[str, np.ndarray]:
        assert subject == "X"
        assert days[0] == AS_OF + timedelta(1)
        return {"pm2_5": np.full((members, 5), 900.0), "unknown": np.zeros((members, 5))}

    plain, told = chosen(ask()), chosen(ask(), near=near)
    assert told["p50"] - plain["p50"] > 9  # five days of 900 instead of about 30, over 365


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(QingceError, match=r"QC110: .*研判模型.*crystal-ball"):
        rows_of(ask(), models=["crystal-ball"])
    assert {row["model"] for row in rows_of(ask(), models=["season-ar"])} == {"season-ar"}


def test_own_back_test_stands_before_the_packaged_one() -> None:
    columns = {"indicator_id": ["pm2_5_annual"] * 2, "model": ["season-ar", "season-bootstrap"], "month": [7, 7],
               "crps": [1.0, 2.0], "brier": [0.1, 0.2]}  # fmt: skip
    row = chosen(ask(), scores=pa.table(columns))
    assert (row["model"], row["skill"]) == ("season-ar", 1.0)
    assert row["reason"].endswith("按本工程回测选用")


def test_chance_of_many_futures_is_never_wholly_sure() -> None:
    assert chance(0, 400) == 0.5 / 401
    assert chance(400, 400) == 400.5 / 401
    assert (chance(1, 1), chance(0, 1)) == (1.0, 0.0)
