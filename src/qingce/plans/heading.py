"""Title, issuer, level, date, number and kind of a document, from its head and tail. 文件头。"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qingce.plans.phrases import Phrases
from qingce.plans.view import fold_width

__all__ = ["Heading", "read_heading"]

_ISSUER = re.compile(
    r"^[一-龥 ]{2,40}(?:委员会|省委|市委|县委|区委|州委|政府|办公室|办公厅|厅|局|委|部|领导小组|指挥部|院)$"
)
_DAY = re.compile(r"((?:19|20)\d\d)\s?[年./-]\s?(\d{1,2})\s?[月./-]\s?(\d{1,2})\s?日?")
_NUMBER = re.compile(r"[一-龥]{1,10}[〔\[（(](?:19|20)\d\d[〕\]）)]第?\d{1,4}号")
_EXTENSION = re.compile(r"\.(?:docx?|pdf|txt|html?|md|wps)$", re.I)
_ABOUT = re.compile(r"^(?:关于|印发)")
_FIRST_MARK = re.compile(r"(?m)^[ \t\u3000]*(?:一、|第一[章条]|1[.、]|\(一\)|（一）)|一、")
_NATIONAL = re.compile(r"中共中央|国务院|生态环境部|中华人民共和国|全国人民代表大会")
_LEVEL_WORDS = {
    "全省": "province",
    "全市": "city",
    "全县": "county",
    "全区": "county",
    "全镇": "township",
    "全国": "national",
}
_SCOPE_OF = {"national": "全国", "province": "全省", "city": "全市", "county": "全县", "township": "全镇"}


@dataclass(frozen=True, slots=True)
class Heading:
    """What the document says of itself; `scope` is the region it speaks of (全市)."""

    title: str
    issuer: str
    level: str
    date: str
    number: str
    kind: str
    scope: str


def read_heading(text: str, phrases: Phrases, *, name: str = "") -> Heading:
    """Read the head (before the first number) and the tail; what is not printed stays empty."""
    folded = fold_width(text)
    first = _FIRST_MARK.search(folded)
    head = folded[: first.start() if first else min(len(folded), 1500)][:3000]
    lines = [line.strip(" #*\t\u3000\x00") for line in head.splitlines() if line.strip()]
    title, issuer = _title(lines, phrases, name)
    level = _level(title, issuer, folded, phrases=phrases)
    region = "全区" if level == "county" and folded.count("全区") > folded.count("全县") else _SCOPE_OF.get(level, "")
    kind = _kind(title, folded, phrases)
    return Heading(title, issuer or _signed(folded), level, _date(head, folded), _own_number(lines), kind, region)


def _title(lines: list[str], phrases: Phrases, name: str) -> tuple[str, str]:
    """The first line that ends like a document, with the lines before it that belong to it."""
    ending = re.compile(rf"(?:{phrases.pattern('kinds')})(?:（[^（）]{{2,12}}）|\([^()]{{2,12}}\))?$")
    issuers: list[str] = []
    before = ""
    for i, raw in enumerate(lines[:24]):
        line = _EXTENSION.sub("", raw)
        bare = re.sub(r"\s", "", line)
        if _ISSUER.match(line) and not ending.search(line):
            issuers.append(line)
            continue
        if ending.search(bare) and 4 <= len(bare) <= 90 and "。" not in bare:
            issuers += [after for after in lines[i + 1 : i + 3] if not issuers and _ISSUER.match(after)]
            return (before if _joins(before, bare) else "") + bare, " ".join(issuers)
        before = bare if 4 <= len(bare) <= 40 and not re.search(r"[。；：]", bare) else ""
    fallback = re.sub(r"\s", "", lines[0])[:60] if lines else ""
    return fallback or name, " ".join(issuers)


def _joins(before: str, line: str) -> bool:
    return bool(_ABOUT.match(before)) and not _ABOUT.match(line)


def _level(title: str, issuer: str, text: str, *, phrases: Phrases) -> str:
    words = f"{issuer}{title}"
    if _NATIONAL.search(words):
        return "national"
    levels = phrases.lookup("levels", "level")
    places = re.findall(
        r"(?:^|[一-龥])([一-龥]{1,8}?(?:自治区|省|市|州|盟|县|区|旗|镇|乡|街道|开发区))(?!域|控|级|场)",
        re.sub(r"关于.*", "", words) or words,
    )
    for place in reversed(places):
        ending = next((word for word in ("自治区", "开发区", "街道") if place.endswith(word)), place[-1])
        if not place.endswith(("城市", "地区", "园区", "灌区", "社区")):
            return levels.get(ending, "")
    counts = {word: text.count(word) for word in _LEVEL_WORDS}
    best = max(counts, key=lambda word: counts[word])
    return _LEVEL_WORDS[best] if counts[best] >= 2 else ""


def _date(head: str, text: str) -> str:
    for part in (head, text[-400:]):
        days = [m for m in _DAY.finditer(part) if 1 <= int(m[2]) <= 12 and 1 <= int(m[3]) <= 31]
        alone = [m for m in days if _stands_alone(part, m)]
        if alone:
            year, month, day = alone[0].groups() if part is head else alone[-1].groups()
            return f"{year}-{int(month):02d}-{int(day):02d}"
    return ""


def _stands_alone(part: str, match: re.Match[str]) -> bool:
    """Whether the date is its own line, in brackets or followed by a clock."""
    before = part[: match.start()].rsplit("\n", 1)[-1].strip(" （(")
    after = part[match.end() :].split("\n", 1)[0].strip(" ）)")
    return not before and (
        not after
        or re.match(r"\d{1,2}:\d{2}|通过|公布|印发|发布|第[一-龥]{1,20}(?:会议|通过)|施行|国务院", after) is not None
    )


def _own_number(lines: list[str]) -> str:
    for line in lines[:30]:
        match = _NUMBER.fullmatch(re.sub(r"\s", "", line))
        if match:
            return match[0].replace("（", "〔").replace("）", "〕")
    return ""


def _kind(title: str, text: str, phrases: Phrases) -> str:
    if len(re.findall(r"(?m)^[ \t\u3000#]*第[一二三四五六七八九十百]+条", text)) >= 5:
        return "law" if not re.search(r"(?:规划|方案|计划|意见)(?:（.*）)?$", title) else "plan"
    for row in phrases.rows("kinds"):
        if re.search(rf"{re.escape(row['words'])}(?:（[^（）]*）)?$", title):
            return row["kind"]
    if "。" in title:
        return "other"
    inside = next((row["kind"] for row in phrases.rows("kinds") if len(row["words"]) > 1 and row["words"] in title), "")
    return inside or "other"


def _signed(text: str) -> str:
    """The issuer in the signature at the end."""
    lines = [line.strip() for line in text[-300:].splitlines() if line.strip()]
    for line in reversed(lines[-4:]):
        if _ISSUER.match(line):
            return line
    return ""
