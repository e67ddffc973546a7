"""`[quota]` of campaign.toml: profiles, weights, the flood season; a fault with file and line for everything else."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from qingce.app.campaign import read_campaign
from qingce.core.errors import ContentError
from qingce.outlook.quotas.profile import Profile, Profiles

LEAST = 'name = "示例"\nregion = "140100"\n'
WEIGHTS = "\n".join(f"{month} = {month % 3}" for month in range(1, 13))


def quota(folder: Path, text: str) -> Profiles:
    (folder / "campaign.toml").write_text(LEAST + text, "utf-8")
    return read_campaign(folder).quota


def test_nothing_said(tmp_path: Path) -> None:
    found = quota(tmp_path, "")
    assert (found.default, found.by, found.flood) == (Profile("last", "baseline"), {}, None)


def test_everything_said(tmp_path: Path) -> None:
    text = f"""
[quota]
months = "hand"
counties = "population"
flood = "06/09"
[quota.month_weights]
{WEIGHTS}
[quota.population]
140105 = 80.5
140106 = 70
[quota.by.good_day_ratio]
months = "equal"
counties = "hand"
county_weights = {{ 140105 = 2, 140106 = 1 }}
[quota.by."T-a-001"]
counties = "none"
"""
    found = quota(tmp_path, text)
    assert found.flood == (6, 9)
    assert found.default.month_weights[5] == 2
    assert found.default.population == {"140105": Decimal("80.5"), "140106": 70}
    good = found.of("T-x", "good_day_ratio")
    assert (good.months, good.counties, good.county_weights["140105"]) == ("equal", "hand", 2)
    assert found.of("T-a-001", "good_day_ratio").counties == "none", "a target stands before its indicator"
    assert found.of("T-x", "pm2_5_annual") is found.default


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('[quota]\nmonth = "last"', r"QC102: .*month.*campaign\.toml:4", id="unknown-key"),
        pytest.param('[quota]\nmonths = "random"', r"QC107: .*random.*campaign\.toml:4.*last \| years", id="profile"),
        pytest.param('[quota]\nmonths = "hand"', r"QC103: .*month_weights.*campaign\.toml", id="hand-without-months"),
        pytest.param('[quota]\ncounties = "population"', r"QC103: .*population.*campaign\.toml", id="no-population"),
        pytest.param('[quota]\ncounties = "hand"', r"QC103: .*county_weights.*campaign\.toml", id="no-weights"),
        pytest.param("[quota.population]\n140105 = -1", r"QC107: .*140105.*-1.*campaign\.toml:4", id="negative"),
        pytest.param('[quota.population]\n140105 = "多"', r"QC107: .*140105.*多.*campaign\.toml:4", id="no-number"),
        pytest.param("[quota.month_weights]\n13 = 1", r"QC107: .*month_weights.*13", id="thirteenth-month"),
        pytest.param('[quota]\nflood = "09/06"', r"QC107: .*flood.*09/06.*campaign\.toml:4", id="flood-backwards"),
        pytest.param('[quota]\nflood = "六月"', r"QC107: .*flood.*六月.*campaign\.toml:4", id="flood-words"),
        pytest.param("quota = 3", r"QC107: .*quota.*3.*campaign\.toml:3", id="no-table"),
        pytest.param('[quota.by.x]\nflood = "06/09"', r"QC102: .*flood.*campaign\.toml:4", id="flood-of-a-target"),
    ],
)
def test_faults_have_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        quota(tmp_path, text)
