"""Targets that a model on the intranet proposes: only what the text and our own grammar bear out. 模型辅助。

The model is asked part by part. A proposal counts only if its quote stands in the text and its value, unit and date are
read so by the grammar; whatever counts is of low confidence and waits for a person. Everything else is noted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from qingce.core.records import Reading, Reason, Target
from qingce.plans.endpoint import Endpoint, ask
from qingce.plans.grammar.comparator import decide, find_verb
from qingce.plans.grammar.dates import BINDING, find_dates
from qingce.plans.grammar.quantities import Quantity, find_classes, find_quantities
from qingce.plans.indicators import Finder, name_indicator
from qingce.plans.phrases import Phrases, load_phrases
from qingce.plans.reader import CatalogLike, finder
from qingce.plans.segments import flatten
from qingce.plans.view import fold_width

__all__ = ["Assisted", "CONFIDENCE", "assist"]

CONFIDENCE = 0.5
"""Confidence of a proposal that counts: below what is taken without a person."""

_PART = 3000
_MOST = 200
_QUOTE = (4, 400)
_COMPARATORS = frozenset({"<=", ">=", "==", "<", ">", "~", "decrease_by", "increase_by", "range"})
_CUTS = frozenset({"decrease_by", "increase_by"})
_PROMPT = (
    "你从政府文件中找出有数值的目标。只回答一个 JSON 数组，每项为 "
    '{"quote": 原文中的连续文字, "indicator": 指标名称, "scope": 范围, "value": 数值, "unit": 单位, "deadline": '
    '"2025、2025-12 或 2025-12-31，没有写 \\"\\""}。quote 必须逐字抄自原文，不得改写。没有目标就回答 []。'
)


@dataclass(frozen=True, slots=True)
class Assisted:
    """A reading with the proposals that count, and why the others do not."""

    reading: Reading
    accepted: tuple[Target, ...]
    notes: tuple[str, ...]


def assist(reading: Reading, catalog: CatalogLike, endpoint: Endpoint) -> Assisted:
    """Ask the model for targets of a document and keep what text and grammar bear out; never raises for its answers."""
    check = _Check(reading, load_phrases(catalog.phrases_dir), finder(catalog), endpoint.model)
    accepted: dict[str, Target] = {}
    notes: list[str] = []
    for begin, end in _parts(reading.document.text):
        answer = ask(endpoint, _PROMPT, reading.document.text[begin:end])
        if answer.note:
            notes.append(f"{reading.document.title}：{answer.note}")
            break
        proposals, note = _proposals(answer.text)
        notes += [f"{reading.document.title}：{note}"] if note else []
        for proposal in proposals:
            found = check(proposal, begin, end=end)
            if isinstance(found, Target):
                accepted.setdefault(found.id, found)
            elif found:
                notes.append(found)
    made = tuple(sorted(accepted.values(), key=lambda target: (target.start, target.id)))
    targets = tuple(sorted((*reading.targets, *made), key=lambda t: (t.start, t.value_start or 0)))
    return Assisted(replace(reading, targets=targets), made, tuple(notes))


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Cut the text at line ends into parts that a model takes in."""
    begin = 0
    while begin < len(text):
        end = min(len(text), begin + _PART)
        if end < len(text):
            cut = max(text.rfind(mark, begin, end) for mark in "\n。")
            end = cut + 1 if cut > begin else end
        if text[begin:end].strip():
            yield begin, end
        begin = end


def _proposals(answer: str) -> tuple[Sequence[Mapping[str, object]], str]:
    """Read the list out of an answer, with a note where there is none."""
    first, last = answer.find("["), answer.rfind("]")
    try:
        found = json.loads(answer[first : last + 1]) if 0 <= first < last else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        return (), f"模型的回答不是 JSON 数组，未采用 the answer is no JSON list: “{answer[:40]}”"
    rows = [row for row in found if isinstance(row, dict)]
    note = f"模型一次提出 {len(rows)} 条，只看前 {_MOST} 条" if len(rows) > _MOST else ""
    return rows[:_MOST], note


@dataclass(frozen=True, eq=False)
class _Check:
    """Judges one proposal after another against the text and the grammar."""

    reading: Reading
    phrases: Phrases
    find: Finder
    model: str

    def __call__(self, proposal: Mapping[str, object], begin: int, *, end: int) -> Target | str:
        """Return the target, or why it is refused, '' for one that was read already."""
        text = self.reading.document.text
        quote = str(proposal.get("quote") or "").strip()
        if not _QUOTE[0] <= len(quote) <= _QUOTE[1]:
            return self._refused(quote, "引文过短或过长 quote too short or too long")
        start = text.find(quote, begin, end)
        if start < 0:
            return self._refused(quote, "原文中没有这段文字 the quote does not stand in the text")
        flat = flatten(fold_width(quote))
        quantity = self._quantity(flat, proposal)
        if quantity is None:
            return self._refused(quote, "数值或单位与引文不符 value or unit is not what the quote says")
        if self._known(start + quantity.start):
            return ""
        sentence = self._sentence(start, start + len(quote))
        deadline = str(proposal.get("deadline") or "").strip()
        if deadline and deadline not in self._dates(sentence):
            return self._refused(quote, f"时限“{deadline[:20]}”在原句中读不出 the date is not in the sentence")
        indicator = re.sub(r"\s", "", str(proposal.get("indicator") or ""))
        if len(indicator) < 2 or indicator not in re.sub(r"\s", "", sentence):
            return self._refused(quote, f"指标“{indicator[:20]}”不在原句中 the indicator is not in the sentence")
        return self._target(proposal, (quote, start), quantity=quantity, names=(indicator, deadline))

    def _refused(self, quote: str, why: str) -> str:
        return f"{self.reading.document.title}：不采用模型提出的“{quote[:40]}”：{why}"

    def _known(self, value_start: int) -> bool:
        return any(target.value_start == value_start for target in self.reading.targets)

    def _quantity(self, flat: str, proposal: Mapping[str, object]) -> Quantity | None:
        """The number of the quote that is the proposal's, with the same unit."""
        value, unit = _number(proposal.get("value")), re.sub(r"\s", "", str(proposal.get("unit") or ""))
        if value is None:
            return None
        if unit in {"类", "class"}:
            classes = find_classes(flat, 0, len(flat), phrases=self.phrases)
            found = [c for c in classes if not c.worse and Decimal(c.value) == value]
            return _as_quantity(found[0].start, found[0].end, found[0].value) if found else None
        wanted = self._unit(unit)
        for quantity in find_quantities(flat, 0, len(flat), phrases=self.phrases):
            if quantity.value == value and quantity.unit == wanted:
                return quantity
        return None

    def _unit(self, unit: str) -> str:
        """The unit as our grammar names it."""
        folded = f"1{fold_width(unit)}"
        found = next(find_quantities(folded, 0, len(folded), phrases=self.phrases), None)
        return found.unit if found and found.end == len(folded) else unit

    def _sentence(self, start: int, end: int) -> str:
        text = self.reading.document.text
        begin = max(text.rfind(mark, 0, start) for mark in "。\n") + 1
        return text[begin:end]

    def _dates(self, sentence: str) -> set[str]:
        issued = self.reading.document.date
        marks = find_dates(fold_width(sentence), self.phrases, issued=issued)
        return {mark.date for mark in marks if mark.kind in BINDING}

    def _target(
        self, proposal: Mapping[str, object], place: tuple[str, int], *, quantity: Quantity, names: tuple[str, str]
    ) -> Target:
        quote, start = place
        indicator, deadline = names
        named = name_indicator(indicator, quantity.unit, phrases=self.phrases, find=self.find)
        comparator = self._comparator(proposal, quote, quantity=quantity, direction=named.direction)
        value_start = start + quantity.start
        scope = re.sub(r"\s", "", str(proposal.get("scope") or ""))
        clauses = [c for c in self.reading.clauses if c.start <= start < c.end]
        inner = min(clauses, key=lambda c: c.end - c.start, default=None)
        return Target(
            id=f"T-{self.reading.document.id}-m{value_start}",
            quote=quote,
            start=start,
            end=start + len(quote),
            indicator=named.name,
            indicator_id=named.id,
            scope=scope if scope and scope in re.sub(r"\s", "", self._sentence(start, start + len(quote))) else "",
            comparator=comparator,
            value=quantity.value,
            value_text=quote[quantity.start : quantity.core_end],
            value_start=value_start,
            unit=quantity.unit,
            base_year=None,
            deadline=deadline,
            strength="",
            kind="class" if quantity.family == "class" else "relative" if comparator in _CUTS else "level",
            clause=inner.id if inner else "",
            battle=named.battle or (inner.battle if inner else ""),
            confidence=CONFIDENCE,
            reasons=(Reason("assist", quote, start, f"assist:{self.model}"),),
        )

    def _comparator(self, proposal: Mapping[str, object], quote: str, *, quantity: Quantity, direction: str) -> str:
        """The comparator that our grammar reads before the value; the proposal's where no verb stands there."""
        flat = flatten(fold_width(quote))
        verb = find_verb(flat, 0, quantity.start, phrases=self.phrases, share=quantity.family == "share")
        if quantity.family == "class":
            return "<="
        said = str(proposal.get("comparator") or "")
        if verb is None and not quantity.suffix and said in _COMPARATORS:
            return said
        found = decide(verb[2] if verb else "", quantity, phrases=self.phrases)
        return "<=" if found == ">=" and direction == "lower" and not quantity.suffix else found


def _as_quantity(start: int, end: int, value: int) -> Quantity:
    return Quantity(start, end, end, Decimal(value), "类", "class", "", False, False)


def _number(value: object) -> Decimal | tuple[Decimal, Decimal] | None:
    if isinstance(value, list) and len(value) == 2:
        first, second = (_number(part) for part in value)
        return (first, second) if isinstance(first, Decimal) and isinstance(second, Decimal) else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value).strip().replace(",", "").rstrip("%％"))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
