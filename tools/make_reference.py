"""Write `docs/reference/` from the content and the code, so that the manual cannot lag behind.

    python tools/make_reference.py [--check]     --check writes nothing and says which page is stale (exit status 1)

Order, dates and paths come from the content alone: the same content gives the same bytes on every machine and day.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import click
import pyarrow as pa
from rule_table import rules_page

from qingce.app import campaign, campaign_quota, starting
from qingce.catalog import load_catalog
from qingce.catalog.catalog import Catalog
from qingce.catalog.check import check_roots
from qingce.catalog.feeds import LAYOUTS, SPANS, Recipe, recipe_of
from qingce.catalog.indicators import BATTLES, VERBS
from qingce.catalog.methods import Method, read_families
from qingce.catalog.overlay import content_roots
from qingce.catalog.regions import LEVELS
from qingce.catalog.strict import read_rows
from qingce.core import tables
from qingce.core.absence import ABSENT_ZH, REVIEW_ZH
from qingce.core.errors import catalogue
from qingce.core.records import Limit
from qingce.publish.results import SCHEMAS
from qingce.thread import basis
from qingce.thread.binding import REASON_ZH
from qingce.thread.status import STATUS_ZH

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "src" / "qingce" / "data"
NOTE = "<!-- made by tools/make_reference.py; edit the content, not this page -->\n\n"
LONG_AGO = date(1900, 1, 1)
"""The day of the check: before every `checked_on`, so that no page changes because time passes."""


def cell(value: object) -> str:
    """One table cell: no pipe, no line break, nothing a reader would take for a tag."""
    text = str("" if value is None else value).replace("|", "\\|").replace("\n", " ").strip()
    return text.replace("<", "&lt;")


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    names = list(header)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def words(values: Iterable[object]) -> str:
    """Several words in one cell, as code."""
    return " ".join(f"`{value}`" for value in values)


# errors, cli -------------------------------------------------------------------------------------------------------


def errors() -> str:
    """Every numbered error."""
    head = (
        "# 错误编号 Numbered errors\n\n每个错误说明事实、位置、办法；`{…}` 处填入当时的内容。 Every error says fact, place and cure.\n\n"
        "退出码 exit status：`campaign` 类为 2，其余为 3。坏单元格（QC2xx）不中断收入，逐格列出。\n"
    )
    rows = sorted(catalogue().items())
    parts = [head, table(("编号", "类", "事实"), ((f"[{c}](#{c.lower()})", r.kind, r.fact_zh) for c, r in rows))]
    for code, row in rows:
        parts.append(
            f"## {code}\n\n{row.fact_zh}。**办法**：{row.cure_zh}。\n\n{row.fact_en}. **Cure**: {row.cure_en}.\n"
        )
    return "\n".join(parts)


def cli() -> str:
    """Every verb, with its arguments and options."""
    from qingce.app.cli import app

    states = "0 成立 ok，1 答案为“否”（`check` 有错误），2 用法或文件夹错误，3 内容、数据、文件错误"
    parts = [f"# 命令 Verbs\n\n`qingce VERB --help` 给出同样的内容。退出码 exit status: {states}。\n"]
    for name, command in sorted(app.commands.items()):
        text = "\n".join(line.strip() for line in (command.help or "").strip().splitlines())
        parts.append(f"## qingce {name}\n\n{text}\n")
        found = [p for p in command.params if p.name != "help"]
        if found:
            head = ("参数 argument", "说明", "默认 default", "必需 required")
            parts.append(table(head, (_option(p) for p in found)))
    return "\n".join(parts)


def _option(parameter: click.Parameter) -> Iterator[object]:
    is_option = parameter.opts[0].startswith("-")
    name = " ".join(parameter.opts) if is_option else str(parameter.metavar or parameter.name).upper()
    default = parameter.default
    nothing = default is None or callable(default) or default in ("", False) or "Sentinel" in repr(default)
    yield f"`{name}`"
    yield getattr(parameter, "help", "") or ""
    yield "" if nothing or parameter.required else f"`{default}`"
    yield "是" if parameter.required else ""


# indicators ----------------------------------------------------------------------------------------------------------

VERB_WORDS = {
    "mean": "时段内日值的算术平均 mean of days",
    "percentile": "时段内日值的百分位数 percentile of days",
    "day_share": "不超过 `at_most` 的日数占有效日数 share of days at most",
    "day_share_above": "超过 `above` 的日数占有效日数 share of days above",
    "day_count": "超过 `above` 或不超过 `at_most` 的日数 count of days above or at most",
    "composite": "各项单项指数之和 sum of single indices",
    "section_share": "类别好于等于 `at_most` 或差于 `worse_than` 的断面占比 share of sections",
    "section_class": "断面类别 class of a section",
    "section_target_share": "类别不差于各自目标类别的断面占有目标的断面 share of sections that keep their own target class",
    "water_index": "断面各项均值与Ⅲ类限值之比的和，河流与湖库按断面数加权 city water quality index of its sections",
    "water_index_change": "该指数比上年同期的变化，`sense` 为 improvement 时取下降 change on the year before",
    "class_share": "类别好于等于 `at_most` 或差于 `worse_than` 的点位占比 share of points of a class",
    "met_share": "达标点次占监测点次 share of points, or of their days or nights, that keep their limits",
    "point_mean": "各点位时段内月值的平均，再对点位平均 mean over points of the means of their months",
    "ratio": "分子各量之和 ÷ 分母各量之和 sum of the numerator over sum of the denominator",
    "region_index": "地区按 `family` 的方法由上报统计量算得的指数 index of a region from what it reports",
    "net": "`plus` 各量之和减 `minus` 各量之和 what is added less what is taken off",
    "none": "本系统不计算，只导入认定值 not computed; official values only",
}


def statistic(options: Mapping[str, object]) -> str:
    """The declared statistic in one line."""
    rest = ", ".join(f"{key} = {value}" for key, value in options.items() if key != "verb")
    return f"`{options.get('verb')}`" + (f" {rest}" if rest else "")


def indicators(catalog: Catalog) -> str:
    """The closed table of verbs, and every indicator."""
    items = sorted(catalog.indicators.values(), key=lambda item: (BATTLES.index(item.battle), item.id))
    verbs = Counter(str(item.statistic.get("verb")) for item in items)
    parts = [
        f"# 指标 Indicators\n\n共 {len(items)} 个。 {len(items)} in all; the system computes {len(items) - verbs['none']}.\n",
        "## 统计动词 Statistic verbs\n",
        table(
            ("动词 verb", "含义", "必需的参数 required", "可选 optional", "指标数"),
            ((f"`{v}`", VERB_WORDS.get(v, UNTOLD), words(r), words(o), verbs[v]) for v, (r, o) in VERBS.items()),
        ),
        "## 本系统计算的 Computed here\n",
        _indicator_table([item for item in items if item.statistic.get("verb") != "none"]),
        "## 只取认定值的 Official values only\n",
        _indicator_table([item for item in items if item.statistic.get("verb") == "none"]),
    ]
    return "\n".join(parts)


def _indicator_table(items: Sequence[object]) -> str:
    head = (
        "编号 id",
        "名称",
        "English",
        "战役",
        "单位",
        "向好",
        "算法 statistic",
        "认定单位 decider",
        "系列",
        "修约",
        "状态",
    )
    rows = (
        (
            f"`{i.id}`",
            i.zh,
            i.en,
            i.battle,
            i.unit,
            i.direction,
            statistic(i.statistic),
            i.decider,
            i.series,
            i.rounding,
            i.status,
        )
        for i in items
    )
    return table(head, rows)


# standards and methods ------------------------------------------------------------------------------------------------


def editions(catalog: Catalog) -> str:
    """Every standard with its limits."""
    parts = [
        "# 标准与限值 Standards and limits\n\n限值按参数、时间尺度、级别、地点、日期恰有一行有效。 Exactly one row answers each question. "
        "方法见 [methods.md](methods.md)。\n"
    ]
    by_standard: dict[str, list[Limit]] = {}
    for limit in catalog.limits:
        by_standard.setdefault(limit.standard, []).append(limit)
    for code, standard in sorted(catalog.standards.items()):
        parts.append(
            f"## {code}\n\n{standard.zh}；{standard.en}。出处 `{standard.source}`，{standard.start} 起。{standard.note}\n"
        )
        stages = "；".join(f"`{name}` {text}" for name, text in standard.editions.items())
        parts.append(f"可点名的版本 editions：`{code}`{'；' + stages if stages else ''}\n")
        head = ("参数", "时间尺度", "级别", "地点", "限值", "单位", "版本", "起", "止", "条款", "原文", "状态")
        rows = [
            (
                x.parameter,
                x.averaging,
                x.grade,
                x.place,
                bound(x),
                x.unit,
                x.edition,
                x.start,
                x.end,
                x.clause,
                x.words,
                x.status,
            )
            for x in by_standard.get(code, [])
        ]
        parts.append(table(head, rows))
    return "\n".join(parts)


def bound(limit: Limit) -> str:
    """A limit with its sign: a cap, a floor or a range."""
    signs = {"le": f"≤ {limit.value}", "ge": f"≥ {limit.value}", "range": f"{limit.low}–{limit.value}"}
    return signs[limit.bound]


def methods(catalog: Catalog) -> str:
    """Every method with what it declares and the tables beside it; what a method of each family may declare."""
    items = sorted(catalog.methods.values(), key=lambda m: (m.family, m.start, m.id))
    parts = [
        "# 方法 Methods\n\n同一族在任何一天恰有一个方法有效；有 `base` 的是具名变体，只在点名时使用（`--edition`）。 One method of a family is in force "
        "on each day; a variant (with a base) answers by its name only.\n",
        table(
            ("编号 id", "族 family", "名称", "起", "止", "变体自 base", "又名 aliases", "出处", "状态"),
            (
                (f"`{m.id}`", m.family, m.zh, m.start, m.end, m.base, words(m.aliases), m.source, m.status)
                for m in items
            ),
        ),
    ]
    for method in items:
        parts.append(f"## {method.id}\n\n{method.zh}；{method.en}。{method.note}\n")
        parts.append(table(("节 section", "声明 declared", "状态", "未决问题 open question"), _sections(method)))
        listed = "、".join(f"`{name}.csv`（{len(rows)} 行）" for name, rows in sorted(method.tables.items()))
        parts.append(f"表 tables：{listed}\n")
    parts.append("## 各族可声明的节与表 What a family may declare\n")
    for family in sorted(read_families(content_roots()).values(), key=lambda f: f.id):
        parts.append(f"### {family.id} {family.zh}\n")
        rows = [(f"`[{name}]`", words(keys), "") for name, keys in family.sections.items()]
        rows += [(f"`{name}.csv`", words(need), words(more)) for name, (need, more) in family.tables.items()]
        parts.append(table(("节或表", "键或必需列", "可选列"), rows))
    return "\n".join(parts)


def _sections(method: Method) -> Iterator[tuple[object, ...]]:
    for name, part in method.options.items():
        if isinstance(part, Mapping):
            told = {k: v for k, v in part.items() if k not in ("status", "question")}
            declared = "；".join(f"{key} = {value}" for key, value in told.items())
            yield f"`[{name}]`", declared, part.get("status", ""), part.get("question", "")


def sources(catalog: Catalog) -> str:
    """The bibliography, with what was read and what was not."""
    head = ("键 key", "题名 title", "文号 number", "发布 issuer", "施行", "废止", "核对日 checked", "状态", "说明 note")
    rows = (
        (f"`{s.key}`", s.title, s.number, s.issuer, s.in_force, s.until, s.checked_on, s.status, s.note)
        for s in sorted(catalog.sources.values(), key=lambda s: s.key)
    )
    told = "verified：在具名来源读到；unread：凭知识录入，未见正式文本（见 [unread.md](unread.md)）。"
    return f"# 出处 Sources\n\n{told}\n\n" + table(head, rows)


# what was not read --------------------------------------------------------------------------------------------------

LEAD = "条款未读到正式文本（unread）："


def unread(catalog: Catalog) -> str:
    """Every open question of the content, and what the program does meanwhile."""
    faults = check_roots(content_roots(), today=LONG_AGO)
    asked: dict[str, list[tuple[str, str]]] = {}
    for fault in faults:
        if fault.code == "QC109":
            place = Path(fault.file).relative_to(DATA)
            question = fault.message.partition(LEAD)[2].partition("。取得正式文本")[0]
            key = place.parts[0] if len(place.parts) > 1 else place.name
            asked.setdefault(key, []).append((f"`{place.as_posix()}`", question))
    feeds_open = [(f.id, str(f.options["question"])) for f in catalog.feeds.values() if f.options["status"] == "unread"]
    total = sum(len(rows) for rows in asked.values()) + len(feeds_open)
    parts = [
        f"# 未读到的条款 What was not read\n\n共 {total} 处。由内容自动列出；`qingce check` 给出同样的提示。怎样处理见"
        "[逐条说明](../why/editions.md)。 Every place of the content that nobody has read in an official text.\n"
    ]
    singly = [kind for kind in ("standards", "methods", "sources.toml", "parameters.csv", "phrases") if kind in asked]
    head = ("位置 place", "未决问题 open question")
    parts += [f"## {kind}\n\n" + table(head, asked.pop(kind)) for kind in singly]
    parts.append("## feeds\n\n" + table(("来源 feed", "未决问题"), sorted((f"`{n}`", q) for n, q in feeds_open)))
    for kind, rows in sorted(asked.items()):
        groups: dict[str, list[str]] = {}
        for place, question in rows:
            groups.setdefault(question.partition("：")[2] or question, []).append(Path(place.split("`")[1]).stem)
        listed = ((q, len(names), "、".join(sorted(names))) for q, names in sorted(groups.items()))
        parts.append(f"## {kind}\n\n" + table(("未决问题", "个数", "编号 ids"), listed))
    return "\n".join(parts)


# feeds, parameters, units, regions -----------------------------------------------------------------------------------


def feeds(catalog: Catalog) -> str:
    """Every feed with its columns, clock and words."""
    listed = sorted(catalog.feeds.values(), key=lambda f: (f.layout == "register", f.id))
    parts = [
        "# 数据来源 Feeds\n\n来源说明怎样读一种文件：版式、列、时间标签、单位、缺测的写法。 How a foreign file becomes observations.\n",
        table(
            ("编号", "名称", "English", "版式 layout", "介质", "审核状态 review", "状态"),
            (
                (f"[`{f.id}`](#{f.id})", f.zh, f.en, f.layout, f.medium, f.options["review"], f.options["status"])
                for f in listed
            ),
        ),
        "版式 layouts："
        + "；".join(f"`{name}` 需要 {words(f'[{s}]' for s in need)}" for name, need in LAYOUTS.items())
        + "\n",
        f"时段 spans：{words(SPANS)}\n",
    ]
    for feed in listed:
        recipe = recipe_of(feed)
        rows = register_rows(recipe) if feed.layout == "register" else feed_rows(recipe)
        parts.append(f"## {feed.id}\n\n{feed.zh}；{feed.en}。{feed.options['note']}{feed.options['question']}\n")
        parts.append(table(("项 item", "写法"), rows))
    return "\n".join(parts)


def register_rows(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Fields of a register with the headers that are understood."""
    for name, headers in recipe.fields.items():
        yield f"`{name}`", words(headers)
    for name, meanings in recipe.words.items():
        yield f"`{name}` 的词", "、".join(f"{word} → `{meaning}`" for word, meaning in meanings.items())


def feed_rows(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What a feed says of time, place, parameters and missing values."""
    rule = recipe.time
    yield "时间列 time", " + ".join(" 或 ".join(f"`{name}`" for name in names) for names in rule.columns)
    if rule.formats:
        yield "时间格式 formats", words(rule.formats)
    hours = int(rule.offset.total_seconds() // 3600)
    yield (
        "时间标签 label",
        {"start": "时段开始 start", "end": "时段结束 end"}[rule.label] + f"；{rule.span}；UTC{hours:+d}",
    )
    if rule.span_column:
        yield "时段列 span", words(rule.span_column)
    yield "站点列 site", " + ".join(" 或 ".join(f"`{name}`" for name in names) for names in recipe.site.columns)
    if recipe.site.kind == "region":
        yield "站点是", "行政区划名称或代码 region"
    for name, column in recipe.columns.items():
        told = [f"`{column.parameter}`", f"单位 {column.unit}" if column.unit else "", column.span, *column.missing]
        yield f"列 `{name}`", " ".join(word for word in told if word)
    if recipe.layout == "long":
        for name in ("parameter", "value", "unit", "flag", "review"):
            if getattr(recipe.long, name):
                yield f"列 {name}", words(getattr(recipe.long, name))
    if recipe.values.any_parameter:
        yield "其他列 others", "任何参数的名称、别名、代码都认 any parameter's name"
    if recipe.values.header_units:
        yield "表头单位 header units", "`PM2.5（mg/m³）` 一类写法按括号内单位换算"
    if recipe.layout != "register":
        yield "没有值 missing", words(sorted(word for word in recipe.values.missing if word))
        yield (
            "未检出 not detected",
            words([*sorted(recipe.values.not_detected), *recipe.values.limit_before, *recipe.values.limit_after]),
        )
    if recipe.flags:
        yield "标记 flags", "、".join(f"{word} → `{meaning}`" for word, meaning in recipe.flags.items())
    if recipe.ignore:
        yield "略过的列 ignored", words(recipe.ignore)


def parameters(catalog: Catalog) -> str:
    """Every parameter and unit, and how many regions of each level."""
    parts = ["# 参数、单位与区划 Parameters, units, regions\n", "## 参数 Parameters\n"]
    head = ("编号 id", "名称", "English", "介质", "内部单位", "小数", "可能的范围", "别名与代码 aliases, codes")
    rows = (
        (
            f"`{p.id}`",
            p.zh,
            p.en,
            p.medium,
            p.unit,
            p.decimals,
            f"{p.minimum}–{p.maximum}",
            "、".join([*p.aliases, *p.codes]),
        )
        for p in catalog.parameters.values()
    )
    parts.append(table(head, rows))
    parts.append("## 单位 Units\n\n给出的值乘以系数得到内部单位的值；别的单位拒收（QC203）。\n")
    units = read_rows(DATA / "units.csv", required=("quantity", "inside", "unit", "factor", "zh"), optional=("shown",))
    shown: dict[tuple[str, str], list[str]] = {}
    for row in units:
        text = row.cells["unit"] + ("" if row.cells["factor"] == "1" else f"（×{row.cells['factor']}）")
        shown.setdefault((row.cells["quantity"], row.cells["inside"]), []).append(text)
    parts.append(
        table(
            ("量 quantity", "内部单位 inside", "接受的写法 accepted"),
            ((q, i, "、".join(t)) for (q, i), t in shown.items()),
        )
    )
    parts.append("## 行政区划 Regions\n\nGB/T 2260 代码与名称，带起止日期。 Codes and names with their dates.\n")
    every = list(catalog.regions)
    counts = [
        (
            level,
            sum(r.level == level for r in every),
            sum(r.level == level and r.valid_until is None for r in every),
            len({r.code for r in every if r.level == level}),
        )
        for level in LEVELS
    ]
    parts.append(table(("级别 level", "行 rows", "现行 in force", "代码 codes"), counts))
    return "\n".join(parts)


# tables, content, campaign folder, words ------------------------------------------------------------------------------

WIDE = {
    "air_site_days": "一行一个站点一日一个系列；列随参数而定：`<p>`、`absent_<p>`、`n_<p>`、`iaqi_<p>` one row a site, day and series",
    "air_city_days": "一行一个城市一日一个系列，列同上 the same for cities",
    "forecast_scores": "一行一个发布者、区域、参数、提前天数：级别与首要污染物准确率、TS 评分、偏差 one row an issuer, scope, parameter, lead",
    "weather": "（内部）一行一个参数、城市、两个时段：实测变化、气象与减排各占多少、留出检验 weather apart from effort",
    "water_months": "一行一个断面一月；列随项目而定：`<p>`、`class_<p>`、`exceed_<p>`、`n_<p>` one row a section and month",
}


def columns() -> str:
    """Every table that crosses rooms or is published."""
    parts = ["# 表 Tables\n\n`out/results/*.parquet` 与跨室表的列。 Columns of the result files and of tables between rooms. "
             "`value` 是 DECIMAL(18,6) 的内部单位值；`time` 是时段的开始，当地标准时。\n"]  # fmt: skip
    schemas: dict[str, pa.Schema] = {"observation": tables.OBSERVATION, "finding": tables.FINDING}
    schemas |= {name: schema for name, schema in SCHEMAS.items() if schema is not None}
    for name, schema in schemas.items():
        parts.append(f"## {name}\n\n" + table(("列 column", "类型 type"), ((f"`{f.name}`", f.type) for f in schema)))
    parts += [f"## {name}\n\n{WIDE.get(name, UNTOLD)}\n" for name, schema in SCHEMAS.items() if schema is None]
    return "\n".join(parts)


KINDS = {
    "check.toml": ("检查的设置 settings of the check", "出处多久要再核对"),
    "errors": ("错误编号 numbered errors", "[errors.md](errors.md)"),
    "examples": ("示例工程 the example campaign", "`qingce demo`"),
    "feeds": ("数据来源 feeds", "[feeds.md](feeds.md)"),
    "indicators": ("指标 indicators", "[indicators.md](indicators.md)"),
    "methods": ("评价方法 methods", "[methods.md](methods.md)"),
    "outlook": ("研判模型与设置 models and settings of the outlook", "[研判](../why/outlook.md)"),
    "parameters.csv": ("监测参数 parameters", "[parameters.md](parameters.md)"),
    "phrases": ("读规划用的词 words of the plan grammar", "按语言分文件夹"),
    "regions": ("行政区划 regions", "[parameters.md](parameters.md)"),
    "sources.toml": ("出处 bibliography", "[sources.md](sources.md)"),
    "standards": ("标准与限值 standards and limits", "[editions.md](editions.md)"),
    "templates": ("公文样式 office styles", "字体、字号、页边距"),
    "units.csv": ("单位 units", "[parameters.md](parameters.md)"),
}


def content() -> str:
    """Every kind of content that can be declared, with the folders that hold it."""
    rows = []
    for place in sorted(DATA.iterdir()):
        if place.name.startswith(("_", ".")):
            continue
        kind, where = KINDS.get(place.name, (UNTOLD, ""))
        rows.append((f"`data/{place.name}`", kind, shape(place), where))
    told = "一个地方可在攻坚战文件夹的 `content/` 里按同样的布局添加，见[添加内容](../how-to/add-content.md)。 An overlay is laid out the same way."
    return f"# 内容 Content\n\n{told}\n\n" + table(("位置 place", "内容", "格式 formats", "参见"), rows)


def shape(place: Path) -> str:
    """The formats of a place."""
    files = [f for f in place.rglob("*") if f.is_file() and not f.name.startswith(".")] if place.is_dir() else [place]
    return ", ".join(sorted({f.suffix for f in files if f.suffix != ".pyc"}))


UNTOLD = "（尚无说明 not yet described）"
"""What a page shows for a key that nobody has described here; the tests refuse it."""

CAMPAIGN = {
    "boundaries": "行政区划边界 GeoJSON，供地图用；省略则地图只画站点 borders for the map",
    "name": "名称 name of the campaign",
    "region": "GB/T 2260 六位代码；写“全市”“全省”的目标以它为范围 region of the campaign",
    "region_name": "页面上的地名；省略则查区划 name shown",
    "period": "攻坚战的年份，如 `2024/2026` period of the campaign",
    "language": "`zh` 或 `en`，页面的默认语言 default language of the pages",
    "as_of": "评价到哪一天；省略则为数据的最后一天 day of evaluation",
    "sample": "`true` 时每页标“示例数据” marks every page as sample data",
    "overlays": "内容文件夹；省略则用 `content/`（若有） content folders",
    "plans": "`[[plans]]`，见下；省略则读 `plans/` 里的全部文件 documents",
    "feeds": "`[[feeds]]`，见下 data files with their feeds",
    "sites": "站点与断面表 register of sites",
    "official": "认定值文件的列表 files of official values",
    "exceptions": "例外事件文件的列表 files of exceptional days",
    "basis": "`[basis.<指标或目标编号>]`，见下 settings of a target",
    "lake": "湖的位置，默认 `.qingce/lake` place of the lake",
    "book": "册的位置，默认 `.qingce/book.sqlite`；也可是数据库地址 place or address of the book",
    "quota": "`[quota]`，见下；余量怎样分解到月、到县 how quotas are split",
}
PARTS = {
    "plans": {"file": "文件，可用通配符 file or pattern", "number": "文号 document number", "date": "日期 date"},
    "feeds": {"path": "文件、文件夹或通配符 path or pattern", "feed": "来源编号 id of a feed", "review": "审核状态，见[词表](words.md) review state"},
    "basis": {
        "series": "`measured` 或 `deducted`",
        "rounding": "`strict`（不修约）、`integer`、`decimals`（指标的位数）",
        "decimals": "`rounding = \"decimals\"` 时修约到几位",
        "decider": "认定单位",
        "stations": "站点集合的说明",
        "baseline": "相对目标的基数",
        "deadline": "时限，如 `2026` 或 `2026-06`",
        "scope": "范围的区划代码或断面",
        "sections": "断面的角色或名单",
        "indicator": "把目标绑定到这个指标",
    },
    "quota": {
        "months": "`last` 去年同期、`years` 近三年同期、`equal` 按天数平均、`hand` 人工 over months",
        "counties": "`baseline` 各县去年同期、`population` 人口、`equal` 平均、`hand` 人工、`none` 不分 over counties",
        "month_weights": "`months = \"hand\"` 的十二个权重，键为 1 至 12",
        "county_weights": "`counties = \"hand\"` 的权重，键为区划代码",
        "population": "`counties = \"population\"` 的人口，键为区划代码",
        "flood": "汛期的首月与末月，如 `06/09` flood season",
        "by": "`[quota.by.<目标或指标编号>]`：这一项自己的分解，键同上（`flood` 除外） of one target or indicator",
    },
}  # fmt: skip


def campaign_keys() -> str:
    """Every key of campaign.toml; a key without words here stops the tool."""
    required = ("name", "region")
    known = [*required, *campaign._OPTIONAL]
    parts = [
        "# campaign.toml\n\n攻坚战文件夹的唯一设置文件；未知的键是错误（QC102）。 The one file of settings; unknown keys are refused.\n",
        table(
            ("键 key", "含义", "必需"),
            ((f"`{k}`", CAMPAIGN.get(k, UNTOLD), "是" if k in required else "") for k in known),
        ),
    ]
    allowed = {"plans": campaign._PLAN_KEYS, "feeds": campaign._FEED_KEYS, "basis": set(basis._KEYS)}
    allowed["quota"] = set(campaign_quota._KEYS)
    for name, keys in allowed.items():
        told = {key: text for key, text in PARTS[name].items() if key in keys} | {
            key: PARTS[name].get(key, UNTOLD) for key in sorted(keys)
        }
        title = {"basis": "`[basis.ID]`", "quota": "`[quota]`"}.get(name, f"`[[{name}]]`")
        parts.append(f"## {name}\n\n{title}\n\n" + table(("键", "含义"), ((f"`{k}`", t) for k, t in told.items())))
    parts.append("## `qingce init` 写下的样子 What init writes\n\n```toml\n" + starting.TEMPLATE.rstrip() + "\n```\n")
    folders = "`plans/` 规划，`data/` 数据，`content/` 本地内容，`registers/` 登记册（留作以后），`out/` 结果，`.qingce/` 湖、册、收入记录"
    parts.append(f"## 文件夹 Folders\n\n{folders}。\n")
    return "\n".join(parts)


def status_words() -> str:
    """Words that stand in tables and on pages: status, reasons, review, absence, series."""
    groups = [
        ("状态 Status of a target", STATUS_ZH),
        ("未绑定或待定的原因 Why a target waits", REASON_ZH),
        ("审核状态 Review, lowest trust first", {str(k): v for k, v in REVIEW_ZH.items()}),
        ("缺测的原因 Why a value is absent", {str(k): v for k, v in ABSENT_ZH.items()}),
        ("系列 Series", basis.SERIES_ZH),
    ]
    parts = [
        "# 词表 Words of tables and pages\n\n结果表里存英文词，页面和 Excel 印中文。 Tables hold the word, pages print the Chinese.\n"
    ]
    for title, found in groups:
        parts.append(f"## {title}\n\n" + table(("词 word", "中文"), ((f"`{w}`", zh) for w, zh in found.items())))
    return "\n".join(parts)


def pages() -> dict[str, Callable[[], str]]:
    """Every page by name; the catalogue is read once."""
    catalog = load_catalog()
    of_catalog = {
        "editions": editions,
        "feeds": feeds,
        "indicators": indicators,
        "methods": methods,
        "parameters": parameters,
        "rules": rules_page,
        "sources": sources,
        "unread": unread,
    }
    found: dict[str, Callable[[], str]] = {
        "campaign": campaign_keys,
        "cli": cli,
        "content": content,
        "errors": errors,
        "tables": columns,
        "words": status_words,
    }
    return found | {name: lambda make=make: make(catalog) for name, make in of_catalog.items()}  # type: ignore[misc]


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which are stale."""
    folder = ROOT / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    made = {f"{name}.md": NOTE + make().rstrip() + "\n" for name, make in pages().items()}
    stale = [name for name, text in made.items() if not same(folder / name, text)]
    extra = sorted(path.name for path in folder.glob("*.md") if path.name not in made)
    if "--check" in arguments:
        for name in [*stale, *extra]:
            print(f"docs/reference/{name} is stale: run `make docs`")
        return 1 if stale or extra else 0
    for name in stale:
        (folder / name).write_text(made[name], "utf-8")
    for name in extra:
        (folder / name).unlink()
    return 0


def same(path: Path, text: str) -> bool:
    """Whether a page stands as it would be written."""
    return path.exists() and path.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
