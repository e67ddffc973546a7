"""The review page in a real browser, served by the real server: keys, forms, two editors, a phone, a static page."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from tests.publish.browsing import chromium, fresh, listened

from qingce.app.campaign import read_campaign
from qingce.app.pipeline import build
from qingce.app.reviewing import SHELF
from qingce.app.web import make_app
from qingce.publish import read_results
from qingce.store import open_book

pytestmark = pytest.mark.browser

PLAN = """云泽市深入打好污染防治攻坚战行动方案
一、主要目标
到2026年，全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下，空气质量优良天数比例达到78%以上。
到2030年，地表水国考断面优良比例达到83.3%以上，森林覆盖率达到24.5%以上。𠮷祥工程有序推进，做好散煤治理工作。
二、重点任务
（一）推进散煤治理。2026年10月底前，完成清洁取暖改造1.2万户。责任单位：市发展改革委、市生态环境局。
（二）强化扬尘管控。县级及以上城市平均降尘量不得高于7吨/月·平方公里。责任单位：市住房城乡建设局。
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plans").mkdir()
    (tmp_path / "campaign.toml").write_text('name = "复核测试"\nregion = "140100"\nas_of = 2026-05-31\n', "utf-8")
    (tmp_path / "plans/plan.txt").write_text(PLAN, "utf-8")
    build(tmp_path)
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(make_app(read_campaign(folder)), log_level="error", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as door:  # whoever asks before it runs waits at the door
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def opened(browser: Browser, size: str = "desk") -> tuple[Page, list[str]]:
    _, page = fresh(browser, size)
    return page, listened(page)


def to_review(page: Page, served: str, who: str = "张三") -> None:
    page.goto(f"{served}/review/plan.html")
    page.locator("#review-who").fill(who)
    page.locator("#review-who").blur()


def records(folder: Path) -> list[tuple[str, str, str]]:
    book = open_book(read_campaign(folder).book)
    found = [(str(event["who"]), str((event["value"] or {}).get("verdict", "")), str(event["why"]))  # type: ignore[attr-defined]
             for event in book.events(SHELF)]  # fmt: skip
    book.close()
    return found


def select(page: Page, words: str) -> None:
    """Choose words of the text as a hand does."""
    page.evaluate(
        """(words) => {
            const walker = document.createTreeWalker(document.querySelector('#review-text'), NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const at = node.data.indexOf(words);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at); range.setEnd(node, at + words.length);
                getSelection().removeAllRanges(); getSelection().addRange(range);
                return;
            }
            throw new Error(words);
        }""",
        words,
    )


def test_a_whole_review_with_the_keyboard_alone(browser: Browser, served: str, folder: Path) -> None:
    page, said = opened(browser)
    to_review(page, served)
    rows = page.locator("#review-list > li")
    total = rows.count()
    expect(page.locator("#review-count")).to_have_text(f"已确认 0/{total}")
    expect(rows.nth(0)).to_have_class(re.compile("now"))
    page.keyboard.press("c")
    expect(page.locator("#review-count")).to_have_text(f"已确认 1/{total}")
    expect(rows.nth(0).locator(".verdict")).to_have_text("已确认")
    expect(rows.nth(1)).to_have_class(re.compile("now"))
    expect(page.locator("mark.now")).to_be_in_viewport()
    page.keyboard.press("x")
    expect(rows.nth(1).locator(".verdict")).to_have_text("已否决")
    page.keyboard.press("e")
    form = page.locator(".desk form")
    expect(form.locator("[name=indicator]")).to_be_focused()
    form.locator("[name=value]").fill("83.4")
    form.locator("[name=owners]").fill("市水务局")
    form.locator("[name=why]").fill("以下达文件为准")
    form.locator("[name=why]").press("Enter")
    expect(rows.nth(2).locator(".verdict")).to_have_text("已更正")
    expect(rows.nth(2).locator(".goal")).to_contain_text("83.4")
    expect(rows.nth(2).locator("del").first).to_have_text("83.3")
    page.keyboard.press("k")
    page.keyboard.press("u")
    expect(rows.nth(1).locator(".verdict")).to_have_text("未复核")
    page.keyboard.press("?")
    expect(page.locator("dialog#help")).to_contain_text("否决")
    page.keyboard.press("Escape")
    expect(page.locator("#review-pending")).to_contain_text("3 条意见重新构建后生效")
    assert records(folder)[:3] == [
        ("张三", "confirm", ""),
        ("张三", "reject", ""),
        ("张三", "correct", "以下达文件为准"),
    ]
    page.reload()
    expect(page.locator("#review-count")).to_have_text(f"已确认 2/{total}")
    expect(page.locator("#review-who")).to_have_value("张三")
    assert said == []


HOLD = """() => {
    const send = window.fetch;
    window.held = null;
    window.fetch = (...wish) => new Promise((done, fail) => {
        window.fetch = send;
        window.held = { go: () => send(...wish).then(done, fail), drop: () => fail(new TypeError("dropped")) };
    });
}"""
"""Hold the page's next request before it leaves the page: a hold of the browser's own races with its being set up."""


def test_keys_faster_than_the_server_are_done_one_after_the_other(browser: Browser, served: str, folder: Path) -> None:
    page, said = opened(browser)
    to_review(page, served)
    rows = page.locator("#review-list > li")
    page.evaluate(HOLD)
    page.keyboard.press("c")
    page.wait_for_function("window.held")
    for key in "cjx":  # the answer to the first is still on its way
        page.keyboard.press(key)
    expect(rows.nth(0).locator(".verdict")).to_have_text("未复核")
    page.evaluate("() => { window.held.go(); }")
    expect(rows.nth(3).locator(".verdict")).to_have_text("已否决")
    for place, verdict in enumerate(("已确认", "已确认", "未复核")):
        expect(rows.nth(place).locator(".verdict")).to_have_text(verdict)
    assert [verdict for _, verdict, _ in records(folder)] == ["confirm", "confirm", "reject"]
    assert said == []


def test_what_was_pressed_behind_a_refused_decision_is_not_done(browser: Browser, served: str, folder: Path) -> None:
    page, _ = opened(browser)
    to_review(page, served)
    page.evaluate(HOLD)
    page.keyboard.press("c")
    page.wait_for_function("window.held")
    page.keyboard.press("x")
    page.evaluate("() => { window.held.drop(); }")
    expect(page.locator("#review-told")).to_have_class(re.compile("bad"))
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator("#review-list > li").nth(1).locator(".verdict")).to_have_text("已确认")
    assert [verdict for _, verdict, _ in records(folder)] == ["confirm"]


def test_a_target_is_added_from_chosen_words(browser: Browser, served: str, folder: Path) -> None:
    page, said = opened(browser)
    to_review(page, served)
    page.keyboard.press("a")
    expect(page.locator("#review-told")).to_contain_text("先在原文中选中文字")
    select(page, "做好散煤治理工作")
    page.keyboard.press("a")
    form = page.locator(".desk form")
    expect(form.locator("q")).to_have_text("做好散煤治理工作")
    form.locator("[name=indicator]").fill("散煤治理")
    form.locator("[name=value]").fill("很多")
    form.get_by_role("button", name="保存").click()
    expect(form.locator(".fault")).to_contain_text("QC620")
    form.locator("[name=value]").fill("1")
    form.get_by_role("button", name="保存").click()
    now = page.locator("#review-list li.now")
    expect(now.locator(".verdict")).to_have_text("人工添加")
    expect(page.locator("mark.now")).to_have_text("做好散煤治理工作")
    build(folder)
    targets = read_results(folder / "out").rows("targets")
    (made,) = [row for row in targets if row["verdict"] == "add"]
    assert PLAN[made["start"] : made["end"]] == "做好散煤治理工作"  # type: ignore[misc]
    assert [line for line in said if "422" not in line] == []


def test_the_later_of_two_editors_sees_the_newer_decision(browser: Browser, served: str) -> None:
    (first, _), (second, _) = opened(browser), opened(browser)
    to_review(first, served, "张三")
    to_review(second, served, "李四")
    first.keyboard.press("x")
    expect(first.locator("#review-list > li").nth(0).locator(".verdict")).to_have_text("已否决")
    second.keyboard.press("c")
    told = second.locator("#review-told")
    expect(told).to_contain_text("QC520")
    expect(told).to_have_class(re.compile("bad"))
    row = second.locator("#review-list > li").nth(0)
    expect(row.locator(".verdict")).to_have_text("已否决")
    expect(row).to_contain_text("张三")
    second.keyboard.press("c")
    expect(row.locator(".verdict")).to_have_text("已确认")


def test_nobody_decides_without_a_name(browser: Browser, served: str, folder: Path) -> None:
    page, _ = opened(browser)
    page.goto(f"{served}/review/plan.html")
    page.keyboard.press("c")
    expect(page.locator("#review-told")).to_have_text("请先写复核人姓名")
    expect(page.locator("#review-who")).to_be_focused()
    assert records(folder) == []


def test_a_rebuild_from_the_page(browser: Browser, served: str, folder: Path) -> None:
    page, said = opened(browser)
    to_review(page, served)
    page.keyboard.press("c")
    page.get_by_role("button", name="重新构建").click()
    expect(page.locator("#review-pending")).to_be_hidden(timeout=300_000)
    expect(page.locator("#review-count")).to_contain_text("已确认 1/")
    assert sum(bool(row["confirmed"]) for row in read_results(folder / "out").rows("progress")) == 1
    assert said == []


def test_a_phone_has_everything_in_reach(browser: Browser, served: str) -> None:
    page, said = opened(browser, "phone")
    to_review(page, served)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    small = page.evaluate("[...document.querySelectorAll('[data-do]')].filter((b) => b.offsetHeight < 40).length")
    assert small == 0
    page.get_by_role("button", name="确认", exact=False).last.click()
    row = page.locator("#review-list > li").nth(0)
    expect(row.locator(".verdict")).to_have_text("已确认")
    expect(page.locator("#review-list li.now")).to_be_in_viewport()
    expect(page.locator("mark.now")).to_be_in_viewport()
    page.get_by_role("button", name="更正").last.click()
    expect(page.locator(".desk form [name=indicator]")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert said == []


def test_the_static_page_says_how_to_open_the_served_one(browser: Browser, folder: Path) -> None:
    page, said = opened(browser)
    page.goto((folder / "out/site/plans/plan.html").as_uri())
    page.get_by_role("link", name="复核这份文件").click()
    expect(page.locator("#review-static")).to_contain_text("qingce serve")
    expect(page.locator("#review-static")).to_contain_text("http://127.0.0.1:8712/review/plan.html")
    page.keyboard.press("j")
    expect(page.locator("#review-list > li").nth(1)).to_have_class(re.compile("now"))
    page.keyboard.press("c")
    expect(page.locator("#review-count")).to_contain_text("已确认 0/")
    expect(page.locator(".reviewkeys")).to_have_count(0)
    assert said == []


def test_a_rejected_target_is_listed_as_rejected_in_the_plan(browser: Browser, served: str, folder: Path) -> None:
    page, _ = opened(browser)
    to_review(page, served)
    page.keyboard.press("x")
    expect(page.locator("#review-list > li").nth(0).locator(".verdict")).to_have_text("已否决")
    build(folder)
    page.goto(f"{served}/plans/plan.html")
    expect(page.locator(".register li.rejected")).to_contain_text("已否决")
    page.goto(f"{served}/index.html")
    expect(page.get_by_text("39微克/立方米")).to_have_count(0)


def test_english(browser: Browser, served: str) -> None:
    page, said = opened(browser)
    page.goto(f"{served}/en/review/plan.html")
    page.locator("#review-who").fill("Zhang")
    page.locator("#review-who").blur()
    page.keyboard.press("c")
    expect(page.locator("#review-count")).to_contain_text("confirmed")
    expect(page.locator("#review-list .verdict").first).to_have_text("confirmed")
    assert said == []
