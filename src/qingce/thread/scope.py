"""Where a target counts: the printed scope as region codes or a list of sections. 范围。"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qingce.catalog.catalog import Catalog
from qingce.core.records import Region

__all__ = ["Scope", "resolve_scope"]

_WHOLE = re.compile(r"(?:全|本|我)(?:省|市|区|县|域|州|盟|旗)(?:域|区)?|市域|市区|城区|(?:城市)?建成区|中心城区|主城区")
_CITIES = re.compile(r"(?:全省|全区|各|每个|所有)*(?:设区(?:的)?(?:市|城市)|地级及?以上城市|地级市|市（州）|市州|市)")
_COUNTIES = re.compile(r"(?:全市|各|每个|所有)*(?:县(?:市区|区|市、区)?|区县|县（市、区）|县（区）|县级城市|旗县区?)")
_EACH = re.compile(r"各|每个|所有|均")
_ROLES = re.compile(r"((?:[国省市县][、，和及]?)+)[考控](?:核|制)?(?:考核)?(?:地表水|地下水)?(?:断面|点位|监测)")
_WATERS = re.compile(r"([一-龥]{1,8})(?:干流|支流|流域|水系)")
_ANY_WATER = re.compile(r"(?:主要|重点|各|所有|全|本|跨界|境内|小|大|[省市县区])$")
"""What stands before rivers or basins in general, where no single one is named."""
_GENERAL = ("", "断面", "地表水")
_LEVELS = ("province", "city", "county")

Site = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a target is judged on. `kind`: region | regions (their mean) | each (every one) | sections."""

    code: str
    name: str
    kind: str
    subjects: tuple[str, ...]
    names: tuple[str, ...]
    why: str = ""

    @property
    def whole(self) -> str:
        """The kind of region that all subjects together are: 省, 市."""
        return "省" if self.code.endswith("0000") else "市"

    @property
    def noun(self) -> str:
        """What the subjects are called when counted."""
        return "断面" if self.kind == "sections" else "市" if self.code.endswith("0000") else "县（区）"


def resolve_scope(
    printed: str,
    *,
    region: str,
    medium: str,
    catalog: Catalog,
    sites: Sequence[Site] = (),
    quote: str = "",
    subject: str = "",
    named: bool = False,
) -> Scope | None:
    """Return what a printed scope means within a region, None where no region or section answers to it.

    An empty scope is the whole region; the air of a province is that of its cities. `medium` water is judged on
    sections: of the river, basin or place in the water (入黄, 出境) that scope or `subject`, the printed indicator,
    names; with `named` only on those that scope or quote name or give the level of. Raises QC110 for an unknown region.
    """
    home = catalog.regions.get(region)
    words = re.sub(r"\s", "", printed)
    if medium.endswith("water"):
        near = _near(home, catalog, sites)
        said = " ".join((words, re.sub(r"\s", "", subject)))
        of_water = None if any(_stem(site["name"]) in said for site in near) else _of_water(said, near)
        return of_water.scope if of_water else _sections(words, home, near=near, quote=quote, named=named)
    if not words or _WHOLE.fullmatch(words) or words in (home.name, home.code):
        return _whole(home, medium=medium, catalog=catalog)
    for pattern, level in ((_CITIES, "city"), (_COUNTIES, "county")):
        if pattern.fullmatch(words):
            return _children(words, home, level=level, catalog=catalog)
    listed = _named(words, home, catalog)
    if len(listed) == 1:
        return Scope(listed[0].code, listed[0].name, "region", (listed[0].code,), (listed[0].name,), "按名称")
    if listed:
        return _several("regions", home, listed, why="按名称")
    return _whole(home, medium=medium, catalog=catalog) if _WHOLE.match(words) else None


def _whole(home: Region, *, medium: str, catalog: Catalog) -> Scope:
    """Return a whole region; the air of a province is the mean of its cities'."""
    cities = [row for row in _under(home.code, catalog) if row.level == "city"]
    if medium == "air" and home.level == "province" and cities:
        return _several("regions", home, cities, why=f"{home.name}以所辖{len(cities)}个市平均计")
    return Scope(home.code, home.name, "region", (home.code,), (home.name,), "计划所在行政区")


def _children(words: str, home: Region, *, level: str, catalog: Catalog) -> Scope:
    if _LEVELS.index(home.level) >= _LEVELS.index(level):
        return Scope(home.code, home.name, "region", (home.code,), (home.name,), "计划所在行政区即其范围")
    below = [row for row in _under(home.code, catalog) if row.level == level]
    if not below:
        return Scope(home.code, home.name, "region", (home.code,), (home.name,), "行政区无下级")
    kind = "each" if _EACH.search(words) or level == "county" else "regions"
    return _several(kind, home, below, why=f"{home.name}所辖{len(below)}个")


def _several(kind: str, home: Region, rows: Sequence[Region], *, why: str) -> Scope:
    codes, names = tuple(row.code for row in rows), tuple(row.name for row in rows)
    label = (
        f"{home.name}{len(rows)}个{'市' if rows[0].level == 'city' else '县（区）'}"
        if len(rows) > 3
        else "、".join(names)
    )
    return Scope(home.code, label, kind, codes, names, why)


def _under(code: str, catalog: Catalog) -> Iterable[Region]:
    for row in catalog.regions.children(code):
        yield row
        yield from _under(row.code, catalog)


def _named(words: str, home: Region, catalog: Catalog) -> list[Region]:
    """Regions listed by name below the plan's region: every name must answer, to one region each."""
    listed = [part for part in re.split(r"[、,，和及与]", re.sub(r"等.*$", "", words)) if part]
    found = [catalog.regions.find(part, within=home.code) for part in listed]
    return [rows[0] for rows in found] if all(len(rows) == 1 for rows in found) else []


def _near(home: Region, catalog: Catalog, sites: Sequence[Site]) -> list[Site]:
    """Return the sections of a region."""
    below = {home.code, *(row.code for row in _under(home.code, catalog))}
    return [site for site in sites if site["kind"] == "section" and {site["city"], site["county"]} & below]


@dataclass(frozen=True, slots=True)
class _OfWater:
    """What words that name a water come to: a scope, or none where no section is of that water."""

    scope: Scope | None


def _of_water(words: str, near: Sequence[Site]) -> _OfWater | None:
    """Sections of the river or basin that the words name, and of their place in it; None where they name neither."""
    known = [site for site in near if site.get("river") or site.get("basin")]
    waters = _named_waters(words, known)
    places = [role for role in _roles(near) if role in words]
    if not waters and not places:
        unknown = any(not _ANY_WATER.search(found[1]) for found in _WATERS.finditer(words))
        return _OfWater(None) if known and unknown else None
    chosen = [site for site in known if {site.get("river"), site.get("basin")} & set(waters)] if waters else near
    for role in (*places, *_grades(words)):
        chosen = [site for site in chosen if role in str(site["roles"] or "").split(",")]
    if not chosen:
        return _OfWater(None)
    label = "、".join(waters) + "、".join([*places, *_grades(words)]) + "断面"
    code = "+".join(str(site["site"]) for site in chosen)
    return _OfWater(_section_scope(code, chosen, "按河流、流域", name=label))


def _named_waters(words: str, known: Sequence[Site]) -> list[str]:
    """Return the rivers and basins that the words name, the longest first; a tributary or basin is not its river."""
    rivers, basins = ({str(site.get(name) or "") for site in known} - {""} for name in ("river", "basin"))
    found, rest = [], words
    for name in sorted(rivers | basins, key=lambda name: (-len(name), name)):
        stem = re.sub(r"(?:干流|流域|水系)$", "", name)
        after = [r"(?:流域|水系)"] if name in basins else []
        after += [r"(?!支流|流域|水系)"] if name in rivers else []
        pattern = re.compile(f"{re.escape(stem)}(?:{'|'.join(after)})")
        if len(stem) > 1 and pattern.search(rest):
            found.append(name)
            rest = pattern.sub(" ", rest)
    return found


def _roles(near: Sequence[Site]) -> list[str]:
    """Return the roles of sections that tell a place, not a level: 入黄, 出境."""
    told = dict.fromkeys(role for site in near for role in str(site["roles"] or "").split(","))
    return [role for role in told if len(role) > 1 and not role.endswith(("考", "控"))]


def _grades(words: str) -> list[str]:
    """Return the levels of assessment that words give, as roles: 国考, 省考."""
    return sorted({f"{one}考" for group in _ROLES.findall(words) for one in group if one > "一"})


def _sections(words: str, home: Region, *, near: Sequence[Site], quote: str, named: bool) -> Scope | None:
    """Sections of the region: those named in the scope, or those of its roles, or all that are assessed."""
    listed = [site for site in near if _stem(site["name"]) in words or site["site"] == words]
    listed = listed or [site for site in near if len(_stem(site["name"])) > 1 and _stem(site["name"]) in quote]
    if listed:
        code = listed[0]["site"] if len(listed) == 1 else "+".join(str(site["site"]) for site in listed)
        return _section_scope(str(code), listed, "按断面名称")
    roles = _grades(words) or _grades(quote)
    chosen = [site for site in near if not roles or set(roles) & set(str(site["roles"] or "").split(","))]
    wide = (
        _WHOLE.match(words),
        _CITIES.fullmatch(words),
        _COUNTIES.fullmatch(words),
        words in _GENERAL,
        words == home.name,
    )
    if not chosen or not (roles or (any(wide) and not named)):
        return None
    label = f"{home.name}{'、'.join(roles) or '考核'}断面"
    return _section_scope(f"{home.code}~{'+'.join(roles)}" if roles else home.code, chosen, "按断面级别", name=label)


def _section_scope(code: str, sites: Sequence[Site], why: str, *, name: str = "") -> Scope:
    names = tuple(str(site["name"]) for site in sites)
    return Scope(code, name or "、".join(names), "sections", tuple(str(s["site"]) for s in sites), names, why)


def _stem(name: object) -> str:
    return re.sub(r"（.*?）|\(.*?\)|断面$", "", str(name))
