"""Take the pictures of the manual: build the example, open its pages in a headless Chromium, 1280×900.

    python tools/make_images.py [CAMPAIGN]     CAMPAIGN: a built example; without it one is built in a temporary folder

Needs `chromium` on the path and playwright (both come with `make test`). Every page carries 示例数据.
"""

from __future__ import annotations

import base64
import functools
import http.server
import shutil
import struct
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from qingce.app.pipeline import build
from qingce.app.starting import make_example
from qingce.publish import Results, read_results

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = {"width": 1280, "height": 900}
LIMIT = 300_000
"""No picture may be larger [bytes]."""


SHOW_MARK = ".sample { position: fixed; top: 0; left: 0; right: 0; z-index: 99 }"
"""The page's own mark of sample data stays in the picture when the page is scrolled."""

REDUCE = """async (data) => {
  const image = new Image(); image.src = 'data:image/png;base64,' + data; await image.decode();
  const canvas = document.createElement('canvas'); canvas.width = image.width; canvas.height = image.height;
  const brush = canvas.getContext('2d'); brush.drawImage(image, 0, 0);
  const pixels = brush.getImageData(0, 0, image.width, image.height).data, counts = new Map();
  const key = (i) => (pixels[i] >> 3) << 10 | (pixels[i + 1] >> 3) << 5 | pixels[i + 2] >> 3;
  for (let i = 0; i < pixels.length; i += 4) counts.set(key(i), (counts.get(key(i)) || 0) + 1);
  const kept = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 64).map((pair) => pair[0]);
  const parts = (k) => [k >> 10, k >> 5 & 31, k & 31];
  const nearest = (k) => { let best = 0, least = 1e9; kept.forEach((other, place) => {
    const gap = parts(k).reduce((sum, v, n) => sum + (v - parts(other)[n]) ** 2, 0);
    if (gap < least) { least = gap; best = place; } }); return best; };
  const index = new Map([...counts.keys()].map((k) => [k, nearest(k)]));
  const sums = kept.map(() => [0, 0, 0, 0]); let text = '';
  for (let i = 0; i < pixels.length; i += 4) {
    const place = index.get(key(i)), sum = sums[place]; text += String.fromCharCode(place);
    sum[0] += pixels[i]; sum[1] += pixels[i + 1]; sum[2] += pixels[i + 2]; sum[3] += 1; }
  return { width: image.width, height: image.height, indices: btoa(text),
    palette: sums.map((s) => s.slice(0, 3).map((v) => Math.floor(v / s[3]))) };
}"""
"""Reduce a picture to its 64 commonest colours, in the browser that took it."""


def small(page: Page, picture: bytes) -> bytes:
    """Return a PNG with a palette: a page of text needs few colours."""
    found = page.evaluate(REDUCE, base64.b64encode(picture).decode())
    width, height, indices = found["width"], found["height"], base64.b64decode(found["indices"])
    lines = b"".join(b"\0" + indices[row * width : (row + 1) * width] for row in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(part for colour in found["palette"] for part in colour)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    framed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a line for every file."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine and give its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def chosen(results: Results) -> dict[str, str]:
    """The pages to take: scoreboard, an open target with data, the plan at its highlighted sentence."""
    rows = [row for row in results.rows("progress") if row["indicator_id"] == "pm2_5_annual"]
    target = next((row for row in rows if "年度进展" in str(row["status_text"])), rows[0])
    plan = f"plans/{target['document_id']}.html"
    return {
        "scoreboard": "index.html#b-蓝天",
        "target": f"targets/{target['target_id']}.html",
        "plan": f"{plan}#{target['target_id']}",
    }


def take(page: Page, address: str, path: Path) -> None:
    """Open a page, wait until it stands still, and write the picture."""
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(800)
    page.add_style_tag(content=SHOW_MARK)
    if "示例数据" not in page.inner_text(".sample"):
        raise SystemExit(f"{address} does not say 示例数据")
    path.write_bytes(small(page, page.screenshot()))
    if path.stat().st_size > LIMIT:
        raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, more than {LIMIT}")


def main(arguments: list[str]) -> int:
    """Build unless a built campaign is named, then take every picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("chromium is not installed: run `make test` once, or install the package chromium")
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="qingce-images-") as temporary:
        folder = Path(arguments[0]) if arguments else Path(temporary) / "demo"
        if not arguments:
            make_example(folder)
            build(folder, show=False)
        with served(folder / "out" / "site") as address, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE, locale="zh-CN", color_scheme="light")
            for name, place in chosen(read_results(folder / "out")).items():
                take(page, f"{address}/{place}", IMAGES / f"{name}.png")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
