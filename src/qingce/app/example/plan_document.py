"""The example plan as a Word document whose numbers are Word's own, as offices write them. 示例方案。"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from qingce.app.example.story import content
from qingce.publish.office.word import add_paragraph, element, new_document, save_document, set_font, style_facts

__all__ = ["write_plan"]

_LEVELS = (
    ("chineseCountingThousand", "%1、", "nothing"),
    ("chineseCountingThousand", "（%2）", "nothing"),
    ("decimal", "%3.", "nothing"),
)
_FACES = ("first", "second", "body")


def write_plan(path: Path) -> None:
    """Write the packaged plan text as docx, with a multilevel list 一、（一）1. that Word numbers itself."""
    lines = content("plan.md").read_text("utf-8").splitlines()
    title = next(line[2:] for line in lines if line.startswith("# "))
    document = new_document(title=f"{title}（示例数据）")
    number = _multilevel(document)
    for line in lines[1:]:
        if line.strip():
            _write_line(document, line, number=number)
    save_document(document, path)


def _write_line(document: Any, line: str, *, number: int) -> None:
    sizes = style_facts()["size"]
    mark, _, text = line.partition(" ")
    if mark == "#":
        add_paragraph(document, text, face="title", size=sizes["title"], align="center", line=36)
    elif mark == "=":
        add_paragraph(document, text, face="second", align="center")
    elif mark == ">":
        add_paragraph(document, f"（{text}）", face="second", indent=2)
    elif mark in ("##", "###", "1."):
        _numbered(document, text, level=("##", "###", "1.").index(mark), number=number)
    else:
        add_paragraph(document, line, indent=2)


def _numbered(document: Any, text: str, *, level: int, number: int) -> None:
    """Add an item of the list; a run-in heading ends at its first full stop."""
    paragraph = add_paragraph(document, indent=2)
    properties = paragraph._p.get_or_add_pPr()
    chosen = element("numPr")
    chosen.append(element("ilvl", val=str(level)))
    chosen.append(element("numId", val=str(number)))
    properties.insert_element_before(chosen, "w:spacing", "w:ind", "w:jc", "w:rPr")
    size = style_facts()["size"]["body"]
    heading, body = re.fullmatch(r"([^。]{0,30}。)?(.*)", text).groups() if level == 1 else ("", text)  # type: ignore[union-attr]
    if heading:
        set_font(paragraph.add_run(heading), _FACES[level], size=size)
    if body:
        set_font(paragraph.add_run(body), "body" if heading else _FACES[level], size=size)


def _multilevel(document: Any) -> int:
    """Add the multilevel list to numbering.xml; returns its number."""
    numbering = document.part.numbering_part.element
    identity = "90"
    abstract = element("abstractNum", abstractNumId=identity)
    abstract.append(element("multiLevelType", val="multilevel"))
    for level, (style, text, suffix) in enumerate(_LEVELS):
        item = element("lvl", ilvl=str(level))
        item.append(element("start", val="1"))
        item.append(element("numFmt", val=style))
        item.append(element("suff", val=suffix))
        item.append(element("lvlText", val=text))
        item.append(element("lvlJc", val="left"))
        shape = element("pPr")
        shape.append(element("ind", left="0", firstLine="640"))
        item.append(shape)
        item.append(_number_face(_FACES[level]))
        abstract.append(item)
    numbering.insert(0, abstract)
    return int(numbering.add_num(int(identity)).numId)


def _number_face(face: str) -> Any:
    """Give the number itself the face of its heading."""
    facts = style_facts()
    properties = element("rPr")
    latin, chinese = facts["fonts"]["latin"][0], facts["fonts"][face][0]
    properties.append(element("rFonts", ascii=latin, hAnsi=latin, eastAsia=chinese))
    properties.append(element("sz", val=str(facts["size"]["body"] * 2)))
    return properties
