"""One decision of an officer, checked against what was built, then written to the book. 复核的一个动作。"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from qingce.app.reviewing import SHELF, ReviewBook, anchor_of, document_of, exact, read_records, write_record
from qingce.core.errors import QingceError, complain
from qingce.core.periods import last_day_of
from qingce.plans.anchor import squeeze
from qingce.plans.overlay import FIELDS, Record
from qingce.publish import Results

__all__ = ["COMPARATORS", "KINDS", "VERDICTS", "Decision", "checked_fields", "decide", "fields_of_row"]

VERDICTS = ("confirm", "correct", "reject", "add", "withdraw")
COMPARATORS = ("<=", ">=", "==", "<", ">", "~", "decrease_by", "increase_by", "range", "")
KINDS = (
    "level", "relative", "increment", "class", "placeholder", "delegated", "qualitative", "coverage", "threshold",
)  # fmt: skip
_UNVALUED = frozenset({"placeholder", "delegated", "qualitative"})
_RECURRING = re.compile(r"R/(?:P\d{1,2}[YMWD]|--\d\d(?:-\d\d)?(?:/--\d\d(?:-\d\d)?)?)")
_RANGE = re.compile(r"(?P<low>-?[\d.]+)\s*[–—~～至-]\s*(?P<high>-?[\d.]+)")
_LONGEST = 200
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer wants: a key of the results (or a span for `add`), a verdict, fields, and the version seen."""

    key: str
    verdict: str
    who: str
    why: str = ""
    version: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    document: str = ""
    start: int = 0
    end: int = 0


def decide(book: ReviewBook, results: Results, decision: Decision) -> str:
    """Write a decision and return its key.

    Raises QC620 for a field or verdict that is not allowed, QC621 for an unknown key, QC624 without a name, QC629 for
    a span outside the text, QC520 when the record was changed since the version that was seen.
    """
    if decision.verdict not in VERDICTS:
        raise _refused("verdict", decision.verdict, ", ".join(VERDICTS))
    if not decision.who.strip():
        raise complain("QC624")
    if decision.verdict == "withdraw":
        book.remove(SHELF, decision.key, who=decision.who.strip(), why=decision.why, expect=decision.version)
        return decision.key
    known = next((record for record in read_records(book) if record.key == decision.key), None)
    record = _added(results, decision) if decision.verdict == "add" and known is None else None
    record = record or _about(results, decision, known)
    write_record(book, record, expect=decision.version if decision.verdict != "add" or known else 0)
    return record.key


def _about(results: Results, decision: Decision, known: Record | None) -> Record:
    """A decision about a target that was read, or about one that an officer added."""
    rows: list[Row] = results.rows("targets", where={"review_key": decision.key})
    if rows:
        row, identity = rows[0], str(rows[0]["document_id"])
        read = exact(json.loads(row["as_read"])) if row["as_read"] else fields_of_row(row)
        started = known.fields if known and not _outdated(results, decision.key) else fields_of_row(row)
        title = document_of(results, identity).title
        as_read = {} if _is_added(known) else read
        base = Record(decision.key, "target", identity, title, "", started, as_read, anchor_of(results, row))
    elif known is not None:
        base = known
    else:
        raise complain("QC621", words={"key": decision.key})
    fields = dict(base.fields)
    fields |= checked_fields(decision.fields, results, before=fields)
    verdict = "add" if _is_added(known) and decision.verdict != "reject" else decision.verdict
    return replace(base, verdict=verdict, fields=fields, who=decision.who, why=decision.why)


def _outdated(results: Results, key: str) -> bool:
    """Whether the plan was changed since the record was made: what is read now stands, not what was said then."""
    return any(row["state"] in {"changed", "lost"} for row in results.rows("reviews", where={"key": key}))


def _is_added(known: Record | None) -> bool:
    return known is not None and not known.as_read


def _added(results: Results, decision: Decision) -> Record:
    document = document_of(results, decision.document)
    words = document.text[decision.start : decision.end] if 0 <= decision.start < decision.end else ""
    if not words.strip() or decision.end > len(document.text):
        raise complain("QC629", words={"start": decision.start, "end": decision.end})
    blank: Row = dict.fromkeys(FIELDS, "") | {"value": None, "base_year": None, "kind": "level"}
    fields = blank | checked_fields(decision.fields, results, before=blank)
    if not fields["indicator"]:
        raise _refused("indicator", "", "指标名称 a name")
    row: Row = {"document_id": document.id, "start": decision.start, "end": decision.end}
    row |= _printed_value(words, fields["value"], decision.start) | {"clause": _clause(results, decision)}
    said = f"{squeeze(words)}\0{decision.start}\0{fields['indicator']}\0{fields['scope']}"
    key = f"A:{document.id}:{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    anchor = anchor_of(results, row)
    return Record(key, "target", document.id, document.title, "add", fields, {}, anchor, decision.who, why=decision.why)


def _clause(results: Results, decision: Decision) -> str:
    rows: list[Row] = results.rows("clauses", where={"document_id": decision.document})
    holding = [row for row in rows if row["start"] <= decision.start < row["end"]]
    return str(min(holding, key=lambda row: row["end"] - row["start"])["id"]) if holding else ""


def _printed_value(words: str, value: object, start: int) -> Row:
    """Where the value stands in the chosen words, if it is printed there."""
    if not isinstance(value, Decimal):
        return {}
    printed = f"{value:f}"
    match = re.search(rf"(?<![\d.]){re.escape(printed)}(?!\.?\d)", words)
    return {"value_start": start + match.start(), "value_text": printed} if match else {}


def fields_of_row(row: Mapping[str, Any]) -> Row:
    """Return the fields of a row of `targets`, its value exact."""
    fields = {name: row[name] for name in FIELDS}
    text = str(row["value"] or "")
    return fields | {"value": parsed_value(text) if text else None}


def parsed_value(text: str) -> Decimal | list[Decimal]:
    """Read a value or a range; raises QC620."""
    whole = text.strip().replace(",", "").replace("，", "")
    pair = _RANGE.fullmatch(whole)
    try:
        found = [Decimal(pair["low"]), Decimal(pair["high"])] if pair else [Decimal(whole)]
    except InvalidOperation:
        raise _refused("value", text, "39 | 83.3 | 10–20") from None
    if not all(part.is_finite() for part in found):
        raise _refused("value", text, "39 | 83.3 | 10–20")
    return found if pair else found[0]


def checked_fields(given: Mapping[str, Any], results: Results, *, before: Mapping[str, Any]) -> Row:
    """Check the fields an officer wrote, as text; raises QC620 naming the field.

    A name that the catalogue lists brings its indicator; a value given to a promise without one makes it a level or a
    relative one.
    """
    unknown = given.keys() - {*FIELDS, "owners", "battle"}
    if unknown:
        raise _refused("field", ", ".join(sorted(unknown)), ", ".join((*FIELDS, "owners")))
    found: Row = {name: _text(name, value) for name, value in given.items() if name not in {"value", "base_year"}}
    for name, choices in (("comparator", COMPARATORS), ("kind", KINDS)):
        if name in found and found[name] not in choices:
            raise _refused(name, found[name], ", ".join(filter(None, choices)))
    if "value" in given:
        text = str(given["value"] if given["value"] is not None else "").strip()
        found["value"] = parsed_value(text) if text else None
    if "base_year" in given:
        found["base_year"] = _year(given["base_year"])
    if "deadline" in found:
        _check_deadline(found["deadline"])
    return _consistent(_named(found, results, before=before), before)


def _text(name: str, value: object) -> str:
    text = str(value if value is not None else "").strip()
    if len(text) > _LONGEST:
        raise _refused(name, text[:20] + "…", f"{_LONGEST} 字以内 at most {_LONGEST} characters")
    return text


def _year(value: object) -> int | None:
    text = str(value if value is not None else "").strip().removesuffix("年")
    if not text:
        return None
    if not re.fullmatch(r"(19|20)\d\d", text):
        raise _refused("base_year", text, "2025")
    return int(text)


def _check_deadline(text: str) -> None:
    if not text or _RECURRING.fullmatch(text):
        return
    try:
        last_day_of(text)
    except QingceError:
        raise _refused("deadline", text, "2025 | 2025-12 | 2025-12-31 | A/B | R/P1Y | R/--11-01/--03-31") from None


def _named(found: Row, results: Results, *, before: Mapping[str, Any]) -> Row:
    if "indicator" not in found and "indicator_id" not in found:
        return found
    listed = {str(row["id"]): str(row["zh"]) for row in results.rows("indicators", columns=["id", "zh"])}
    if found.get("indicator_id"):
        if found["indicator_id"] not in listed:
            raise _refused("indicator_id", found["indicator_id"], "指标目录中的编号 an id of the catalogue")
        return found
    name = found.get("indicator", before.get("indicator", ""))
    if name == before.get("indicator") and "indicator_id" not in found:
        return found
    by_name = {zh: identity for identity, zh in listed.items()}
    return found | {"indicator": name, "indicator_id": by_name.get(name, "")}


def _consistent(found: Row, before: Mapping[str, Any]) -> Row:
    after = {**before, **found}
    pair = isinstance(after.get("value"), list | tuple)
    if pair != (after.get("comparator") == "range") and ("value" in found or "comparator" in found):
        raise _refused("value", after.get("value"), "range 用两个数，其余用一个 two numbers for a range, else one")
    if pair and after["value"][0] > after["value"][1]:
        raise _refused("value", "–".join(map(str, after["value"])), "小数在前 the lower number first")
    if after.get("value") is not None and after.get("kind") in _UNVALUED and "value" in found:
        change = after.get("comparator") in {"decrease_by", "increase_by"}
        return found | {"kind": "relative" if change else "level"}
    return found


def _refused(name: str, value: object, expected: str) -> QingceError:
    return complain("QC620", words={"field": name, "value": value, "expected": expected})
