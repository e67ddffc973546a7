"""Old office formats through LibreOffice, where it is installed. 旧格式。"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from qingce.core.errors import complain

__all__ = ["convert", "convert_to_docx"]

_SECONDS = 120


def convert_to_docx(path: Path, folder: Path) -> Path:
    """Convert a doc, wps, rtf or odt file to docx in `folder`; raises QC306."""
    return convert(path, folder, "docx")


def convert(path: Path, folder: Path, kind: str) -> Path:
    """Convert with LibreOffice, its profile in `folder`; raises QC306 where it is missing or fails."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise complain("QC306", str(path), {"reason": "soffice not found"})
    profile = f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"
    command = [program, profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise complain("QC306", str(path), {"reason": str(error)}) from error
    result = folder / f"{path.stem}.{kind}"
    if not result.is_file():
        reason = done.stderr.decode("utf-8", "replace").strip()[-200:] or f"exit status {done.returncode}"
        raise complain("QC306", str(path), {"reason": reason})
    return result
