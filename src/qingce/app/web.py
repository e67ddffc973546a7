"""The served site: the same pages as the static one, made on demand, and older hours from the lake. 在线站点。"""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pyarrow as pa
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from qingce.app.campaign import Campaign
from qingce.app.judging.judged import AS_RECEIVED, SHORT
from qingce.app.outlooking.web import what_if_router
from qingce.app.output import as_json, error_dict
from qingce.app.web_review import Desk, review_router
from qingce.core.errors import QingceError, complain
from qingce.core.periods import parse_period
from qingce.publish import ASSETS, Results, read_results, render, render_error
from qingce.store import open_lake

__all__ = ["make_app"]

DOWNLOADS = {".xlsx", ".docx"}
_HOURS = re.compile(r"(?:en/)?hours/(?P<site>[^/]+)/(?P<month>\d{4}-\d{2})\.(?:html|json)")


class Shelf:
    """Holds the results last built; reads them again when a new build has finished."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._lock = threading.Lock()
        self._stamp = -1
        self._results: Results | None = None

    def results(self) -> Results:
        """Return the newest results; raises QC605 before the first build."""
        run = self._campaign.out / "run.json"  # a build puts it there last, and never takes it away
        if not run.exists():
            raise complain("QC605", words={"folder": self._campaign.folder})
        stamp = run.stat().st_mtime_ns
        with self._lock:
            if self._results is None or stamp != self._stamp:
                self._results, self._stamp = read_results(self._campaign.out), stamp
            return self._results

    def for_page(self, path: str) -> Results:
        """Return the results; for a page of hours with the hours of that month from the lake."""
        results, match = self.results(), _HOURS.fullmatch(path)
        return results.with_tables({"hours": self._hours(match["site"], match["month"])}) if match else results

    def _hours(self, site: str, month: str) -> pa.Table:
        period = parse_period(month)
        lake = open_lake(self._campaign.lake)
        try:
            return lake.scan(
                "observation",
                columns=AS_RECEIVED,
                where={"site": site, "span": list(SHORT)},
                start=datetime.combine(period.start, datetime.min.time()),
                end=datetime.combine(period.end + timedelta(1), datetime.min.time()),
            )
        finally:
            lake.close()


def make_app(campaign: Campaign, *, host: str = "127.0.0.1") -> FastAPI:
    """Return the web application of a campaign folder; `host` is the name it is served under."""
    app = FastAPI(title="qingce 青策", docs_url=None, redoc_url=None, openapi_url=None)
    shelf = Shelf(campaign)
    desk = Desk(campaign, shelf.results)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")

    @app.exception_handler(QingceError)
    def numbered(request: Request, error: QingceError) -> Response:
        return _told(request, error, shelf=shelf, language=campaign.language)

    app.include_router(review_router(desk, host=host))
    app.include_router(what_if_router(campaign, shelf.results, host=host))

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"ok": True})

    @app.get("/")
    def home(request: Request) -> RedirectResponse:
        return RedirectResponse("/en/index.html" if _prefers_english(request) else "/index.html")

    @app.get("/out/{name:path}")
    @app.get("/en/out/{name:path}")
    def download(name: str) -> Response:
        return _download(campaign.out, name)

    @app.get("/{path:path}")
    def page(path: str, request: Request) -> Response:
        asked = dict(request.query_params)
        language = asked.get("lang", campaign.language)
        results = desk.results() if desk.shows(path) else shelf.for_page(path)
        body, kind = render(path, results, language if language in {"zh", "en"} else "zh", query=asked)
        return Response(body, media_type=kind)

    return app


def _told(request: Request, error: QingceError, *, shelf: Shelf, language: str) -> Response:
    """Answer with the one shape of an error, or with a page where a browser asked for one."""
    missing = error.code in {"QC553", "QC554", "QC610"}
    status = HTTPStatus.NOT_FOUND if missing else HTTPStatus.UNPROCESSABLE_ENTITY
    wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.endswith(".json")
    if wants_page and error.code != "QC605":
        body = render_error(error, shelf.results(), path=request.url.path, lang=language)
        return Response(body, status_code=status, media_type="text/html")
    return Response(as_json(error_dict(error)), status_code=status, media_type="application/json")


def _prefers_english(request: Request) -> bool:
    header = request.headers.get("accept-language", "")
    return header[:2] == "en" and "zh" not in header


def _download(out: Path, name: str) -> Response:
    """Serve one of the files a build wrote beside the site; a name is looked up among them, never followed."""
    inside = (file for file in sorted(out.glob("*.*")) if file.resolve().is_relative_to(out.resolve()))
    offered = {file.name: file for file in inside if file.suffix in DOWNLOADS}
    if name not in offered:
        raise complain("QC610", words={"name": name, "allowed": ", ".join(offered)})
    kind = "application/vnd.openxmlformats-officedocument"
    return Response(offered[name].read_bytes(), media_type=kind)
