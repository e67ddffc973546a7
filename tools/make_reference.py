"""Write `docs/reference/` from the content and the code, so that the manual cannot lag behind.

    python tools/make_reference.py [--check]     --check writes nothing and says which page is stale (exit status 1)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import typer

from qingce.catalog import load_catalog
from qingce.core import tables
from qingce.core.errors import catalogue
from qingce.publish.results import SCHEMAS

ROOT = Path(__file__).resolve().parents[1]
NOTE = "<!-- made by tools/make_reference.py; edit the content, not this page -->\n\n"


def cell(value: object) -> str:
    """One table cell: no pipe, no line break."""
    return str("" if value is None else value).replace("|", "\\|").replace("\n", " ").strip()


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    names = list(header)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def errors() -> str:
    """Every numbered error."""
    parts = ["# 错误编号 Numbered errors\n\n每个错误说明事实、位置、办法。 Every error says fact, place and cure.\n"]
    for code, row in sorted(catalogue().items()):
        parts.append(
            f"## {code}\n\n{row.fact_zh}。**办法**：{row.cure_zh}。\n\n{row.fact_en}. **Cure**: {row.cure_en}.\n"
        )
    return "\n".join(parts)


def cli() -> str:
    """Every verb, with its arguments and options."""
    from qingce.app.cli import app

    group = typer.main.get_command(app)
    parts = ["# 命令 Verbs\n\n`qingce VERB --help` 给出同样的内容。退出码 exit status: 0 成立 ok，1 答案为“否”，2 用法错误，3 内容错误。\n"]
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        parts.append(f"## qingce {name}\n\n{(command.help or '').strip()}\n")
        rows = [(" ".join(p.opts), getattr(p, "help", "") or "", p.default) for p in command.params if p.name != "help"]
        parts.append(table(("参数 argument", "说明", "默认 default"), ((f"`{o}`", h, shown(d)) for o, h, d in rows)))
    return "\n".join(parts)


def shown(default: object) -> str:
    """A default value as a reader would want it."""
    return "" if default is None or callable(default) or "Sentinel" in repr(default) else f"`{default}`"


def indicators() -> str:
    """Every indicator of the catalogue."""
    catalog = load_catalog()
    rows = [
        (f"`{i.id}`", i.zh, i.en, i.battle, i.unit, i.statistic.get("verb"), i.decider, i.series, i.rounding, i.status)
        for i in sorted(catalog.indicators.values(), key=lambda item: (item.battle, item.id))
    ]
    head = ("编号 id", "名称", "English", "战役", "单位 unit", "算法 verb", "认定单位 decider", "系列", "修约", "状态")
    return (
        f"# 指标 Indicators\n\n共 {len(rows)} 个。`none`：本系统不计算，只导入认定值。 {len(rows)} in all.\n\n" + table(head, rows)
    )


def editions() -> str:
    """Every dated edition: standards with their limits, methods with their families."""
    catalog = load_catalog()
    parts = ["# 标准与方法 Editions\n\n限值按参数、时间尺度、级别、地点、日期恰有一行有效。 Exactly one row answers each question.\n"]
    by_standard: dict[str, list[object]] = {}
    for limit in catalog.limits:
        by_standard.setdefault(limit.standard, []).append(limit)
    for code, limits in sorted(by_standard.items()):
        parts.append(f"## {code}\n")
        head = ("参数", "时间尺度", "级别", "限值", "单位", "起", "止", "条款 clause", "原文 words", "状态")
        rows = [
            (x.parameter, x.averaging, x.grade, x.value, x.unit, x.start, x.end, x.clause, x.words, x.status)  # type: ignore[attr-defined]
            for x in limits
        ]
        parts.append(table(head, rows))
    parts.append("## 方法 Methods\n")
    head = ("编号 id", "族 family", "起", "止", "出处 source", "状态")
    methods = catalog.methods.values() if hasattr(catalog.methods, "values") else catalog.methods
    parts.append(table(head, ((m.id, m.family, m.start, m.end, m.source, m.status) for m in methods)))
    return "\n".join(parts)


def sources() -> str:
    """The bibliography, with what was read and what was not."""
    catalog = load_catalog()
    head = ("键 key", "题名 title", "文号 number", "发布 issuer", "施行 in force", "废止 until", "核对日 checked", "状态")
    rows = (
        (f"`{s.key}`", s.title, s.number, s.issuer, s.in_force, s.until, s.checked_on, s.status)
        for s in sorted(catalog.sources.values(), key=lambda s: s.key)
    )
    words = "verified：在具名来源读到；unread：凭知识录入，未见正式文本，结果会注明。 unread content is flagged wherever it decides."
    return f"# 出处 Sources\n\n{words}\n\n" + table(head, rows)


def feeds() -> str:
    """Every feed, every parameter, every unit."""
    catalog = load_catalog()
    parts = ["# 数据来源、参数与单位 Feeds, parameters, units\n", "## 数据来源 Feeds\n"]
    rows = ((f"`{f.id}`", f.zh, f.en, f.layout, f.medium) for f in catalog.feeds.values())
    parts.append(table(("编号", "名称", "English", "版式 layout", "介质"), rows))
    parts.append("\n## 参数 Parameters\n")
    head = ("编号 id", "名称", "English", "介质", "单位 unit", "小数 decimals", "别名与代码 aliases, codes")
    parts.append(
        table(
            head,
            (
                (f"`{p.id}`", p.zh, p.en, p.medium, p.unit, p.decimals, "、".join([*p.aliases, *p.codes]))
                for p in catalog.parameters.values()
            ),
        )
    )
    return "\n".join(parts)


def columns() -> str:
    """Every table that crosses rooms or is published."""
    parts = ["# 表 Tables\n\n`out/results/*.parquet` 与跨室表的列。 Columns of the result files and of tables between rooms.\n"]
    schemas: dict[str, pa.Schema] = {"observation": tables.OBSERVATION, "finding": tables.FINDING}
    schemas |= {name: schema for name, schema in SCHEMAS.items() if schema is not None}
    for name, schema in schemas.items():
        parts.append(f"## {name}\n\n" + table(("列 column", "类型 type"), ((f"`{f.name}`", f.type) for f in schema)))
    return "\n".join(parts)


def content() -> str:
    """Every kind of content that can be declared, with the folders that hold it."""
    folder = ROOT / "src" / "qingce" / "data"
    rows = []
    for place in sorted(folder.iterdir()):
        files = [f for f in place.rglob("*") if f.is_file()] if place.is_dir() else [place]
        rows.append((f"`data/{place.name}`", len(files), ", ".join(sorted({f.suffix for f in files}))))
    words = "一个地方可在自己的 `content/` 里按同样的布局添加。 An overlay folder is laid out the same way."
    return f"# 内容 Content\n\n{words}\n\n" + table(("位置 place", "文件数 files", "格式 formats"), rows)


PAGES: dict[str, Callable[[], str]] = {
    "cli": cli,
    "content": content,
    "editions": editions,
    "errors": errors,
    "feeds": feeds,
    "indicators": indicators,
    "sources": sources,
    "tables": columns,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are stale."""
    folder = ROOT / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    stale = 0
    for name, make in PAGES.items():
        text, path = NOTE + make().rstrip() + "\n", folder / f"{name}.md"
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if "--check" in arguments:
            stale += 1
            print(f"{path.relative_to(ROOT)} is stale: run `make docs`")
        else:
            path.write_text(text, "utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
