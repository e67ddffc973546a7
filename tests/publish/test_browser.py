"""The site in a real browser: opened from a folder, on a desk and on a phone, and served with htmx."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.publish.browsing import SIZES, arrived, chromium, fresh, listened

from qingce.publish import ASSETS, Results, missing_assets, render, write_site

pytestmark = pytest.mark.browser

PAGES = (
    "index.html",
    "targets/T-yz-001.html",
    "targets/T-yz-005.html",
    "plans.html",
    "plans/yz.html",
    "indicators.html",
    "indicators/pm2_5_annual/990100.html",
    "sites.html",
    "sites/990100.html",
    "sites/W4.html",
    "hours/A1/2026-05.html",
    "map.html",
    "tasks.html",
    "unbound.html",
    "content.html",
    "quality.html",
    "rejected.html",
    "why/T-yz-001.html",
    "search.html",
    "en/index.html",
    "en/targets/T-yz-001.html",
)


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The libraries must have been built: `npm ci && npm run build` in frontend."""
    missing = missing_assets()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"front-end assets not built: {missing}")
    if missing:
        pytest.skip(f"front-end assets not built: {missing}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that fails the test for anything said on the console or asked of the network."""
    context, opened = fresh(browser)
    said = listened(opened)
    outside = re.compile(r"^https?://(?!127\.0\.0\.1)")
    opened.on("request", lambda request: said.append(request.url) if outside.match(request.url) else None)
    yield opened
    context.close()
    assert said == []


def at(site: Path, path: str) -> str:
    name, _, anchor = path.partition("#")
    return (site / name).as_uri() + (f"#{anchor}" if anchor else "")


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_window(page: Page, site: Path, size: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    for path in PAGES:
        page.goto(at(site, path))
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (path, wide)


def test_a_number_leads_to_the_sentence_and_to_the_hours(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    page.get_by_role("link", name="41.99").click()
    arrived(page, r"targets/T-yz-001\.html$")
    expect(page.locator("h1")).to_contain_text("PM2.5年均浓度")

    page.locator("#to-text").click()
    arrived(page, r"plans/yz\.html#T-yz-001$")
    lit = page.locator("mark.on")
    expect(lit).to_have_count(1)
    expect(lit).to_have_text("全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下")
    expect(lit).to_be_in_viewport()

    page.go_back()
    page.locator("#hours a.hourlink").first.click()
    arrived(page, r"hours/A1/2026-05\.html#D2026-05-31$")
    row = page.locator("#D2026-05-31")
    expect(row).to_be_in_viewport()
    expect(row.locator("td")).to_have_count(24)


def test_a_step_of_why_leads_to_the_hours(page: Page, site: Path) -> None:
    page.goto(at(site, "targets/T-yz-001.html"))
    page.get_by_role("link", name="逐级追溯").click()
    expect(page.locator("blockquote mark")).to_have_text("全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下")
    assert page.get_by_role("link", name="云泽市行动方案").get_attribute("href") == "../plans/yz.html#T-yz-001"
    page.get_by_role("link", name="云泽师范学院 pm2_5 2026-05-31 07:00").click()
    arrived(page, r"hours/A1/2026-05\.html#D2026-05-31$")


def test_a_highlight_with_several_pieces_lights_whole(page: Page, site: Path) -> None:
    page.goto(at(site, "plans/yz.html#T-yz-005"))
    expect(page.locator("mark.on")).to_have_count(2)
    assert "".join(page.locator("mark.on").all_inner_texts()).startswith("地表水国考断面优良")
    page.locator(".register .where").nth(8).click()
    expect(page.locator("mark.on")).to_have_count(1)  # the address changes before the highlights do
    expect(page.locator("mark.on")).to_have_text("平均降尘量不得高于7吨/月·平方公里")
    expect(page.locator("mark.on")).to_be_in_viewport()


def test_the_text_of_a_plan_is_set_as_text(page: Page, site: Path) -> None:
    """A style of another page once made every line a box and every piece of it stand apart."""
    page.goto(at(site, "plans/yz.html"))
    drawn = page.locator(".text .line").evaluate_all(
        "lines => [...new Set(lines.map((line) => getComputedStyle(line))"
        ".map((style) => style.display + style.borderWidth))]"
    )
    assert drawn == ["block0px"]


def test_a_highlighted_sentence_leads_back_to_its_target(page: Page, site: Path) -> None:
    page.goto(at(site, "plans/yz.html"))
    page.locator("mark[data-ids*='T-yz-004']").click()
    arrived(page, r"targets/T-yz-004\.html$")


def test_the_chart_is_drawn_with_its_target(page: Page, site: Path) -> None:
    page.goto(at(site, "targets/T-yz-001.html"))
    drawing = page.locator("#cumulative svg")
    expect(drawing).to_be_visible()
    for words in ("今年累计", "去年同期累计", "允许路径", "目标 ≤ 39 μg/m³"):
        expect(drawing.get_by_text(words)).to_be_visible()
    assert page.locator("table.calendar td[title*='2026-01-01']").inner_text() == "59"


def test_keys_do_what_the_help_says(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    page.keyboard.press("?")
    expect(page.locator("dialog#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog#help")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("优良天数")
    expect(page.locator("[data-row]:visible")).to_have_count(1)
    expect(page.locator("#told")).to_have_text("符合 1 行")
    page.keyboard.press("Escape")
    expect(page.locator("[data-row]:visible")).to_have_count(15)
    for key in "jjjk":
        page.keyboard.press(key)
    expect(page.locator(".chosen")).to_have_attribute("id", "R-T-yz-008")
    page.keyboard.press("Enter")
    arrived(page, r"targets/T-yz-008\.html$")
    page.keyboard.press("g")
    page.keyboard.press("h")
    arrived(page, r"index\.html$")


def test_a_status_filters_the_scoreboard(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    lost = page.locator("[data-filter=lost]")
    lost.click()
    expect(lost).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-row]:visible")).to_have_count(1)
    expect(page.locator(".block:visible")).to_have_count(1)
    lost.click()
    expect(page.locator("[data-row]:visible")).to_have_count(15)


def test_tasks_are_picked_by_unit(page: Page, site: Path) -> None:
    page.goto(at(site, "tasks.html"))
    page.get_by_label("按单位筛选").select_option("市水务局")
    expect(page.locator("[data-row]:visible")).to_have_count(1)
    expect(page.locator("[data-row]:visible")).to_contain_text("保护饮用水源")


def test_the_map_opens_offline_and_leads_to_a_site(page: Page, site: Path) -> None:
    page.goto(at(site, "map.html"))
    expect(page.locator("#map[data-ready]")).to_be_visible()
    expect(page.locator("#map a.pin")).to_have_count(12)
    expect(page.locator("#map a.pin.section", has_text="清河入境").locator("b")).to_have_text(re.compile("[ⅠⅡⅢⅣⅤ]"))
    page.locator("#map a.pin", has_text="泽南一中").click()
    arrived(page, r"sites/A4\.html$")


def test_the_map_is_drawn_without_webgl(page: Page, site: Path) -> None:
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(at(site, "map.html"))
    expect(page.locator("#map[data-ready=plain]")).to_be_visible()
    expect(page.locator("#map a.pin")).to_have_count(12)
    expect(page.locator("#map svg polygon")).to_have_count(2)


def test_search_works_from_a_folder(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    page.locator("#q").fill("扬尘")
    page.locator("#q").press("Enter")
    arrived(page, r"search\.html\?q=")
    expect(page.locator("#hits [data-row]:visible")).to_have_count(1)
    page.locator("#hits a:visible").click()
    arrived(page, r"plans/yz\.html#K\d+$")
    expect(page.locator(".register li:target")).to_contain_text("强化扬尘管控")


def test_the_other_language_is_the_same_page(page: Page, site: Path) -> None:
    page.goto(at(site, "targets/T-yz-001.html"))
    page.get_by_role("link", name="English").click()
    arrived(page, r"en/targets/T-yz-001\.html$")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1")).to_contain_text("PM2.5 annual mean")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_contain_text("PM2.5年均浓度")


def test_pages_are_read_without_scripts(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(at(site, "index.html"))
    page.get_by_role("link", name="PM2.5年均浓度").click()
    page.locator("#to-text").click()
    expect(page.locator("mark#T-yz-001")).to_be_in_viewport()
    context.close()


def test_printing_leaves_the_navigation_out(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    page.emulate_media(media="print")
    expect(page.locator("nav.nav")).to_be_hidden()
    expect(page.locator("#q")).to_be_hidden()
    expect(page.locator(".sample")).to_be_visible()
    expect(page.get_by_role("table").first).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_controls_are_large_enough_for_a_finger(page: Page, site: Path, size: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.goto(at(site, "index.html"))
    small = page.evaluate(
        """Array.from(document.querySelectorAll('.nav a, .tally button, #q')).filter((item) => {
             const box = item.getBoundingClientRect(); return box.height < 32; }).map((item) => item.textContent)"""
    )
    assert small == []


def test_an_old_build_without_libraries_still_reads(sample: Results, tmp_path: Path, page: Page) -> None:
    folder = tmp_path / "site"
    write_site(sample, folder, languages=("zh",))
    text = (folder / "targets/T-yz-001.html").read_text("utf-8")
    (folder / "targets/bare.html").write_text(re.sub(r'<script src="[^"]*vendor[^>]*></script>', "", text), "utf-8")
    page.goto(at(folder, "targets/bare.html"))
    expect(page.locator("table.calendar")).to_be_visible()


@pytest.fixture(scope="module")
def served(sample: Results) -> Iterator[str]:
    """The site as the server gives it, pages made on demand."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path.startswith("/assets/"):
                file = ASSETS / asked.path.removeprefix("/assets/")
                kind = {".css": "text/css", ".js": "text/javascript"}[file.suffix]
                body = file.read_bytes()
            else:
                query = {name: found[0] for name, found in parse_qs(asked.query).items()}
                body, kind = render(asked.path, sample, query=query)
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_served_search_answers_as_one_types(page: Page, served: str) -> None:
    page.goto(f"{served}/search.html")
    page.locator("#q2").type("扬尘")
    expect(page.locator("#hits [data-row]")).to_have_count(1)
    page.locator("#q2").fill("")
    expect(page.locator("#hits [data-row]")).not_to_have_count(1)


def test_the_served_site_walks_the_same_way(page: Page, served: str) -> None:
    page.goto(f"{served}/")
    page.get_by_role("link", name="41.99").click()
    page.locator("#to-text").click()
    expect(page.locator("mark.on")).to_be_in_viewport()
    page.goto(f"{served}/map.html")
    expect(page.locator("#map[data-ready]")).to_be_visible()
