"""Write the forecasts of the example campaign anew: what came, with the errors two forecasters would make. 示例预报。

    python tools/make_example_forecasts.py BUILT

`BUILT` is a folder of `qingce demo --out BUILT --no-serve`. The file goes into the package beside the example's points:
its days are those of the default seed. Days that are still to come go on from the last week.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

TARGET = Path(__file__).parents[1] / "src/qingce/data/examples/yunze/points/forecast-示例数据.csv"
CITY = "990100"
NAMES = ("pm2_5", "pm10", "o3_8h", "no2")
ISSUERS = {"区域模式（示例）": (1.10, 0.16, 0), "市站会商（示例）": (1.00, 0.11, 12)}
"""Each issuer's bias as a factor, its error a day ahead as a spread of the logarithm, half the range of its index."""
ISSUES, LEADS = 60, 3
HEADER = ["issuer", "site", "made_on", "day", *NAMES, "aqi", "primary", "note"]
SHORT = {"细颗粒物(PM2.5)": "PM2.5", "颗粒物(PM10)": "PM10", "臭氧8小时": "臭氧", ",": "、"}
Row = dict[str, str]


def truth(built: Path) -> dict[date, dict[str, float]]:
    """Return what came in the city, and after its last day the last week going on, a little worse each day."""
    table = pq.read_table(built / "out/results/air_city_days.parquet")
    rows = [row for row in table.to_pylist() if (row["subject"], row["series"]) == (CITY, "measured")]
    days = {row["day"]: {name: float(row[name]) for name in NAMES} for row in rows}
    last = max(days)
    week = [days[last - timedelta(back)] for back in range(7)]
    usual = {name: float(np.mean([day[name] for day in week])) for name in NAMES}
    worse = {"pm2_5": 1.15, "pm10": 1.10, "o3_8h": 0.97, "no2": 1.06}
    return days | {last + timedelta(k): {n: usual[n] * worse[n] ** k for n in NAMES} for k in range(1, LEADS + 1)}


def said(days: dict[date, dict[str, float]]) -> Iterator[Row]:
    """Yield what each issuer said on each of its days: the truth, its bias, and an error that grows with the lead."""
    last = max(days) - timedelta(LEADS)
    for place, (issuer, (bias, spread, _)) in enumerate(ISSUERS.items()):
        chance = np.random.RandomState([20261031, place])
        for back in range(ISSUES - 1, -1, -1):
            made = last - timedelta(back)
            common = chance.standard_normal()
            for lead in range(1, LEADS + 1):
                error = spread * np.sqrt(lead) * (0.8 * common + 0.6 * chance.standard_normal(len(NAMES)))
                came = days[made + timedelta(lead)]
                values = [f"{came[n] * bias * np.exp(error[k]):.0f}" for k, n in enumerate(NAMES)]
                yield {"issuer": issuer, "made_on": f"{made}", "day": f"{made + timedelta(lead)}"} | dict(
                    zip(NAMES, values, strict=True)
                )


def judged(rows: list[Row]) -> dict[str, tuple[str, str]]:
    """Return index and primary pollutant of each row as the edition of its day judges them."""
    with tempfile.TemporaryDirectory() as folder:
        file, found = Path(folder) / "days.csv", Path(folder) / "found.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["site", "time", "so2", "co", *NAMES])
            writer.writerows([f"f{k}", row["day"], 8, 0.7, *(row[n] for n in NAMES)] for k, row in enumerate(rows))
        command = ["qingce", "evaluate", "air", str(file), "--as", "canonical-air-daily", "--by", "site"]
        subprocess.run([*command, "--period", "day", "--out", str(found)], check=True, capture_output=True)
        with found.open(encoding="utf-8-sig", newline="") as stream:
            table = list(csv.DictReader(stream))
    return {row["site"]: (row["aqi"], row["primary"]) for row in table if row["aqi"]}


def main(built: Path) -> None:
    """Write the file."""
    rows = list(said(truth(built)))
    index = judged(rows)
    with TARGET.open("w", encoding="utf-8", newline="\n") as stream:
        writer = csv.DictWriter(stream, HEADER, lineterminator="\n")
        writer.writeheader()
        for k, row in enumerate(rows):
            aqi, primary = index[f"f{k}"]
            for long, short in SHORT.items():
                primary = primary.replace(long, short)
            half = ISSUERS[row["issuer"]][2]
            text = f"{int(aqi) - half}～{int(aqi) + half}" if half else aqi
            writer.writerow(row | {"site": CITY, "aqi": text, "primary": primary, "note": "示例数据"})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
