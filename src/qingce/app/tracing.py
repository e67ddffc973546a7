"""`qingce why`: from a built campaign. 溯源。"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from qingce.app.campaign import read_campaign
from qingce.catalog import load_catalog
from qingce.core.errors import complain
from qingce.core.periods import last_day_of
from qingce.publish import read_results
from qingce.store import open_lake
from qingce.thread import Why, cited_then, why

__all__ = ["explain", "flagged"]

LOCAL = timedelta(hours=8)
"""Local standard time is ahead of UTC, in which the lake keeps known time."""


def explain(identifier: str, folder: Path, *, known_at: str) -> Why:
    """Walk from an id both ways; raises QC601, QC605, QC4xx for an unknown id."""
    campaign = read_campaign(folder)
    if not (campaign.out / "run.json").exists():
        raise complain("QC605", words={"folder": folder})
    then = datetime.combine(last_day_of(known_at), datetime.max.time()) - LOCAL if known_at else None
    catalog = load_catalog(campaign.overlays)
    lake = open_lake(campaign.lake)
    try:
        return why(identifier, read_results(campaign.out).tables, lake=lake, known_at=then, catalog=catalog)
    finally:
        lake.close()


def flagged(identifier: str, cited: str, folder: Path) -> list[dict[str, object]]:
    """Say whether a number that a letter cited still holds: nothing, or what to correct; raises QC405, QC606."""
    try:
        number = Decimal(cited)
    except InvalidOperation as error:
        raise complain("QC606", words={"value": cited, "allowed": "数字 a number, 101"}) from error
    found = cited_then([(identifier, number)], read_results(read_campaign(folder).out).tables)
    return [{"id": flag.id, "cited": flag.cited, "current": flag.current, "text": flag.text} for flag in found]
