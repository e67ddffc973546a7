"""`POST /api/what-if`: moves in, the answer beside the unchanged one out; nothing is stored. 情景推演的网络接口。"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from qingce.app.campaign import Campaign
from qingce.app.outlooking.what_if import answer_moves
from qingce.app.output import as_json
from qingce.app.web_review import check_origin
from qingce.catalog import Catalog, load_catalog
from qingce.core.errors import complain
from qingce.publish import Results

__all__ = ["what_if_router"]

MOST_BYTES, MOST_MOVES = 64 * 1024, 200


def what_if_router(campaign: Campaign, built: Callable[[], Results], *, host: str = "127.0.0.1") -> APIRouter:
    """Return the route; `built` gives the last build. The body is `{"moves": […], "chance": true}`."""
    router = APIRouter()

    @cache
    def catalog() -> Catalog:
        return load_catalog(campaign.overlays)

    def answer(moves: list[object], *, chance: bool) -> str:
        return as_json(answer_moves(moves, built(), campaign, catalog=catalog(), chance=chance))

    @router.post("/api/what-if")
    async def ask(request: Request) -> Response:
        check_origin(request, host)
        moves, chance = _wish(await request.body())
        # seconds of computing stay out of the event loop: other pages need not wait for them
        text = await run_in_threadpool(answer, moves, chance=chance)
        return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})

    return router


def _wish(body: bytes) -> tuple[list[object], bool]:
    """Return the moves asked and whether chances are wanted; raises QC620."""
    try:
        given = json.loads(body) if len(body) <= MOST_BYTES else None
    except ValueError:
        given = None
    moves = given.get("moves") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(moves, list) or len(moves) > MOST_MOVES:
        shown = body[:40].decode("utf-8", "replace")
        raise complain("QC620", words={"field": "JSON", "value": shown, "expected": '{"moves": […]}'})
    return moves, given.get("chance", True) is True
