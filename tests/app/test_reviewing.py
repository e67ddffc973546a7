"""Reviewing a campaign: decisions in the book, on the page, in the ledger and back; only what is confirmed counts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from filelock import FileLock

from qingce.app import rebuilding
from qingce.app.campaign import read_campaign
from qingce.app.deciding import Decision, decide
from qingce.app.ledger_import import import_ledger, list_reviews
from qingce.app.pipeline import build
from qingce.app.reading import explained, read_plans
from qingce.app.rebuilding import Rebuild
from qingce.app.reviewing import SHELF, live
from qingce.app.web import make_app
from qingce.core.errors import CampaignError, StoreError
from qingce.publish import Results, read_results
from qingce.publish.office.workbook import HEADER_ROW
from qingce.publish.views.review import review, review_rows
from qingce.store import open_book

PLAN = """云泽市深入打好污染防治攻坚战行动方案
一、主要目标
到2026年，全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下，空气质量优良天数比例达到78%以上。
到2030年，地表水国考断面优良比例达到83.3%以上，森林覆盖率达到24.5%以上。
二、重点任务
（一）推进散煤治理。2026年10月底前，完成清洁取暖改造1.2万户。责任单位：市发展改革委、市生态环境局。
（二）强化扬尘管控。县级及以上城市平均降尘量不得高于7吨/月·平方公里。责任单位：市住房城乡建设局。
"""
TOML = 'name = "复核测试"\nregion = "140100"\nas_of = 2026-05-31\n'
DOC = "plan"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("once") / "campaign"
    (folder / "plans").mkdir(parents=True)
    (folder / "campaign.toml").write_text(TOML, "utf-8")
    (folder / "plans/plan.txt").write_text(PLAN, "utf-8")
    build(folder)
    return folder


@pytest.fixture
def folder(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(once, tmp_path / "campaign"))


@pytest.fixture
def book(folder: Path) -> Iterator[Any]:
    opened = open_book(read_campaign(folder).book)
    yield opened
    opened.close()


def built(folder: Path) -> Results:
    return read_results(folder / "out")


def row(results: Results, words: str) -> dict[str, Any]:
    return next(row for row in review_rows(results, DOC) if words in row["quote"])


def said(folder: Path, words: str, verdict: str, **more: Any) -> Decision:
    seen = row(built(folder), words)
    return Decision(seen["key"], verdict, more.pop("who", "张三"), **more)


def progress(results: Results) -> dict[str, dict[str, Any]]:
    return {str(found["quote"]): found for found in results.rows("progress")}


# ---- the build


def test_only_what_a_person_confirmed_is_confirmed(folder: Path, book: Any) -> None:
    results = built(folder)
    assert not any(found["confirmed"] for found in results.rows("progress"))
    decide(book, results, said(folder, "39微克", "confirm", why="与文件一致"))
    decide(book, results, said(folder, "83.3%", "correct", fields={"value": "83.4", "owners": "市水务局"}))
    decide(book, results, said(folder, "24.5%", "reject", why="不是本市目标"))
    start = PLAN.index("推进散煤治理")
    fields = {"indicator": "散煤治理", "comparator": ">=", "value": "1", "unit": "项", "deadline": "2026"}
    decide(book, results, Decision("", "add", "李四", document=DOC, start=start, end=start + 6, fields=fields))
    after = build(folder)
    found = progress(after)
    assert {words for words, line in found.items() if line["confirmed"]} == {
        next(words for words in found if "39微克" in words),
        next(words for words in found if "83.3%" in words),
        "推进散煤治理",
    }
    changed = next(line for words, line in found.items() if "83.3%" in words)
    assert (changed["target_value"], changed["owners"]) == ("83.4", "市水务局")
    assert not any("24.5%" in words for words in found)
    listed = {str(line["quote"]): line["verdict"] for line in after.rows("targets")}
    assert next(verdict for words, verdict in listed.items() if "24.5%" in words) == "reject"
    assert row(after, "24.5%")["who"] == "张三"
    assert review(after, DOC)["counts"] == {"confirmed": 3, "all": 6, "rejected": 1, "doubtful": 0, "again": 0} | {
        "doubtful": review(after, DOC)["counts"]["doubtful"],  # type: ignore[index]
        "all": len(found),
    }


def test_decisions_survive_a_new_edition_or_say_that_they_do_not(folder: Path, book: Any) -> None:
    results = built(folder)
    for words in ("39微克", "83.3%", "24.5%"):
        decide(book, results, said(folder, words, "confirm"))
    new = PLAN.replace("控制在39微克", "控制在37微克").replace("，森林覆盖率达到24.5%以上", "")
    (folder / "plans/plan.txt").write_text(new.replace("一、主要目标", "前言说明。\n一、主要目标"), "utf-8")
    after = build(folder)
    states = {str(line["quote"])[-8:]: line["state"] for line in after.rows("reviews")}
    assert sorted(states.values()) == ["applied", "changed", "lost"]
    assert [words for words, line in progress(after).items() if line["confirmed"]] == [row(after, "83.3%")["quote"]]
    assert any("找不到原文" in str(note) for note in after.run["notes"])  # type: ignore[attr-defined]
    assert any("重新复核" in str(note) for note in after.run["notes"])  # type: ignore[attr-defined]
    view = review(after, DOC)
    assert [lost["who"] for lost in view["lost"]] == ["张三"]  # type: ignore[attr-defined]
    decide(book, live(after, book), Decision(row(after, "37微克")["key"], "confirm", "王五", version=1))
    assert progress(build(folder))[row(after, "37微克")["quote"]]["confirmed"]


def test_undo_takes_a_decision_back_and_keeps_its_history(folder: Path, book: Any) -> None:
    wish = said(folder, "83.3%", "correct", fields={"scope": "国考断面", "value": "90"})
    key = decide(book, built(folder), wish)
    assert row(build(folder), "83.3%")["value"] == "90"
    decide(book, built(folder), Decision(key, "withdraw", "张三", version=1))
    shown = row(live(built(folder), book), "83.3%")
    assert (shown["value"], shown["verdict"], shown["state"], shown["version"]) == ("83.3", "", "withdrawn", 2)
    again = row(build(folder), "83.3%")
    assert (again["value"], again["verdict"], again["version"]) == ("83.3", "", 2)
    assert [event["action"] for event in book.events(SHELF, key)] == ["put", "remove"]


# ---- what is refused


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"value": "三十九"}, "QC620: .*value.*三十九"),
    ({"value": "NaN"}, "QC620"),
    ({"value": "10–20"}, "QC620.*two numbers for a range"),
    ({"value": "20–10", "comparator": "range"}, "QC620.*lower number first"),
    ({"comparator": "≤"}, "QC620.*comparator"),
    ({"deadline": "明年底"}, "QC620.*deadline"),
    ({"deadline": "2026-13"}, "QC620.*deadline"),
    ({"base_year": "20200"}, "QC620.*base_year"),
    ({"indicator_id": "nothing"}, "QC620.*indicator_id"),
    ({"kind": "wish"}, "QC620.*kind"),
    ({"quote": "x"}, "QC620.*quote"),
    ({"scope": "长" * 300}, "QC620.*scope"),
]


@pytest.mark.parametrize(("fields", "words"), WRONG, ids=[str(list(f)) + str(i) for i, (f, _) in enumerate(WRONG)])
def test_a_wrong_field_is_refused_by_name(once: Path, tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    book = open_book(tmp_path / "book.sqlite")
    with pytest.raises(CampaignError, match=words):
        decide(book, built(once), said(once, "83.3%", "correct", fields=fields))
    assert book.all(SHELF) == {}
    book.close()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Decision("T:plan:none", "confirm", "张三"), "QC621.*T:plan:none"),
        (Decision("x", "agree", "张三"), "QC620.*agree"),
        (Decision("x", "confirm", "  "), "QC624"),
        (Decision("", "add", "张三", document=DOC, start=5, end=9_999, fields={"indicator": "甲"}), "QC629"),
        (Decision("", "add", "张三", document=DOC, start=5, end=5, fields={"indicator": "甲"}), "QC629"),
        (Decision("", "add", "张三", document=DOC, start=5, end=9), "QC620.*indicator"),
        (Decision("", "add", "张三", document="none", start=5, end=9, fields={"indicator": "甲"}), "QC621.*none"),
    ],
)
def test_a_wish_that_fits_nothing_is_refused(once: Path, tmp_path: Path, wish: Decision, words: str) -> None:
    book = open_book(tmp_path / "book.sqlite")
    with pytest.raises(CampaignError, match=words):
        decide(book, built(once), wish)
    book.close()


def test_a_stale_version_is_refused(folder: Path, book: Any) -> None:
    decide(book, built(folder), said(folder, "83.3%", "confirm", version=0))
    with pytest.raises(StoreError, match=r"QC520.*第 1 版，不是第 0 版"):
        decide(book, built(folder), said(folder, "83.3%", "reject", version=0))
    assert row(live(built(folder), book), "83.3%")["verdict"] == "confirm"


def test_a_value_given_to_a_promise_without_one_makes_it_a_level(folder: Path, book: Any) -> None:
    results = built(folder)
    fields = {"indicator": "优良天数比例", "value": "80", "comparator": ">=", "kind": "delegated"}
    decide(book, results, said(folder, "78%", "correct", fields=fields))
    found = row(build(folder), "78%")
    assert (found["kind"], found["indicator_id"], found["value"]) == ("level", "good_day_ratio", "80")


# ---- the page's requests


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(make_app(read_campaign(folder)), base_url="http://127.0.0.1:8712") as made:
        yield made


def test_one_action_is_one_request(client: TestClient, folder: Path) -> None:
    seen = client.get(f"/review/{DOC}.json").json()
    assert seen["ok"]
    target = seen["targets"][0]
    assert (target["verdict"], target["version"]) == ("", 0)
    body = {"key": target["key"], "verdict": "confirm", "who": "张三", "why": "核对过", "version": 0}
    answer = client.post(f"/review/{DOC}", json=body).json()
    assert answer["ok"]
    assert answer["row"]["verdict"] == "confirm"
    assert (answer["row"]["who"], answer["row"]["why"], answer["row"]["version"]) == ("张三", "核对过", 1)
    assert answer["counts"]["confirmed"] == 1
    assert client.get(f"/review/{DOC}.json").json()["targets"][0]["verdict"] == "confirm"
    assert "已确认 1/" in client.get(f"/review/{DOC}.html").text
    assert built(folder)["reviews"].num_rows == 0, "the build's results are not touched"


def test_the_second_of_two_editors_is_told_and_shown_the_newer(client: TestClient) -> None:
    key = client.get(f"/review/{DOC}.json").json()["targets"][1]["key"]
    first = {"key": key, "verdict": "correct", "who": "张三", "version": 0, "fields": {"value": "79"}}
    assert client.post(f"/review/{DOC}", json=first).status_code == 200
    reply = client.post(f"/review/{DOC}", json=first | {"who": "李四", "verdict": "reject", "fields": {}})
    assert reply.status_code == 409
    body = reply.json()
    assert (body["ok"], body["code"]) == (False, "QC520")
    assert {"error", "remedy"} <= body.keys()
    assert (body["row"]["who"], body["row"]["value"], body["row"]["version"]) == ("张三", "79", 1)


STRANGE = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": "http://evil.example:8712", "host": "evil.example:8712"},
    {"host": "evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"content-type": "text/plain"},
    {"content-type": "application/x-www-form-urlencoded"},
]


@pytest.mark.parametrize("path", [f"/review/{DOC}", "/rebuild"])
@pytest.mark.parametrize("headers", STRANGE, ids=str)
def test_another_page_may_not_act(client: TestClient, path: str, headers: dict[str, str]) -> None:
    body = json.dumps({"key": "x", "verdict": "confirm", "who": "x"})
    reply = client.post(path, content=body, headers={"content-type": "application/json"} | headers)
    assert reply.status_code == 403
    assert reply.json()["code"] == "QC622"


def test_our_own_page_may(client: TestClient) -> None:
    headers = {"origin": "http://127.0.0.1:8712", "sec-fetch-site": "same-origin"}
    reply = client.post(f"/review/{DOC}", json={"key": "x", "verdict": "confirm", "who": "张三"}, headers=headers)
    assert reply.json()["code"] == "QC621"


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "QC620"), ("[]", "QC620"), ("{", "QC620"), ('{"fields": 3}', "QC620"), ('{"version": "1"}', "QC620"),
     ('{"verdict": "confirm"}', "QC624"), ('{"who": "x", "verdict": "withdraw", "key": "y"}', "QC523"),
     ("x" * 70_000, "QC620")],
)  # fmt: skip
def test_a_broken_request_has_the_one_shape_of_errors(client: TestClient, body: str, code: str) -> None:
    reply = client.post(f"/review/{DOC}", content=body, headers={"content-type": "application/json"})
    assert reply.status_code in {409, 422}
    assert reply.json()["code"] == code
    assert {"ok", "code", "error", "remedy"} <= reply.json().keys()


def test_an_unknown_document_is_not_found(client: TestClient) -> None:
    assert client.get("/review/none.json").status_code == 404


def ended(client: TestClient) -> dict[str, Any]:
    """Wait for the end of a rebuild and return its state."""
    while (state := client.get("/rebuild").json())["running"]:
        time.sleep(0.05)
    return dict(state)


def test_a_rebuild_takes_decisions_in(client: TestClient, folder: Path) -> None:
    key = client.get(f"/review/{DOC}.json").json()["targets"][0]["key"]
    client.post(f"/review/{DOC}", json={"key": key, "verdict": "confirm", "who": "张三", "version": 0})
    with FileLock(folder / ".qingce" / "build.lock"):  # it cannot end before we have asked a second time
        assert client.post("/rebuild", json={}).json()["running"]
        assert client.post("/rebuild", json={}).json()["code"] == "QC623"
    state = ended(client)
    assert state["done"], state
    assert "writing pages" in state["step"]
    assert sum(bool(found["confirmed"]) for found in built(folder).rows("progress")) == 1
    assert client.get(f"/review/{DOC}.json").json()["targets"][0]["state"] == "applied"


def test_a_failed_rebuild_says_why(client: TestClient, folder: Path) -> None:
    (folder / "campaign.toml").write_text(TOML + "nonsense = 1\n", "utf-8")
    client.post("/rebuild", json={})
    state = ended(client)
    assert (state["failed"], state["done"]) == (True, False)
    assert "QC102" in state["step"]


def test_the_last_words_of_a_failed_build_are_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build whose process is gone is not over before what it said last was heard."""
    heard = threading.Event()
    listen = rebuilding._Started._listen
    monkeypatch.setattr(rebuilding._Started, "_listen", lambda self: (heard.wait(), listen(self))[1])
    (folder / "campaign.toml").write_text(TOML + "nonsense = 1\n", "utf-8")
    rebuild = Rebuild(folder)
    rebuild.start()
    started = rebuild._last
    assert started is not None
    assert started.process.wait() == 3
    assert rebuild.state() == {"running": True, "done": False, "failed": False, "step": ""}
    heard.set()
    started._listener.join()
    assert rebuild.state()["failed"]
    assert "QC102" in str(rebuild.state()["step"])


# ---- the ledger


def edit(folder: Path, changes: dict[tuple[str, str], dict[str, Any]], name: str = "改.xlsx") -> Path:
    """Copy the ledger and change cells of the rows that hold some words: (sheet, words) → head → value."""
    workbook = openpyxl.load_workbook(folder / "out/台账.xlsx")
    for (sheet, words), cells in changes.items():
        rows = list(workbook[sheet].iter_rows(min_row=HEADER_ROW + 1))
        heads = [cell.value for cell in rows[0]]
        (line,) = [line for line in rows[1:] if any(words in str(cell.value) for cell in line[:-2])]
        for head, value in cells.items():
            line[heads.index(head)].value = value
    workbook.save(folder / name)
    return folder / name


def codes(taken: Any) -> list[str]:
    return [refused["code"] for refused in taken.refused]


def test_an_edited_ledger_comes_back_once(folder: Path) -> None:
    path = edit(folder, {
        ("指标清单", "39微克"): {"复核结论": "确认", "复核人": "张三", "理由": "看过"},
        ("指标清单", "83.3%"): {"目标值": 83.4, "时限": "2030年6月30日", "责任单位": "市水务局", "复核人": "李四"},
        ("指标清单", "24.5%"): {"复核结论": "否决"},
        ("任务台账", "散煤"): {"牵头": "市住建局、市城管局", "时限": "2026年11月"},
    })  # fmt: skip
    taken = import_ledger(folder, path, who="王五")
    assert taken.refused == []
    assert len(taken.changed) == 4
    assert any("83.3 → 83.4" in change["cells"] for change in taken.changed)
    again = import_ledger(folder, path, who="王五")
    assert (again.changed, again.refused, again.unchanged) == ([], [], 4)
    after = build(folder)
    found = progress(after)
    assert found[row(after, "39微克")["quote"]]["confirmed"]
    changed = found[row(after, "83.3%")["quote"]]
    assert (changed["target_value"], changed["deadline"], changed["owners"]) == ("83.4", "2030-06-30", "市水务局")
    assert (row(after, "39微克")["who"], row(after, "39微克")["why"]) == ("张三", "看过")
    assert row(after, "24.5%")["who"] == "王五"
    task = next(task for task in after.rows("tasks") if "散煤" in str(task["title"]))
    assert (task["lead"], task["deadline"]) == ("市住建局、市城管局", "2026-11")
    third = import_ledger(folder, path, who="王五")
    assert (third.changed, third.refused, third.unchanged) == ([], [], 4)
    assert import_ledger(folder, folder / "out/台账.xlsx").to_dict() == {
        "ok": True, "changed": [], "refused": [], "unchanged": 0,
    }  # fmt: skip


def test_the_ledger_shows_who_decided_what(folder: Path, book: Any) -> None:
    decide(book, built(folder), said(folder, "83.3%", "reject", why="重复"))
    build(folder)
    sheet = openpyxl.load_workbook(folder / "out/台账.xlsx")["指标清单"]
    rows = list(sheet.iter_rows(min_row=HEADER_ROW + 1, values_only=True))
    cells = next(dict(zip(rows[0], line, strict=True)) for line in rows[1:] if "83.3%" in str(line))
    assert (cells["复核结论"], cells["复核人"], cells["理由"]) == ("否决", "张三", "重复")
    assert str(cells["复核时间"]).startswith("20")
    groups = [group for group in sheet.column_dimensions.values() if group.hidden]
    hidden = {rows[0][number - 1] for group in groups for number in range(group.min, group.max + 1)}
    assert {"复核键", "复核封"} <= hidden


def test_a_percentage_and_a_date_of_the_office_program_are_understood(folder: Path) -> None:
    from datetime import datetime

    path = edit(folder, {("指标清单", "83.3%"): {"目标值": 0.85, "时限": datetime(2029, 12, 31), "复核人": "张三"}})
    workbook = openpyxl.load_workbook(path)
    for line in workbook["指标清单"].iter_rows(min_row=HEADER_ROW + 2):
        for cell in line:
            if cell.value == 0.85:
                cell.number_format = "0%"
    workbook.save(path)
    assert import_ledger(folder, path).refused == []
    found = row(build(folder), "83.3%")
    assert (found["value"], found["deadline"]) == ("85", "2029-12-31")


def test_rows_that_cannot_be_taken_are_listed_and_the_others_taken(folder: Path) -> None:
    path = edit(folder, {
        ("指标清单", "39微克"): {"复核键": "T:plan:000000000000", "复核结论": "确认", "复核人": "张三"},
        ("指标清单", "83.3%"): {"要求": "大约", "复核人": "张三"},
        ("指标清单", "24.5%"): {"时限": "早日", "复核人": "张三"},
        ("指标清单", "78%"): {"复核结论": "确认"},
        ("指标清单", "降尘量"): {"复核结论": "同意", "复核人": "张三"},
        ("任务台账", "散煤"): {"配合": "市财政局", "复核人": "张三"},
    })  # fmt: skip
    taken = import_ledger(folder, path)
    assert sorted(codes(taken)) == ["QC620", "QC620", "QC620", "QC624", "QC627"]
    assert all(refused["place"].startswith("指标清单!") for refused in taken.refused)
    assert [change["place"].split("!")[0] for change in taken.changed] == ["任务台账"]
    assert taken.lines()[-1] == "改动 1 行，拒收 5 行 | 1 rows changed, 5 refused"


def test_a_key_of_an_older_plan_is_unknown(folder: Path) -> None:
    path = edit(folder, {("指标清单", "83.3%"): {"复核结论": "确认", "复核人": "张三"}})
    (folder / "plans/plan.txt").write_text(PLAN.replace("地表水国考断面优良比例达到83.3%以上，", ""), "utf-8")
    build(folder)
    assert codes(import_ledger(folder, path)) == ["QC626"]


def test_what_somebody_changed_since_is_a_conflict(folder: Path, book: Any) -> None:
    path = edit(folder, {("指标清单", "83.3%"): {"目标值": 84, "复核人": "张三"}})
    decide(book, built(folder), said(folder, "83.3%", "correct", who="李四", fields={"value": "85"}))
    taken = import_ledger(folder, path)
    assert codes(taken) == ["QC628"]
    assert "李四" in taken.refused[0]["error"]


def test_a_decision_emptied_in_the_ledger_is_withdrawn(folder: Path, book: Any) -> None:
    decide(book, built(folder), said(folder, "83.3%", "confirm"))
    build(folder)
    path = edit(folder, {("指标清单", "83.3%"): {"复核结论": None}})
    assert import_ledger(folder, path, who="张三").refused == []
    assert list_reviews(folder) == []


@pytest.mark.parametrize("damage", ["text", "sheet", "column", "gone"])
def test_what_is_no_ledger_is_refused(folder: Path, damage: str) -> None:
    path = folder / "坏.xlsx"
    workbook = openpyxl.load_workbook(folder / "out/台账.xlsx")
    if damage == "sheet":
        del workbook["指标清单"]
    if damage == "column":
        workbook["指标清单"].delete_cols(3)
    workbook.save(path)
    if damage == "text":
        path.write_text("不是", "utf-8")
    if damage == "gone":
        path.unlink()
    with pytest.raises(CampaignError, match="QC608" if damage == "gone" else "QC625"):
        import_ledger(folder, path)


# ---- the command line


def qingce(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qingce.app", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_verb_lists_and_imports(folder: Path) -> None:
    path = edit(folder, {("指标清单", "39微克"): {"复核结论": "确认"}})
    refused = qingce("review", folder, "--import", path)
    assert refused.returncode == 1
    assert "QC624" in refused.stdout
    assert qingce("review", folder, "--import", path, "--who", "张三").returncode == 0
    listed = qingce("review", folder, "--list", "--json", "-")
    (found,) = json.loads(listed.stdout)["reviews"]
    assert (found["verdict"], found["who"], found["state"]) == ("confirm", "张三", "pending")
    assert "确认" in qingce("review", folder, "--list").stdout


def test_explain_names_words_and_rule_of_each_field(folder: Path) -> None:
    lines = list(explained(read_plans([folder / "plans/plan.txt"])))
    told = "\n".join(lines)
    assert "目标值 value = 83.3　← “83.3%" in told
    assert "时限 deadline = 2030　← “到2030年”" in told
    for line in lines:
        if "【待复核】" in line:
            assert float(line.split("把握 ")[1][:4]) < 0.9
