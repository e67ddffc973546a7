"""The strict reader of `data/` and its overlays: what the law, the lists and the feeds say. 目录。"""

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.catalog.check import check_content
from qingce.catalog.methods import Method
from qingce.catalog.standards import Standard, is_met

__all__ = ["Catalog", "Method", "Standard", "check_content", "is_met", "load_catalog"]
