"""`qingce ingest`: one source into a lake. 入湖。"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa

from qingce.app.intake import Intake, Taken, feed_named, fingerprint
from qingce.catalog import Catalog, load_catalog
from qingce.catalog.feeds import recipe_of
from qingce.core.absence import Review
from qingce.core.errors import complain
from qingce.core.records import Feed
from qingce.observe import ingest, read_forecasts
from qingce.store import open_book, open_lake

__all__ = ["ingest_into", "reader"]

HORIZON = "horizon"
"""What a feed of forecasts declares among its words: how many days ahead it may speak of."""
Read = tuple[str, pa.Table, pa.Table, tuple[str, ...]]


def reader(
    source: Path, feed: Feed, *, catalog: Catalog, review: str | None, known: Collection[str] | None = None
) -> Read:
    """Read observations as an `Intake` asks for them, or forecasts of a feed that declares a horizon.

    `known` are the places that forecasts may be about; without it any place is taken.
    """
    if HORIZON in recipe_of(feed).words:
        notes: list[str] = []
        rows, rejected = read_forecasts(source, feed=feed, catalog=catalog, known=known, tell=notes.append)
        return "forecast", rows, rejected, tuple(notes)
    found = ingest(source, feed=feed, catalog=catalog, review=review)
    return "observation", found.observations, found.rejected, found.notes


def ingest_into(source: Path, feed: str, *, lake: Path, review: str | None) -> tuple[Taken, list[dict[str, object]]]:
    """Take a source into the lake at `lake`; raises QC608, QC110, QC606, QC2xx, QC5xx."""
    if not source.exists():
        raise complain("QC608", words={"name": source})
    if review is not None and review not in set(Review):
        raise complain("QC606", words={"value": review, "allowed": ", ".join(Review)})
    catalog = load_catalog()
    described = feed_named(catalog, feed)
    store, book = open_lake(lake), open_book(str(lake.parent / "book.sqlite"))
    try:
        intake = Intake(store, book, lake.parent / "intake")
        key = fingerprint(source, feed, review or "")
        taken = intake.take(source, key, lambda: reader(source, described, catalog=catalog, review=review))
        return taken, intake.rejected_of(key)
    finally:
        store.close()
        book.close()
