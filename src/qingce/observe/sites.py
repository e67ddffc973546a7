"""Sites and sections from a table with Chinese or English headers. 站点与断面表。"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from qingce.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.tables import SITE
from qingce.observe.ingest import as_rejected
from qingce.observe.registers import Entry, Tell, names_of, read_register, untold

__all__ = ["read_sites"]

_KINDS = ("air_site", "section", "point")


def read_sites(path: Path, *, catalog: Catalog, tell: Tell = untold) -> tuple[pa.Table, pa.Table]:
    """Return the SITE rows and what was refused; raises QC200, QC201, QC202, QC204 for an unfit file."""
    register = read_register(path, "register-sites", catalog=catalog, required=("site",))
    rows = register.rows(lambda entry: _row(entry, catalog), key=("site", "valid_from"))
    for note in register.told():
        tell(note)
    return pa.Table.from_pylist(rows, SITE), as_rejected(register.rejected)


def _row(entry: Entry, catalog: Catalog) -> dict[str, object]:
    site = entry.text("site", required=True)
    city, city_name = entry.region("city" if entry.cells.get("city") else "city_name", catalog)
    county, county_name = entry.region("county" if entry.cells.get("county") else "county_name", catalog, within=city)
    is_section = any(entry.cells.get(name) for name in ("target_class", "water_kind"))
    otherwise = "point" if entry.text("category") else "air_site"
    start, end = entry.day("valid_from"), entry.day("valid_until")
    if start and end and end < start:
        words: dict[str, object] = {"column": "valid_until", "text": end, "expected": f">= {start}"}
        entry.refuse("valid_until", complain("QC216", words=words))
    return {
        "site": site,
        "name": entry.text("name") or site,
        "kind": entry.one_of("kind", _KINDS, default="section" if is_section else otherwise),
        "city": city or None,
        "city_name": entry.text("city_name") or city_name or None,
        "county": county or None,
        "county_name": entry.text("county_name") or county_name or None,
        "lon": entry.number("lon", low=-180, high=180),
        "lat": entry.number("lat", low=-90, high=90),
        "roles": ",".join(names_of(entry.text("roles"))) or None,
        "water_kind": entry.text("water_kind") or None,
        "target_class": entry.whole("target_class", low=1, high=6),
        "upstream": entry.text("upstream") or None,
        "downstream": entry.text("downstream") or None,
        "valid_from": start,
        "valid_until": end,
        "category": entry.text("category") or None,
        "river": entry.text("river") or None,
        "basin": entry.text("basin") or None,
    }
