"""The served site: the same pages as the static one, made on demand. 在线站点。"""

from __future__ import annotations

import threading
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from qingce.app.campaign import Campaign
from qingce.app.output import as_json, error_dict
from qingce.core.errors import QingceError, complain
from qingce.publish import ASSETS, Results, read_results, render

__all__ = ["make_app"]


class Shelf:
    """Holds the results last built; reads them again when a new build has finished."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._stamp = -1
        self._results: Results | None = None

    def results(self) -> Results:
        """Return the newest results; raises QC605 before the first build."""
        run = self._out / "results" / "run.json"
        run = run if run.exists() else self._out / "run.json"
        if not run.exists():
            raise complain("QC605", words={"folder": self._out.parent})
        stamp = run.stat().st_mtime_ns
        with self._lock:
            if self._results is None or stamp != self._stamp:
                self._results, self._stamp = read_results(self._out), stamp
            return self._results


def make_app(campaign: Campaign) -> FastAPI:
    """Return the web application of a campaign folder."""
    app = FastAPI(title="qingce 青策", docs_url=None, redoc_url=None, openapi_url=None)
    shelf = Shelf(campaign.out)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")

    @app.exception_handler(QingceError)
    def numbered(request: Request, error: QingceError) -> Response:
        status = HTTPStatus.NOT_FOUND if error.code.startswith("QC55") else HTTPStatus.UNPROCESSABLE_ENTITY
        return Response(as_json(error_dict(error)), status_code=status, media_type="application/json")

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"ok": True})

    @app.get("/")
    def home() -> RedirectResponse:
        return RedirectResponse("/index.html")

    @app.get("/out/{name:path}")
    def download(name: str) -> Response:
        return _download(campaign.out, name)

    @app.get("/{path:path}")
    def page(path: str, request: Request) -> Response:
        body, kind = render(path, shelf.results(), _language(request, campaign.language))
        return Response(body, media_type=kind)

    return app


def _language(request: Request, default: str) -> str:
    asked = request.query_params.get("lang")
    if asked in {"zh", "en"}:
        return asked
    header = request.headers.get("accept-language", "")
    return "en" if header[:2] == "en" and "zh" not in header else default


def _download(out: Path, name: str) -> Response:
    """Serve one of the files a build wrote beside the site; nothing outside `out`."""
    file = (out / name).resolve()
    if not file.is_relative_to(out.resolve()) or not file.is_file() or file.suffix not in {".xlsx", ".docx"}:
        raise complain("QC610", words={"name": name, "allowed": ", ".join(sorted(p.name for p in out.glob("*.*x")))})
    kind = "application/vnd.openxmlformats-officedocument"
    return Response(file.read_bytes(), media_type=kind)
