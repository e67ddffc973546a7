"""Views of the documents: the text with its highlights in place, and the registers beside it. 文件视图。"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from qingce.core.errors import complain
from qingce.publish.results import Results
from qingce.publish.rows import View, facts, plain, split
from qingce.publish.views.compare import comparison_groups, histories
from qingce.publish.views.thread import target_rows

__all__ = ["plan", "plans", "segments"]

Mark = tuple[int, int, str, str]
"""A span to highlight: start, end, kind, id."""


def segments(text: str, marks: Iterable[Mark]) -> list[list[View]]:
    """Cut a text into lines, and each line into pieces that carry the ids of every span over them.

    Spans may overlap, nest and run over lines; the pieces put together are the text, character for character. A piece
    where a span begins names it in `starts`, so that a page can place its anchor there once.

    Examples
    --------
    >>> [piece["text"] for piece in segments("abcd", [(0, 3, "target", "A"), (2, 4, "deadline", "B")])[0]]
    ['ab', 'c', 'd']
    """
    kept = sorted((mark for mark in marks if 0 <= mark[0] < mark[1] <= len(text)), key=lambda m: (m[0], -m[1], m[3]))
    cuts = sorted({0, len(text), *(place for mark in kept for place in mark[:2]), *_line_starts(text)})
    lines: list[list[View]] = [[]]
    open_marks: list[Mark] = []
    following = 0
    for start, end in pairwise(cuts):
        open_marks = [mark for mark in open_marks if mark[1] > start]
        begun = []
        while following < len(kept) and kept[following][0] == start:
            begun.append(kept[following])
            following += 1
        open_marks += begun
        lines[-1].append(_piece(text[start:end], start, over=open_marks, begun=begun))
        if text[end - 1] == "\n":
            lines.append([])
    return lines


def _piece(words: str, start: int, *, over: Sequence[Mark], begun: Sequence[Mark]) -> View:
    return {
        "text": words,
        "start": start,
        "kinds": list(dict.fromkeys(mark[2] for mark in over)),
        "ids": [mark[3] for mark in over],
        "starts": [mark[3] for mark in begun],
    }


def _line_starts(text: str) -> list[int]:
    return [place + 1 for place, sign in enumerate(text) if sign == "\n"]


def plans(results: Results) -> View:
    """Every document with how much was read from it, what they say of each other, and what became of their targets."""
    tables = ("clauses", "targets", "tasks", "deadlines", "mechanisms", "repairs")
    counts = {name: results[name]["document_id"].to_pylist() for name in tables}
    rows = results.rows("documents", columns=[name for name in results["documents"].column_names if name != "text"])
    listed = [{**plain(row), "counts": {name: counts[name].count(row["id"]) for name in tables}} for row in rows]
    found = {"comparisons": comparison_groups(results), "histories": histories(results)}
    return {**facts(results), "rows": listed, **found}


def plan(results: Results, identity: str) -> View:
    """One document: its text in lines of pieces, clause tree, and the registers read from it.

    Raises QC554 for an id that is not in the results.
    """
    found = results.rows("documents", where={"id": identity})
    if not found:
        raise complain("QC554", words={"kind": "plans", "id": identity})
    document = found[0]
    where: View = {"document_id": identity}
    registers = {
        name: [plain(row) for row in results.rows(name, where=where)]
        for name in ("clauses", "targets", "tasks", "deadlines", "mechanisms", "repairs")
    }
    for task in registers["tasks"]:
        task.update({name: split(task[name]) for name in ("lead", "support", "responsible")})
    progress = {row["id"]: row for row in target_rows(results, where)}
    text = str(document["text"])
    lines = segments(text, _marks(registers))
    return {
        **facts(results),
        "document": {name: value for name, value in plain(document).items() if name != "text"},
        "lines": _headed(lines, registers["clauses"]),
        "clauses": registers["clauses"],
        "targets": [{**row, "progress": progress.get(row["id"])} for row in registers["targets"]],
        "tasks": registers["tasks"],
        "deadlines": registers["deadlines"],
        "mechanisms": registers["mechanisms"],
        "repairs": registers["repairs"],
    }


def _marks(registers: dict[str, list[View]]) -> list[Mark]:
    """The spans to highlight; those without an id of their own are named by their kind and place in the text."""
    marks: list[Mark] = []
    for table, kind in (
        ("targets", "target"),
        ("deadlines", "deadline"),
        ("mechanisms", "mechanism"),
        ("repairs", "repair"),
    ):
        for row in registers[table]:
            if isinstance(row["start"], int) and isinstance(row["end"], int):
                row.setdefault("id", f"{kind[0].upper()}{row['start']}-{row['end']}")
                marks.append((row["start"], row["end"], kind, str(row["id"])))
    return marks


def _headed(lines: list[list[View]], clauses: Sequence[View]) -> list[View]:
    """Say of each line which clauses begin in it and how deep the outermost stands."""
    starts = [int(str(line[0]["start"])) if line else 1 << 60 for line in lines]
    begun: dict[int, list[View]] = {}
    for clause in clauses:
        if isinstance(clause["start"], int):
            begun.setdefault(bisect_right(starts, clause["start"]) - 1, []).append(clause)
    shown = []
    for number, line in enumerate(lines):
        here = begun.get(number, [])
        level = min((int(str(clause["level"] or 1)) for clause in here), default=0)
        shown.append({"clauses": [clause["id"] for clause in here], "level": level, "pieces": line})
    return shown
