"""From printed names of places to the keys of sites and regions. 站点与行政区。"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

__all__ = ["Places", "named_places", "region_of"]


class Places(NamedTuple):
    """Distinct places: their keys, and what is wrong with some of them."""

    keys: list[str]
    faults: dict[int, QingceError]
    codes: NDArray[np.int32]


def named_places(
    names: Sequence[pa.Array], rule: SiteRule, *, regions: Regions, day: date | None, known: Collection[str] | None
) -> Places:
    """Resolve the places named by each row (or column); faults are QC210, QC211, QC215 by distinct place."""
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


def _key(text: str, rule: SiteRule, *, regions: Regions, day: date | None, known: Collection[str] | None) -> str:
    parts = text.split(rule.joined) if len(rule.columns) > 1 else [text]
    if not all(part.strip() for part in parts):
        raise complain("QC215", words={"column": rule.columns[0][0]})
    key = text
    if rule.kind == "region":
        key = region_of(text, regions=regions, day=day, levels=rule.levels).code
    if known is not None and key not in known:
        raise complain("QC210", words={"text": text})
    return key
