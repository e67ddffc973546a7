"""The house style of official documents in Word: page, fonts with free fallbacks, headings, footers. 公文版式。

What is set here comes from `data/templates/office/document.toml`, which says where it was read.
"""

from __future__ import annotations

import datetime
import io
import tomllib
import zipfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from qingce.publish.office.files import write_whole

__all__ = [
    "LINK_INK",
    "add_field",
    "add_link",
    "add_paragraph",
    "element",
    "link_address",
    "new_document",
    "save_document",
    "set_font",
    "style_facts",
]

LINK_INK = "0B4F56"
_STAMP = (1980, 1, 1, 0, 0, 0)


@cache
def style_facts() -> dict[str, Any]:
    """Return the packaged facts of the house style."""
    text = files("qingce").joinpath("data/templates/office/document.toml").read_text("utf-8")
    return tomllib.loads(text)


def new_document(*, title: str, landscape: bool = False, kind: str = "page") -> Any:
    """Return an empty document with A4 pages and fonts of the house style; `kind` is page or table_page."""
    from docx import Document

    document = Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "qingce 青策", ""
    set_page(document.sections[0], landscape=landscape, kind=kind)
    _default_font(document)
    _font_table(document)
    return document


def set_page(section: Any, *, landscape: bool = False, kind: str = "page") -> None:
    """Set A4 and the margins [mm] of a section."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    page, edge = style_facts()["page"], style_facts()[kind]
    wide, high = Mm(page["width_mm"]), Mm(page["height_mm"])
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (high, wide) if landscape else (wide, high)
    section.top_margin, section.bottom_margin = Mm(edge["top_mm"]), Mm(edge["bottom_mm"])
    section.left_margin, section.right_margin = Mm(edge["left_mm"]), Mm(edge["right_mm"])
    section.header_distance = section.footer_distance = Mm(10 if kind == "table_page" else 25)


def element(tag: str, **attributes: str) -> Any:
    """Make one WordprocessingML element `w:tag` with `w:` attributes."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def set_font(run: Any, face: str, *, size: float, color: str = "") -> Any:
    """Give a run the Chinese face named in the house style and the Latin face beside it [pt]."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    fonts = style_facts()["fonts"]
    run.font.name, run.font.size, run.font.bold = fonts["latin"][0], Pt(size), False
    run._element.rPr.rFonts.set(qn("w:eastAsia"), fonts[face][0])
    if color:
        run.font.color.rgb = RGBColor.from_string(color)
    return run


def add_paragraph(
    document: Any,
    text: str = "",
    *,
    face: str = "body",
    size: float | None = None,
    align: str = "",
    indent: int = 0,
    line: float | None = None,
    color: str = "",
) -> Any:
    """Add a paragraph in one face; `indent` is the first line's indent in characters, `line` its height [pt]."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
    from docx.oxml.ns import qn
    from docx.shared import Pt

    sizes = style_facts()["size"]
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line or sizes["line"])
    if align:
        shape.alignment = getattr(WD_ALIGN_PARAGRAPH, align.upper())
    if indent:
        indents = paragraph._p.get_or_add_pPr().get_or_add_ind()
        indents.set(qn("w:firstLineChars"), str(indent * 100))
        indents.set(qn("w:firstLine"), str(int(indent * (size or sizes["body"]) * 20)))
    if text:
        set_font(paragraph.add_run(text), face, size=size or sizes["body"], color=color)
    return paragraph


def add_field(paragraph: Any, code: str, *, size: float) -> None:
    """Add a field such as PAGE or NUMPAGES to a paragraph."""
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        run = set_font(paragraph.add_run(), "table", size=size)
        if kind:
            run._r.append(element("fldChar", fldCharType=kind))
        else:
            instruction = element("instrText")
            instruction.text = text
            run._r.append(instruction)


def add_link(paragraph: Any, words: str, link: str, *, size: float, raised: bool = False) -> None:
    """Add words that lead to a file or page (relative address) or to a place of the document (`#name`)."""
    from docx.oxml.ns import qn

    made = element("hyperlink")
    for name, value in link_address(paragraph.part, link).items():
        made.set(qn(name), value)
    run = set_font(paragraph.add_run(words), "body", size=size, color=LINK_INK)
    run.font.superscript = raised or None
    made.append(run._r)
    paragraph._p.append(made)


def link_address(part: Any, link: str) -> dict[str, str]:
    """Return the attribute that says where a hyperlink of a document part leads."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    if link.startswith("#"):
        return {"w:anchor": link[1:]}
    return {"r:id": part.relate_to(link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)}


def save_document(document: Any, path: Path) -> None:
    """Save with fixed times inside, so that the same content is the same bytes; raises QC570."""
    fixed = datetime.datetime(2000, 1, 1)
    document.core_properties.created = document.core_properties.modified = fixed
    document.core_properties.revision = 1
    raw, steady = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    write_whole(path, steady.getvalue())


def _default_font(document: Any) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    facts = style_facts()
    style = document.styles["Normal"]
    style.font.name, style.font.size = facts["fonts"]["latin"][0], Pt(facts["size"]["body"])
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), facts["fonts"]["body"][0])
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")


def _font_table(document: Any) -> None:
    """Name the free families that stand in for each face, where Word and LibreOffice look for them."""
    from lxml import etree

    part = next(p for p in document.part.package.iter_parts() if str(p.partname) == "/word/fontTable.xml")
    table = etree.fromstring(part.blob)
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    known = {font.get(f"{space}name") for font in table}
    for names in style_facts()["fonts"].values():
        if names[0] in known:
            continue
        known.add(names[0])
        font = etree.SubElement(table, f"{space}font", {f"{space}name": names[0]})
        etree.SubElement(font, f"{space}altName", {f"{space}val": ", ".join(names[1:])})
        etree.SubElement(font, f"{space}charset", {f"{space}val": "86"})
    part._blob = etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True)
