"""From printed names of places to the keys of sites and regions. 站点与行政区。"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qingce.catalog.feeds import SiteRule
from qingce.catalog.regions import Regions
from qingce.core.errors import QingceError, complain
from qingce.core.records import Region
from qingce.core.tables import SITE

__all__ = ["Named", "Places", "named_by", "named_places", "named_sites", "region_of"]

_REGIONS = "region"
Lookup = Callable[[], Regions]
_SITE_KINDS: Mapping[str, str] = {"air": "air_site", "water": "section"}


class Places(NamedTuple):
    """Distinct places: their keys, and what is wrong with some of them."""

    keys: list[str]
    faults: dict[int, QingceError]
    codes: NDArray[np.int32]


class Named(NamedTuple):
    """A site as a file itself names it; `city` is printed there as a code or a name."""

    site: str
    name: str
    city: str
    city_name: str
    category: str = ""


def named_places(
    names: Sequence[pa.Array],
    rule: SiteRule,
    *,
    regions: Callable[[], Regions],
    day: date | None,
    known: Collection[str] | None,
) -> Places:
    """Resolve the places named by each row (or column); faults are QC210, QC211, QC215 by distinct place.

    `regions` is asked only by a feed whose places are regions: reading them takes longer than a small file.
    """
    parts = [pc.fill_null(name.cast(pa.string()), "") for name in names]
    if not rule.verbatim:
        parts = [pc.utf8_trim_whitespace(part) for part in parts]
    joined = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, rule.joined)
    encoded = joined.dictionary_encode()
    keys: list[str] = []
    faults: dict[int, QingceError] = {}
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            keys.append(_key(text, rule, regions=regions, day=day, known=known))
        except QingceError as error:
            keys.append(text)
            faults[place] = error
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return Places(keys, faults, codes)


def region_of(text: str, *, regions: Regions, day: date | None = None, levels: Sequence[str] = ()) -> Region:
    """Return the region that a code or name means; the first level with one answer decides. Raises QC211."""
    plain = text.strip()
    if plain.isdigit() and plain in regions:
        return regions.get(plain)
    found = (regions.find(plain, day=day) if day else ()) or regions.find(plain)
    for level in levels:
        here = [row for row in found if row.level == level]
        if len({row.code for row in here}) == 1:
            return here[-1]
        if here:
            found = tuple(here)
            break
    if len({row.code for row in found}) == 1:
        return found[-1]
    several = "、".join(f"{row.code} {row.name}" for row in found[:6]) or "没有 none"
    raise complain("QC211", words={"text": text, "found": several})


def named_by(
    columns: Sequence[pa.Array | None], places: Places, rule: SiteRule, *, regions: Callable[[], Regions]
) -> list[Named]:
    """Return the sites whose city or category the rows tell, in the order met.

    `columns` are name, city, city name and category.

    A feed of regions names each of its places by itself.
    """
    used = dict.fromkeys(code for code in places.codes.tolist() if code not in places.faults)
    if rule.kind == _REGIONS:
        names = {code: regions().get(places.keys[code]).name for code in used}
        return [Named(places.keys[code], name, places.keys[code], name) for code, name in names.items()]
    if all(column is None for column in columns[1:]):
        return []
    codes = pa.array(places.codes, pa.int32())
    texts = [_trimmed(column, len(codes)) for column in columns]
    rows = pa.table([codes, *texts], names=["place", "name", "city", "city_name", "category"])
    found: dict[Named, None] = {}
    for row in rows.take(_first_of_each(codes, texts)).to_pylist():
        city = row["city"] or row["city_name"]
        if (city or row["category"]) and row["place"] in used:
            site = places.keys[row["place"]]
            told = row["city_name"] or _city_name(city, regions)
            found[Named(site, row["name"] or site, city, told, row["category"])] = None
    return list(found)


def _first_of_each(codes: pa.Array, texts: Sequence[pa.Array]) -> NDArray[np.int64]:
    """Return the rows that tell something not told before, in order (grouping would load a library of its own)."""
    for text in texts:
        words = text.dictionary_encode()
        both = pc.add(pc.multiply(codes.cast(pa.int64()), len(words.dictionary)), words.indices)
        codes = both.dictionary_encode().indices  # numbered as met
    return np.flatnonzero(np.diff(np.maximum.accumulate(codes.to_numpy()), prepend=-1))


def _city_name(city: str, regions: Lookup) -> str:
    """What a city is called: of a region's code its name, else the city as told (no regions are read for that)."""
    return regions().get(city).name if city.isdigit() and city in regions() else city


def named_sites(found: Iterable[Named], *, medium: str, roles: str) -> tuple[pa.Table, list[str]]:
    """Return SITE rows, one a site, and a note of each site told to lie in several cities (the first counts)."""
    first: dict[str, Named] = {}
    several: dict[str, dict[str, None]] = {}
    for place in found:
        first.setdefault(place.site, place)
        several.setdefault(place.site, {})[place.city] = None
    rows = [
        {name: cell or None for name, cell in place._asdict().items()}
        | {"kind": "point" if place.category else _SITE_KINDS.get(medium), "roles": roles or None}
        for _, place in sorted(first.items())
    ]  # fmt: skip
    columns = {name: [row.get(name) for row in rows] for name in SITE.names}
    notes = [
        f"{site} 写在几个城市名下，按先出现的计：{'、'.join(cities)} site named under several cities; the first counts"
        for site, cities in several.items()
        if len(cities) > 1
    ]
    return pa.table(columns, schema=SITE), notes


def _trimmed(column: pa.Array | None, size: int) -> pa.Array:
    if column is None:
        return pa.repeat("", size)
    return pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))


def _key(
    text: str, rule: SiteRule, *, regions: Callable[[], Regions], day: date | None, known: Collection[str] | None
) -> str:
    parts = text.split(rule.joined) if len(rule.columns) > 1 else [text]
    if not all(part.strip() for part in parts):
        raise complain("QC215", words={"column": rule.columns[0][0]})
    key = text
    if rule.kind == "region":
        key = region_of(text, regions=regions(), day=day, levels=rule.levels).code
    if known is not None and key not in known:
        raise complain("QC210", words={"text": text})
    return key
