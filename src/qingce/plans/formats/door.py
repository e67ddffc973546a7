"""The door: which format a file has, by its bytes first and its name second. 入口。"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qingce.core.errors import complain
from qingce.plans.formats.office import convert_to_docx
from qingce.plans.formats.pdf import pdf_text
from qingce.plans.formats.picture import picture_text
from qingce.plans.formats.plain import decode
from qingce.plans.formats.source import Scan, Source
from qingce.plans.formats.web import html_text
from qingce.plans.formats.word import docx_text

__all__ = ["Source", "documents_in", "load"]

_TEXTS = frozenset({".txt", ".text", ".md", ".markdown", ""})
_WEB = frozenset({".html", ".htm", ".xhtml"})
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
_OLD_WORD = frozenset({".doc", ".wps", ".rtf", ".odt"})
_KNOWN = _TEXTS | _WEB | _PICTURES | _OLD_WORD | {".docx", ".pdf"}
_OLE, _PDF, _ZIP = b"\xd0\xcf\x11\xe0", b"%PDF", b"PK\x03\x04"


def load(path: Path) -> Source:
    """Read a file of any supported format; raises QC300 (empty), QC301 (format) and those of the format."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise complain("QC308", str(path), {"reason": error.strerror or str(error)}) from error
    if not data.strip():
        raise complain("QC300", str(path))
    suffix = path.suffix.lower()
    read = _reader(path, suffix, data)()
    scan = read if isinstance(read, Scan) else Scan(read)
    if not scan.text.strip():
        raise complain("QC300", str(path))
    return Source(scan.text, hashlib.sha256(data).hexdigest(), suffix in {".md", ".markdown"}, scan.doubts)


def _reader(path: Path, suffix: str, data: bytes) -> Callable[[], str | Scan]:
    """Choose how to read, by the first bytes, then by the name."""
    if data.startswith(_PDF) or suffix == ".pdf":
        return lambda: pdf_text(path)
    if suffix == ".docx" or (data.startswith(_ZIP) and _is_docx(path)):
        return lambda: docx_text(path)
    if suffix in _OLD_WORD or data.startswith(_OLE):
        return lambda: docx_text_of_old(path)
    if suffix in _WEB or (suffix in _TEXTS and data[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))):
        return lambda: html_text(data, path)
    if suffix in _PICTURES:
        return lambda: picture_text(path)
    if suffix in _TEXTS:
        return lambda: decode(data, path)
    raise complain("QC301", str(path), {"format": suffix, "allowed": " ".join(sorted(_KNOWN - {""}))})


def docx_text_of_old(path: Path) -> str:
    """Convert doc, wps, rtf, odt with LibreOffice and read the result; raises QC306 where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        return docx_text(convert_to_docx(path, Path(folder)))


def _is_docx(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "word/document.xml" in archive.namelist()


@contextmanager
def documents_in(path: Path) -> Iterator[list[Path]]:
    """Give the documents of a folder or a zip (unpacked for the while), in the order of their names.

    A single file gives itself. Raises QC301 where nothing readable is inside, QC307 for a broken or unsafe zip.
    """
    if path.is_dir():
        yield _readable(path)
        return
    if path.suffix.lower() != ".zip":
        yield [path]
        return
    folder = Path(tempfile.mkdtemp(prefix="plans-"))
    try:
        _unpack(path, folder)
        yield _readable(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _readable(folder: Path) -> list[Path]:
    found = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix.lower() in _KNOWN - {""}]
    files = [p for p in found if not p.name.startswith((".", "~$"))]
    if not files:
        raise complain("QC301", str(folder), {"format": "–", "allowed": " ".join(sorted(_KNOWN - {""}))})
    return files


_MOST_BYTES = 500_000_000


def _unpack(path: Path, folder: Path) -> None:
    """Unpack with names in UTF-8 or GB18030; refuse paths that lead outside."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(info.file_size for info in archive.infolist()) > _MOST_BYTES:
                raise complain("QC307", str(path), {"reason": f"> {_MOST_BYTES} bytes"})
            for info in archive.infolist():
                name = info.filename if info.flag_bits & 0x800 else _legacy_name(info.filename)
                target = (folder / name).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise complain("QC307", str(path), {"reason": name})
                if not info.is_dir():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(info))
    except (zipfile.BadZipFile, RuntimeError, OSError) as error:
        raise complain("QC307", str(path), {"reason": str(error)}) from error


def _legacy_name(name: str) -> str:
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name
