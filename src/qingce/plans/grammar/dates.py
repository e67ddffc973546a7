"""Dates as plans print them, normalised as the contract says; base years and names of years are told apart. 时间。"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from qingce.core.errors import QingceError
from qingce.core.periods import five_year_plan
from qingce.plans.phrases import Phrases

__all__ = ["BINDING", "DateMark", "find_dates"]

BINDING = frozenset({"by", "by_end", "period", "recurring", "event", "seasonal", "embedded", "about"})
"""Kinds of dates that bind; `base`, `past`, `name` and `issue` do not."""

_CLAUSE = "，；。：！？\n\t"
_YEAR = r"(?P<year>19\d\d|20\d\d|[一二][零〇一二三四五六七八九]{3})年"
_DATED = re.compile(
    r"(?P<lead>截至|截止|力争到|到|至|自|从)?"
    rf"{_YEAR}度?(?:(?P<month>\d{{1,2}})月份?(?:(?P<day>\d{{1,2}})日)?)?"
    r"(?P<part>年底|年末|底|末|初|上半年|下半年|第?[一二三四1-4]季度末?|[上中下]旬)?"
    r"(?P<edge>之前|以前|前|左右|期间|以来|起|以后|之后)?"
)
_SPAN = re.compile(
    rf"(?P<lead>自|从)?{_YEAR[:-1]}年?(?:(?P<month>\d{{1,2}})月)?(?:(?P<day>\d{{1,2}})日)?(?:-|—|~|至|到)"
    r"(?P<year2>20\d\d)年(?:(?P<month2>\d{1,2})月)?(?:(?P<day2>\d{1,2})日)?底?(?P<edge>期间)?"
)
_WINDOW = re.compile(
    r"(?:每年|(?<!年)(?<!\d))(?P<m1>\d{1,2})月(?P<d1>\d{1,2})日(?:-|—|~|至|到)(?P<next>次年|翌年|第二年)?(?P<m2>\d{1,2})月(?P<d2>\d{1,2})日(?:期间)?"
)
_MONTH_SPAN = r"\d{1,2}月?(?:-|—|~|至|到)(?:次年|翌年)?\d{1,2}月"
_MONTHS = re.compile(rf"(?:每年|(?<![\d年])){_MONTH_SPAN}(?:[，、和及]{_MONTH_SPAN})*")
_MONTH_PAIR = re.compile(r"(\d{1,2})月?(?:-|—|~|至|到)(?:次年|翌年)?(\d{1,2})月")
_PLAN = re.compile(
    r"“?(?P<name>十[一二三四五六]?|[十]?[二三四]?十[一二三四五六])五”?(?P<edge>时期|期间|期末|末|以来|收官)?"
)
_UNDATED = re.compile(
    r"(?<![\d年每])(?:(?P<month>\d{1,2})月(?P<part>底|末|上旬|中旬|下旬)?|(?P<year>年底|年末)|(?P<half>上半年|下半年)|第?(?P<quarter>[一二三四])季度末?)(?P<edge>之前|以前|前)?"
)
_BASE_BEFORE = re.compile(r"(?:比|较|以|与|同|由|相比|相较于|对比|在)$")
_BASE_AFTER = re.compile(r"(?:为基|相比|基础上|水平|基数|的基准|相较|同期|实际)")
_PAST_AFTER = re.compile(r"[^一-龥]{0,3}(?:第?[一-龥]{0,24}(?:通过|公布|颁布|发布|印发|施行|实施的|修订|修正|会议))")
_PAST_NOUN = re.compile(r"成果|成效|成绩|评估结果|以来")
_QUARTERS = {"一": 3, "二": 6, "三": 9, "四": 12, "1": 3, "2": 6, "3": 9, "4": 12}


@dataclass(frozen=True, slots=True)
class DateMark:
    """A date in the view: normalised `date`, its `kind`, the `year` it ends in (0 if it has none)."""

    start: int
    end: int
    date: str
    kind: str
    year: int = 0


def find_dates(text: str, phrases: Phrases, *, issued: str = "") -> list[DateMark]:
    """List every date of the text in order, without overlaps; `issued` resolves 年底前 and 6月底前."""
    found: list[DateMark] = []
    finders: tuple[Callable[[], Iterator[DateMark]], ...] = (
        lambda: _spans(text),
        lambda: _windows(text),
        lambda: _dated(text, phrases),
        lambda: _plans(text),
        lambda: _words(text, phrases),
        lambda: _events(text, phrases),
        lambda: _durations(text, phrases),
    )
    taken: set[int] = set()
    for finder in finders:
        for mark in finder():
            places = range(mark.start, mark.end)
            if taken.isdisjoint(places):
                taken.update(places)
                found.append(mark)
    found += [m for m in _undated(text, found, issued=issued) if taken.isdisjoint(range(m.start, m.end))]
    return sorted(found, key=lambda mark: mark.start)


def _year(text: str) -> int:
    digits = "零一二三四五六七八九"
    return int(text) if text[0].isascii() else int("".join(str(digits.index("零" if c == "〇" else c)) for c in text))


def _spans(text: str) -> Iterator[DateMark]:
    for match in _SPAN.finditer(text):
        first, last = _year(match["year"]), int(match["year2"])
        if first > last or _names(text, match.end()):
            continue
        begin = _iso(first, match["month"], match["day"])
        close = _iso(last, match["month2"], match["day2"])
        yield DateMark(match.start(), match.end(), f"{begin}/{close}", "period", last)


def _iso(year: int, month: str | None, day: str | None) -> str:
    if not month or not 1 <= int(month) <= 12:
        return str(year)
    last = calendar.monthrange(year, int(month))[1]
    return f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day and 1 <= int(day) <= last else "")


def _names(text: str, end: int) -> bool:
    """Whether what follows makes the date part of a title: 2021—2025年行动计划."""
    return re.match(r"[^，。；、\n]{0,16}(?:规划|纲要|计划》|方案》)", text[end : end + 24]) is not None


def _dated(text: str, phrases: Phrases) -> Iterator[DateMark]:
    for match in _DATED.finditer(text):
        mark = _one(match)
        kind = _role(text, match, phrases)
        yield replace(mark, kind=kind) if kind else mark


def _one(match: re.Match[str]) -> DateMark:
    year, part = _year(match["year"]), match["part"] or ""
    date, kind = _iso(year, match["month"], match["day"]), "by"
    if part in {"年底", "年末", "底", "末"}:
        date, kind = (date if match["month"] else f"{year}-12"), "by_end"
    elif part == "上半年":
        date, kind = f"{year}-06", "by_end"
    elif part == "下半年":
        date, kind = f"{year}-12", "by_end"
    elif "季度" in part:
        date, kind = f"{year}-{_QUARTERS[part.strip('第季度末')]:02d}", "by_end"
    if match["edge"] == "左右":
        kind = "about"
    return DateMark(match.start(), match.end(), date, kind, year)


def _role(text: str, match: re.Match[str], phrases: Phrases) -> str:
    """Tell base years, history, issue dates and names from dates that bind; '' if it binds."""
    before = text[max(0, match.start() - 4) : match.start()]
    after = text[match.end() : match.end() + 40]
    if (
        _BASE_BEFORE.search(before) and not match["part"] and not match["edge"] and not _IN_YEAR.search(before)
    ) or _BASE_AFTER.match(after):
        return "base"
    if match["lead"] in {"从", "自"} and after.startswith("的"):
        return "base"
    if match["edge"] in {"以来", "起", "以后", "之后"} or match["lead"] in {"截至", "截止"}:
        return "past"
    if match["day"] and (_PAST_AFTER.match(after) or after[:1] in {"）", "\n", ""}):
        return "issue"
    if (
        match["edge"] in {"前", "之前"}
        and not match["part"]
        and not match["month"]
        and re.match(rf"[^{_CLAUSE}]{{0,24}}(?:{_name_words(phrases)})", after)
    ):
        return "name"
    return (
        "name"
        if text[max(0, match.start() - 1) : match.start()] in {"《", "（", "〔"} and _names(text, match.end())
        else ""
    )


_IN_YEAR = re.compile(r"(?:应|力争|争取|努力|须|要|拟)在$|[，。；]在$|^在$")


@cache
def _name_words(phrases: Phrases) -> str:
    return phrases.pattern("times", kind="name")


def _windows(text: str) -> Iterator[DateMark]:
    for match in _WINDOW.finditer(text):
        begin, close = (
            f"--{int(match['m1']):02d}-{int(match['d1']):02d}",
            f"--{int(match['m2']):02d}-{int(match['d2']):02d}",
        )
        yield DateMark(match.start(), match.end(), f"R/{begin}/{close}", "recurring")
    for match in _MONTHS.finditer(text):
        pairs = [(int(a), int(b)) for a, b in _MONTH_PAIR.findall(match[0])]
        if all(1 <= a <= 12 and 1 <= b <= 12 for a, b in pairs):
            yield DateMark(
                match.start(), match.end(), "R/" + ",".join(f"--{a:02d}..--{b:02d}" for a, b in pairs), "recurring"
            )


def _plans(text: str) -> Iterator[DateMark]:
    """Five-year plans by name: the period binds, a bare name (“十四五”国家规划) does not."""
    for match in _PLAN.finditer(text):
        try:
            period = five_year_plan(match["name"] + "五")
        except QingceError:
            continue
        if not match["edge"] and "“" not in match[0]:
            continue
        rest = re.match(rf"[^{_CLAUSE}]{{0,30}}", text[match.end() : match.end() + 30])
        past = match["edge"] == "以来" or (rest is not None and _PAST_NOUN.search(rest[0]) is not None)
        kind = "past" if past else "period" if match["edge"] else "name"
        yield DateMark(match.start(), match.end(), str(period.end.year), kind, period.end.year)


@cache
def _word_pattern(phrases: Phrases) -> re.Pattern[str]:
    words = sorted(
        {w for kind in ("season", "every", "day") for w in phrases.words("times", kind=kind)},
        key=lambda w: (-len(w), w),
    )
    return re.compile("|".join(re.escape(word) for word in words))


def _words(text: str, phrases: Phrases) -> Iterator[DateMark]:
    """Seasons, named days and recurrences; a season that only names a kind of pollution is no date."""
    kinds, values = phrases.lookup("times", "kind"), phrases.lookup("times", "value")
    modified = re.compile(rf"[、和]?(?:大?气?)?(?:{phrases.pattern('times', kind='modified')})")
    focus = re.compile(rf"(?:{phrases.pattern('times', kind='focus')})[^{_CLAUSE}]{{0,12}}$")
    for match in _word_pattern(phrases).finditer(text):
        kind, date = kinds[match[0]], values[match[0]]
        if kind in {"every", "day"}:
            yield DateMark(match.start(), match.end(), date, "recurring")
        elif text[match.end() : match.end() + 1] == "前":
            yield DateMark(match.start(), match.end() + 1, f"event:{match[0]}", "event")
        else:
            before, after = text[max(0, match.start() - 14) : match.start()], text[match.end() : match.end() + 12]
            water = match[0].endswith(("汛期", "水期"))
            bare = water or (
                not focus.search(before) and not modified.match(after) and not after.startswith(("、", "和"))
            )
            yield DateMark(match.start(), match.end(), date, "seasonal" if bare else "name")


@cache
def _event_pattern(phrases: Phrases) -> re.Pattern[str]:
    events = phrases.pattern("times", kind="event")
    return re.compile(rf"(?P<event>(?:{events}){{1,2}})(?:之前|以前|前)(?=应|须|要|必|完|依|全|开|及|做|实|，)")


def _events(text: str, phrases: Phrases) -> Iterator[DateMark]:
    """变更前应当…: before an event; its object is looked for earlier in the sentence (用途变更)."""
    for match in _event_pattern(phrases).finditer(text):
        start = max(text.rfind(mark, max(0, match.start() - 200), match.start()) for mark in "。\n；")
        named = re.search(rf"([一-龥]{{2}}){match['event']}", text[start + 1 : match.start()])
        name = (named[1] if named else "") + match["event"]
        yield DateMark(match.start(), match.end(), f"event:{name}", "event")


def _durations(text: str, phrases: Phrases) -> Iterator[DateMark]:
    """十年禁渔: how long a ban lasts."""
    pattern = re.compile(rf"([一二三四五六七八九十]{{1,2}}|\d{{1,2}})年(?={phrases.pattern('times', kind='ban')})")
    for match in pattern.finditer(text):
        years = "零一二三四五六七八九十".find(match[1])
        count = int(match[1]) if match[1].isdigit() else years
        if count > 0:
            yield DateMark(match.start(), match.end(), f"P{count}Y", "embedded")


def _undated(text: str, found: list[DateMark], *, issued: str) -> Iterator[DateMark]:
    """年底前, 6月底前, 三季度末: the year is that of the date before in the sentence, else of issue, else yearly."""
    known = sorted((mark.start, mark.year) for mark in found if mark.year and mark.kind in BINDING)
    for match in _UNDATED.finditer(text):
        if not (match["edge"] or match["part"] or match["quarter"] or match["year"]):
            continue
        month = _month(match)
        if not 1 <= month <= 12 or (match["quarter"] and not match["edge"] and "末" not in match[0]):
            continue
        head = max(text.rfind(mark, max(0, match.start() - 200), match.start()) for mark in "。\n")
        years = [year for start, year in known if head < start < match.start()]
        year = years[-1] if years else int(issued[:4]) if re.match(r"\d{4}", issued) else 0
        last = calendar.monthrange(year or 2001, month)[1]
        date = f"{year}-{month:02d}" if year else f"R/--{month:02d}-{last:02d}"
        yield DateMark(match.start(), match.end(), date, "by_end" if year else "recurring", year)


def _month(match: re.Match[str]) -> int:
    if match["month"]:
        return int(match["month"])
    if match["half"]:
        return 6 if match["half"] == "上半年" else 12
    return _QUARTERS[match["quarter"]] if match["quarter"] else 12
