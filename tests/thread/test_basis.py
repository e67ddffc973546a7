"""口径: the indicator's defaults, the campaign's settings, the target's own words."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from qingce.catalog.catalog import Catalog
from qingce.core.errors import CampaignError
from qingce.thread.basis import basis_of, printed_decimals, settings_of


def test_defaults_are_the_indicators(catalog: Catalog, made: SimpleNamespace) -> None:
    basis = basis_of(catalog.indicator("pm2_5_annual"), made.target())
    assert (basis.series, basis.rounding, basis.step) == ("measured", "strict", None)
    assert basis.decider == "中国环境监测总站"
    assert basis.text == "实测；严格比较，不修约"


@pytest.mark.parametrize(
    ("settings", "step", "text"),
    [
        ({"pm2_5_annual": {"rounding": "integer"}}, "1", "实测；先修约到整数"),
        ({"pm2_5_annual": {"rounding": "decimals"}}, "0.1", "实测；先修约到 1 位小数"),
        ({"pm2_5_annual": {"rounding": "decimals", "decimals": "2"}}, "0.01", "实测；先修约到 2 位小数"),
        ({"pm2_5_annual": {"rounding": "integer"}, "T-a-001": {"rounding": "decimals"}},
         "0.1", "实测；先修约到 1 位小数"),
        ({"T-a-001": {"series": "deducted", "rounding": "integer", "stations": "6个国控站"}},
         "1", "扣沙；先修约到整数；6个国控站"),
        ({"other": {"rounding": "decimals"}}, None, "实测；严格比较，不修约"),
    ],
)  # fmt: skip
def test_the_targets_settings_win_over_the_indicators(
    catalog: Catalog, made: SimpleNamespace, settings: dict[str, dict[str, str]], step: str | None, text: str
) -> None:
    basis = basis_of(catalog.indicator("pm2_5_annual"), made.target(), settings)
    assert basis.step == (None if step is None else Decimal(step))
    assert basis.text == text


@pytest.mark.parametrize(("value", "decimals"), [("39", 0), ("32.9", 1), ("74.50", 1), ("6.67", 2), ("100", 0)])
def test_a_target_that_prints_decimals_is_judged_to_them(made: SimpleNamespace, value: str, decimals: int) -> None:
    """The national PM2.5 target of 2023 was 32.9: rounding belongs to the target."""
    assert printed_decimals(made.target(value=Decimal(value))) == decimals


def test_a_range_prints_its_finer_end(made: SimpleNamespace) -> None:
    assert printed_decimals(made.target(value=(Decimal("60"), Decimal("70.5")))) == 1


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(
        CampaignError, match=r"QC403: 口径设置有未知的键“seris”。\[basis.pm2_5_annual\]。只允许：series"
    ):
        settings_of({"pm2_5_annual": {"seris": "measured"}}, "pm2_5_annual")
    with pytest.raises(CampaignError, match=r"QC404: 口径设置“series”的值“sand”不合法.*measured, deducted"):
        settings_of({"T-a-001": {"series": "sand"}}, "pm2_5_annual", "T-a-001")


def test_a_baseline_is_a_number(catalog: Catalog, made: SimpleNamespace) -> None:
    basis = basis_of(catalog.indicator("pm2_5_annual"), made.target(), {"T-a-001": {"baseline": "44.5"}})
    assert basis.baseline == Decimal("44.5")
    for word in ("约44", "NaN"):
        with pytest.raises(CampaignError, match=rf"QC404: 口径设置“baseline”的值“{word}”不合法"):
            basis_of(catalog.indicator("pm2_5_annual"), made.target(), {"T-a-001": {"baseline": word}})
