"""A short command does not wait for libraries that it never uses. 轻装启动。"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["without_pandas"]


class _NoPandas:
    """Says that pandas cannot be found."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not asked for", name=name)
        return None


def without_pandas() -> None:
    """Let pyarrow settle now that this process has no pandas: its first array would import it, most of a second.

    pyarrow asks once whether pandas is there and keeps the answer; only its own conversions to pandas go with it.
    Everybody else may import pandas afterwards. A pandas that is already imported is left alone.
    """
    import pyarrow as pa

    shim = getattr(pa.lib, "_pandas_api", None)
    if shim is None or "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([True]).to_numpy(zero_copy_only=False)  # both ways in which it asks
    finally:
        sys.meta_path.remove(finder)
