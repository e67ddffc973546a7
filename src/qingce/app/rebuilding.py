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
        self._process: subprocess.Popen[bytes] | None = None
        self._said = ""

    def start(self) -> dict[str, object]:
        """Start a build; raises QC623 while one runs."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                raise complain("QC623")
            self._said = ""
            self._process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        return self.state()

    def state(self) -> dict[str, object]:
        """Say whether a build runs, its last step, and how the last one ended."""
        process = self._process
        status = process.poll() if process else None
        running = process is not None and status is None
        return {"running": running, "done": status == 0, "failed": bool(status), "step": self._said}

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Keep the last thing the build said on standard error: its step, or its error."""
        if process.stderr is None:
            return
        with process.stderr as stream:
            while chunk := stream.read1(4096):  # type: ignore[attr-defined]
                parts = re.split(r"[\r\n]", _CONTROL.sub("", chunk.decode("utf-8", "replace")))
                said = [part.strip() for part in parts if part.strip()]
                if said:
                    self._said = said[-1][:_LAST]
