"""What the map draws: regions as polygons, sites as points with their last judged level. 地图数据。"""

from __future__ import annotations

import json

from qingce.publish.results import Results
from qingce.publish.rows import View, cell, newest, plain, review_label, split

__all__ = ["points", "regions"]


def points(results: Results) -> list[View]:
    """Every site with a place on the ground and the last judged value we hold of it."""
    where: View = {"series": "measured"}
    air = {} if not results["air_site_days"].num_rows else _last_days(results, where)
    water = newest(results, "water_months", key="section", order="period", where={}) if _has_water(results) else {}
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


def _last_days(results: Results, where: View) -> dict[str, View]:
    columns = ["subject", "day", "aqi", "level", "review"]
    rows = [row for row in results.rows("air_site_days", columns=columns, where=where) if row["level"] is not None]
    rows.sort(key=lambda row: str(row["day"]))
    return {str(row["subject"]): {name: cell(value) for name, value in row.items()} for row in rows}


def _has_water(results: Results) -> bool:
    return bool(results["water_months"].num_rows)


def regions(results: Results) -> View:
    """Region outlines as GeoJSON; of no features when the results bring none."""
    features = []
    for row in results.rows("regions"):
        if row["geometry"]:
            properties = plain(row, "code", "name", "level")
            geometry = json.loads(str(row["geometry"]))
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}
