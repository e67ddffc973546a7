"""Outlook, today, this month's sections and trying in a real browser: drawn, walked by key, printed, on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from qingce.publish import Results, write_site

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PAGES = ("outlook.html", "today.html", "month.html", "what-if.html", "targets/T-yz-001.html", "targets/T-yz-012.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that fails the test for anything said on the console."""
    context = browser.new_context(viewport=SIZES["desk"], locale="zh-CN")  # type: ignore[arg-type]
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
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
    expect(page).to_have_url(re.compile(r"outlook\.html#warnings$"))
    rows = page.locator("#warnings [data-row]")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("37%")
    expect(rows.nth(0)).to_contain_text("夜间21时至次日6时为主")
    rows.nth(0).get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"targets/T-yz-001\.html#outlook$"))
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
    expect(page).to_have_url(re.compile(r"targets/T-yz-\d+\.html#outlook$"))


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
