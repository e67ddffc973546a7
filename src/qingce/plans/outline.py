"""The tree of numbered headings and items, in any mixture of markers and widths, run-on text too. 条款树。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from qingce.plans.grammar.quantities import chinese_number
from qingce.plans.phrases import Phrases

__all__ = ["Node", "outline"]

_HAN = r"[一二三四五六七八九十百零]{1,4}"
_MARKER = re.compile(
    rf"(?P<chapter>第{_HAN}[编章])|(?P<section>第{_HAN}节)|(?P<article>第{_HAN}条(?:之{_HAN})?)"
    rf"|(?P<han>{_HAN})(?:、|\.(?=[一-龥]))"
    rf"|(?P<phan>（{_HAN}）)"
    r"|(?P<dec>\d{1,2}(?:\.\d{1,2}){1,3})(?=[^\d.%])"
    r"|(?P<num>\d{1,3})[.、．](?!\d)"
    r"|(?P<bare>\d{1,2})(?=[一-龥“])"
    r"|(?P<pnum>（\d{1,2}）|\d{1,2}）)"
    r"|(?P<circ>[①-⑳])"
)
_RANK = {
    "chapter": 0,
    "section": 1,
    "article": 2,
    "han": 3,
    "phan": 4,
    "bare": 4,
    "dec": 4,
    "num": 5,
    "pnum": 6,
    "circ": 7,
}
_ABSOLUTE = frozenset({"chapter", "section", "article", "han"})
_GAP = 3
_TITLE, _TITLE_WITH_COMMA, _HEADING = 45, 30, 70
_CLOSING = re.compile(
    r"\n(?:附件|附：|附表|抄送|主送)[^\n]{0,40}|\n[^\n。；，]{4,40}\n(?:19|20)\d\d年\d{1,2}月\d{1,2}日(?=\n|$)"
)


@dataclass(slots=True)
class Node:
    """A heading or item in the view: marker as printed, title, body; `end` is where the next one begins."""

    style: str
    number: int
    marker: str
    start: int
    body: int
    level: int
    path: str
    title: str = ""
    end: int = 0
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Candidate:
    style: str
    number: int
    marker: str
    start: int
    end: int
    strong: bool
    loose: bool


def outline(text: str, phrases: Phrases) -> list[Node]:
    """Return the nodes of the tree in text order; raises nothing, a text without markers has none."""
    nodes = _accept(text, list(_candidates(text)))
    limit = _limit(text, nodes[-1].body if nodes else 0, phrases)
    begins: dict[int, int] = {}
    nearest = limit
    for node in reversed(nodes):
        following = min((begins[level] for level in range(1, node.level + 1) if level in begins), default=limit)
        node.end = _trimmed(text, node.body, max(following, node.body))
        node.title, node.body = _title(text, node, nearest, standard=phrases.pattern("titles"))
        begins = {level: start for level, start in begins.items() if level < node.level} | {node.level: node.start}
        nearest = node.start
    return nodes


def _trimmed(text: str, start: int, end: int) -> int:
    """Step back over the line ends before `end`."""
    while end > start and text[end - 1] in "\n\t":
        end -= 1
    return end


def _limit(text: str, start: int, phrases: Phrases) -> int:
    """Where the last item ends: before page furniture, annexes and the signature."""
    furniture = re.search(rf"\n(?:{phrases.pattern('furniture')})", text[start:])
    closing = _CLOSING.search(text, start)
    ends = [start + furniture.start() if furniture else len(text), closing.start() if closing else len(text)]
    return min(ends)


def _candidates(text: str) -> Iterator[_Candidate]:
    for match in _MARKER.finditer(text):
        style = match.lastgroup or ""
        before = text[match.start() - 1] if match.start() else "\n"
        strong = before == "\n" or (before == "\t" and style in {"han", "phan"})
        loose = not strong and before not in "。！？；：”"
        if loose and style != "phan":
            continue
        if not strong and style in {"chapter", "section", "article", "dec", "bare"}:
            continue
        number = _number(style, match[style])
        if number:
            yield _Candidate(style, number, match[style], match.start(), match.end(), strong, loose)


def _number(style: str, marker: str) -> int:
    if style == "circ":
        return ord(marker) - ord("①") + 1
    if style == "dec":
        return int(marker.rsplit(".", 1)[1])
    digits = re.search(r"\d+", marker)
    if digits:
        return int(digits[0])
    han = re.search(_HAN, marker)
    value = chinese_number(han[0]) if han else None
    return int(value) if value is not None else 0


def _accept(text: str, candidates: list[_Candidate]) -> list[Node]:
    """Keep the candidates whose numbers follow one another; the order of first appearance gives the levels."""
    stack: list[Node] = []
    last: dict[str, int] = {}
    above: dict[str, str] = {}
    nodes: list[Node] = []
    decimals = {c.marker.split(".")[0] for c in candidates if c.style == "dec"}
    for candidate in candidates:
        if candidate.style == "bare" and candidate.marker not in decimals:
            continue
        place = _place(candidate, stack, above)
        if not _follows(text, candidate, stack[: place + 1], last=last):
            continue
        del stack[place:]
        node = _node(candidate, stack)
        above.setdefault(candidate.style, stack[-1].style if stack else "")
        last[candidate.style] = candidate.number
        stack.append(node)
        nodes.append(node)
    return nodes


def _node(candidate: _Candidate, stack: list[Node]) -> Node:
    parent = stack[-1] if stack else None
    path = f"{parent.path}/{candidate.marker}" if parent else candidate.marker
    node = Node(
        candidate.style, candidate.number, candidate.marker, candidate.start, candidate.end, len(stack) + 1, path
    )
    node.parent = parent
    if parent:
        parent.children.append(node)
    return node


def _place(candidate: _Candidate, stack: list[Node], above: dict[str, str]) -> int:
    """How many nodes of the stack stay above the candidate."""
    style = candidate.style
    if style == "dec":
        return _decimal_place(candidate, stack)
    for i, node in enumerate(stack):
        if node.style == style:
            return i
    if style in above:
        for i in range(len(stack) - 1, -1, -1):
            if stack[i].style == above[style]:
                return i + 1
        return 0 if not above[style] else _by_rank(style, stack)
    return _by_rank(style, stack) if style in _ABSOLUTE else len(stack)


def _by_rank(style: str, stack: list[Node]) -> int:
    return next((i for i, node in enumerate(stack) if _RANK[node.style] > _RANK[style]), len(stack))


def _decimal_place(candidate: _Candidate, stack: list[Node]) -> int:
    """1.2.3 stands under 1.2, which stands under 1."""
    prefix = candidate.marker.rsplit(".", 1)[0]
    for i in range(len(stack) - 1, -1, -1):
        if stack[i].marker == prefix:
            return i + 1
    return next((i for i, node in enumerate(stack) if node.style == "dec"), len(stack))


def _follows(text: str, candidate: _Candidate, kept: list[Node], *, last: dict[str, int]) -> bool:
    """Whether the number is the next one of its row, or starts a row where a row may start."""
    style, number = candidate.style, candidate.number
    sibling = kept[-1] if kept and kept[-1].style == style else None
    if style == "dec":
        return number >= 1
    if sibling is not None:
        reach = _GAP if candidate.strong else 1
        return sibling.number < number <= sibling.number + reach or (
            number == 1 and candidate.strong and style in {"num", "pnum"}
        )
    if number == last.get(style, 0) + 1:
        return not candidate.loose or number > 1 or _after_title(text, candidate, kept)
    return number == 1 and (not candidate.loose or _after_title(text, candidate, kept))


def _after_title(text: str, candidate: _Candidate, kept: list[Node]) -> bool:
    """Whether only a title stands between the heading above and the candidate (run-on text)."""
    if not kept or candidate.start - kept[-1].body > _HEADING:
        return False
    return "。" not in text[kept[-1].body : candidate.start]


def _title(text: str, node: Node, nearest: int, *, standard: str) -> tuple[str, int]:
    """Return the title and where the body begins; an item whose first sentence is long has no title."""
    rest = text[node.body : min(nearest, node.body + 2 * _HEADING)]
    stop = re.search(r"[。\n\t]", rest)
    first = rest[: stop.start()] if stop else rest
    usual = re.match(standard, first)
    runs_on = len(rest) == 2 * _HEADING if stop is None else rest[stop.start()] == "。"
    if usual and runs_on and len(first) > usual.end() + 4:
        return usual[0], node.body + usual.end()
    whole = stop is None or rest[stop.start()] != "。"
    heading = whole and len(first) <= _HEADING and (node.body + len(first) >= nearest or stop is not None)
    if not heading:
        allowed = _TITLE_WITH_COMMA if first.count("，") == 1 else _TITLE
        heading = stop is not None and first.count("，") <= 1 and "；" not in first and len(first) <= allowed
    if not heading:
        return "", node.body
    return first.strip(" ：:"), node.body + len(first) + (stop is not None)
