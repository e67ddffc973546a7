"""Campaign folders made at test time, and the command line as a user meets it: words in, status and text out."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from qingce.app.cli import main
from qingce.publish import Results, read_results

Row = dict[str, Any]
SITES = ["site", "name", "kind", "city", "city_name", "roles", "water_kind", "target_class"]
OFFICIAL = [
    "indicator",
    "scope",
    "period",
    "series",
    "value",
    "unit",
    "issuer",
    "number",
    "issued",
    "version",
    "review",
]
EXCEPTIONS = ["id", "scope", "kind", "start", "end", "parameters", "status", "issuer", "number", "evidence"]


@dataclass(frozen=True)
class Answer:
    """What a verb gave: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def qingce(*words: object) -> Answer:
    """Run the command line in this process, as `main` runs it."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    argv = mock.patch.object(sys, "argv", ["qingce", *map(str, words)])
    with argv, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else int(left.code is not None)
    return Answer(status, out.getvalue(), err.getvalue())


def write_rows(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> Path:
    """Write a CSV file; a column a row does not name stays empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), restval="", extrasaction="raise")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_campaign(folder: Path, **keys: object) -> Path:
    """Write `campaign.toml`; lists of tables (`plans`, `feeds`) and `basis` as TOML has them."""
    tables = {name: keys.pop(name) for name in ("plans", "feeds", "basis") if name in keys}
    lines = [f"{name} = {_toml(value)}" for name, value in {"name": "示例战役（示例数据）", **keys}.items()]
    for name in ("plans", "feeds"):
        for entry in tables.get(name, ()):  # type: ignore[attr-defined]
            lines += ["", f"[[{name}]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]
    for name, entry in tables.get("basis", {}).items():  # type: ignore[attr-defined]
        lines += ["", f'[basis."{name}"]', *(f"{key} = {_toml(value)}" for key, value in entry.items())]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "campaign.toml").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def _toml(value: object) -> str:
    return str(value) if hasattr(value, "isoformat") else json.dumps(value, ensure_ascii=False)


def built(folder: Path) -> Results:
    """Build a folder by the command line and return its results; a failure shows what was said."""
    answer = qingce("build", folder)
    assert answer.status == 0, answer.err
    return read_results(folder / "out")


def page(folder: Path, path: str) -> Row:
    """Return the JSON twin of a page of the static site."""
    found: Row = json.loads((folder / "out" / "site" / path).with_suffix(".json").read_text("utf-8"))
    return found


def only(rows: Iterable[Row]) -> Row:
    """Return the one row there is."""
    (row,) = rows
    return row


def facts(node: Row) -> dict[str, str]:
    """Return the labelled facts of a node of `why`."""
    return dict(node["facts"])


PLAN = (
    "示例市大气方案（示例数据）\n\n一、主要目标\n到2026年，全市细颗粒物（PM2.5）年均浓度降至39微克/立方米以下，"
    "空气质量优良天数比率达到80%以上，森林覆盖率达到26%以上。\n"
)
HOURLY = ["site", "time", "so2", "no2", "co", "o3", "pm10", "pm2_5"]


def hourly(days: Iterable[str], *, sites: Iterable[str] = ("A1", "A2"), **changed: object) -> list[Row]:
    """Hours of some days: 示例数据 that differ by site, day and hour; `changed` puts another value everywhere."""
    base = {"so2": 6, "no2": 30, "co": "0.7", "o3": 90, "pm10": 70}
    return [
        {
            "site": site,
            "time": f"{day}T{hour:02d}:00:00+08:00",
            **base,
            "pm2_5": 30 + (7 * place + hour) % 25,
            **changed,
        }
        for day in days
        for place, site in enumerate(sites)
        for hour in range(24)
    ]


def small(folder: Path, **keys: object) -> Path:
    """A campaign of one plan, two sites and four days of hours: small enough to be built many times."""
    sites = [
        {"site": site, "name": f"示例{site}站", "kind": "air_site", "city": "140100", "city_name": "太原市",
         "roles": "评价点"}
        for site in ("A1", "A2")
    ]  # fmt: skip
    write_rows(folder / "data" / "sites.csv", SITES, sites)
    write_rows(folder / "data" / "hours.csv", HOURLY, hourly(f"2026-05-{day:02d}" for day in range(1, 5)))
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "plans" / "方案.txt").write_text(PLAN, "utf-8")
    feed = {"path": "data/hours.csv", "feed": "canonical-air-wide", "review": "preliminary"}
    given = {"region": "140100", "sample": True, "sites": "data/sites.csv", "feeds": [feed]}
    return write_campaign(folder, **{**given, **keys})
