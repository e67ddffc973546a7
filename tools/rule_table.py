"""The page of rules: every standard and method, rule by rule, with clause, whether it was read, and a worked example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from qingce.catalog.cases import Case, read_cases
from qingce.catalog.catalog import Catalog
from qingce.catalog.methods import Method, read_families
from qingce.core.records import Limit

__all__ = ["rules_page"]

HEAD = (
    "# 规则逐条 Rules, one by one\n\n"
    "每个标准、每个方法的每一条：内容里声明了什么，出自哪一条文，读到与否；“未读”的写明未决问题，由它决定的结果会标“规则未核”。"
    "算例是 `cases.toml` 里检查员写的例子，`tests/catalog/test_cases.py` 用另一套慢而直白的算法逐个复算。"
    "数值全文见[标准与限值](editions.md)、[方法](methods.md)，未决问题的清单见[未读](unread.md)。\n\n"
    "Every rule as the content declares it, with its clause and whether its text was read; what was not is `unread` with"
    " its open question. Each worked example is a case that a second, slow program answers in the tests.\n"
)
STATUS = {"verified": "已读", "unread": "未读"}
Cells = tuple[str, str, str, str]


def rules_page(catalog: Catalog) -> str:
    """Return the page: methods by family, then standards."""
    families = read_families(catalog.roots)
    cases = _by_owner(read_cases(catalog.roots, "methods"))
    parts = [HEAD]
    for family in sorted({method.family for method in catalog.methods.values()}):
        parts.append(f"## {families[family].zh}\n")
        own = [method for method in catalog.methods.values() if method.family == family]
        for method in sorted(own, key=lambda one: (one.start, one.id)):
            until = f"～{method.end}" if method.end else "起"
            parts.append(
                f"### {method.id}\n\n{method.zh}，{method.start}{until}，{_source(catalog, method.source)}。\n"
            )
            parts.append(_table(("规则", "声明", "条文", "读到与否"), _of_method(method)))
            parts.append(_example(cases.get(method.id, ())))
    parts.append("## 标准与限值\n")
    cases = _by_owner(read_cases(catalog.roots, "standards"))
    for code, standard in sorted(catalog.standards.items()):
        parts.append(f"### {code}\n\n{standard.zh}，{standard.start} 起，{_source(catalog, standard.source)}。\n")
        rows = [limit for limit in catalog.limits if limit.standard == code]
        parts.append(_table(("条文", "限值行数", "读到与否", "未决问题"), _of_limits(rows)))
        parts.append(_example(cases.get(code, ())))
    return "\n".join(parts)


def _by_owner(cases: Iterable[Case]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.owner, []).append(case)
    return found


def _source(catalog: Catalog, key: str) -> str:
    source = catalog.sources.get(key)
    return f"{source.title} {source.number}".strip() if source else key


def _of_method(method: Method) -> Iterator[Cells]:
    yield ("方法", method.note or method.en, "", _read(method.status, method.question))
    for name, section in method.options.items():
        if isinstance(section, Mapping):
            declared = {k: v for k, v in section.items() if k not in ("status", "question", "clause", "source", "note")}
            words = "；".join(f"{key} = {_told(value)}" for key, value in declared.items())
            status = str(section.get("status", method.status if not method.question else "verified"))
            yield (
                f"`[{name}]`",
                words,
                str(section.get("clause", "")),
                _read(status, str(section.get("question", ""))),
            )
    for name, rows in method.tables.items():
        clauses = dict.fromkeys(row.cells.get("clause", "") for row in rows)
        for clause in clauses:
            own = [row for row in rows if row.cells.get("clause", "") == clause]
            open_rows = [row for row in own if row.cells.get("status") == "unread"]
            asked = dict.fromkeys(row.cells.get("question", "") for row in open_rows)
            questions = "；".join(filter(None, asked))
            status = f"{len(open_rows)} 行未读：{questions}" if open_rows else STATUS["verified"]
            yield (f"`{name}.csv`", f"{len(own)} 行", clause, status)


def _told(value: object) -> str:
    return "、".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)


def _read(status: str, question: str) -> str:
    return STATUS.get(status, status) + (f"：{question}" if question else "")


def _of_limits(rows: Sequence[Limit]) -> Iterator[Cells]:
    for clause in dict.fromkeys(row.clause for row in rows):
        own = [row for row in rows if row.clause == clause]
        left = [row for row in own if row.status == "unread"]
        questions = "；".join(dict.fromkeys(row.question for row in left if row.question))
        yield (clause, str(len(own)), f"{len(left)} 行未读" if left else STATUS["verified"], questions)


def _example(cases: Sequence[Case]) -> str:
    """Print the first case of a rule in words and values."""
    if not cases:
        return "算例见所依据的方法。\n"
    case = cases[0]
    given = "，".join(f"{key} = {value}" for key, value in case.given.items() if key != "medium")
    expect = "，".join(f"{key} = {value}" for key, value in case.expect.items())
    more = f"（另有 {len(cases) - 1} 个）" if cases[1:] else ""
    return f"**算例** {case.name}：{given} → **{expect}**{more}\n"


def _table(header: Sequence[str], rows: Iterable[Cells]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        cells = (cell.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
