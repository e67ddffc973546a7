"""What is ahead of the example: tables agree with the spine, parts give back the whole, what-if stands on both."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from filelock import FileLock, Timeout
from starlette.testclient import TestClient
from tests.app.conftest import Example
from tests.stories.folders import small

from qingce.app.campaign import read_campaign
from qingce.app.cli import app
from qingce.app.outlooking import verb as outlooking_verb
from qingce.app.outlooking import web as outlooking_web
from qingce.app.outlooking.ahead import today_table
from qingce.app.outlooking.verb import Ahead, lines, look_ahead, moves_of, what_if_lines, what_if_of
from qingce.app.outlooking.what_if import answer_moves
from qingce.app.pipeline import build
from qingce.app.web import make_app
from qingce.catalog import Catalog, load_catalog
from qingce.core.errors import CampaignError
from qingce.core.tables import MONTH_SECTION, OUTLOOK, TODAY
from qingce.store import open_book
from qingce.thread.what_if.moves import read_moves

AS_OF = date(2026, 10, 31)
CITY = "990100"


@pytest.fixture(scope="module")
def catalog(example: Example) -> Catalog:
    return load_catalog(read_campaign(example.folder).overlays)


@pytest.fixture(scope="module")
def ahead(example: Example) -> Ahead:
    return look_ahead(example.folder)


def asked(example: Example, catalog: Catalog, *moves: str, chance: bool = False) -> dict[str, dict[str, object]]:
    campaign = read_campaign(example.folder)
    answer = answer_moves(moves, example.results, campaign, catalog=catalog, chance=chance)
    return {row["target_id"]: row for row in answer["targets"]}  # type: ignore[attr-defined]


# --- tables ----------------------------------------------------------------------------------------------------------


def test_the_build_writes_what_is_ahead(example: Example) -> None:
    results = example.results
    schemas = {"today": TODAY, "month_sections": MONTH_SECTION, "outlook": OUTLOOK}
    for name, schema in schemas.items():
        assert results[name].num_rows, name
        assert results[name].schema.equals(schema), name


def test_today_has_the_city_its_counties_and_its_assessed_sites(example: Example) -> None:
    rows = example.results.rows("today")
    kinds: dict[str, set[object]] = defaultdict(set)
    for row in rows:
        kinds[str(row["kind"])].add(row["subject"])
    assert {kind: len(found) for kind, found in kinds.items()} == {"city": 1, "county": 4, "site": 5}
    assert {row["state"] for row in rows} <= {"safe", "lost"}, "the day of the example is over"


def test_today_at_three_in_the_afternoon(example: Example, catalog: Catalog) -> None:
    hours = example.results["hours"]
    kept = hours.filter(pa.array([time.date() != AS_OF or time.hour < 15 for time in hours["time"].to_pylist()]))
    rows = today_table(kept, example.results["sites"], catalog=catalog, as_of=AS_OF).to_pylist()
    city = [row for row in rows if row["kind"] == "city"]
    assert {row["remaining"] for row in city} == {9}
    ozone = [row for row in city if row["quantity"] == "o3_8h" and row["aqi"] == 100]
    assert [row["state"] for row in ozone] == ["open"], "a city of five sites is told for ozone"
    assert "每小时" in ozone[0]["text"]


def test_month_sections_have_the_quotas_of_the_targets(example: Example) -> None:
    """The year's rows are the very fractions that section_mean quotas of targets with the same class have."""
    rows = [row for row in example.results.rows("month_sections") if row["span"] == "year" and row["parameter"]]
    mine = {(row["section"], row["parameter"]): row for row in rows}
    compared = 0
    for quota in example.results.rows("quota", where={"kind": "section_mean", "state": "open"}):
        section, factor, *more = str(quota["part"]).split("/")
        row = mine.get((section, factor))
        if (
            row is not None
            and not any("-" in one for one in more)
            and Fraction(str(row["exact"])) == Fraction(str(quota["exact"]))
        ):
            compared += 1
            assert row["remaining"] == quota["remaining"] == 2
    assert compared >= 6
    intensities = [row["intensity"] for row in example.results.rows("month_sections") if not row["parameter"]]
    assert all(value is not None and value > 0 for value in intensities), "the flood season is named in campaign.toml"


def test_parts_give_back_the_whole(example: Example) -> None:
    quotas, shares = example.results.rows("quota"), example.results.rows("county_shares")
    assert {row["dimension"] for row in shares} == {"month", "county"}
    wholes = {(row["target_id"], row["rule"], row["kind"]): row for row in quotas if not row["part"]}
    sums: dict[tuple[object, object], Fraction] = defaultdict(Fraction)
    for row in shares:
        sums[row["target_id"], row["dimension"]] += Fraction(str(row["exact"]))
    assert set(sums.values()) == {Fraction(100)}
    seen = set()
    for target, dimension in sums:
        parts = {str(row["part"]) for row in shares if (row["target_id"], row["dimension"]) == (target, dimension)}
        found = [row for row in quotas if row["target_id"] == target and row["part"] in parts]
        kind, rule = found[0]["kind"], found[0]["rule"]
        whole = Fraction(str(wholes[target, rule, kind]["exact"]))
        if kind in ("days", "points", "sections"):
            assert sum(Fraction(str(row["exact"])) for row in found) == whole
        elif dimension == "month":
            days = sum(int(str(row["remaining"])) for row in found)
            assert sum(Fraction(str(row["exact"])) * int(str(row["remaining"])) for row in found) == whole * days
        seen.add((kind, dimension))
    air = {("days", "month"), ("days", "county"), ("mean", "month"), ("mean", "county")}
    assert seen == air | {("points", "month"), ("sections", "county")}


def test_a_chance_stands_with_targets_whose_period_is_not_over_and_nowhere_else(example: Example) -> None:
    rows = example.results.rows("progress")
    chosen = {row["target_id"]: row for row in example.results.rows("outlook", where={"chosen": True})}
    assert any(row["probability"] is not None for row in rows)
    for row in rows:
        if row["probability"] is not None:
            assert row["deadline_day"] > AS_OF  # type: ignore[operator]
            assert row["probability"] == chosen[row["target_id"]]["probability"]
    for name in ("values", "official", "quota"):
        assert "probability" not in example.results[name].column_names


def test_forecasts_are_blended_and_scored(example: Example) -> None:
    """Two issuers and their blend for the three days ahead; past issues have scores; every cell was taken in."""
    rows = [row for row in example.results.rows("forecasts", where={"parameter": "aqi"}) if row["day"] > AS_OF]  # type: ignore[operator]
    newest = [row for row in rows if row["made_on"] == AS_OF]
    issuers = {str(row["issuer"]) for row in newest}
    assert len(issuers) == 3
    assert "blend" in issuers
    assert {issuer: sum(row["issuer"] == issuer for row in newest) for issuer in issuers} == dict.fromkeys(issuers, 3)
    blended = [row for row in newest if row["issuer"] == "blend"]
    assert any(all(name in str(row["source"]) for name in issuers - {"blend"}) for row in blended)
    scores = example.results.rows("forecast_scores", where={"parameter": "aqi", "scope": CITY})
    assert {(row["lead"], row["n"]) for row in scores} == {(1, 59), (2, 58), (3, 57)}
    assert not any("forecast" in str(row["file"]) for row in example.results.rows("rejected"))
    page = (example.site / "today.html").read_text("utf-8")
    assert all(f"2026-11-0{day}" in page for day in (1, 2, 3))


# --- what if ---------------------------------------------------------------------------------------------------------


def test_unchanged_is_what_the_scoreboard_has(example: Example, catalog: Catalog) -> None:
    answers = asked(example, catalog)
    quotas: dict[object, set[object]] = defaultdict(set)
    for row in example.results.rows("quota"):
        quotas[row["target_id"]].add(row["exact"])
    progress = {row["target_id"]: row for row in example.results.rows("progress")}
    compared = 0
    for target, answer in answers.items():
        before = answer["before"]
        assert not answer["changed"]
        assert isinstance(before, dict)
        if before["quota_exact"] is not None:
            assert before["quota_exact"] in quotas[target], target
            compared += 1
        row = progress[target]
        if row["deadline_day"] > AS_OF and row["unit"] != "class" and before["value"] is not None:  # type: ignore[operator]
            told = row["official_value"] if row["own_value"] is None else row["own_value"]
            assert Fraction(str(before["value"])) == Fraction(str(told)), target
    assert compared >= 10


def test_refusing_every_sand_day_leaves_the_measured_figure(example: Example, catalog: Catalog) -> None:
    days = example.results.rows("exceptions", where={"scope": CITY})
    moves = [f"exception@{CITY}@{day:%Y-%m-%d}=no" for row in days for day in _days(row) if day.year == AS_OF.year]
    answers = asked(example, catalog, *moves)
    values = {row["id"]: row for row in example.results.rows("values")}
    changed = 0
    for answer in answers.values():
        if answer["indicator_id"] in ("pm2_5_annual", "pm10_annual") and answer["scope"] == CITY:
            key = f"V:{answer['indicator_id']}:{CITY}:2026-01-01/2026-10-31:measured"
            assert answer["after"]["exact"] == values[key]["exact"]  # type: ignore[index]
            changed += bool(answer["changed"])
    assert changed >= 2


def _days(row: dict[str, object]) -> Iterator[date]:
    start, end = row["start"], row["end"]
    assert isinstance(start, date)
    assert isinstance(end, date)
    yield from (date.fromordinal(number) for number in range(start.toordinal(), end.toordinal() + 1))


def test_granting_a_day_leaves_it_out_of_the_deducted_series_only(example: Example, catalog: Catalog) -> None:
    answers = asked(example, catalog, f"exception@{CITY}@2026-01-10=yes")
    for answer in answers.values():
        if answer["indicator_id"] == "pm2_5_annual":
            before, after = answer["before"], answer["after"]
            assert isinstance(before, dict)
            assert isinstance(after, dict)
            assert Fraction(before["exact"]).denominator != Fraction(after["exact"]).denominator or answer["changed"]
        if answer["indicator_id"] == "heavy_day_ratio":
            assert not answer["changed"], "a target on the measured series"


def test_a_month_moved_moves_the_chance(example: Example, catalog: Catalog) -> None:
    answers = asked(example, catalog, f"pm2_5@{CITY}@2026-11=20", f"pm2_5@{CITY}@2026-12=20", chance=True)
    found = [row for row in answers.values() if row["indicator_id"] == "pm2_5_annual" and row["changed"]]
    assert found
    for row in found:
        after = row["after"]
        assert isinstance(after, dict)
        assert after["remaining"] == 0
        settled = None if row["beside"] else 1 if after["verdict"] == "met" else 0
        assert after["probability"] == settled


def test_levers_say_what_may_be_moved(example: Example, catalog: Catalog) -> None:
    """Every lever is a move that is allowed, at where it stands and at the end it goes to."""
    campaign = read_campaign(example.folder)
    answer: Any = answer_moves([], example.results, campaign, catalog=catalog, chance=False)
    levers = answer["levers"]
    kinds = {lever["kind"] for lever in levers}
    assert kinds == {"value", "count", "choice"}
    assert len({(lever["subject"], lever["quantity"]) for lever in levers}) == len(levers)
    targets = {row["target_id"] for row in answer["targets"]}
    reported = {lever["quantity"]: {CITY: ""} for lever in levers if lever["quantity"] in catalog.indicators}
    assert {"forest_cover", "rural_sewage"} <= reported.keys()
    for lever in levers:
        assert set(lever["targets"]) <= targets
        assert all(lever[name] for name in ("quantity_name", "quantity_name_en", "subject_name"))
        for period in lever["periods"]:
            ends = ["yes", "no"] if lever["kind"] == "choice" else [lever["start"], period["most"]]
            for value in ends:
                move = f"{lever['quantity']}@{lever['subject']}@{period['period']}={value}"
                assert read_moves(
                    [move], catalog=catalog, sites=example.results.rows("sites"), names={CITY: ""}, reported=reported
                )
    values = [lever for lever in levers if lever["kind"] == "value" and lever["quantity"] not in reported]
    assert all([one["period"] for one in lever["periods"]] == ["2026-11", "2026-12"] for lever in values)
    days = next(lever for lever in levers if lever["quantity"] == "bad_days")
    assert [one["most"] for one in days["periods"]] == ["30", "31"]


def test_a_slider_starts_at_what_the_target_leaves(example: Example, catalog: Catalog) -> None:
    """A mean at its quota, a percentile at its target; both within the two ends."""
    campaign = read_campaign(example.folder)
    answer: Any = answer_moves([], example.results, campaign, catalog=catalog, chance=False)
    levers = {lever["quantity"]: lever for lever in answer["levers"] if lever["subject"] == CITY}
    ozone = levers["o3_8h"]
    assert (Decimal(ozone["start"]), Decimal(ozone["step"])) == (160, Decimal("0.1"))
    quotas = example.results.rows("quota", where={"target_id": levers["pm10"]["targets"][0], "kind": "mean"})
    whole = next(row for row in quotas if not row["part"])
    assert abs(Decimal(levers["pm10"]["start"]) - Decimal(str(whole["allowed"]))) <= Decimal("0.05")
    assert "exception" in levers


# --- the web ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(example: Example) -> Iterator[TestClient]:
    with TestClient(make_app(read_campaign(example.folder)), base_url="http://127.0.0.1") as opened:
        yield opened


def test_the_endpoint_answers_and_stores_nothing(client: TestClient, example: Example) -> None:
    before = {path: path.stat().st_mtime_ns for path in (example.folder / "out").rglob("*") if path.is_file()}
    answer = client.post("/api/what-if", json={"moves": [f"pm2_5@{CITY}@2026-11=45"], "chance": False})
    body = answer.json()
    assert (answer.status_code, body["ok"], body["as_of"]) == (200, True, "2026-10-31")
    assert answer.headers["cache-control"] == "no-store"
    assert body["moves"][0]["text"] == "云泽市 2026-11 pm2_5 为 45"
    assert any(row["changed"] for row in body["targets"])
    after = {path: path.stat().st_mtime_ns for path in (example.folder / "out").rglob("*") if path.is_file()}
    assert before == after


def test_other_pages_do_not_wait_for_a_what_if(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is held in its computing; a page asked meanwhile over the same event loop comes at once."""
    begun, held = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> dict[str, object]:
        begun.set()
        held.wait(20)
        return {"ok": True, "slow": True}

    monkeypatch.setattr(outlooking_web, "answer_moves", slow)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(client.post, "/api/what-if", json={"moves": []})
        assert begun.wait(20)
        assert client.get("/healthz").json() == {"ok": True}
        assert not asking.done()
        held.set()
        assert asking.result(20).json() == {"ok": True, "slow": True}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"moves": ["x"]}, "QC408", id="move"),
        pytest.param({"moves": "x"}, "QC620", id="no-list"),
        pytest.param([1], "QC620", id="no-table"),
        pytest.param({"moves": ["x"] * 201}, "QC620", id="too-many"),
    ],
)
def test_a_wish_that_cannot_be(client: TestClient, body: object, code: str) -> None:
    answer = client.post("/api/what-if", json=body)
    assert (answer.status_code, answer.json()["code"], answer.json()["ok"]) == (422, code, False)


def test_what_is_kept_of_an_answer_is_written_under_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who ask at once would take the folder from under each other."""
    folder = small(tmp_path)
    write, held = outlooking_verb.write_kept, []

    def watched(place: Path, key: str, tables: Mapping[str, pa.Table], **more: object) -> None:
        with pytest.raises(Timeout), FileLock(folder / ".qingce" / "build.lock", timeout=0):
            pass
        held.append(place)
        write(place, key, tables, **more)

    monkeypatch.setattr(outlooking_verb, "write_kept", watched)
    first = look_ahead(folder)
    assert len(held) == 1
    assert look_ahead(folder).tables == first.tables
    assert len(held) == 1


@pytest.fixture(scope="module")
def four_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small(tmp_path_factory.mktemp("four-days"))
    build(folder)
    return folder


def test_a_look_back_leaves_what_the_build_asked_and_kept(four_days: Path) -> None:
    """A what-if stands on the last build, whatever day was looked at since; the next build finds its own kept."""
    move = "pm2_5@140100@2026-06=80"
    before = what_if_of(four_days, move)
    assert {row["period"] for row in before["targets"]} == {"2026"}  # type: ignore[attr-defined]
    place = four_days / ".qingce" / "outlook" / "tables" / "kept.json"
    kept = place.read_bytes()
    assert look_ahead(four_days, as_of="2025-12-31").as_of == "2025-12-31"
    assert what_if_of(four_days, move) == before
    assert place.read_bytes() == kept


def test_who_only_reads_the_book_makes_nothing_be_asked_again(four_days: Path) -> None:
    """A reader leaves an index and an empty log beside the book; a writer changes what the answer rests on."""
    campaign = read_campaign(four_days)
    before = outlooking_verb._key(campaign, None)
    book = open_book(campaign.book)
    assert outlooking_verb._key(campaign, None) == before
    book.change("trial", "one", lambda _: {"told": "yes"}, who="tester", why="to see")
    assert outlooking_verb._key(campaign, None) != before
    book.close()


def test_answers_of_few_days_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlooking_verb, "_KEPT_DAYS", 2)
    folder = small(tmp_path)
    for day in ("2019-01-01", "2019-01-02", "2019-01-03"):
        look_ahead(folder, as_of=day)
    kept = {place.name for place in (folder / ".qingce" / "outlook").glob("ahead-*")}
    assert kept == {"ahead-2019-01-02", "ahead-2019-01-03"}


def test_a_day_after_the_last_one_judged_is_refused(four_days: Path) -> None:
    """Else the days between would count as lost, and every year as too short."""
    with pytest.raises(CampaignError, match="QC620: “as-of”的值“2026-05-05”不合法。应为 ≤ 2026-05-04（评价到"):
        look_ahead(four_days, as_of="2026-05-05")


def test_a_day_before_all_data_has_its_plain_answer(four_days: Path) -> None:
    said = list(lines(look_ahead(four_days, as_of="2019-01-01")))
    assert "没有可以研判的目标：没有绑定，或到这一天还没有数据" in said[-1]


def test_another_site_s_page_is_refused(client: TestClient) -> None:
    answer = client.post("/api/what-if", json={"moves": []}, headers={"origin": "http://evil.example"})
    assert answer.json()["code"] == "QC622"


# --- the verb --------------------------------------------------------------------------------------------------------


def test_the_verb_says_chance_quota_and_that_it_is_internal(ahead: Ahead) -> None:
    said = "\n".join(lines(ahead))
    assert said.startswith("云泽市深入打好污染防治攻坚战（示例数据）　截至 2026-10-31　【示例数据】")
    assert "内部研判，不作为考核依据" in said
    assert re.search(r"10/50/90：[\d.]+ / [\d.]+ / [\d.]+$", said, re.MULTILINE), "the sentence before says the unit"
    assert said.count("研判 （到期后延续对照）2026年12月31日预计") >= 1, "the deadline was 2025"
    assert not re.search(r"只给剩余允许值：(.+)\n  \1$", said, re.MULTILINE), "nothing is said twice"
    assert "余量 还可有 10 个非优良日（剩余 61 天）（修约与否相同）" in said


def test_one_target_with_its_parts_and_models(ahead: Ahead) -> None:
    target = next(row["target_id"] for row in ahead.targets() if row["indicator_id"] == "good_day_ratio"
                  and row["probability"] is not None)  # fmt: skip
    said = list(lines(ahead, target=str(target)))
    assert sum(line.startswith("■") for line in said) >= 1
    assert any("2026-11：还可有" in line for line in said)
    assert any("云溪区：还可有" in line for line in said)
    assert any("达标比例" in line for line in said)
    with pytest.raises(CampaignError, match="QC405: 没有编号为“T-none”的目标"):
        list(lines(ahead, target="T-none"))


def test_what_was_kept_is_used_again(example: Example, ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("asked again though nothing changed")

    monkeypatch.setattr(outlooking_verb, "Run", forbidden)
    again = look_ahead(example.folder)
    assert again.as_of == ahead.as_of
    assert {name: table.num_rows for name, table in again.tables.items()} == {
        name: table.num_rows for name, table in ahead.tables.items()
    }


def fine_dust(found: Ahead) -> list[dict[str, Any]]:
    rows = found.tables["outlook"].to_pylist()
    return [row for row in rows if row["chosen"] and row["indicator_id"] == "pm2_5_annual"]


def test_an_earlier_day_sees_only_the_days_before_it(example: Example, ahead: Ahead) -> None:
    earlier = look_ahead(example.folder, as_of="2026-06-30")
    rows = [
        row for row in earlier.tables["outlook"].to_pylist() if row["chosen"] and row["indicator_id"] == "pm2_5_annual"
    ]
    assert {row["made_on"] for row in rows} == {date(2026, 6, 30)}
    assert {row["horizon_days"] for row in rows} == {184}
    now = [
        row for row in ahead.tables["outlook"].to_pylist() if row["chosen"] and row["indicator_id"] == "pm2_5_annual"
    ]
    wide = {row["target_id"]: row["p90"] - row["p10"] for row in rows}
    narrow = {row["target_id"]: row["p90"] - row["p10"] for row in now}
    shared = wide.keys() & narrow.keys()
    assert shared
    assert all(wide[key] > narrow[key] for key in shared), "fewer days known, wider the fan"


def test_json_and_what_if_of_the_command_line(example: Example, tmp_path: Path) -> None:
    out = tmp_path / "answer.json"
    run = CliRunner().invoke(app, ["outlook", str(example.folder), "--json", str(out)])
    body = json.loads(out.read_text("utf-8"))
    assert (run.exit_code, body["ok"], body["as_of"]) == (0, True, "2026-10-31")
    assert {"progress", "quota", "outlook"} <= body.keys()
    moved = CliRunner().invoke(app, ["outlook", str(example.folder), "--what-if", "pm2_5@云泽市@2026-11=60"])
    assert moved.exit_code == 0
    assert "· 云泽市 2026-11 pm2_5 为 60" in moved.output
    assert "情景推演，不保存" in moved.output
    sides = [line for line in moved.output.splitlines() if line.startswith(("  不变", "  情景"))]
    assert any(re.search("把握 .+　10/50/90：[0-9.]+ / [0-9.]+ / [0-9.]+$", line) for line in sides)


def test_moves_from_files(tmp_path: Path) -> None:
    lined, listed, broken = tmp_path / "a.txt", tmp_path / "b.json", tmp_path / "c.json"
    lined.write_text("# 十一月\npm2_5@990100@2026-11=45\n\nnh3n@YZW03@2026-11=0.8\n", "utf-8")
    listed.write_text('{"moves": [{"quantity": "pm2_5"}]}', "utf-8")
    broken.write_text("{", "utf-8")
    assert moves_of(str(lined)) == ["pm2_5@990100@2026-11=45", "nh3n@YZW03@2026-11=0.8"]
    assert moves_of(str(listed)) == [{"quantity": "pm2_5"}]
    assert moves_of("a@b@c=1; d@e@f=2") == ["a@b@c=1", " d@e@f=2"]
    with pytest.raises(CampaignError, match=r"QC620: .*c\.json"):
        moves_of(str(broken))
    with pytest.raises(CampaignError, match=r"QC608: 找不到输入“none\.json”"):
        moves_of("none.json")


def test_nothing_built_nothing_changes(example: Example, tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text('name = "x"\nregion = "140100"\n', "utf-8")
    with pytest.raises(CampaignError, match="QC605: 还没有构建结果"):
        what_if_of(tmp_path, "pm2_5@140100@2026-11=1")
    said = list(what_if_lines(what_if_of(example.folder, f"pm2_5@{CITY}@2026-11=20"), target="T-none"))
    assert said[-2:] == [
        "没有目标改变 | nothing changes",
        "情景推演，不保存，不作为认定或考核依据 a what-if: nothing is stored",
    ]
