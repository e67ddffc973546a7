"""What work costs, to be held against other work of the same test: never against a clock."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["spent"]


def spent(work: Callable[[], object], *, times: int = 3) -> float:
    """Return the least processor seconds of some runs: other work on the machine hardly changes them."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)
