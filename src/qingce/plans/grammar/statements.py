"""Targets without a number of their own: delegated, coverage, zero, thresholds, qualitative with a date. 定性。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from qingce.plans.grammar.draft import Draft, Scene
from qingce.plans.grammar.subject import read_subject, spread
from qingce.plans.phrases import Phrases

__all__ = [
    "read_coverage",
    "read_delegated",
    "read_masked",
    "read_qualitative",
    "read_replacement",
    "read_thresholds",
    "read_zero",
]

_LEADING_VERB = re.compile(
    r"^(?:有效推进|统筹推进|推动|推进|实现|完成|力争实现|开展|建立|实行|基本实现|落实|做好|加快)+"
)
_COVERED = re.compile(r"(?<!安)(?:全覆盖|全收集|全处理|全量收集|应治尽治|应修尽修|全域全时段)+")
_ALL = re.compile(r"(?P<all>全部|全面)(?P<verb>达到|完成|实现|推行|安装|建成|开展|淘汰|退出|执行|接入|联网|关停)")
_ZERO = re.compile(
    r"(?P<verb>实现|达到|保持|力争实现|确保|巩固)?(?P<object>“[^”]{1,10}”|\x02*)?(?P<zero>零增长|负增长|清零|零进口|零存在|零直排|零填埋|零新增|为零|归零)"
)


@cache
def _delegation(phrases: Phrases) -> re.Pattern[str]:
    def part(name: str) -> str:
        return phrases.pattern("delegation", part=name)

    by = rf"(?:{part('by')})(?:级|上)?"
    return re.compile(
        rf"(?P<verb>(?:全面|圆满|按期|确保|力争)?(?:{part('verb')}))(?:了)?(?P<by>{by}(?:[、和及]?{by})*)"
        rf"(?P<act>{part('act')})(?P<of>的)?(?P<noun>[^，；。、]{{0,20}}?(?:{part('noun')}))?(?:以[上内])?"
    )


def read_delegated(scene: Scene) -> Iterator[Draft]:
    """完成省下达目标: the value stands in a superior's document."""
    clause, phrases = scene.clause, scene.page.phrases
    match = _delegation(phrases).search(scene.page.bare, clause.start, clause.end)
    if match is None or (match["act"] not in {"下达", "要求", "考核"} and not match["noun"]):
        return
    subject = read_subject(scene.bare, scene.page.text, (clause.start, match.start()), phrases=phrases)
    name = subject.name or (match["noun"] or "").removesuffix("任务").removesuffix("目标")
    for one in spread(name, phrases) if name else []:
        draft = Draft(
            min(subject.start, match.start()), match.end(), one, subject.scope, kind="delegated", confidence=0.85
        )
        draft.strength = match["verb"]
        draft.because("kind", match.start("by"), match.end("act"), rule="delegated-by-superior")
        yield draft


_REPLACED = re.compile(
    r"(?P<verb>实行|实施|执行|落实|按照?)(?P<value>\d+(?:\.\d+)?)倍(?:及?以上)?的?(?P<what>(?:减量|等量|削减量?)?(?:替代|置换))"
)


def read_replacement(scene: Scene) -> Iterator[Draft]:
    """新建耗煤项目实行1.5倍减量替代: a rule of so many times, for the projects named."""
    clause, bare = scene.clause, scene.bare
    match = _REPLACED.search(bare, clause.start, clause.end)
    if match is None:
        return
    subject = read_subject(bare, scene.page.text, (clause.start, match.start()), phrases=scene.page.phrases)
    draft = Draft(min(subject.start, match.start()), match.end(), f"{subject.name}{match['what']}倍数", subject.scope)
    draft.comparator, draft.value, draft.unit, draft.confidence = ">=", Decimal(match["value"]), "倍", 0.85
    draft.kind = "threshold"
    draft.value_start, draft.value_end = match.start("value"), match.end("value")
    draft.strength = match["verb"]
    draft.because("value", match.start("value"), match.end("what"), rule="times-replacement")
    yield draft


def read_coverage(scene: Scene) -> Iterator[Draft]:
    """全覆盖, 全部达到: every object, that is 100 %."""
    clause, bare = scene.clause, scene.bare
    match = _COVERED.search(bare, clause.start, clause.end)
    every = None if match else _ALL.search(bare, clause.start, clause.end)
    if match is not None:
        subject = read_subject(bare, scene.page.text, (clause.start, match.start()), phrases=scene.page.phrases)
        name = _LEADING_VERB.sub("", subject.name)
        yield from _covered(scene, name and f"{name}覆盖率", (subject.start, match.end()), place=match.span())
    elif every is not None:
        subject = read_subject(bare, scene.page.text, (clause.start, every.start()), phrases=scene.page.phrases)
        rest = scene.text(every.start("verb"), clause.end)
        yield from _covered(
            scene, subject.name and f"{subject.name}{rest}比例", (subject.start, clause.end), place=every.span()
        )


def _covered(scene: Scene, name: str, span: tuple[int, int], *, place: tuple[int, int]) -> Iterator[Draft]:
    if not 2 < len(name) <= 60:
        return
    draft = Draft(*span, name, comparator="==", value=Decimal(100), unit="%", kind="coverage", confidence=0.8)
    draft.value_start, draft.value_end = place
    draft.because("value", *place, rule="all-of-them")
    yield draft


def read_zero(scene: Scene) -> Iterator[Draft]:
    """清零, 零增长, 负增长 are values."""
    clause, bare = scene.clause, scene.bare
    match = _ZERO.search(bare, clause.start, clause.end)
    if match is None:
        return
    zero = match["zero"]
    subject = read_subject(bare, scene.page.text, (clause.start, match.start()), phrases=scene.page.phrases)
    name = (subject.name or scene.text(*match.span("object"))).strip("“”")
    if len(name) < 2:
        return
    growth = zero in {"零增长", "负增长"}
    for one in spread(name, scene.page.phrases) if growth else [name]:
        draft = Draft(
            subject.start if subject.name else match.start(), match.end(), scope=subject.scope, confidence=0.8
        )
        draft.indicator = f"{one}增长率" if growth else one
        draft.comparator = {"零增长": "<=", "负增长": "<"}.get(zero, "==")
        draft.value, draft.unit, draft.kind = Decimal(0), "%" if growth else "", "relative" if growth else "level"
        draft.value_start, draft.value_end = match.span("zero")
        draft.because("value", *match.span("zero"), rule="zero-word")
        yield draft


_SELECTING = re.compile(r"(?:的)?(?P<object>[^，；。、（]{2,30})")
_PHASE_OUT = re.compile(r"(?P<verb>(?:全面|全部|基本|坚决|依法)?(?:淘汰|退出|关停|取缔|拆除))[一-龥]{0,6}$")
_DONE = re.compile(r"全面实现|全部完成|全部实现|全部达到|完成")


def read_thresholds(scene: Scene) -> Iterator[Draft]:
    """A number that selects objects: 淘汰10蒸吨以下燃煤锅炉 (none left), 65蒸吨及以上锅炉全面实现… (all of them)."""
    clause, bare = scene.clause, scene.bare
    for quantity in scene.quantities:
        selected = _SELECTING.match(bare, quantity.end, clause.end)
        if not selected or quantity.family in {"share", "count", "days", ""}:
            continue
        out = _PHASE_OUT.search(bare[clause.start : quantity.start])
        done = _DONE.search(bare, selected.start(), selected.end())
        if out is None and done is None:
            continue
        words = scene.text(quantity.start, selected.end())
        draft = Draft(
            clause.start + (out.start() if out else 0),
            selected.end(),
            comparator="==",
            kind="threshold",
            confidence=0.75,
        )
        draft.indicator = f"{words}保有量" if out else f"{words}比例"
        draft.value, draft.unit = (Decimal(0), "") if out else (Decimal(100), "%")
        if quantity.masked:
            draft.value, draft.unit = None, quantity.unit
        draft.value_start, draft.value_end = done.span() if done and not out else (quantity.start, quantity.end)
        draft.because("kind", quantity.start, quantity.end, rule="threshold-selects-objects")
        yield draft
        return


@cache
def _attained(phrases: Phrases) -> re.Pattern[str]:
    kinds = phrases.pattern("attainments")
    return re.compile(
        rf"^(?P<subject>[^，]{{0,40}}?)(?P<verb>(?:应当?|要|力争|确保)?(?:{kinds})(?![区的]))(?P<object>[^，]{{2,60}})$"
    )


@cache
def _state(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<subject>[^，]{{2,60}}?)(?P<state>(?:得到|实现|达到)?(?:{phrases.pattern('states')}|基本消除|全面消除))$"
    )


def read_qualitative(scene: Scene) -> Iterator[Draft]:
    """生态环境持续改善, 基本消除重污染天气, 完成…排查: a state promised for a date."""
    clause, phrases = scene.clause, scene.page.phrases
    words = scene.bare[clause.start : clause.end]
    lead = len(words) - len(words.lstrip("\x01\x03，、在"))
    start = clause.start + lead
    state = _state(phrases).search(words[lead:])
    attained = None if state else _attained(phrases).match(words[lead:])
    match = state or attained
    if match is None:
        return
    span = (start + match.start("subject"), start + match.end("subject"))
    subject = read_subject(scene.bare, scene.page.text, span, phrases=phrases)
    kind = (
        phrases.lookup("attainments", "kind").get(_bare_verb(attained["verb"]), "completion") if attained else "state"
    )
    name = subject.name
    if attained is not None:
        name += scene.text(start + attained.start("object"), start + attained.end("object"))
    draft = Draft(start + match.start(), start + match.end(), name, subject.scope, kind="qualitative", confidence=0.7)
    draft.strength, draft.binds = match["verb"] if attained else match["state"], kind != "completion"
    draft.because("kind", draft.start, draft.end, rule=f"{kind}-with-date")
    if name:
        yield draft


def _bare_verb(verb: str) -> str:
    return re.sub(r"^(?:应当?|要|力争|确保)", "", verb)


def read_masked(scene: Scene) -> Iterator[Draft]:
    """X处湖泊, XX蒸吨以下锅炉: a number still to be filled in, whatever it counts."""
    for quantity in scene.quantities:
        object_ = _SELECTING.match(scene.bare, quantity.end, scene.clause.end)
        if not quantity.masked or not quantity.unit or object_ is None:
            continue
        name = scene.text(object_.start("object"), object_.end("object"))
        draft = Draft(
            quantity.start, object_.end(), name, unit=quantity.unit, kind="threshold", confidence=0.5, binds=False
        )
        draft.value_start, draft.value_end = quantity.start, quantity.core_end
        draft.because("value", quantity.start, quantity.end, rule="number-to-be-filled-in")
        yield draft
