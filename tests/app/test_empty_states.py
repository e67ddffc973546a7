"""Pages of the outlook with little or nothing: no data, forty days, before the year's first, after its last."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from docx import Document
from tests.stories.folders import HOURLY, built, hourly, qingce, small, write_rows

from qingce.publish import Results

PAGES = ("index", "outlook", "today", "month", "counties", "what-if")
PM25 = "全市细颗粒物（PM2.5）年均浓度降至39微克/立方米以下"


@dataclass(frozen=True)
class State:
    """A campaign seen on a day: what hours there are."""

    first: date | None
    days: int
    as_of: date

    def hours(self) -> Iterator[str]:
        for step in range(self.days if self.first else 0):
            yield f"{self.first + timedelta(step)}" if self.first else ""


STATES = {
    "none": State(None, 0, date(2026, 5, 31)),
    "forty": State(date(2026, 1, 1), 40, date(2026, 2, 9)),
    "first": State(date(2025, 12, 20), 12, date(2026, 1, 1)),
    "early": State(date(2025, 12, 20), 12, date(2025, 12, 31)),
    "after": State(date(2026, 12, 20), 12, date(2027, 1, 10)),
}


@dataclass(frozen=True)
class Seen:
    name: str
    folder: Path
    results: Results

    def page(self, path: str) -> str:
        """What a reader sees of a page, hints aside."""
        raw = (self.folder / "out" / "site" / path).read_text("utf-8")
        main = raw[raw.index("<main") : raw.index("</main>")]
        return " ".join(
            html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", "", main, flags=re.S))).split()
        )

    @property
    def target(self) -> dict[str, object]:
        (row,) = (row for row in self.results.rows("progress") if row["quote"] == PM25)
        return row


@pytest.fixture(scope="module", params=STATES, ids=list(STATES))
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    state = STATES[request.param]
    folder = small(tmp_path_factory.mktemp(request.param), as_of=state.as_of)
    write_rows(folder / "data" / "hours.csv", HOURLY, hourly(state.hours()))
    if state.first is None:
        text = (folder / "campaign.toml").read_text("utf-8")
        (folder / "campaign.toml").write_text(text[: text.index("[[feeds]]")], "utf-8")
    return Seen(request.param, folder, built(folder))


@pytest.mark.parametrize("lang", ["", "en/"], ids=["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_has_words_and_a_twin(seen: Seen, name: str, lang: str) -> None:
    told = seen.page(f"{lang}{name}.html")
    assert len(told) > 40
    assert not re.search(r"\bNone\b|\bnan\b|undefined|\{\{|same-remaining|block-bootstrap", told)
    twin = json.loads((seen.folder / "out" / "site" / f"{lang}{name}.json").read_text("utf-8"))
    assert (twin["ok"], twin["path"], twin["as_of"]) == (True, f"{name}.html", str(STATES[seen.name].as_of))


@pytest.mark.parametrize(
    ("name", "states", "said"),
    [
        ("outlook", {"first"}, "没有"),
        ("today", {"none", "first", "after"}, "结果里没有今日小时数据"),
        ("month", {"none", "forty", "first", "early", "after"}, "结果里没有本月断面数据"),
        ("what-if", {"none"}, "2026 — —"),
    ],
    ids=["outlook", "today", "month", "what-if"],
)
def test_what_is_not_there_is_said(seen: Seen, name: str, states: set[str], said: str) -> None:
    assert (said in seen.page(f"{name}.html")) or seen.name not in states


def test_with_little_history_there_is_the_allowance_and_no_chance(seen: Seen) -> None:
    rows = [row for row in seen.results.rows("outlook") if row["target_id"] == seen.target["target_id"]]
    if seen.name in {"forty"}:
        assert [row["probability"] for row in rows] == [None]
        assert "历史只有" in str(rows[0]["reason"])
        assert str(seen.target["quota_text"]).startswith("剩余 325 天均值 ≤")
        assert "只给剩余允许值" in seen.page("outlook.html")
    assert not [row for row in rows if row["probability"] is not None], "twelve days are no history"


def test_a_year_before_the_deadline_is_neither_lost_nor_kept(seen: Seen) -> None:
    expected = {"none": "unbound", "forty": "on_track", "first": "unbound", "early": None, "after": None}
    status = seen.target["status"]
    assert status == expected[seen.name] or status in {"on_track", "at_risk", "awaiting", "not_met", "met"}
    assert status not in {"lost", "safe"}


def test_a_past_deadline_warns_of_nothing(seen: Seen) -> None:
    assert seen.results.rows("warnings") == []
    assert "一周内没有目标的把握明显下降" in seen.page("outlook.html") or "没有研判" in seen.page("outlook.html")


def test_the_verb_and_the_consultation_speak(seen: Seen) -> None:
    answer = qingce("outlook", seen.folder)
    assert answer.status == 0, answer.err
    assert "（，" not in answer.out
    said = [part.text for part in Document(str(seen.folder / "out" / "月度会商.docx")).paragraphs]
    heads = [line for line in said if re.match("[一二三四五]、", line)]
    assert heads == ["一、发生了什么", "二、为什么", "三、还剩多少", "四、预计如何", "五、建议"]
