"""Routes of the review page: decisions, the state of a document, and a new build. 复核的网络接口。

Only a page of this server may ask for a change: the host must be one the server knows itself by, and the origin the
same. A browser names the origin of every request that changes something.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from qingce.app.campaign import Campaign
from qingce.app.deciding import Decision, decide
from qingce.app.output import as_json, error_dict
from qingce.app.rebuilding import Rebuild
from qingce.app.reviewing import ReviewBook, live
from qingce.core.errors import QingceError, complain
from qingce.publish import Results
from qingce.publish.views.review import review
from qingce.store import open_book

__all__ = ["Desk", "check_origin", "review_router"]

_STATUS = {"QC520": HTTPStatus.CONFLICT, "QC523": HTTPStatus.CONFLICT, "QC622": HTTPStatus.FORBIDDEN}
_MOST = 64 * 1024


class Desk:
    """The book behind the review page, opened once when first asked for."""

    def __init__(self, campaign: Campaign, built: Callable[[], Results]) -> None:
        self._campaign = campaign
        self._built = built
        self._lock = threading.Lock()
        self._book: ReviewBook | None = None
        self.rebuild = Rebuild(campaign.folder)

    @contextmanager
    def book(self) -> Iterator[ReviewBook]:
        """Give the book."""
        with self._lock:
            if self._book is None:
                self._book = open_book(self._campaign.book)
        yield self._book

    def results(self) -> Results:
        """Return the last build with the decisions as they stand now."""
        with self.book() as book:
            return live(self._built(), book)

    @staticmethod
    def shows(path: str) -> bool:
        """Whether a page shows decisions as they stand now."""
        return path.removeprefix("en/").startswith("review/")

    def close(self) -> None:
        """Release the book."""
        with self._lock:
            if self._book is not None:
                self._book.close()
                self._book = None


def review_router(desk: Desk, *, host: str = "127.0.0.1") -> APIRouter:
    """Return the routes; every answer and error is JSON."""
    router = APIRouter()

    @router.post("/review/{document}")
    async def act(document: str, request: Request) -> Response:
        try:
            check_origin(request, host)
            wish = await _wish(request, document)
            with desk.book() as book:
                key = decide(book, desk.results(), wish)
            return _answer({"ok": True, "key": key, **_state(desk, document, key)})
        except QingceError as error:
            key = str(getattr(error, "words", {}).get("key", ""))
            return refusal(error, _state(desk, document, key) if error.code in {"QC520", "QC523"} else {})

    @router.post("/rebuild")
    def rebuild(request: Request) -> Response:
        try:
            check_origin(request, host)
            return _answer({"ok": True, **desk.rebuild.start()})
        except QingceError as error:
            return refusal(error, desk.rebuild.state())

    @router.get("/rebuild")
    @router.get("/rebuild.json")
    def rebuilding() -> Response:
        return _answer({"ok": True, **desk.rebuild.state()})

    return router


def check_origin(request: Request, host: str = "127.0.0.1") -> None:
    """Refuse what another site's page asks for, also when its name was made to lead here; raises QC622."""
    named = urlsplit(f"//{request.headers.get('host', '')}")
    origin = request.headers.get("origin", "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    known = _is_address(named.hostname or "") or named.hostname in {"localhost", host}
    same = not origin or urlsplit(origin).netloc == named.netloc
    if not (known and same and site in {"same-origin", "none"}):
        raise complain("QC622", words={"origin": origin or site})
    if request.method == "POST" and request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise complain("QC622", words={"origin": request.headers.get("content-type") or "content-type"})


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


async def _wish(request: Request, document: str) -> Decision:
    body = await request.body()
    given = _parsed(body) if len(body) <= _MOST else None
    if not isinstance(given, dict) or not isinstance(given.get("fields", {}), dict):
        shown = body[:40].decode("utf-8", "replace")
        raise complain("QC620", words={"field": "JSON", "value": shown, "expected": "{…}"})
    numbers = {name: given.get(name) for name in ("version", "start", "end")}
    for name, number in numbers.items():
        if number is not None and type(number) is not int:
            raise complain("QC620", words={"field": name, "value": number, "expected": "整数 a whole number"})
    return Decision(
        key=str(given.get("key", "")),
        verdict=str(given.get("verdict", "")),
        who=str(given.get("who", ""))[:40],
        why=str(given.get("why", ""))[:500],
        version=numbers["version"] or 0,
        fields=given.get("fields", {}),
        document=document,
        start=numbers["start"] or 0,
        end=numbers["end"] or 0,
    )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _state(desk: Desk, document: str, key: str) -> dict[str, object]:
    """The row of a key as it stands now, and how much is confirmed."""
    view = review(desk.results(), document)
    rows = [*view["targets"], *view["lost"]]  # type: ignore[misc]
    return {"row": next((row for row in rows if row["key"] == key), None), "counts": view["counts"]}


def refusal(error: QingceError, more: dict[str, object]) -> Response:
    """Return an error in the one shape of errors, with what stands now beside it."""
    status = _STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    return Response(as_json(error_dict(error) | more), status_code=status, media_type="application/json")


def _answer(body: dict[str, object]) -> Response:
    return Response(as_json(body), media_type="application/json", headers={"Cache-Control": "no-store"})
