"""The strict reader of `data/` and its overlays: what the law, the lists and the feeds say. 目录。"""

from typing import TYPE_CHECKING, Any

from qingce.catalog.catalog import Catalog, load_catalog
from qingce.catalog.methods import Method
from qingce.catalog.standards import Standard, is_met

if TYPE_CHECKING:
    from qingce.catalog.check import check_content

__all__ = ["Catalog", "Method", "Standard", "check_content", "is_met", "load_catalog"]


def __getattr__(name: str) -> Any:
    """Import the check when it is asked for: whoever only reads content does not wait for it."""
    if name != "check_content":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from qingce.catalog.check import check_content

    return check_content
