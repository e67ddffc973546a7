"""Where a file goes and how it gets there whole. 写出文件。"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from qingce.core.errors import complain

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, making its folder; raises QC570 when it cannot be written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise complain("QC570", str(path), {"reason": error.strerror or str(error)}) from error
