"""A new campaign folder, empty or the packaged example. 新建。"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from qingce.catalog import load_catalog
from qingce.core.errors import complain

__all__ = ["make_example", "make_folder"]

TEMPLATE = """# 青策攻坚战文件夹 campaign folder. 每一行都可以删改；qingce check 会指出错误的行。
name = {name}
region = {region}          # GB/T 2260 行政区划代码
language = "zh"
# as_of = 2026-10-31         # 评价到哪一天；省略则为数据的最后一天
# sites = "data/sites.csv"   # 站点与断面
# boundaries = "data/boundaries.geojson"  # 地图用的行政区边界，properties 写 adcode；公开展示须遵守地图管理规定
# official = ["data/认定值.csv"]
# exceptions = ["data/例外事件.csv"]

# 规划放进 plans/ 即可；要写文号时：
# [[plans]]
# file = "plans/实施方案.docx"
# number = "某政发〔2026〕1号"

# [[feeds]]
# path = "data/air-*.csv"
# feed = "canonical-air-wide"
# review = "preliminary"     # realtime preliminary provincial national assessed

# [basis.pm2_5_annual]        # 口径：series = measured|deducted，rounding = strict|integer|decimals
# series = "deducted"
"""
FOLDERS = ("plans", "data", "registers", "content")


def make_folder(folder: Path, *, name: str, region: str) -> Iterator[str]:
    """Make the folders and `campaign.toml`; raises QC604 if there is one, QC606 for a region that is none.

    Yields what to do next.
    """
    path = folder / "campaign.toml"
    if path.exists():
        raise complain("QC604", words={"folder": folder})
    if region and region not in load_catalog().regions:
        raise complain("QC606", words={"value": region, "allowed": "GB/T 2260 行政区划代码 region code, 140100"})
    for part in FOLDERS:
        (folder / part).mkdir(parents=True, exist_ok=True)
    said = {"name": name or folder.resolve().name, "region": region or "000000"}
    quoted = {key: json.dumps(text, ensure_ascii=False) for key, text in said.items()}
    path.write_text(TEMPLATE.format(**quoted), "utf-8")
    yield f"已建 {path}"
    yield "1. 把规划放进 plans/（docx、pdf、txt、md、html）"
    yield "2. 把监测数据放进 data/，在 campaign.toml 写明 [[feeds]]"
    yield f"3. qingce build {folder}"


def make_example(folder: Path) -> None:
    """Write the packaged example unless it is there already; raises QC604 if another campaign is there."""
    from qingce.app.example import write_example

    path = folder / "campaign.toml"
    if path.exists():
        if "示例数据" not in path.read_text("utf-8"):
            raise complain("QC604", words={"folder": folder})
        return
    write_example(folder)
