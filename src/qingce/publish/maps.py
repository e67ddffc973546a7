"""What the map draws: regions as polygons, sites as points with their last judged level. 地图数据。"""

from __future__ import annotations

import json

import pyarrow.compute as pc

from qingce.publish.results import Results
from qingce.publish.rows import View, newest, plain, review_label, split

__all__ = ["points", "regions"]


def points(results: Results) -> list[View]:
    """Every site with a place on the ground and the last judged value we hold of it."""
    days, months = results.pick("air_site_days", {"series": "measured"}), results["water_months"]
    if days.num_rows:
        days = days.filter(pc.is_valid(days["level"]))
    air = newest(days, ("subject", "day", "aqi", "level", "review"), key="subject", order="day")
    water = newest(months, ("section", "period", "class", "review"), key="section", order="period")
    found = []
    for row in results.rows("sites"):
        if row["lon"] is None or row["lat"] is None:
            continue
        name = str(row["site"])
        day, month = air.get(name), water.get(name)
        last = None
        if day is not None:
            last = {
                "scale": "aqi",
                "when": day["day"],
                "value": day["aqi"],
                "level": day["level"],
                "review": review_label(day["review"]),
            }
        elif month is not None:
            scale = {"scale": "water_class", "when": month["period"], "value": None, "level": month["class"]}
            last = {**scale, "review": review_label(month.get("review"))}
        known = plain(row, "site", "name", "kind", "city_name", "county_name", "target_class")
        found.append({**known, "roles": split(row["roles"]), "lon": row["lon"], "lat": row["lat"], "last": last})
    return found


def regions(results: Results) -> View:
    """Region outlines as GeoJSON; of no features when the results bring none."""
    features = []
    for row in results.rows("regions"):
        if row["geometry"]:
            properties = plain(row, "code", "name", "level")
            geometry = json.loads(str(row["geometry"]))
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}
