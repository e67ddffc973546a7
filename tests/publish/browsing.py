"""Chromium for the tests: patient on a loaded machine, and never faster than the page it walks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PATIENCE = 60_000
"""How long anything may take [ms]: a page that is right is never late, one that is wrong fails all the same."""

expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser of our own."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=3 * PATIENCE)
        yield started
        started.close()


def fresh(browser: Browser, size: str = "desk") -> tuple[BrowserContext, Page]:
    """Return a context of its own, with nothing stored, and its page."""
    context = browser.new_context(viewport=SIZES[size], locale="zh-CN")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    return context, context.new_page()


def listened(page: Page) -> list[str]:
    """Return what the page says on its console from now on; the graphics driver's own remarks are not the page's."""
    said: list[str] = []

    def hear(kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "GL Driver Message" not in text:
            said.append(text)

    page.on("console", lambda message: hear(message.type, message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def arrived(page: Page, address: str) -> None:
    """Wait for an address and for its page: the address changes before the new page hears a key."""
    expect(page).to_have_url(re.compile(address))
    page.wait_for_load_state("load")
