"""What a block of hours should say, slowly, from a scan of the lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from qingce.core.absence import Review
from qingce.core.blocks import MISSING, HourBlock
from qingce.store.lake import SegmentLake

HOUR = timedelta(hours=1)


def oracle(
    lake: SegmentLake, parameters: Sequence[str], *, start: date, end: date, known_at: datetime | None = None
) -> tuple[list[str], dict[tuple[str, int, str], Decimal], dict[tuple[int, str], int]]:
    """What a block should say, slowly, from a scan: sites, values by (parameter, hour, site), rank by (day, site)."""
    begin = datetime.combine(start, datetime.min.time())
    rows = lake.scan(
        "observation", start=begin, end=datetime.combine(end, datetime.min.time()), known_at=known_at,
        where={"span": "PT1H", "parameter": list(parameters)},
    ).to_pylist()  # fmt: skip
    values: dict[tuple[str, int, str], Decimal] = {}
    ranks: dict[tuple[int, str], int] = {}
    for row in rows:
        hour, rest = divmod(row["time"] - begin, HOUR)
        if rest or row["value"] is None or row["absent"] is not None or row["value"] < 0:
            continue
        values[row["parameter"], hour, row["site"]] = row["value"]
        rank = Review(row["review"]).rank if row["review"] in set(Review) else 0
        ranks[hour // 24, row["site"]] = min(rank, ranks.get((hour // 24, row["site"]), 127))
    return sorted({site for _, _, site in values}), values, ranks


def agree(block: HourBlock, lake: SegmentLake, *, known_at: datetime | None = None) -> None:
    """Hold a block against the oracle, and its shape against what a canonical block is."""
    end = block.start + timedelta(days=block.days)
    sites, values, ranks = oracle(lake, block.parameters, start=block.start, end=end, known_at=known_at)
    assert block.sites == tuple(sites)
    found = {}
    for name, plane, scale in zip(block.parameters, block.planes, block.scales, strict=True):
        assert plane.shape == (24 * block.days, len(sites))
        assert plane.min(initial=MISSING) == MISSING
        for hour, place in zip(*np.nonzero(plane != MISSING), strict=True):
            found[name, int(hour), sites[place]] = Decimal(int(plane[hour, place])) / scale
        told = plane[plane != MISSING]
        assert scale == 1 or (told % 10).any(), "a coarser scale would do"
        widest = next(kind for kind in (np.int16, np.int32, np.int64) if told.max(initial=0) <= np.iinfo(kind).max)
        assert plane.dtype == widest
    assert found == values
    review = {
        (int(day), sites[place]): int(block.review[day, place])
        for day, place in zip(*np.nonzero(block.review != 127), strict=True)
    }
    assert review == ranks
