"""Outlook, today, this month's sections and trying in a real browser: drawn, walked by key, printed, on a phone."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.publish.browsing import SIZES, arrived, chromium, fresh, listened

from qingce.publish import ASSETS, Results, render, write_site

pytestmark = pytest.mark.browser

PAGES = ("outlook.html", "today.html", "month.html", "what-if.html", "targets/T-yz-001.html", "targets/T-yz-012.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that fails the test for anything said on the console."""
    context, opened = fresh(browser)
    said = listened(opened)
    yield opened
    context.close()
    assert said == []


def at(site: Path, path: str) -> str:
    return (site / path).as_uri()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("folder", ["", "en/"], ids=["zh", "en"])
def test_no_page_is_wider_than_its_window(page: Page, site: Path, size: str, folder: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    for path in PAGES:
        page.goto(at(site, folder + path))
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (path, wide)
        for part in page.evaluate(
            """Array.from(document.querySelectorAll('main td, main th')).filter((cell) => {
                 const style = getComputedStyle(cell);
                 return style.whiteSpace !== 'nowrap' && cell.scrollWidth > cell.clientWidth + 2; })
               .map((cell) => cell.textContent.trim())"""
        ):
            raise AssertionError((path, part))


def test_the_scoreboard_leads_to_the_warnings_and_from_there_to_the_fan(page: Page, site: Path) -> None:
    page.goto(at(site, "index.html"))
    page.get_by_role("link", name="预警 2 项").click()
    arrived(page, r"outlook\.html#warnings$")
    rows = page.locator("#warnings [data-row]")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("37%")
    expect(rows.nth(0)).to_contain_text("夜间21时至次日6时为主")
    rows.nth(0).get_by_role("link").click()
    arrived(page, r"targets/T-yz-001\.html#outlook$")
    expect(page.locator("#outlook")).to_be_in_viewport()
    expect(page.locator("#ahead svg")).to_have_count(1)
    expect(page.locator("#ahead svg").get_by_text("八成区间（内部）")).to_be_visible()


def test_the_fan_is_drawn_as_an_area_over_the_days_to_come(page: Page, site: Path) -> None:
    page.goto(at(site, "targets/T-yz-001.html"))
    for drawing in ("#ahead", "#cumulative"):
        expect(page.locator(f"{drawing} svg")).to_have_count(1)
        area = page.locator(f"{drawing} svg path[fill='#6d5f96'][fill-opacity='0.2']")
        expect(area).to_have_count(1)
        box = area.bounding_box()
        assert box is not None
        assert box["width"] > 100
        assert box["height"] > 10
    whole = page.locator("#cumulative svg path[fill='#6d5f96'][fill-opacity='0.2']").bounding_box()
    plot = page.locator("#cumulative").bounding_box()
    assert whole is not None
    assert plot is not None
    assert whole["x"] > plot["x"] + plot["width"] * 0.35, "the fan begins behind May"


def test_a_chart_without_a_fan_is_drawn_as_before(page: Page, sample: Results, tmp_path: Path) -> None:
    write_site(sample.public(), tmp_path / "site", languages=("zh",))
    page.goto(at(tmp_path / "site", "targets/T-yz-001.html"))
    expect(page.locator("#cumulative svg")).to_have_count(1)
    expect(page.locator("#ahead")).to_have_count(0)
    expect(page.locator("#cumulative svg path[fill='#6d5f96']")).to_have_count(0)


def test_keys_walk_the_outlook(page: Page, site: Path) -> None:
    page.goto(at(site, "outlook.html"))
    page.keyboard.press("j")
    expect(page.locator(".chosen")).to_have_count(1)
    expect(page.locator(".chosen")).to_contain_text("PM2.5年均浓度")
    page.keyboard.press("/")
    page.keyboard.type("优良天数")
    expect(page.locator("[data-row]:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    arrived(page, r"targets/T-yz-\d+\.html#outlook$")


def test_the_tabs_lead_through_what_is_ahead(page: Page, site: Path) -> None:
    page.goto(at(site, "outlook.html"))
    for name, title in (
        ("今日研判", "今日研判"),
        ("本月断面", "本月断面"),
        ("情景试算", "情景试算"),
        ("达标研判", "达标研判"),
    ):
        page.locator(".tabs").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator(".tabs [aria-current=page]")).to_have_text(name)
        expect(page.locator(".nav [aria-current=page]")).to_have_text("研判")


def test_a_county_opens_to_its_quantities(page: Page, site: Path) -> None:
    page.goto(at(site, "today.html"))
    county = page.locator("#county details").first
    expect(county.locator("table")).to_be_hidden()
    county.locator("summary").click()
    expect(county.locator("tbody tr")).to_have_count(4)
    expect(county.locator("tbody tr").nth(1)).to_contain_text("≤ 51.3")


def test_an_edge_leads_to_the_sections_factors(page: Page, site: Path) -> None:
    page.goto(at(site, "month.html"))
    page.locator("#edges").get_by_role("link", name="清河大桥").click()
    section = page.locator("#S-W2")
    expect(section).to_have_attribute("open", "")
    expect(section).to_be_in_viewport()
    expect(section.locator("tbody tr")).to_have_count(3)


def test_printing_opens_what_is_folded_and_keeps_the_internal_mark(page: Page, site: Path) -> None:
    page.goto(at(site, "outlook.html"))
    page.emulate_media(media="print")
    expect(page.locator(".internal").first).to_be_visible()
    expect(page.locator(".tabs")).to_be_hidden()
    expect(page.locator(".sample")).to_be_visible()
    page.goto(at(site, "today.html"))
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    for details in page.locator("details").all():
        expect(details).to_have_attribute("open", "")


def test_the_pages_are_read_without_scripts(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(at(site, "outlook.html"))
    page.locator("#targets").get_by_role("link", name="PM2.5年均浓度").click()
    expect(page.locator("#outlook table")).to_be_visible()
    page.goto(at(site, "month.html"))
    expect(page.locator("#edges table")).to_be_visible()
    context.close()


@pytest.mark.parametrize("size", SIZES)
def test_tabs_are_large_enough_for_a_finger(page: Page, site: Path, size: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.goto(at(site, "outlook.html"))
    heights = page.evaluate(
        "Array.from(document.querySelectorAll('.tabs a')).map((a) => a.getBoundingClientRect().height)"
    )
    assert min(heights) >= 28


# --- trying, against a server that answers as the real one does -------------------------------------------------------


def lever(kind: str, quantity: str, periods: dict[str, str], **more: str) -> dict[str, Any]:
    base = {"kind": kind, "quantity": quantity, "unit": "", "subject": "990100", "subject_name": "云泽市"}
    told = [{"period": period, "most": most} for period, most in periods.items()]
    return base | {"start": "0", "step": "1", "targets": ["T-yz-001"], "periods": told} | more


LEVERS = [
    lever("value", "pm2_5", {f"2026-{month:02d}": "73.8" for month in range(6, 12)}, start="36.9", step="0.1",
          unit="μg/m³", quantity_name="细颗粒物", quantity_name_en="fine particles"),
    lever("count", "bad_days", {"2026-12": "31"}, quantity_name="超标天数", quantity_name_en="days not good"),
    lever("choice", "exception", {"2026-03-09": ""}, start="yes", quantity_name="例外事件",
          quantity_name_en="exceptional day"),
]  # fmt: skip


class Answers:
    """What was asked of the stub and how it answers."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.levers = 0

    def answer(self, body: Any) -> Any:
        if not body["moves"]:
            self.levers += 1
            return {"ok": True, "moves": [], "targets": [], "levers": LEVERS}
        self.asked.append(body)
        if any("nowhere" in move for move in body["moves"]):
            return {"ok": False, "code": "QC408", "error": "没有名为“nowhere”的行政区", "remedy": "改正这一行"}
        chance = 0.655 if body["chance"] else None
        before = {
            "text": "41.99",
            "probability": 0.37 if body["chance"] else None,
            "quota": "剩余 214 天均值须 ≤ 36.89",
        }
        ends = {"p10": "36.1", "p50": "38.4", "p90": "41.0"} if body["chance"] else {}
        after = {"text": "38.20", "probability": chance, "quota": "剩余 184 天均值须 ≤ 38.10", "verdict_text": "达标"}
        target = {"target_id": "T-yz-001", "unit": "ug/m3", "changed": True, "before": before, "after": after | ends}
        return {"ok": True, "moves": [{"text": move.replace("@", " ")} for move in body["moves"]], "targets": [target]}


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def served(sample: Results, answers: Answers) -> Iterator[str]:
    """The pages as the server gives them, and an answer to what is tried."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/assets/"):
                file = ASSETS / self.path.removeprefix("/assets/")
                self._send(file.read_bytes(), {".css": "text/css", ".js": "text/javascript"}[file.suffix])
            else:
                self._send(*render(self.path, sample))

        def do_POST(self) -> None:
            assert self.path == "/api/what-if"
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(json.dumps(answers.answer(given)).encode(), "application/json")

        def _send(self, body: bytes, kind: str) -> None:
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


def test_a_slider_moved_by_key_is_answered_beside_the_unchanged(page: Page, served: str, answers: Answers) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    after = page.locator("tr[data-target=T-yz-001] .after")
    expect(after).to_have_text("—")
    slider = page.get_by_label("2026-06")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(after).to_contain_text("38.20")
    expect(after).to_contain_text("66%")
    expect(after).to_contain_text("剩余 184 天均值须 ≤ 38.10")
    expect(after).to_contain_text("不作假设：")
    expect(page.locator("#try-told")).to_contain_text("pm2_5 990100 2026-06=")
    expect(page.locator("#try-told")).not_to_contain_text("计算中")
    expect(page.locator("summary .moved").first).to_have_text("已设 1 处")
    assert [body["chance"] for body in answers.asked] == [False, True], "the exact at once, the chance behind it"
    (move,) = answers.asked[0]["moves"]
    assert re.fullmatch(r"pm2_5@990100@2026-06=36\.\d", move)


def test_nothing_is_asked_before_a_hand_moves(page: Page, served: str, answers: Answers) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    expect(page.locator("output").first).to_have_text("—")
    assert (answers.asked, answers.levers) == ([], 1), "only what may be moved is asked for"


def test_the_sliders_are_the_server_s_levers(page: Page, served: str) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    groups = page.locator("#levers details")
    expect(groups).to_have_count(3)
    expect(groups.nth(0).locator("summary")).to_have_text("云泽市 细颗粒物 μg/m³")
    expect(groups.nth(0).locator("input[type=range]")).to_have_count(6)
    slider = groups.nth(0).locator("input").first
    assert slider.evaluate("(s) => [s.min, s.max, s.step, s.value, s.dataset.move]") == [
        "0", "73.8", "0.1", "36.9", "pm2_5@990100@2026-06"
    ]  # fmt: skip
    page.goto(f"{served}/en/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    expect(page.locator("#levers summary").nth(1)).to_have_text("云泽市 days not good ")


def test_a_slider_stands_where_the_lever_says_and_answers_with_ten_fifty_ninety(page: Page, served: str) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    page.get_by_label("2026-06").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("output").first).to_have_text("37")
    expect(page.locator("tr[data-target=T-yz-001] .expected")).to_have_text("→ 38.4（80% 区间 36.1—41.0）")


def test_an_exceptional_day_is_refused_by_choice(page: Page, served: str, answers: Answers) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    page.locator("#levers summary").nth(2).click()
    page.get_by_label("2026-03-09").select_option("no")
    expect(page.locator("form[data-answered='exception@990100@2026-03-09=no']")).to_have_count(1)
    expect(page.locator("#levers output").last).to_have_text("不予剔除")
    assert answers.asked[-1]["moves"] == ["exception@990100@2026-03-09=no"]
    page.get_by_label("2026-03-09").select_option("")
    expect(page.locator("tr[data-target=T-yz-001] .after")).to_have_text("—")


def test_undo_goes_back_a_move_at_a_time(page: Page, served: str, answers: Answers) -> None:
    """By the button and by Ctrl+Z; with nothing moved there is nothing to undo."""
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    undo = page.get_by_role("button", name="撤销")
    expect(undo).to_be_disabled()
    page.get_by_label("2026-06").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("form[data-answered='pm2_5@990100@2026-06=36.8']")).to_have_count(1)
    expect(undo).to_be_enabled()
    page.locator("#levers summary").nth(1).click()
    page.get_by_label("2026-12").focus()
    page.keyboard.press("ArrowRight")
    both = "pm2_5@990100@2026-06=36.8 bad_days@990100@2026-12=1"
    expect(page.locator(f"form[data-answered='{both}']")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator("form[data-answered='pm2_5@990100@2026-06=36.8']")).to_have_count(1)
    expect(page.get_by_label("2026-12")).to_have_value("0")
    expect(page.locator("summary .moved").nth(1)).to_have_text("")
    undo.click()
    expect(page.locator("tr[data-target=T-yz-001] .after")).to_have_text("—")
    expect(page.get_by_label("2026-06")).to_have_value("36.9")
    expect(undo).to_be_disabled()
    asked = len(answers.asked)
    page.keyboard.press("Control+z")
    expect(page.locator("tr[data-target=T-yz-001] .after")).to_have_text("—")
    assert len(answers.asked) == asked


def test_reset_can_be_undone_too(page: Page, served: str) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    page.get_by_label("2026-07").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("form[data-answered='pm2_5@990100@2026-07=36.8']")).to_have_count(1)
    page.get_by_role("button", name="恢复").click()
    expect(page.locator("tr[data-target=T-yz-001] .after")).to_have_text("—")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("form[data-answered='pm2_5@990100@2026-07=36.8']")).to_have_count(1)
    expect(page.get_by_label("2026-07")).to_have_value("36.8")


def test_lines_by_hand_are_moves_too_and_reset_clears(page: Page, served: str, answers: Answers) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    more = page.locator("#w-more")
    more.fill("exception@990100@2026-03-09=不准\n\npm2_5@A1@2026-06-05=90")
    more.blur()
    expect(page.locator("tr[data-target=T-yz-001] .after")).to_contain_text("38.20")
    assert answers.asked[0]["moves"] == ["exception@990100@2026-03-09=不准", "pm2_5@A1@2026-06-05=90"]
    page.get_by_role("button", name="恢复").click()
    expect(page.locator("tr[data-target=T-yz-001] .after")).to_have_text("—")
    expect(more).to_have_value("")


def test_a_line_is_put_together_by_choosing(page: Page, served: str, answers: Answers) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    page.get_by_label("地区、站点或断面").select_option(label="云西广场")
    page.locator("#w-quantity").select_option("pm10")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("#w-when")).to_be_focused()
    assert answers.asked == [], "a line without its day asks nothing"
    page.get_by_label("日期或月份").fill("2026-06-05")
    page.locator("#w-value").fill("140")
    page.keyboard.press("Enter")
    expect(page.locator("#w-more")).to_have_value("pm10@A3@2026-06-05=140")
    expect(page.locator("tr[data-target=T-yz-001] .after")).to_contain_text("38.20")
    page.locator("#w-quantity").select_option("exception")
    page.locator("#w-when").fill("2026-03-09")
    page.locator("#w-value").fill("不准")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("#try-told")).to_contain_text("exception A3 2026-03-09=不准")
    assert answers.asked[-1]["moves"] == ["pm10@A3@2026-06-05=140", "exception@A3@2026-03-09=不准"]


def test_a_move_that_cannot_be_is_told_with_its_cure(page: Page, served: str) -> None:
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    page.locator("#w-more").fill("pm2_5@nowhere@2026-06=40")
    page.locator("#w-more").blur()
    expect(page.locator("#try-told")).to_have_text("没有名为“nowhere”的行政区 改正这一行")


@pytest.mark.parametrize("size", SIZES)
def test_the_served_page_of_trying_fits(page: Page, served: str, size: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.goto(f"{served}/what-if.html")
    expect(page.locator("form[data-ready]")).to_have_count(1)
    page.get_by_label("2026-07").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("tr[data-target=T-yz-001] .after")).to_contain_text("66%")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  if (!at.dataset.stop) at.dataset.stop = window.stops = (window.stops || 0) + 1;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {stop: Number(at.dataset.stop), text: (at.textContent || at.id).trim().slice(0, 30), name: at.className,
    line: style.outlineStyle, wide: parseFloat(style.outlineWidth), size: box.width * box.height, left: box.left};
}"""
"""The element that has the focus: which stop it is, and whether it is seen."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", PAGES)
def test_tab_goes_through_a_page_once_with_the_focus_seen(page: Page, site: Path, path: str, size: str) -> None:
    """The way past the head comes first; every stop is outlined and on the page; the last one leads out: no trap."""
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.emulate_media(reduced_motion="reduce")
    page.goto(at(site, path))
    stops: list[dict[str, Any]] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        stops.append(stop)
    assert stop is None, "the last stop leads out of the page"
    assert [stop["stop"] for stop in stops] == list(range(1, len(stops) + 1)), "no stop comes twice"
    assert stops[0]["name"] == "skip"
    assert [stop for stop in stops if stop["line"] == "none" or stop["wide"] < 2] == []
    assert [stop for stop in stops if stop["size"] < 1 or stop["left"] < 0] == []


@pytest.mark.parametrize("path", [*PAGES, "counties.html"])
def test_a_printed_page_is_no_wider_than_the_paper(page: Page, site: Path, path: str) -> None:
    """A4 landscape between margins of 14 mm is 1,017 px at 96 dpi; no heading stands alone at the foot of a sheet."""
    page.set_viewport_size({"width": 1017, "height": 720})
    page.emulate_media(media="print")
    page.goto(at(site, path))
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    loose = """Array.from(document.querySelectorAll('h1, h2, h3, summary, figcaption'))
      .filter((head) => getComputedStyle(head).breakAfter !== 'avoid').map((head) => head.textContent)"""
    assert page.evaluate(loose) == []
    for name in (".nav", ".find", ".skip"):
        assert page.locator(name).first.is_hidden(), name
