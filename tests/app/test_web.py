"""The served site: every page with its twin, both languages, one shape of error, downloads that stay inside."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.app.conftest import Example
from tests.stories.folders import HOURLY, built, hourly, small, write_campaign, write_rows

from qingce.app.campaign import read_campaign
from qingce.app.serving import warm
from qingce.app.web import make_app
from qingce.publish.site import ROUTES

KINDS = [route.kind for route in ROUTES]
ZH, EN = {"accept-language": "zh-CN,zh"}, {"accept-language": "en-GB,en;q=0.8"}
PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def client(example: Example) -> Iterator[TestClient]:
    with TestClient(make_app(read_campaign(example.folder)), follow_redirects=False) as opened:
        yield opened


def paths(example: Example) -> list[str]:
    """One path of every kind of page, and three of those of which there are many."""
    found = []
    for route in ROUTES:
        ids = list(route.ids(example.results))
        found += [route.path(one) for one in ids[:1] + ids[len(ids) // 2 : len(ids) // 2 + 1] + ids[-1:]]
    return list(dict.fromkeys(found))


def test_every_kind_of_page_answers_in_both_languages(client: TestClient, example: Example) -> None:
    asked = paths(example)
    assert {path.split("/")[0].removesuffix(".html") for path in asked} == set(KINDS)
    for path in asked:
        for lang in ("zh", "en"):
            answer = client.get(f"/{path}", params={"lang": lang}, headers=PAGE)
            assert answer.status_code == 200, (path, answer.text[:300])
            assert answer.headers["content-type"].startswith("text/html")
            assert f'lang="{lang}' in answer.text[:300]
            assert "示例数据" in answer.text or "sample" in answer.text.lower()


def test_every_page_has_a_twin_with_its_own_words(client: TestClient, example: Example) -> None:
    for path in paths(example):
        twin = client.get(f"/{path.removesuffix('.html')}.json")
        assert twin.status_code == 200, path
        assert twin.headers["content-type"].startswith("application/json")
        body = twin.json()
        assert body["ok"] is True
        assert body["sample"] is True


def plain(text: str) -> str:
    """The words of a page: entities read, tags and blanks folded."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def test_the_twin_of_the_scoreboard_has_the_numbers_of_the_page(client: TestClient) -> None:
    page = plain(client.get("/index.html").text)
    body = client.get("/index.json").json()
    rows = [row for battle in body["battles"] for row in battle["rows"]]
    assert len(rows) > 20
    for row in rows:
        assert row["target_text"] in page, row["id"]
        shown = (row["own"] or {}).get("text")
        assert not shown or shown in page, row["id"]


def test_the_served_page_is_the_static_one_but_for_downloads(client: TestClient, example: Example) -> None:
    for path in ("index.json", "targets/" + next(p.name for p in sorted((example.site / "targets").glob("*.json")))):
        served, static = client.get(f"/{path}").json(), json.loads((example.site / path).read_text("utf-8"))
        assert served == static


def test_numbers_of_target_pages_are_those_of_the_tables(client: TestClient, example: Example) -> None:
    bound = [row for row in example.results.rows("progress") if row["own_value"] is not None]
    assert len(bound) >= 8
    for row in bound:
        body = client.get(f"/targets/{row['target_id']}.json").json()["target"]
        assert float(body["own"]["value"]) == float(row["own_value"])
        assert body["status"]["zh"] == row["status_text"]
        assert body["quota_text"] == row["quota_text"]
        page = plain(client.get(f"/targets/{row['target_id']}.html").text)
        assert row["own_text"] in page
        assert row["quote"][:20] in page


def test_the_root_leads_to_the_scoreboard_of_the_readers_language(client: TestClient) -> None:
    assert client.get("/", headers=ZH).headers["location"] == "/index.html"
    assert "index.html" in client.get("/", headers=EN).headers["location"]
    english = client.get(client.get("/", headers=EN).headers["location"], headers=EN)
    assert english.status_code == 200
    assert 'lang="en' in english.text[:300]


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"ok": True}


@pytest.mark.parametrize(
    "path", ["nothing.html", "targets/T-none-001.json", "hours/none/2026-05.json", "a/b/c", "x.json"]
)
def test_an_unknown_page_is_one_shape_of_error(client: TestClient, path: str) -> None:
    answer = client.get(f"/{path}")
    assert answer.status_code == 404
    body = answer.json()
    assert (body["ok"], body["code"][:4]) == (False, "QC55")
    assert body["error"]
    assert body["remedy"]


OUTSIDE = [
    "../campaign.toml", "%2e%2e/campaign.toml", "..%2fcampaign.toml", "....//campaign.toml", "run.json",
    "results/progress.parquet", "/etc/passwd", "%2fetc%2fpasswd", "..\\campaign.toml", "site/../../campaign.toml",
    "../plans/plan.docx", "%2e%2e%2fdata%2fsites.csv", "%00", "x%00.docx", "台账.xlsx/../../campaign.toml",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_downloads_cannot_leave_the_folder(client: TestClient, name: str) -> None:
    for prefix in ("/out/", "/en/out/"):
        answer = client.get(prefix + name)
        assert answer.status_code in {404, 422}, name
        assert answer.json()["ok"] is False
        assert "region" not in answer.text.replace("regions", "")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = small(tmp_path / "c")
    built(folder)
    secret = tmp_path / "secret.docx"
    secret.write_text("secret", "utf-8")
    (folder / "out" / "link.docx").symlink_to(secret)
    client = TestClient(make_app(read_campaign(folder)))
    answer = client.get("/out/link.docx")
    assert (answer.status_code, answer.json()["code"]) == (404, "QC610")


def test_office_files_are_downloaded_whole(client: TestClient, example: Example) -> None:
    names = sorted(path.name for path in example.out.glob("*.*") if path.suffix in {".xlsx", ".docx"})
    assert len(names) >= 5
    for name in names:
        answer = client.get(f"/out/{name}")
        assert answer.content == (example.out / name).read_bytes()
        assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")


def test_every_download_that_the_first_page_names_is_there(client: TestClient) -> None:
    named = set(re.findall(r'href="(out/[^"]+)"', client.get("/index.html").text))
    assert named
    assert {client.get(f"/{html.unescape(name)}").status_code for name in named} == {200}


def test_assets_are_served_and_nothing_comes_from_elsewhere(client: TestClient) -> None:
    page = client.get("/index.html").text
    local = set(re.findall(r'(?:src|href)="((?:\.\./)*assets/[^"?]+)', page))
    assert local
    assert {client.get(f"/{name.lstrip('./')}").status_code for name in local} == {200}
    assert not re.findall(r'(?:src|href)="https?://', page)


def test_before_the_first_build_it_says_what_to_do(tmp_path: Path) -> None:
    client = TestClient(make_app(read_campaign(write_campaign(tmp_path, region="140100"))))
    answer = client.get("/index.html")
    assert answer.status_code == 422
    body = answer.json()
    assert (body["ok"], body["code"]) == (False, "QC605")
    assert "qingce build" in body["remedy"]


def own(client: TestClient) -> Any:
    body = client.get("/index.json").json()
    rows = [row for battle in body["battles"] for row in battle["rows"]]
    return next(row["own"]["text"] for row in rows if row["indicator"]["id"] == "pm2_5_annual")


def test_a_new_build_is_seen_without_a_restart(tmp_path: Path) -> None:
    folder = small(tmp_path)
    built(folder)
    client = TestClient(make_app(read_campaign(folder)))
    before = own(client)
    days = [f"2026-05-{day:02d}" for day in range(1, 5)]
    write_rows(folder / "data" / "hours.csv", HOURLY, hourly(days, pm2_5=20))
    assert own(client) == before, "nothing changes before the build"
    built(folder)
    assert own(client) != before
    assert own(client).startswith("20")


def test_results_taken_away_while_serving_are_said(tmp_path: Path) -> None:
    folder = small(tmp_path)
    built(folder)
    client = TestClient(make_app(read_campaign(folder)))
    assert client.get("/index.json").status_code == 200
    shutil.rmtree(folder / "out")
    answer = client.get("/index.json")
    assert (answer.status_code, answer.json()["code"]) == (422, "QC605")


def test_between_the_renames_of_a_build_the_last_results_are_served(tmp_path: Path) -> None:
    folder = small(tmp_path)
    built(folder)
    client = TestClient(make_app(read_campaign(folder)))
    before = own(client)
    (folder / "out" / "results").rename(folder / "out" / ".results-7-old")
    assert own(client) == before


def test_what_serve_does_ahead_leaves_faults_to_who_asks(tmp_path: Path) -> None:
    folder = small(tmp_path)
    built(folder)
    campaign = read_campaign(folder)
    warm(campaign)
    Path(campaign.book).write_bytes(b"this is not a database, as anyone can see" * 99)
    warm(campaign)
    client = TestClient(make_app(campaign))
    assert client.get("/index.html").status_code == 200
    answer = client.get(f"/review/{client.get('/plans.json').json()['rows'][0]['id']}.json")
    assert answer.json()["code"] in {"QC521", "QC526"}


def test_methods_that_are_not_offered(client: TestClient) -> None:
    assert client.put("/index.html").status_code == 405
    assert client.delete("/out/台账.xlsx").status_code == 405
