"""Which model speaks: the one that did best in the back-test for that statistic and month of issue. 选用模型。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from qingce.catalog.outlooks import OutlookModel, Skill

__all__ = ["Score", "best", "own_scores"]


@dataclass(frozen=True, slots=True)
class Score:
    """What the back-test says of one model: continuous ranked probability score (less is better) and Brier score."""

    crps: float
    brier: float
    own: bool


def own_scores(table: pa.Table | None) -> dict[tuple[str, str, int], Score]:
    """Read a campaign's own back-test (BACKTEST): (indicator, model, month) → score."""
    rows = [] if table is None else table.to_pylist()
    return {
        (row["indicator_id"], row["model"], row["month"]): Score(row["crps"], row["brier"] or 0.0, True)
        for row in rows
        if row["crps"] is not None
    }


def best(
    models: Sequence[OutlookModel],
    own: dict[tuple[str, str, int], Score],
    packaged: Sequence[Skill],
    *,
    indicator: str,
    kind: str,
    month: int,
) -> tuple[str, dict[str, Score]]:
    """Return the id of the model with the least score and every model's score.

    The campaign's own back-test of the indicator stands before the packaged one of the kind of statistic; where
    neither knows any, the last declared model that draws more than one future speaks.
    """
    scores = {model.id: own[indicator, model.id, month] for model in models if (indicator, model.id, month) in own}
    if not scores:
        near = sorted(packaged, key=lambda row: abs(row.month - month), reverse=True)
        scores = {row.model: Score(row.crps, row.brier, False) for row in near if row.kind == kind}
        scores = {name: score for name, score in scores.items() if any(model.id == name for model in models)}
    if scores:
        return min(scores, key=lambda name: scores[name].crps), scores
    spoken = [model.id for model in models if "members" in model.options] or [model.id for model in models]
    return (spoken[0] if spoken else ""), {}
