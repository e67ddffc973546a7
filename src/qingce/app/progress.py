"""What is going on, on a terminal; nothing when piped. 进度。"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Steps"]


class Steps:
    """Names each step of a longer run on standard error and keeps how long it took [s]."""

    def __init__(self, total: int, *, show: bool | None = None) -> None:
        self._total = total
        self._done = 0
        self._show = sys.stderr.isatty() if show is None else show
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show a step while it runs."""
        self._done += 1
        begun = time.perf_counter()
        self._write(f"\r\x1b[2K[{self._bar()}] {self._done}/{self._total} {name} …")
        yield
        self.seconds[name] = time.perf_counter() - begun
        if self._done == self._total:
            self._write("\r\x1b[2K")

    def note(self, words: str) -> None:
        """Say what the running step is at."""
        self._write(f"\r\x1b[2K[{self._bar()}] {self._done}/{self._total} {words} …")

    def _bar(self) -> str:
        filled = 20 * self._done // max(self._total, 1)
        return "█" * filled + "·" * (20 - filled)

    def _write(self, text: str) -> None:
        if self._show:
            sys.stderr.write(text)
            sys.stderr.flush()
