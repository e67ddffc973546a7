"""Tables become pages, charts, maps and open data; nothing is computed here. 公开。"""

from __future__ import annotations

from qingce.publish.pages import compile_templates
from qingce.publish.results import SCHEMAS, Results, read_results, write_results
from qingce.publish.site import ASSETS, ROUTES, missing_assets, render, render_error, write_site

__all__ = [
    "ASSETS",
    "ROUTES",
    "SCHEMAS",
    "Results",
    "compile_templates",
    "missing_assets",
    "read_results",
    "render",
    "render_error",
    "write_results",
    "write_site",
]
