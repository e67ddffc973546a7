"""Targets whose value is a class of water quality: 达到Ⅲ类, 分别达到Ⅱ类、Ⅲ类, 消除劣Ⅴ类. 水质类别。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from qingce.plans.grammar.draft import Draft, Scene
from qingce.plans.grammar.quantities import WaterClass, find_classes
from qingce.plans.grammar.subject import read_subject, spread
from qingce.plans.phrases import Phrases

__all__ = ["read_ordinals"]

_VERB = re.compile(
    r"(?P<verb>达到或优于|稳定达到|稳定保持在?|保持在?|维持在?|稳定在|总体达到|优于|好于|不低于|不劣于|达到|达|为)"
    r"(?:或优于|国家|地表水|\(?GB|[\x01\x04]|《|环境质量|标准)*$"
)
_AFTER = re.compile(r"(?:水质|水体|标准|水平|要求|目标|及以上|或优于|以上)*(?:$|[、，；。\x01)和与且并]|及(?!以))")
_HOW = r"(?:基本|全面|坚决|全部|彻底|稳定)?"
_MIDDLE = r"(?P<mid>(?:单月|国考|省考|国控|省控|考核|地表水|的|断面|出现)*)"
_WATER_NAME = re.compile(r"(?:河|江|湖|水库|渠|沟|海|干流|支流|水质|断面|水体)$")
_COUNT = re.compile(r"\d+个$")
_OBJECT = re.compile(r"(?:的)?(?P<object>国控断面|国考断面|省控断面|断面|水体|水质)?")


@cache
def _eliminate(phrases: Phrases) -> re.Pattern[str]:
    """消除劣Ⅴ类: the verb stands before the class."""
    return re.compile(rf"(?P<verb>{_HOW}(?:{phrases.pattern('eliminated', place='before')})){_MIDDLE}$")


@cache
def _gone(phrases: Phrases) -> re.Pattern[str]:
    """劣Ⅴ类断面全部消除: the verb stands after the class."""
    return re.compile(
        rf"{_MIDDLE}(?P<object>(?:水体|水质)?断面|水体|水质)?(?:数量|个数|数|比例|占比)?(?:实现|达到|要|应)?"
        rf"(?P<verb>{phrases.pattern('eliminated', place='after')}|\x02+)(?=$|[\x01，、；。并且和])"
    )


def read_ordinals(scene: Scene) -> list[Draft]:
    """Read every target of the clause whose value is a water class."""
    clause, bare = scene.clause, scene.bare
    classes = find_classes(bare, clause.start, clause.end, phrases=scene.page.phrases)
    if not classes:
        return []
    runs = _runs(bare, classes)
    drafts: list[Draft] = []
    for run in runs:
        left = bare[clause.start : run[0].start]
        eliminate = _eliminate(scene.page.phrases).search(left)
        verb = _VERB.search(left)
        gone = _found_gone(scene, run[-1]) if run[0].worse else None
        if eliminate:
            drafts += _eliminated(scene, run, eliminate)
        elif gone:
            drafts.append(_vanished(scene, run[0], gone))
        elif verb and _AFTER.match(bare[run[-1].end : clause.end]):
            drafts += _reached(scene, run, verb)
    return drafts


def _runs(bare: str, classes: list[WaterClass]) -> list[list[WaterClass]]:
    """Group classes that only 、 or 和 separates."""
    runs = [[classes[0]]]
    for one in classes[1:]:
        between = bare[runs[-1][-1].end : one.start]
        if re.fullmatch(r"(?:标准)?(?:[、和及]|以及)", between):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _reached(scene: Scene, run: list[WaterClass], verb: re.Match[str]) -> Iterator[Draft]:
    """达到Ⅲ类及以上: a better class is a smaller number."""
    start = scene.clause.start
    subject = read_subject(scene.bare, scene.page.text, (start, start + verb.start()), phrases=scene.page.phrases)
    name = subject.name or (scene.before[-1].indicator if scene.before else "")
    if not name and not subject.scope:
        return
    names = spread(name, scene.page.phrases, force=len(run)) if len(run) > 1 else [name]
    matched = len(names) == len(run)
    for i, one in enumerate(run):
        draft = Draft(subject.start, run[-1].end, f"{(names[i] if matched else name) or subject.scope}", subject.scope)
        draft.indicator = _class_name(draft.indicator)
        draft.comparator = "<" if verb["verb"] in {"优于", "好于"} else "<="
        _fill(scene, draft, one, verb_start=start + verb.start("verb"))
        draft.strength, draft.confidence = verb["verb"], 0.95 if matched else 0.4
        if len(run) > 1 and matched:
            draft.scope = names[i].removesuffix("水质")
        yield draft


def _fill(scene: Scene, draft: Draft, one: WaterClass, *, verb_start: int) -> None:
    draft.value, draft.unit, draft.kind = Decimal(one.value), "类", "class"
    draft.value_start, draft.value_end = one.start, one.end
    draft.because("value", one.start, one.end, rule="water-class")
    draft.because("comparator", verb_start, one.start, rule="class-verb")


def _class_name(name: str) -> str:
    return name if "类别" in name else f"{name}类别" if name.endswith("水质") else f"{name}水质类别"


def _found_gone(scene: Scene, one: WaterClass) -> re.Match[str] | None:
    """Find the verb behind a class; in quotes (“清零”) it is masked and looked up in the text."""
    phrases = scene.page.phrases
    gone = _gone(phrases).match(scene.bare, one.end, scene.clause.end)
    if gone and gone["verb"].startswith("\x02"):
        said = scene.text(*gone.span("verb")).strip('“”"')
        return gone if said in phrases.words("eliminated", place="after") else None
    return gone


def _vanished(scene: Scene, one: WaterClass, verb: re.Match[str]) -> Draft:
    """劣Ⅴ类断面全部消除: a share of none, of the water named before; without 断面 the water's own class."""
    start, bare = scene.clause.start, scene.bare
    subject = read_subject(bare, scene.page.text, (start, one.start), phrases=scene.page.phrases)
    noun = "断面" if "断面" in f"{verb['mid']}{verb['object']}" else verb["object"] or ""
    draft = Draft(subject.start if subject.name else one.start, verb.end(), scope=subject.scope)
    draft.strength, draft.confidence = scene.text(*verb.span("verb")).strip('“”"'), 0.9
    _fill(scene, draft, one, verb_start=verb.start("verb"))
    if noun != "断面" and _WATER_NAME.search(subject.name) and "断面" not in subject.name:
        draft.indicator, draft.value, draft.comparator = _class_name(subject.name), Decimal(one.value), "<="
    else:
        draft.indicator = f"{_COUNT.sub('', subject.name)}劣Ⅴ类{noun or '断面'}比例"
        draft.value, draft.unit, draft.comparator, draft.kind = Decimal(0), "%", "==", "level"
    return draft


def _eliminated(scene: Scene, run: list[WaterClass], verb: re.Match[str]) -> Iterator[Draft]:
    """消除劣Ⅴ类: of a river, class 5 at worst; of 断面 in general, a share of none."""
    start = scene.clause.start
    subject = read_subject(scene.bare, scene.page.text, (start, start + verb.start()), phrases=scene.page.phrases)
    after = _OBJECT.match(scene.bare, run[-1].end, scene.clause.end)
    noun, end = (after["object"] or "", after.end()) if after else ("", run[-1].end)
    own_water = bool(_WATER_NAME.search(subject.name)) and "断面" not in subject.name
    draft = Draft(subject.start if subject.name else start + verb.start(), end, scope=subject.scope)
    draft.strength, draft.confidence = verb["verb"], 0.9
    if own_water or len(run) > 1 or "单月" in verb["mid"] or not run[0].worse:
        best = min(one.value if one.worse else one.value - 1 for one in run)
        draft.indicator = _class_name(subject.name or f"{verb['mid']}断面")
        _fill(scene, draft, run[0], verb_start=start + verb.start())
        draft.value, draft.comparator = Decimal(best), "<="
    else:
        draft.indicator = f"{subject.name}劣Ⅴ类{noun or '断面'}比例"
        _fill(scene, draft, run[0], verb_start=start + verb.start())
        draft.value, draft.unit, draft.comparator, draft.kind = Decimal(0), "%", "==", "level"
    yield draft
