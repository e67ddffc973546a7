"""The command line: thin verbs, heavy imports inside them. 命令行。"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from qingce.app.output import error_dict, exit_status, say, write_json
from qingce.core.errors import QingceError, complain

__all__ = ["app", "main"]

app = typer.Typer(
    name="qingce",
    help="青策：从规划的一句话，到监测读数，再回来。 From the plan's sentence to the reading, and back.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

JsonFile = Annotated[str | None, typer.Option("--json", metavar="FILE", help="结果写成 JSON，- 为标准输出 write JSON")]
Folder = Annotated[Path, typer.Argument(help="攻坚战文件夹 the campaign folder")]


@app.command()
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="名称 name")] = "",
    region: Annotated[str, typer.Option(help="行政区划代码 GB/T 2260 code")] = "",
) -> None:
    """新建一个攻坚战文件夹。 Make a campaign folder.

    例 example: qingce init 我的市 --region 140100
    """
    from qingce.app.starting import make_folder

    for line in make_folder(folder, name=name, region=region):
        say(line)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="攻坚战文件夹；省略则检查内置内容 campaign folder")] = None,
    json: JsonFile = None,
) -> None:
    """检查内容：限值、方法、指标、来源。 Check content strictly; exit status 1 when faults are found.

    例 example: qingce check 我的市
    """
    from qingce.app.campaign import read_campaign
    from qingce.catalog import check_content

    faults = check_content(read_campaign(folder).overlays if folder else ())
    wrong = [fault for fault in faults if not fault.notice]
    if json:
        rows = [
            {"code": f.code, "file": f.file, "line": f.line, "message": f.message, "notice": f.notice} for f in faults
        ]
        write_json({"ok": not wrong, "faults": rows}, json)
    else:
        for fault in wrong:
            say(str(fault))
        notices = [fault for fault in faults if fault.notice]
        unread = sum(fault.code == "QC109" for fault in notices)
        for fault in notices:
            if fault.code != "QC109":
                say(str(fault))
        if unread:
            say(f"QC109: {unread} 处条款未读到正式文本，结论已标注（--json - 逐条列出） | {unread} clauses unread")
        say(f"{len(wrong)} 处错误，{len(notices)} 条提示 | {len(wrong)} faults, {len(notices)} notices")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def read(
    plans: Annotated[list[Path], typer.Argument(help="规划、方案等文件 documents")],
    *,
    json: JsonFile = None,
    xlsx: Annotated[Path | None, typer.Option(help="写成台账 Excel write the ledger")] = None,
    html: Annotated[Path | None, typer.Option(help="写成带标注的网页 write a highlighted page")] = None,
    repairs: Annotated[bool, typer.Option("--repairs", help="列出文字修复 list the repairs")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="每个字段的依据与把握 why each field")] = False,
    assist: Annotated[str, typer.Option(metavar="URL", help="内网模型接口，默认不用 a model, off by default")] = "",
    assist_model: Annotated[str, typer.Option(metavar="NAME", help="模型名 the model's name")] = "",
) -> None:
    """读规划：条款、目标、任务、时限、单位。 Read plans: clauses, targets, tasks, deadlines, units.

    例 example: qingce read 实施方案.docx --xlsx 台账.xlsx
    """
    from qingce.app.reading import explained, read_plans, summary, write_page, write_workbook

    readings, notes = read_plans(plans), list[str]()
    if assist:
        from qingce.app.assisting import assisted

        readings, notes = assisted(readings, assist, model=assist_model)
    for note in notes:
        sys.stderr.write(f"{note}\n")
    if json:
        from qingce.plans import reading_to_dict

        answers = [reading_to_dict(reading) for reading in readings]
        write_json(answers[0] if len(answers) == 1 else answers, json)
    if xlsx:
        write_workbook(readings, xlsx)
    if html:
        write_page(readings, html)
    if json != "-":
        for line in explained(readings) if explain else summary(readings, repairs=repairs):
            say(line)


@app.command()
def compare(
    plans: Annotated[list[Path], typer.Argument(metavar="A B", help="文件或文件夹 documents or folders")],
    *,
    relation: Annotated[str, typer.Option(help="auto | cascade | revision | peers")] = "auto",
    table: Annotated[bool, typer.Option("--table", help="目标并列表 who promises what")] = False,
    json: JsonFile = None,
    xlsx: Annotated[Path | None, typer.Option(help="写成 Excel write a workbook")] = None,
    html: Annotated[Path | None, typer.Option(help="写成网页 write a page")] = None,
) -> None:
    """比对文件：上下级、前后版本、同级；层层加码、矛盾。 Compare documents.

    不论发现什么，退出状态都是 0；用法不对为 2。 Exit status 0 whatever is found; 2 for wrong use.

    例 example: qingce compare 省方案.docx 市方案.docx --xlsx 比对.xlsx
    """
    from qingce.app.comparing import compare_paths, summary, write_page, write_workbook

    compared = compare_paths(plans, relation=relation, table=table)
    if json:
        write_json(compared.to_dict(), json)
    if xlsx:
        write_workbook(compared, xlsx)
    if html:
        write_page(compared, html)
    if json != "-":
        for line in summary(compared):
            say(line)


@app.command()
def ingest(
    source: Annotated[Path, typer.Argument(help="文件或文件夹 file or folder")],
    *,
    feed: Annotated[str, typer.Option("--as", help="数据来源 feed")],
    lake: Annotated[Path, typer.Option(help="湖的文件夹 lake folder")],
    review: Annotated[str | None, typer.Option(help="审核状态 review state")] = None,
    json: JsonFile = None,
) -> None:
    """把监测数据收入湖，逐格报告不能收的。 Take data into the lake; every rejected cell is listed.

    例 example: qingce ingest 2026年小时值.csv --as canonical-air-wide --lake 我的市/.qingce/lake
    """
    from qingce.app.ingesting import ingest_into

    taken, rejected = ingest_into(source, feed, lake=lake, review=review)
    if json:
        write_json({"ok": True, **taken.to_dict(), "rejected_cells": rejected}, json)
        return
    say(taken.told)
    for note in taken.notes:
        say(f"  {note}")
    for cell in rejected[:20]:
        say(f"  {cell['file']}:{cell['line']} {cell['column']} “{cell['text']}” {cell['code']} {cell['message']}")
    if rejected:
        say(f"不能收入 {len(rejected)} 格 | {len(rejected)} cells rejected")


@app.command()
def evaluate(
    medium: Annotated[
        str, typer.Argument(help="air | air-ranking | surface-water | noise | …；错写即列出全部 a wrong name lists all")
    ],
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="数据文件或湖 data file or lake")],
    *,
    out: Annotated[Path, typer.Option(help="结果文件 result file .csv .parquet .xlsx")],
    feed: Annotated[str | None, typer.Option("--as", help="数据来源 feed")] = None,
    by: Annotated[str, typer.Option(help="site | city，省略则按介质的惯例 the medium's default")] = "",
    period: Annotated[
        str,
        typer.Option(
            help="hour | day | month | quarter | half-year | season | autumn-winter | ytd | rolling-12 | rolling-30d | "
            "three-year | year"
        ),
    ] = "",
    edition: Annotated[str, typer.Option(help="auto 或版本号 or an edition")] = "auto",
    sites: Annotated[Path | None, typer.Option(help="站点表 sites table")] = None,
    master: Annotated[str, typer.Option(help="Spark 集群 cluster, spark://host:7077")] = "",
    exceptions: Annotated[Path | None, typer.Option(help="例外事件清单 list of exceptional days (air)")] = None,
    state: Annotated[str, typer.Option(help="reference298：2018-09 以前的气体换算 old-state gases (air)")] = "",
    scheme: Annotated[str, typer.Option(help="综合指数方案 scheme of weights (air-ranking)")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="预排名，不公开 rank unreviewed data")] = False,
    json: JsonFile = None,
) -> None:
    """按当日有效的标准评价。 Judge by the edition in force on each day.

    例 example: qingce evaluate air 小时值.csv --by city --period day --out 日评价.csv
    """
    from qingce.app.lean import without_pandas

    if not master:
        without_pandas()
    from qingce.app.evaluating import evaluate_file, result_rows

    table = evaluate_file(
        medium, source, feed=feed, by=by, period=period, edition=edition, sites=sites, out=out, master=master,
        exceptions=exceptions, options={"state": state, "scheme": scheme, "preview": preview},
    )  # fmt: skip
    if json:
        write_json({"ok": True, "rows": result_rows(table)}, json)
    else:
        say(f"{out}：{table.num_rows} 行 | {table.num_rows} rows")


@app.command()
def build(
    folder: Folder,
    json: JsonFile = None,
    *,
    progress: Annotated[bool, typer.Option("--progress", help="管道中也报告进度 name the steps when piped")] = False,
) -> None:
    """构建：读取、收入、评价、进度、发布。 Read, ingest, evaluate, progress, publish.

    例 example: qingce build 我的市
    """
    from qingce.app.pipeline import build as run
    from qingce.app.scoreboard import lines

    results = run(folder, show=progress or None)
    if json:
        write_json({"ok": True, "run": dict(results.run)}, json)
    else:
        for line in lines(results, folder):
            say(line)


@app.command()
def serve(
    folder: Folder,
    port: Annotated[int, typer.Option(help="端口 port")] = 8712,
    host: Annotated[str, typer.Option(help="地址 address")] = "127.0.0.1",
) -> None:
    """在浏览器里看结果。 Serve the pages of a campaign.

    例 example: qingce serve 我的市 --port 8712
    """
    from qingce.app.serving import serve_folder

    serve_folder(folder, host=host, port=port)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="放在哪里 where to put it")] = Path("demo"),
    no_serve: Annotated[bool, typer.Option("--no-serve", help="只构建 build only")] = False,
    port: Annotated[int, typer.Option(help="端口 port")] = 8712,
) -> None:
    """示例：虚构的云泽市，全部数字为示例数据。 The packaged example, a fictional city.

    例 example: qingce demo --out demo
    """
    from qingce.app.pipeline import build as run
    from qingce.app.scoreboard import lines
    from qingce.app.serving import serve_folder
    from qingce.app.starting import make_example

    make_example(out)
    for line in lines(run(out), out):
        say(line)
    if not no_serve:
        serve_folder(out, host="127.0.0.1", port=port)


@app.command()
def why(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="目标、数值、评价或观测的编号 any id")],
    *,
    folder: Annotated[Path, typer.Option("--dir", help="攻坚战文件夹 the campaign folder")] = Path(),
    known_at: Annotated[str, typer.Option(help="当时所知 as known then, 2026-07-05")] = "",
    cited: Annotated[str, typer.Option(help="函件引用的数，已变则退出状态 1 a cited number")] = "",
    json: JsonFile = None,
) -> None:
    """一个数从哪里来，又影响什么。 Where a number comes from and what it moves.

    例 example: qingce why T-plan-001 --dir 我的市
    """
    from qingce.app.tracing import explain, flagged

    answer = explain(identifier, folder, known_at=known_at)
    flags = flagged(identifier, cited, folder) if cited else []
    if json:
        write_json({"ok": not flags, **answer.to_dict(), "flags": flags}, json)
    else:
        say("\n".join([*(str(flag["text"]) for flag in flags), answer.to_text()]))
    raise typer.Exit(1 if flags else 0)


@app.command()
def outlook(
    folder: Folder,
    *,
    target: Annotated[str, typer.Option(metavar="ID", help="只看一个目标 one target")] = "",
    as_of: Annotated[str, typer.Option(metavar="DAY", help="截至哪一天，按现在所知的数据 as of an earlier day")] = "",
    what_if: Annotated[
        str, typer.Option("--what-if", metavar="FILE|MOVES", help="情景：文件，或 pm2_5@990100@2026-11=45;… moves")
    ] = "",
    json: JsonFile = None,
) -> None:
    """研判：每个目标的把握、剩余允许值、预警；情景推演。 Chances, quotas and warnings; what if.

    例 example: qingce outlook 我的市 --target T-plan-001
    """
    from qingce.app.outlooking.verb import lines, look_ahead, what_if_lines, what_if_of

    if what_if:
        answer = what_if_of(folder, what_if)
        body, told = answer, what_if_lines(answer, target=target)
    else:
        ahead = look_ahead(folder, as_of=as_of)
        body, told = ahead.to_dict(target), lines(ahead, target=target)
    if json:
        write_json(body, json)
    else:
        for line in told:
            say(line)


@app.command()
def review(
    folder: Folder,
    *,
    listed: Annotated[bool, typer.Option("--list", help="列出复核意见 list the decisions")] = False,
    ledger: Annotated[Path | None, typer.Option("--import", help="收回改好的台账 take an edited ledger back")] = None,
    who: Annotated[str, typer.Option(help="复核人 who decides, where the ledger does not say")] = "",
    json: JsonFile = None,
) -> None:
    """复核：列出意见，或收回改好的台账。 List decisions, or take an edited ledger back; exit status 1 for refused rows.

    例 example: qingce review 我的市 --import 台账.xlsx --who 张三
    """
    from qingce.app.ledger_import import import_ledger, list_reviews

    if ledger:
        taken = import_ledger(folder, ledger, who=who)
        body, lines, fine = taken.to_dict(), taken.lines(), not taken.refused
    else:
        rows = list_reviews(folder)
        body, fine = {"ok": True, "reviews": rows}, True
        lines = [str(row["text"]) for row in rows] if listed or rows else []
        lines.append(f"{len(rows)} 条复核意见 | {len(rows)} decisions")
    if json:
        write_json(body, json)
    else:
        for line in lines:
            say(line)
    raise typer.Exit(0 if fine else 1)


@app.command()
def export(
    folder: Folder,
    *,
    out: Annotated[Path, typer.Option(help="写到哪个文件夹，在战役之外 a folder outside the campaign")],
    public: Annotated[
        bool, typer.Option("--public", help="只要可公开的：没有研判和概率 leave out what is internal")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="另写 CSV also as CSV")] = False,
    site: Annotated[bool, typer.Option("--site", help="另写静态网页 also the static pages")] = False,
    json: JsonFile = None,
) -> None:
    """导出：最近一次构建的结果表；--public 只含可公开的。 Export the tables of the last build, or only the public ones.

    例 example: qingce export 我的市 --public --out 公开数据
    """
    from qingce.app.exporting import export_results

    made = export_results(folder, out, public=public, csv=csv, site=site)
    if json:
        write_json(made.to_dict(), json)
    else:
        say(made.line())


@app.command()
def version() -> None:
    """版本。 Print the version."""
    from qingce import __version__

    say(__version__)


def main() -> None:
    """Run the command line; numbered errors go to standard error with the exit status of DESIGN 8."""
    gc.set_threshold(100_000)  # a short command makes little garbage; looking for it cost a tenth of its start
    try:
        app(standalone_mode=True)
    except QingceError as error:
        sys.stderr.write(f"{error}\n")
        _json_error(error)
        sys.exit(exit_status(error, next(iter(sys.argv[1:]), "")))
    except OSError as error:
        wrapped = complain("QC611", str(error.filename or ""), {"reason": error.strerror or str(error)})
        sys.stderr.write(f"{wrapped}\n")
        _json_error(wrapped)
        sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(130)


def _json_error(error: QingceError) -> None:
    """A caller who asked for JSON on standard output gets the error in the same shape."""
    words = sys.argv[1:]
    if "--json" in words and words[words.index("--json") + 1 : words.index("--json") + 2] == ["-"]:
        write_json(error_dict(error), "-")
