"""A build in its own process, started from the review page. 重新构建。"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

from qingce.core.errors import complain

__all__ = ["Rebuild"]

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LAST = 400
_COMMAND = """
import sys
from qingce.app.cli import main
sys.argv = ["qingce", "build", sys.argv[1], "--progress"]
main()
"""


class Rebuild:
    """At most one build at a time from this server; the build's own lock keeps others out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._last: _Started | None = None

    def start(self) -> dict[str, object]:
        """Start a build; raises QC623 while one runs."""
        with self._lock:
            if self._last is not None and self._last.running():
                raise complain("QC623")
            self._last = _Started(self._folder)
        return self.state()

    def state(self) -> dict[str, object]:
        """Say whether a build runs, its last step, and how the last one ended."""
        last = self._last
        if last is None:
            return {"running": False, "done": False, "failed": False, "step": ""}
        running = last.running()  # asked first: what is read after its end is whole
        status = None if running else last.process.returncode
        return {"running": running, "done": status == 0, "failed": bool(status), "step": last.said}


class _Started:
    """One build: its process, and who listens to it."""

    def __init__(self, folder: Path) -> None:
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def running(self) -> bool:
        """Whether the build runs, or its last words are still on their way."""
        return self._listener.is_alive() or self.process.poll() is None

    def _listen(self) -> None:
        """Keep the last thing the build said on standard error: its step, or its error."""
        if self.process.stderr is None:
            return
        with self.process.stderr as stream:
            while chunk := stream.read1(4096):  # type: ignore[attr-defined]
                parts = re.split(r"[\r\n]", _CONTROL.sub("", chunk.decode("utf-8", "replace")))
                said = [part.strip() for part in parts if part.strip()]
                if said:
                    self.said = said[-1][:_LAST]
