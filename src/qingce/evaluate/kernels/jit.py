"""The compiler, asked for only when there is enough to compute, and never a need. 编译。"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from qingce.core.ports import Unpacker

__all__ = ["LARGE", "compiled", "kernels_for", "unpacker_for"]

Function = TypeVar("Function", bound=Callable[..., Any])

LARGE = 2_000_000
"""From how many cells on the compiled kernels are worth the time of loading the compiler."""
_NAME = "qingce.evaluate.kernels.compiled"
_UNPACKING = "qingce.evaluate.kernels.unpacking"


def kernels_for(size: int) -> ModuleType | None:
    """Return the compiled kernels for a block of so many cells; None where NumPy is quicker or numba is not there."""
    return _kernels(_NAME) if size >= LARGE else None


def unpacker_for(size: int) -> Unpacker | None:
    """Return the compiled loops that unpack so many cells; None where Arrow is quicker or numba is not there.

    It is what `store.open_lake(…, unpacking=…)` asks for.
    """
    return cast("Unpacker | None", _kernels(_UNPACKING)) if size >= LARGE else None


def compiled(function: Function) -> Function:
    """Compile a function of arrays; its machine code is kept beside it, or in the user's cache, or not at all."""
    import numba

    def kept(cache: bool) -> Function:
        return cast(Function, numba.njit(function, cache=cache, nogil=True, error_model="numpy"))

    try:
        return kept(cache=True)
    except RuntimeError:  # neither the folder of the code nor the user's cache can be written
        return kept(cache=False)


@lru_cache(maxsize=2)
def _kernels(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
