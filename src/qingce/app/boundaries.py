"""Outlines of regions for the map: a GeoJSON file of the campaign. 行政区边界。"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from qingce.core.errors import QingceError, complain

__all__ = ["read_boundaries"]

_CODES = ("adcode", "code")
_DEPTH = {"Polygon": 1, "MultiPolygon": 2}
_RING = 4
_MOST = (180, 90)
"""Degrees of longitude and latitude."""


def read_boundaries(path: Path, codes: Collection[str]) -> dict[str, str]:
    """Return the outline of each of the codes that the file draws, as GeoJSON text; raises QC612.

    A feature is known by its property `adcode` or `code`; features of other places are passed over unread. The file
    must draw at least one of the codes.
    """
    found: dict[str, str] = {}
    for number, feature in enumerate(_features(path), 1):
        code = _code(feature, f"{path}#{number}")
        if code not in codes:
            continue
        place = f"{path}#{number}（{code}）"
        if code in found:
            raise _broken(place, f"代码 {code} 出现两次 the code is given twice")
        found[code] = json.dumps(_geometry(feature, place), ensure_ascii=False, separators=(",", ":"))
    if not found:
        wanted = "、".join(sorted(codes)[:8])
        raise _broken(str(path), f"没有 {wanted} 中任何一个的边界 none of these codes is drawn")
    return found


def _features(path: Path) -> list[Mapping[str, object]]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _broken(str(path), "不是 UTF-8 not UTF-8") from error
    except json.JSONDecodeError as error:
        raise _broken(f"{path}:{error.lineno}", f"不是 JSON not JSON: {error.msg}") from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or content.get("type") != "FeatureCollection":
        raise _broken(str(path), "不是 FeatureCollection not a FeatureCollection")
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, dict):
            raise _broken(f"{path}#{number}", "不是 Feature not a Feature")
    return features


def _code(feature: Mapping[str, object], place: str) -> str:
    """The code of a feature; empty where it bears none (a boundary line)."""
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise _broken(place, "没有 properties no properties")
    return next((str(properties[key]).strip() for key in _CODES if properties.get(key)), "")


def _geometry(feature: Mapping[str, object], place: str) -> Mapping[str, object]:
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in _DEPTH:
        raise _broken(place, f"几何类型 {kind} 应为 Polygon 或 MultiPolygon must be Polygon or MultiPolygon")
    _check_rings(geometry.get("coordinates"), _DEPTH[str(kind)], place)
    return {"type": kind, "coordinates": geometry["coordinates"]}


def _check_rings(part: object, depth: int, place: str) -> None:
    """Refuse what is no closed ring of longitudes and latitudes, `depth` lists down."""
    if not isinstance(part, list) or not part:
        raise _broken(place, "坐标是空的 no coordinates")
    if depth:
        for inner in part:
            _check_rings(inner, depth - 1, place)
        return
    for point in part:
        if not _is_place(point):
            raise _broken(place, f"坐标 {point} 不是经纬度 not longitude and latitude in degrees")
    if len(part) < _RING or part[0] != part[-1]:
        raise _broken(place, "环没有闭合 a ring is not closed")


def _is_place(point: object) -> bool:
    if not isinstance(point, list) or len(point) not in (2, 3):
        return False
    return all(
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= most
        for value, most in zip(point, _MOST, strict=False)
    )


def _broken(place: str, reason: str) -> QingceError:
    return complain("QC612", place, {"reason": reason})
