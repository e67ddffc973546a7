"""`qingce read --assist`: what a model on the intranet proposes, beside what was read. 模型辅助。"""

from __future__ import annotations

from collections.abc import Sequence

from qingce.catalog import Catalog, load_catalog
from qingce.core.records import Reading
from qingce.plans.assist import assist
from qingce.plans.endpoint import Endpoint

__all__ = ["assisted"]


def assisted(
    readings: Sequence[Reading], url: str, *, model: str, catalog: Catalog | None = None
) -> tuple[list[Reading], list[str]]:
    """Return the readings with the proposals that count, and what has to be told of them; raises QC310."""
    endpoint, chosen = Endpoint(url, model), catalog or load_catalog()
    found, notes = [], [f"文件文字发往 the text goes to {url}"]
    for reading in readings:
        answer = assist(reading, chosen, endpoint)
        found.append(answer.reading)
        notes.append(f"{reading.document.title}：模型提出 {len(answer.accepted)} 条待复核 proposals to be reviewed")
        notes += answer.notes
    return found, notes
