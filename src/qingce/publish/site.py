"""The one table of pages, written as files or rendered on demand. 站点。

Every page has a `.json` twin made of the same view. Links are relative, so that the site opens from a folder as well as
from the server.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from qingce.core.errors import QingceError, complain
from qingce.publish.i18n import LANGUAGES
from qingce.publish.pages import Place, page
from qingce.publish.results import Results
from qingce.publish.rows import View, distinct, facts, slug
from qingce.publish.views import ahead, compare, content, counties, outlook, place, plan, review, thread, why

__all__ = ["ASSETS", "ROUTES", "Route", "missing_assets", "render", "render_error", "write_site"]

ASSETS = Path(str(files("qingce.publish").joinpath("assets")))
VENDOR = ("vendor/echarts.js", "vendor/htmx.js", "vendor/maplibre.css", "vendor/maplibre.js")

Ids = tuple[str, ...]


def _one(results: Results) -> Iterable[Ids]:
    return [()]


def _ids(table: str, *columns: str) -> Callable[[Results], Iterable[Ids]]:
    return lambda results: distinct(results, table, *columns)


def _places(results: Results) -> Iterable[Ids]:
    judged = (
        ("air_site_days", "subject"),
        ("air_city_days", "subject"),
        ("water_months", "section"),
        ("points", "subject"),
    )
    return sorted({pair for table, column in (("sites", "site"), *judged) for pair in distinct(results, table, column)})


def _hours(results: Results) -> Iterable[Ids]:
    return [(name, month) for name, months in place.hour_months(results).items() for month in months]


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of page: where it stands, what it shows, how it looks, and which there are.

    One that is `internal` is for the office alone: public results have none.
    """

    pattern: str
    view: Callable[..., View]
    template: str
    ids: Callable[[Results], Iterable[Ids]] = _one
    asks: bool = False
    internal: bool = False

    @property
    def kind(self) -> str:
        """The first part of the pattern."""
        return self.pattern.split("/")[0].removesuffix(".html")

    def path(self, ids: Ids) -> str:
        """Return the path of the page of some ids."""
        return re.sub(r"\{\w+\}", "{}", self.pattern).format(*map(slug, ids))

    def match(self, path: str) -> Ids | None:
        """Return the slugs in a path, None if it is not of this kind."""
        parts = re.split(r"\{\w+\}", self.pattern)
        found = re.fullmatch("([^/]+)".join(map(re.escape, parts)), path)
        return found.groups() if found else None


ROUTES = (
    Route("index.html", thread.scoreboard, "scoreboard"),
    Route("targets/{id}.html", thread.target, "target", _ids("progress", "target_id")),
    Route("outlook.html", outlook.outlook, "outlook", internal=True),
    Route("today.html", ahead.today, "today", internal=True),
    Route("month.html", ahead.month_sections, "month", internal=True),
    Route("counties.html", counties.counties, "counties"),
    Route("what-if.html", ahead.what_if, "what_if", internal=True),
    Route("plans.html", plan.plans, "plans"),
    Route("compare.html", compare.compare, "compare"),
    Route("plans/{id}.html", plan.plan, "plan", _ids("documents", "id")),
    Route("review/{id}.html", review.review, "review", _ids("documents", "id"), internal=True),
    Route("indicators.html", content.indicators, "indicators"),
    Route("indicators/{id}/{scope}.html", content.indicator, "indicator", content.indicator_scopes),
    Route("sites.html", place.sites, "sites"),
    Route("sites/{id}.html", place.site, "site", _places),
    Route("hours/{site}/{month}.html", place.hours, "hours", _hours),
    Route("map.html", place.map_view, "map"),
    Route("tasks.html", thread.tasks, "tasks"),
    Route("unbound.html", thread.unbound, "unbound"),
    Route("content.html", content.content, "content"),
    Route("quality.html", content.quality, "quality"),
    Route("rejected.html", content.rejected, "rejected"),
    Route("why/{id}.html", why.why, "why", _ids("whys", "id")),
    Route("search.html", content.search, "search", asks=True),
)


def write_site(results: Results, out: Path, *, languages: Sequence[str] = LANGUAGES) -> int:
    """Write every page with its twin below `out`, English under `en/`, and the assets; returns how many pages.

    Pages of an earlier build that are no longer among them are removed; nothing else in `out` is touched.
    """
    out.mkdir(parents=True, exist_ok=True)
    assets = not missing_assets()
    written: set[Path] = set()
    for route in _routes(results):
        for ids in route.ids(results):
            view = route.view(results, *ids)
            for language in languages:
                place = Place(route.path(ids), language, assets=assets)
                written.update(_write_page(route, view, place=place, out=out))
    _sweep(out, written)
    shutil.copytree(ASSETS, out / "assets", dirs_exist_ok=True)
    return len(written) // 2


def _routes(results: Results) -> tuple[Route, ...]:
    """The kinds of pages that may be made of these results."""
    return tuple(route for route in ROUTES if not (route.internal and results.is_public))


def _write_page(route: Route, view: View, *, place: Place, out: Path) -> Iterator[Path]:
    file = out / place.path if place.language == "zh" else out / place.language / place.path
    file.parent.mkdir(parents=True, exist_ok=True)
    twin = file.with_suffix(".json")
    file.write_text(page(route.template, view, place), "utf-8")
    twin.write_text(_twin(view, place), "utf-8")
    yield from (file, twin)


def _sweep(out: Path, written: set[Path]) -> None:
    """Remove the pages that an earlier build listed and this one did not write."""
    listing, root = out / "pages.txt", out.resolve()
    before = set(listing.read_text("utf-8").splitlines()) if listing.is_file() else set()
    now = {file.relative_to(out).as_posix() for file in written}
    for name in before - now:
        stale = (out / name).resolve()
        if stale.is_relative_to(root):
            stale.unlink(missing_ok=True)
    listing.write_text("".join(f"{name}\n" for name in sorted(now)), "utf-8")


def _twin(view: View, place: Place) -> str:
    body = {"ok": True, "path": place.path, "lang": place.language, **view}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def render(
    path: str, results: Results, lang: str = "zh", *, query: Mapping[str, str] | None = None
) -> tuple[bytes, str]:
    """Return the body and content type of a page or twin as the server gives it, e.g. `en/index.json`.

    A path under `en/` is English whatever `lang` says; else `lang` holds, and links lead to pages of that language.
    `query` is what the reader asked of the search page. Raises QC553 for no page, QC554 for no such id.
    """
    path = path.strip("/") or "index.html"
    folder, _, rest = path.partition("/")
    at_root = folder not in LANGUAGES
    language, path = (lang, path) if at_root else (folder, rest or "index.html")
    twin = path.endswith(".json")
    path = path.removesuffix(".json") + ".html" if twin else path
    route, ids = _find(path, results)
    asked = {"query": (query or {}).get("q", "")} if route.asks else {}
    view = route.view(results, *ids, **asked)
    place = Place(path, language, served=True, at_root=at_root, assets=not missing_assets())
    if twin:
        return _twin(view, place).encode(), "application/json"
    return page(route.template, view, place).encode(), "text/html"


def render_error(error: QingceError, results: Results, *, path: str, lang: str = "zh") -> bytes:
    """Return the page that tells a reader at `path` what is wrong and what to do, for a browser that asked for HTML."""
    path = path.strip("/")
    at_root = path.partition("/")[0] not in LANGUAGES
    language, rest = (lang, path) if at_root else (path.partition("/")[0], path.partition("/")[2])
    place = Place("index.html", language, served=True, at_root=at_root, depth=rest.count("/"))
    words = ("code", "place", "fact", "fact_en", "cure", "cure_en")
    return page("error", {**facts(results), "error": {name: getattr(error, name) for name in words}}, place).encode()


def _find(path: str, results: Results) -> tuple[Route, Ids]:
    for route in _routes(results):
        slugs = route.match(path)
        if slugs is None:
            continue
        found = results.keep(route.pattern, lambda at=route: _by_slugs(at, results)).get(slugs)  # type: ignore[misc]
        if found is None:
            raise complain("QC554", words={"kind": route.kind, "id": "/".join(slugs)})
        return route, found
    raise complain("QC553", words={"path": path, "allowed": ", ".join(route.pattern for route in _routes(results))})


def _by_slugs(route: Route, results: Results) -> dict[Ids, Ids]:
    """Return the ids of the pages of a kind by what stands in their paths; the first of those that look alike."""
    return {tuple(map(slug, ids)): ids for ids in reversed([*route.ids(results)])}


def missing_assets() -> list[str]:
    """Return which of the libraries that the pages draw with have not been built into the assets."""
    return [name for name in VENDOR if not (ASSETS / name).is_file()]
