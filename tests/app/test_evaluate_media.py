"""`qingce evaluate MEDIUM` in one line: a small Chinese file of every medium through its own feed to its result."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from qingce.app.evaluating import evaluate_file
from qingce.core.errors import QingceError
from qingce.evaluate import MEDIA

FILES = {
    "groundwater": (
        "点位,城市,时间,项目,数值,单位\nG1,云泽市,2026-05-06,氨氮,0.6,mg/L\nG1,云泽市,2026-05-06,苯并(a)芘,0.01,μg/L\n"
        "G1,云泽市,2026-05-06,嗅和味,无,-\nG1,云泽市,2026-05-06,总硬度,450,mg/L\n",
        {"class": "4", "deciding": "nh3n", "n_items": "4"},
    ),
    "noise": (
        "点位,功能区类别,时间,项目,数值,单位\nA,2类,2026-05-06 00:00,Ld,60.0,dB\n"
        "A,2类,2026-05-06 00:00,Ln,50.1,dB(A)\n",
        {"met_day": "yes", "met_night": "no", "exceed_night": "0.1"},
    ),
    "soil": (
        "地块,土地利用,时间,项目,数值,单位\nA,水田,2026-05-06,pH,5.2,\nA,水田,2026-05-06,镉,1600,μg/kg\n",
        {"class": "3", "deciding": "soil_cd", "ph_bin": "a"},
    ),
    "drinking-water": (
        "水源,水源类型,时间,项目,数值,单位\nS,湖库,2026-05-06,总磷,0.06,mg/L\nS,湖库,2026-05-06,三氯甲烷,0.06,mg/L\n"
        "S,湖库,2026-05-06,取水量,12,万吨\n",
        {"met": "no", "broken": "tp", "volume": "120000"},
    ),
    "basin": (
        "断面,城市,时间,项目,数值,单位\nW1,云泽市,2026-05-06,氨氮,0.8,mg/L\nW2,云泽市,2026-05-06,氨氮,1.4,mg/L\n",
        {"sections": "2", "status": "轻度污染", "how": "mean"},
    ),
    "cwqi": (
        "断面,城市,时间,项目,数值,单位\nW1,云泽市,2026-05-06,氨氮,0.8,mg/L\nW1,云泽市,2026-05-06,溶解氧,10,mg/L\n",
        {"exact_cwqi": "13/10", "rank": "1"},
    ),
    "section-target": ("断面,时间,项目,数值,单位\nW1,2026-05-06,氨氮,0.8,mg/L\n", {"class": "3", "met": ""}),
    "flood-season": ("断面,时间,项目,数值,单位\nW1,2026-07-06,氨氮,0.8,mg/L\n", {"absent": "not_monitored"}),
    "lake": (
        "点位,时间,项目,数值,单位\nL,2026-05-06,叶绿素a,10,μg/L\nL,2026-05-06,总磷,0.05,mg/L\nL,2026-05-06,总氮,1,mg/L\n"
        "L,2026-05-06,透明度,80,cm\nL,2026-05-06,高锰酸盐指数,4,mg/L\n",
        {"state": "中营养", "points": "1"},
    ),
    "ratio": (
        "地区,时间,统计量,数值,单位\n990101,2026-01-01,秸秆五料化利用量,9,万吨\n990101,2026-01-01,秸秆可收集资源量,10,万吨\n",
        {"indicator": "straw_use", "value": "90"},
    ),
    "black-odorous": (
        "水体,点位,类别,时间,项目,数值,单位\n南沟,1,城市,2026-05-06,溶解氧,1.5,mg/L\n南沟,1,城市,2026-05-06,透明度,20,cm\n",
        {"body": "南沟", "grade": "1", "grade_text": "轻度黑臭"},
    ),
    "dustfall": (
        "点位,城市,重点区域,时间,项目,数值,单位\nD,云泽市,汾渭平原,2026-05-01,降尘量,9.1,吨/平方公里·月\n",
        {"met": "no", "cap": "9"},
    ),
    "straw": (
        "地区,时间,统计量,数值\n990101,2026-06-01,火点数,6\n",
        {"deduction_yuan": "300000", "action": "通报批评"},
    ),
    "source": (
        "排口,排口类型,时间,项目,数值,单位\nA,一级A,2026-05-06 00:00,化学需氧量,51,mg/L\n",
        {"value": "51", "limit": "50", "met": "no", "exceed": "0.02", "limits": "gb18918-2002"},
    ),
    "ecology": (
        "地区,时间,统计量,数值,单位\n990101,2025-01-01,生态格局指数,60,\n990101,2025-01-01,生态功能指数,70,\n"
        "990101,2025-01-01,生物多样性分指数（EQI）,50,\n990101,2025-01-01,生态胁迫指数,20,\n",
        {"index": "eqi", "value": "63.6", "grade_text": "二类"},
    ),
    "emissions": (
        "工程,污染物,设施,工程类型,时间,核算量,数值,单位\nP1,NOx,一号炉,脱硝,2025-01-01,治理前排放量,500,t\n"
        "P1,NOx,一号炉,脱硝,2025-01-01,治理前排放浓度,200,mg/m3\nP1,NOx,一号炉,脱硝,2025-01-01,治理后排放浓度,50,mg/m3\n",
        {"project": "P1", "facility": "一号炉", "pollutant": "nox", "cut": "375"},
    ),
}
PERIODS = {"flood-season": "2026-06/2026-09", "cwqi": "month", "section-target": "month"}


def test_every_medium_has_a_file_here() -> None:
    air = {medium for medium in MEDIA if medium.startswith("air")}  # in test_evaluate_air.py and test_evaluate_file.py
    assert set(FILES) == set(MEDIA) - air - {"surface-water"}


@pytest.mark.parametrize("medium", FILES)
def test_a_small_file_in_one_line(medium: str, tmp_path: Path) -> None:
    text, expected = FILES[medium]
    source, out = tmp_path / "数据.csv", tmp_path / "结果.csv"
    source.write_text(text, "utf-8")
    evaluate_file(medium, source, out=out, period=PERIODS.get(medium, ""))
    with out.open(encoding="utf-8-sig", newline="") as stream:
        (line,) = csv.DictReader(stream)
    assert {name: line[name] for name in expected} == expected


def test_a_unit_that_cannot_be_is_rejected_by_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.csv"
    source.write_text("地块,土地利用,时间,项目,数值,单位\nA,水田,2026-05-06,镉,1,mg/L\n", "utf-8")
    with pytest.raises(QingceError, match="QC613"):
        evaluate_file("soil", source, out=tmp_path / "o.csv")
    assert "QC203" in capsys.readouterr().err


def test_an_unknown_medium_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QingceError, match=r"QC606.*groundwater"):
        evaluate_file("moon", tmp_path, out=tmp_path / "o.csv")
