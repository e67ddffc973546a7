"""The command line: thin verbs, heavy imports inside them. 命令行。"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import click

from qingce.app.output import error_dict, exit_status, say, write_json
from qingce.core.errors import QingceError, complain

__all__ = ["app", "main"]

FILE = click.Path(path_type=Path)
campaign_folder = click.argument("folder", type=FILE, help="攻坚战文件夹 the campaign folder")
json_file = click.option("--json", metavar="FILE", help="结果写成 JSON，- 为标准输出 write JSON")


class Verbs(click.Group):
    """The verbs in the order of the work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which the verbs are written here."""
        return list(self.commands)


@click.group("qingce", cls=Verbs, no_args_is_help=True)
def app() -> None:
    """青策：从规划的一句话，到监测读数，再回来。 From the plan's sentence to the reading, and back."""


@app.command()
@campaign_folder
@click.option("--name", default="", help="名称 name")
@click.option("--region", default="", help="行政区划代码 GB/T 2260 code")
def init(folder: Path, *, name: str, region: str) -> None:
    """新建一个攻坚战文件夹。 Make a campaign folder.

    例 example: qingce init 我的市 --region 140100
    """
    from qingce.app.starting import make_folder

    for line in make_folder(folder, name=name, region=region):
        say(line)


@app.command()
@click.argument("folder", required=False, type=FILE, help="攻坚战文件夹；省略则检查内置内容 campaign folder")
@json_file
def check(folder: Path | None, *, json: str | None) -> None:
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
    raise click.exceptions.Exit(1 if wrong else 0)


@app.command()
@click.argument("plans", nargs=-1, required=True, type=FILE, help="规划、方案等文件 documents")
@json_file
@click.option("--xlsx", type=FILE, help="写成台账 Excel write the ledger")
@click.option("--html", type=FILE, help="写成带标注的网页 write a highlighted page")
@click.option("--repairs", is_flag=True, help="列出文字修复 list the repairs")
@click.option("--explain", is_flag=True, help="每个字段的依据与把握 why each field")
@click.option("--assist", default="", metavar="URL", help="内网模型接口，默认不用 a model, off by default")
@click.option("--assist-model", default="", metavar="NAME", help="模型名 the model's name")
def read(
    plans: tuple[Path, ...],
    *,
    json: str | None,
    xlsx: Path | None,
    html: Path | None,
    repairs: bool,
    explain: bool,
    assist: str,
    assist_model: str,
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
@click.argument("plans", nargs=-1, required=True, type=FILE, metavar="A B", help="文件或文件夹 documents or folders")
@click.option("--relation", default="auto", show_default=True, help="auto | cascade | revision | peers")
@click.option("--table", is_flag=True, help="目标并列表 who promises what")
@json_file
@click.option("--xlsx", type=FILE, help="写成 Excel write a workbook")
@click.option("--html", type=FILE, help="写成网页 write a page")
def compare(
    plans: tuple[Path, ...], *, relation: str, table: bool, json: str | None, xlsx: Path | None, html: Path | None
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
@click.argument("source", type=FILE, help="文件或文件夹 file or folder")
@click.option("--as", "feed", required=True, help="数据来源 feed")
@click.option("--lake", required=True, type=FILE, help="湖的文件夹 lake folder")
@click.option("--review", help="审核状态 review state")
@json_file
def ingest(source: Path, *, feed: str, lake: Path, review: str | None, json: str | None) -> None:
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
@click.argument("medium", help="air | air-ranking | surface-water | noise | …；错写即列出全部 a wrong name lists all")
@click.argument("source", type=FILE, metavar="INPUT", help="数据文件或湖 data file or lake")
@click.option("--out", required=True, type=FILE, help="结果文件 result file .csv .parquet .xlsx")
@click.option("--as", "feed", help="数据来源 feed")
@click.option("--by", default="", help="site | city，省略则按介质的惯例 the medium's default")
@click.option(
    "--period",
    default="",
    help="hour | day | month | quarter | half-year | season | autumn-winter | ytd | rolling-12 | rolling-30d | "
    "three-year | year",
)
@click.option("--edition", default="auto", show_default=True, help="auto 或版本号 or an edition")
@click.option("--sites", type=FILE, help="站点表 sites table")
@click.option("--master", default="", help="Spark 集群 cluster, spark://host:7077")
@click.option("--exceptions", type=FILE, help="例外事件清单 list of exceptional days (air)")
@click.option("--state", default="", help="reference298：2018-09 以前的气体换算 old-state gases (air)")
@click.option("--scheme", default="", help="综合指数方案 scheme of weights (air-ranking)")
@click.option("--preview", is_flag=True, help="预排名，不公开 rank unreviewed data")
@json_file
def evaluate(
    medium: str,
    source: Path,
    *,
    out: Path,
    feed: str | None,
    by: str,
    period: str,
    edition: str,
    sites: Path | None,
    master: str,
    exceptions: Path | None,
    state: str,
    scheme: str,
    preview: bool,
    json: str | None,
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
@campaign_folder
@json_file
@click.option("--progress", is_flag=True, help="管道中也报告进度 name the steps when piped")
def build(folder: Path, *, json: str | None, progress: bool) -> None:
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
@campaign_folder
@click.option("--port", default=8712, show_default=True, help="端口 port")
@click.option("--host", default="127.0.0.1", show_default=True, help="地址 address")
def serve(folder: Path, *, port: int, host: str) -> None:
    """在浏览器里看结果。 Serve the pages of a campaign.

    例 example: qingce serve 我的市 --port 8712
    """
    from qingce.app.serving import serve_folder

    serve_folder(folder, host=host, port=port)


@app.command()
@click.option("--out", default="demo", show_default=True, type=FILE, help="放在哪里 where to put it")
@click.option("--no-serve", is_flag=True, help="只构建 build only")
@click.option("--port", default=8712, show_default=True, help="端口 port")
def demo(*, out: Path, no_serve: bool, port: int) -> None:
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
@click.argument("identifier", metavar="ID", help="目标、数值、评价或观测的编号 any id")
@click.option("--dir", "folder", default=".", show_default=True, type=FILE, help="攻坚战文件夹 the campaign folder")
@click.option("--known-at", default="", help="当时所知 as known then, 2026-07-05")
@click.option("--cited", default="", help="函件引用的数，已变则退出状态 1 a cited number")
@json_file
def why(identifier: str, *, folder: Path, known_at: str, cited: str, json: str | None) -> None:
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
    raise click.exceptions.Exit(1 if flags else 0)


@app.command()
@campaign_folder
@click.option("--target", default="", metavar="ID", help="只看一个目标 one target")
@click.option("--as-of", default="", metavar="DAY", help="截至哪一天，按现在所知的数据 as of an earlier day")
@click.option("--what-if", default="", metavar="FILE|MOVES", help="情景：文件，或 pm2_5@990100@2026-11=45;… moves")
@json_file
def outlook(folder: Path, *, target: str, as_of: str, what_if: str, json: str | None) -> None:
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
@campaign_folder
@click.option("--list", "listed", is_flag=True, help="列出复核意见 list the decisions")
@click.option("--import", "ledger", type=FILE, help="收回改好的台账 take an edited ledger back")
@click.option("--who", default="", help="复核人 who decides, where the ledger does not say")
@json_file
def review(folder: Path, *, listed: bool, ledger: Path | None, who: str, json: str | None) -> None:
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
    raise click.exceptions.Exit(0 if fine else 1)


@app.command()
@campaign_folder
@click.option("--out", required=True, type=FILE, help="写到哪个文件夹，在战役之外 a folder outside the campaign")
@click.option("--public", is_flag=True, help="只要可公开的：没有研判和概率 leave out what is internal")
@click.option("--csv", is_flag=True, help="另写 CSV also as CSV")
@click.option("--site", is_flag=True, help="另写静态网页 also the static pages")
@json_file
def export(folder: Path, *, out: Path, public: bool, csv: bool, site: bool, json: str | None) -> None:
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
        sys.exit(app(prog_name="qingce", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except QingceError as error:
        sys.stderr.write(f"{error}\n")
        _json_error(error)
        sys.exit(exit_status(error, next(iter(sys.argv[1:]), "")))
    except OSError as error:
        wrapped = complain("QC611", str(error.filename or ""), {"reason": error.strerror or str(error)})
        sys.stderr.write(f"{wrapped}\n")
        _json_error(wrapped)
        sys.exit(3)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _json_error(error: QingceError) -> None:
    """A caller who asked for JSON on standard output gets the error in the same shape."""
    words = sys.argv[1:]
    if "--json" in words and words[words.index("--json") + 1 : words.index("--json") + 2] == ["-"]:
        write_json(error_dict(error), "-")
