"""A plan written for these tests, and the same plan in every format. Every number in it is made up (示例)."""

from __future__ import annotations

import html
import zipfile
from pathlib import Path

TITLE = "青溪市深入打好污染防治攻坚战行动计划"
ISSUER = "青溪市人民政府"
PREFACE = "为持续改善生态环境质量，结合我市实际，制定本行动计划。"

# (level, number, title or '', body); level 1 一、 2 （一） 3 1.
ITEMS: list[tuple[int, int, str, str]] = [
    (1, 1, "总体要求", ""),
    (
        2,
        1,
        "主要目标",
        "到2027年，全市细颗粒物年均浓度控制在29微克/立方米以下，优良天数比率达到88.5%以上，重度及以上污染天数不超过2天；"
        "地表水国控断面优良水体比例达到93.3%，全面消除劣Ⅴ类断面；化学需氧量、氨氮重点工程减排量分别达到1860吨、95吨，"
        "单位地区生产总值二氧化碳排放比2022年下降11%。",
    ),
    (2, 2, "基本原则", "坚持精准治污、科学治污、依法治污，坚持系统观念、协同增效。"),
    (1, 2, "深入打好蓝天保卫战", ""),
    (
        2,
        1,
        "推进燃煤污染治理",
        "加强散煤管控。2026年底前，全面淘汰35蒸吨/小时以下燃煤锅炉。到2027年，全市清洁取暖率达到90%左右。"
        "（牵头单位：市发展改革委；配合单位：市生态环境局、市住房城乡建设局）",
    ),
    (2, 2, "强化扬尘管控", ""),
    (3, 1, "推行绿色施工", "建筑工地严格落实“六个百分之百”。（责任单位：市住房城乡建设局）"),
    (
        3,
        2,
        "提高道路保洁水平",
        "到2026年，市区道路机械化清扫率达到93%以上，县城达到86%以上。（责任单位：市城管局、各县政府）",
    ),
    (1, 3, "深入打好碧水保卫战", ""),
    (
        2,
        1,
        "加强河湖治理",
        "开展入河排污口排查整治。到2027年，确保清溪、白石河水质分别达到Ⅱ类、Ⅲ类，县级以上饮用水水源水质达标率达到100%。",
    ),
    (
        2,
        2,
        "推进再生水利用",
        "2027年底前，全市再生水利用率提高到32%，新建污水处理厂5座。每年11月1日至次年3月31日保障生态流量。",
    ),
    (1, 4, "保障措施", ""),
    (2, 1, "加强组织领导", "各县区党委政府每年向市委、市政府报告工作情况。"),
]

HAN = "零一二三四五六七八九十"


def marker(level: int, number: int) -> str:
    return {1: f"{HAN[number]}、", 2: f"（{HAN[number]}）", 3: f"{number}."}[level]


def paragraphs() -> list[tuple[int, int, str]]:
    """(level or 0, number, words without the marker): headings on their own line for level 1 and bare level 2."""
    found = [(0, 0, PREFACE)]
    for level, number, title, body in ITEMS:
        if level == 1 or not body:
            found.append((level, number, title))
        else:
            found.append((level, number, f"{title}。{body}"))
    return found


def as_text() -> str:
    lines = [TITLE, ISSUER, "（2026年3月18日）"]
    lines += [(marker(level, number) if level else "") + words for level, number, words in paragraphs()]
    return "\n\n".join(lines) + "\n"


def as_markdown() -> str:
    lines = [f"# {TITLE}", ISSUER, "（2026年3月18日）"]
    for level, number, words in paragraphs():
        head = "#" * (level + 1) + " " if level == 1 else ""
        bold = words.replace("。", "**。", 1) if level == 2 and "。" in words else words
        start = "**" if level == 2 and "。" in words else ""
        lines.append(head + start + (marker(level, number) if level else "") + bold)
    return "\n\n".join(lines) + "\n"


def as_html() -> str:
    body = "\n".join(
        f"<p>{html.escape((marker(level, number) if level else '') + words)}</p>"
        for level, number, words in paragraphs()
    )
    return f"""<!DOCTYPE html><html><head><title>{TITLE} - 青溪市政府网</title><style>p{{}}</style></head><body>
<div class="nav"><a>首页</a><a>政务公开</a></div><div id="breadcrumb">当前位置：首页 &gt; 文件</div>
<article><h1>{TITLE}</h1><p>{ISSUER}</p><p>（2026年3月18日）</p>
{body}
</article><div class="footer">版权所有：青溪市人民政府办公室 到2030年浏览量达到100%</div><script>var x = 1;</script></body></html>"""  # noqa: E501


_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_NUMBERING = f"""<?xml version="1.0" encoding="UTF-8"?><w:numbering {_NS}><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="（%2）"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%3."/></w:lvl>
</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""
_TYPES = """<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
<Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/>
</Types>"""  # noqa: E501
_RELS = """<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"""  # noqa: E501
_WORD_RELS = """<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/></Relationships>"""  # noqa: E501


def paragraph_xml(words: str, level: int = 0) -> str:
    number = f'<w:pPr><w:numPr><w:ilvl w:val="{level - 1}"/><w:numId w:val="7"/></w:numPr></w:pPr>' if level else ""
    return f'<w:p>{number}<w:r><w:t xml:space="preserve">{html.escape(words)}</w:t></w:r></w:p>'


def write_docx(path: Path, body: str, **parts: str) -> Path:
    """Write a minimal Word file around the XML of its body."""
    document = f'<?xml version="1.0" encoding="UTF-8"?><w:document {_NS}><w:body>{body}</w:body></w:document>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS)
        archive.writestr("word/_rels/document.xml.rels", _WORD_RELS)
        archive.writestr("word/document.xml", document)
        archive.writestr("word/numbering.xml", parts.get("numbering", _NUMBERING))
        for name, content in parts.items():
            if name != "numbering":
                archive.writestr(f"word/{name}.xml", content)
    return path


def as_docx(path: Path) -> Path:
    body = "".join(paragraph_xml(words) for words in (TITLE, ISSUER, "（2026年3月18日）"))
    body += "".join(paragraph_xml(words, level) for level, _, words in paragraphs())
    return write_docx(path, body)
