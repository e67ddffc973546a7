"""One page as one file: styles and script inside, no links to pages that are not there. 单页文件。"""

from __future__ import annotations

import re

from qingce.publish.results import Results
from qingce.publish.site import ASSETS, render

__all__ = ["render_alone"]

_GONE = (
    r'<nav class="wrap nav".*?</nav>',
    r'<nav class="crumbs".*?</nav>',
    r'<form class="find".*?</form>',
    r'<a class="lang".*?</a>',
    r'<link rel="alternate"[^>]*>',
    r'<script src="[^"]*vendor/[^"]*"></script>',
)


def render_alone(path: str, results: Results) -> str:
    """Return a page that opens by itself from any folder; links to other pages become plain text. Raises QC553, QC554.

    The text and its highlights stay; what leads out of the page is taken away.
    """
    body = render(path, results)[0].decode("utf-8")
    for pattern in _GONE:
        body = re.sub(pattern, "", body, flags=re.DOTALL)
    body = re.sub(r'<link rel="stylesheet" href="[^"]*qingce\.css">', lambda _: _inside("style", "qingce.css"), body)
    body = re.sub(r'<script src="[^"]*qingce\.js"></script>', lambda _: _inside("script", "qingce.js"), body)
    return re.sub(r'<a((?:\s+(?!href)[\w-]+="[^"]*")*)\s+href="(?!#)[^"]*"', r"<a\1", body)


def _inside(tag: str, name: str) -> str:
    text = (ASSETS / name).read_text("utf-8")
    return f"<{tag}>\n{text}\n</{tag}>"
