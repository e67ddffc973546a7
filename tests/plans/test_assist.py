"""A model's proposals against a server of our own on the loopback: only what text and grammar bear out. 模型辅助。"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from qingce.app.assisting import assisted
from qingce.app.cli import app
from qingce.catalog import load_catalog
from qingce.core.errors import CampaignError
from qingce.core.records import Reading
from qingce.plans import read_text
from qingce.plans.assist import CONFIDENCE, Assisted, assist
from qingce.plans.endpoint import Endpoint

CATALOG = load_catalog()
# The grammar leaves these sentences alone: the first has no verb it knows, the others no date before their value.
ODD = "空气里细颗粒物年均浓度这一项，2027年底前大家奔着29微克/立方米去。"
TEXT = f"青溪市人民政府\n青溪市行动计划\n（2026年3月18日）\n一、目标\n到2027年，森林覆盖率达到39%。\n{ODD}\n"
GOOD: dict[str, object] = {
    "quote": ODD, "indicator": "细颗粒物年均浓度", "scope": "", "value": 29, "unit": "微克/立方米",
    "deadline": "2027-12", "comparator": "<=",
}  # fmt: skip
Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the test says, and keeps what it was asked."""

    answer: Answer
    asked: list[dict[str, object]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).asked.append({"path": self.path, **json.loads(body)})
        with suppress(BrokenPipeError, ConnectionResetError):
            type(self).answer(self)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def send(self, raw: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


def says(content: object) -> Answer:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return lambda handler: handler.send(json.dumps({"choices": [{"message": {"content": text}}]}).encode())


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        made = type("Made", (Handler,), {"answer": staticmethod(answer), "asked": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), made)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def run(url: str, text: str = TEXT, **bounds: float) -> Assisted:
    endpoint = Endpoint(url, "m-7", timeout=bounds.get("timeout", 60), largest=int(bounds.get("largest", 1_000_000)))
    return assist(read_text(text, CATALOG), CATALOG, endpoint)


def own(text: str = TEXT) -> Reading:
    return read_text(text, CATALOG)


def test_the_grammar_alone_leaves_the_odd_sentence(serve: Callable[[Answer], str]) -> None:
    assert [t.indicator_id for t in own().targets] == ["forest_cover"]
    assert run(serve(says([]))) == Assisted(own(), (), ())


def test_a_proposal_that_the_text_bears_out(serve: Callable[[Answer], str]) -> None:
    found = run(serve(says([GOOD])))
    assert found.notes == ()
    (made,) = found.accepted
    assert (made.indicator_id, made.comparator, made.value, made.unit) == (
        "pm2_5_annual",
        "<=",
        Decimal(29),
        "微克/立方米",
    )
    assert (made.deadline, made.confidence, made.kind) == ("2027-12", CONFIDENCE, "level")
    assert [(r.field, r.rule) for r in made.reasons] == [("assist", "assist:m-7")]
    assert TEXT[made.start : made.end] == made.quote == ODD
    assert TEXT[made.value_start or 0 :].startswith(made.value_text)
    assert made.id == f"T-text-m{made.value_start}"
    assert [t.id for t in found.reading.targets] == ["T-text-001", made.id]
    assert found.reading.targets[0] == own().targets[0]


def test_it_is_asked_as_the_interface_says(serve: Callable[[Answer], str]) -> None:
    asked: list[dict[str, object]] = []

    def answer(handler: Handler) -> None:
        asked.extend(type(handler).asked)
        says([])(handler)

    run(serve(answer))
    assert (asked[0]["path"], asked[0]["model"]) == ("/v1/chat/completions", "m-7")
    messages = asked[0]["messages"]
    assert isinstance(messages, list)
    assert messages[1] == {"role": "user", "content": TEXT}


@pytest.mark.parametrize("dress", [
    "```json\n{}\n```", "好的，如下：{}", '{{"targets": {}}}',
])  # fmt: skip
def test_the_dress_of_an_answer_does_not_matter(serve: Callable[[Answer], str], dress: str) -> None:
    assert len(run(serve(says(dress.format(json.dumps([GOOD], ensure_ascii=False))))).accepted) == 1


@pytest.mark.parametrize(("change", "why"), [
    ({"quote": "到2027年，细颗粒物年均浓度达到29微克/立方米。"}, "原文中没有这段文字"),
    ({"quote": ODD.replace("29", "28"), "value": 28}, "原文中没有这段文字"),
    ({"quote": ""}, "引文过短"), ({"quote": TEXT * 9}, "引文过短或过长"), ({"quote": None}, "引文过短"),
    ({"value": 28}, "数值或单位"), ({"value": "二十九"}, "数值或单位"), ({"value": None}, "数值或单位"),
    ({"value": "NaN"}, "数值或单位"), ({"value": True}, "数值或单位"), ({"value": 2027, "unit": "年"}, "数值或单位"),
    ({"unit": "毫克/立方米"}, "数值或单位"), ({"unit": "%"}, "数值或单位"),
    ({"deadline": "2025"}, "时限“2025”"), ({"deadline": "2027年底"}, "时限"), ({"deadline": "soon"}, "时限"),
    ({"indicator": "二氧化硫年均浓度"}, "指标“二氧化硫年均浓度”"), ({"indicator": ""}, "指标"),
])  # fmt: skip
def test_what_the_text_does_not_bear_out(serve: Callable[[Answer], str], change: dict[str, object], why: str) -> None:
    found = run(serve(says([GOOD | change])))
    assert found.accepted == ()
    assert found.reading == own()
    assert len(found.notes) == 1
    assert why in found.notes[0]


def test_what_was_read_already_is_not_proposed_again(serve: Callable[[Answer], str]) -> None:
    known = {"quote": "森林覆盖率达到39%", "indicator": "森林覆盖率", "value": 39, "unit": "%", "deadline": "2027"}
    assert run(serve(says([known, GOOD, GOOD]))).reading.targets == run(serve(says([GOOD]))).reading.targets


def test_a_class_of_water(serve: Callable[[Answer], str]) -> None:
    text = "一、目标\n清溪水质这几年盯着Ⅱ类来保。\n"
    proposal = {"quote": "清溪水质这几年盯着Ⅱ类来保", "indicator": "清溪水质", "value": 2, "unit": "类", "deadline": ""}
    assert own(text).targets == ()
    (made,) = run(serve(says([proposal])), text).accepted
    assert (made.value, made.unit, made.kind, made.comparator) == (Decimal(2), "类", "class", "<=")


@pytest.mark.parametrize("content", [
    "没有", "[", "]", "[{]", "{}", "[" * 100_000, '[{"quote": "\\u12"}]', "null", '"[]"x',
])  # fmt: skip
def test_an_answer_that_is_no_list(serve: Callable[[Answer], str], content: str) -> None:
    found = run(serve(says(content)))
    assert found.accepted == ()
    assert all("JSON" in note for note in found.notes)


@pytest.mark.parametrize("raw", [
    b"", b"<html>", b"{}", b'{"choices": []}', b'{"choices": [{"message": {}}]}', b"\xff\xfe", b"[1]", b"[" * 100_000,
    b'{"choices": [{"message": {"content": 5}}]}',
])  # fmt: skip
def test_an_answer_without_the_shape_of_the_interface(serve: Callable[[Answer], str], raw: bytes) -> None:
    found = run(serve(lambda handler: handler.send(raw)))
    assert (found.accepted, found.reading) == ((), own())
    assert len(found.notes) == 1


def test_errors_and_redirects_are_notes(serve: Callable[[Answer], str]) -> None:
    assert "500" in run(serve(lambda handler: handler.send(b"", 500))).notes[0]
    other = serve(says([GOOD]))
    moved = run(serve(lambda handler: handler.send(b"", 307, Location=other)))
    assert moved.accepted == ()
    assert "307" in moved.notes[0]


def test_nobody_there() -> None:
    found = run("http://127.0.0.1:9/v1", timeout=2)
    assert "没有回答" in found.notes[0]


def test_an_answer_that_does_not_come(serve: Callable[[Answer], str]) -> None:
    over = threading.Event()
    found = run(serve(lambda _: (over.wait(), None)[1]), TEXT * 100, timeout=0.2)  # it is given up: we get here at all
    over.set()
    assert "0.2 秒内没有答完" in found.notes[0]
    assert len(found.notes) == 1


def test_an_answer_that_drips(serve: Callable[[Answer], str]) -> None:
    """Each drop comes in time, the whole never ends: only a limit for the whole gives it up."""
    over = threading.Event()

    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.02):
            handler.wfile.write(b" ")

    assert "没有答完" in run(serve(drip), timeout=0.4).notes[0]
    over.set()


def test_an_answer_that_is_huge(serve: Callable[[Answer], str]) -> None:
    found = run(serve(says("x" * 200_000)), largest=50_000)
    assert "超过 50000 字节" in found.notes[0]


def test_too_many_proposals_are_cut(serve: Callable[[Answer], str]) -> None:
    found = run(serve(says([GOOD] * 500)))
    assert len(found.accepted) == 1
    assert "500" in found.notes[0]


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://host/v1", "localhost:8000", "http:///v1"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(CampaignError, match="QC310: 模型接口不能用"):
        assisted([own()], url, model="m")


def test_the_verb_says_where_the_text_goes(serve: Callable[[Answer], str]) -> None:
    url = serve(says([GOOD]))
    readings, notes = assisted([own()], url, model="m", catalog=CATALOG)
    assert len(readings[0].targets) == 2
    assert url in notes[0]
    assert "模型提出 1 条待复核" in notes[1]


def test_which_way_is_better_where_the_words_do_not_say(serve: Callable[[Answer], str]) -> None:
    (made,) = run(serve(says([GOOD | {"comparator": "better"}]))).accepted
    assert made.comparator == "<="


def test_the_command_line_is_silent_without_the_option(serve: Callable[[Answer], str], tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text(TEXT, "utf-8")
    url = serve(says([GOOD]))
    without = CliRunner().invoke(app, ["read", str(path), "--json", "-"], catch_exceptions=False)
    assert len(json.loads(without.stdout)["targets"]) == 1
    words = ["read", str(path), "--json", "-", "--assist", url, "--assist-model", "m-7"]
    asked = CliRunner().invoke(app, words, catch_exceptions=False)
    targets = json.loads(asked.stdout)["targets"]
    assert [t["confidence"] for t in targets if t["reasons"][0]["field"] == "assist"] == [CONFIDENCE]
    assert url in asked.stderr
