"""The site: every page in two languages, with its twin, with links that lead somewhere."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from tests.effort import spent

from qingce.core.errors import CampaignError, ContentError
from qingce.publish import ASSETS, ROUTES, Results, missing_assets, render, render_error, write_site
from qingce.publish.i18n import words
from qingce.publish.pages import Place, ink, shown
from qingce.publish.rows import slug

TEMPLATES = files("qingce.publish").joinpath("templates")


class Page(HTMLParser):
    """What a reader, a screen reader or a crawler meets in a page."""

    VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "col"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.language = ""
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.labelled: set[str] = set()
        self.inputs: list[dict[str, str]] = []
        self.open: list[str] = []
        self.scopes = Counter[bool]()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "html":
            self.language = given["lang"]
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("href", "src", "action", "hx-get"):
            if name in given:
                self.links.append(given[name])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.labelled.add(given["for"])
        if tag in {"input", "select"}:
            self.inputs.append(given)
        if tag == "th":
            self.scopes["scope" in given] += 1

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass


def pages(site: Path) -> Iterator[Path]:
    yield from sorted(site.rglob("*.html"))


@pytest.fixture(scope="module")
def parsed(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text("utf-8")) for path in pages(site)}


def test_there_is_a_page_for_everything(site: Path, sample: Results) -> None:
    for route in ROUTES:
        listed = list(route.ids(sample))
        assert listed, route.pattern
        for ids in listed:
            for folder in (site, site / "en"):
                assert (folder / route.path(ids)).is_file(), route.path(ids)
                assert (folder / route.path(ids)).with_suffix(".json").is_file()


def test_every_relative_link_leads_somewhere(parsed: dict[Path, Page]) -> None:
    missing = []
    for path, page in parsed.items():
        for link in page.links:
            if link.startswith("data:"):
                continue
            address, anchor = urldefrag(unquote(link))
            there = (path.parent / address).resolve() if address else path
            if not there.is_file() or (anchor and there.suffix == ".html" and anchor not in parsed[there].ids):
                missing.append((path.name, link))
    built = missing_assets()
    assert [pair for pair in missing if not any(name in pair[1] for name in built)] == []


def test_no_page_asks_anything_of_another_host(parsed: dict[Path, Page]) -> None:
    for path, page in parsed.items():
        assert not [link for link in page.links if re.match(r"(?:https?:)?//|/", link)], path
    for name in ("qingce.js", "qingce.css"):
        text = (ASSETS / name).read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://", text), name


def test_every_page_is_in_order_for_a_screen_reader(parsed: dict[Path, Page]) -> None:
    for path, page in parsed.items():
        assert page.language == ("en" if "en" in path.parent.parts or path.parent.name == "en" else "zh-CN"), path
        assert page.headings.count(1) == 1, path
        steps = [after - before for before, after in zip(page.headings, page.headings[1:], strict=False)]
        assert max(steps, default=0) <= 1, (path, page.headings)
        assert [item for item in page.inputs if item.get("id") not in page.labelled] == [], path
        assert not page.scopes[False], path
        assert '<main id="main"' in page.text
        assert '<meta name="viewport"' in page.text


def test_ids_are_unique(parsed: dict[Path, Page]) -> None:
    for path, page in parsed.items():
        doubled = [name for name, count in Counter(page.ids).items() if count > 1]
        assert doubled == [], path


def test_a_twin_has_the_view_and_says_ok(site: Path, sample: Results) -> None:
    for route in ROUTES:
        for ids in route.ids(sample):
            twin = json.loads((site / route.path(ids)).with_suffix(".json").read_text("utf-8"))
            assert twin["ok"] is True
            assert twin["path"] == route.path(ids)
            assert {name: twin[name] for name in twin if name not in {"ok", "path", "lang"}} == json.loads(
                json.dumps(route.view(sample, *ids))
            )


def test_both_languages_carry_the_same_numbers(site: Path) -> None:
    for path in sorted((site / "en").rglob("*.json")):
        english = json.loads(path.read_text("utf-8"))
        chinese = json.loads((site / path.relative_to(site / "en")).read_text("utf-8"))
        assert {**english, "lang": "zh"} == chinese


def test_numbers_of_the_twin_stand_on_the_page(site: Path) -> None:
    for row in json.loads((site / "index.json").read_text("utf-8"))["battles"][0]["rows"]:
        page = (site / "targets" / f"{row['id']}.html").read_text("utf-8")
        assert row["target_text"] in page
        if row["own"]:
            assert row["own"]["text"] in page
        if row["official"]:
            assert f'data-exact="{row["official"]["value"]}"' in page


def test_sample_data_are_marked_on_every_page(parsed: dict[Path, Page]) -> None:
    for path, page in parsed.items():
        assert page.text.count("示例数据") >= 2, path


def test_real_data_are_not_marked_as_a_sample(sample: Results) -> None:
    real = Results(sample.tables, {**sample.run, "sample": False})
    for path in ("index.html", "targets/T-yz-001.html", "en/sites.html"):
        assert "示例数据" not in render(path, real)[0].decode()


def test_unreviewed_values_say_so(site: Path) -> None:
    for path in ("index.html", "targets/T-yz-001.html", "sites/A1.html", "map.html"):
        assert "未审核<small>初审</small>" in (site / path).read_text("utf-8")
        assert "unreviewed<small>preliminary</small>" in (site / "en" / path).read_text("utf-8")
    page = (site / "targets/T-yz-004.html").read_text("utf-8")
    assert page.index("总站审核") < page.index("未审核")


def test_colour_never_stands_alone(site: Path) -> None:
    calendar = (site / "sites/990100.html").read_text("utf-8")
    cells = re.findall(r'<td class="[^"]*" style="background:[^"]*" title="([^"]*)">([^<]*)</td>', calendar)
    assert len(cells) > 400
    for title, text in cells:
        assert re.search(r"优|良|污染", title)
        assert text.strip()


def test_the_same_page_is_served_as_written(site: Path, sample: Results) -> None:
    for path in ("index.html", "plans/yz.html", "en/targets/T-yz-001.html", "sites/W1.html"):
        body, kind = render(path, sample)
        written = (site / path).read_text("utf-8")
        served = re.sub(r'<script src="[./]*assets/vendor/htmx.js"></script>\n?', "", body.decode())
        assert kind == "text/html"
        assert served.split() == written.split()


def test_a_twin_is_served_beside_every_page(site: Path, sample: Results) -> None:
    body, kind = render("en/targets/T-yz-001.json", sample)
    assert kind == "application/json"
    assert body.decode() == (site / "en/targets/T-yz-001.json").read_text("utf-8")


def test_the_root_is_the_scoreboard(sample: Results) -> None:
    assert render("", sample) == render("/index.html", sample)
    assert render("en/", sample) == render("en/index.html", sample)


def test_a_language_asked_at_the_root_leads_on_in_that_language(sample: Results) -> None:
    page = Page(render("targets/T-yz-001.html", sample, "en")[0].decode())
    assert page.language == "en"
    assert "../en/plans/yz.html#T-yz-001" in page.links
    assert "../targets/T-yz-001.html" in page.links
    assert "../assets/qingce.css" in page.links


def test_the_served_search_answers_the_query(sample: Results) -> None:
    body = render("search.html", sample, query={"q": "扬尘"})[0].decode()
    assert 'value="扬尘"' in body
    assert 'hx-select="#hits"' in body
    hits = body[body.index('id="hits"') :]
    assert hits.count("<li data-row") == 1
    twin = json.loads(render("search.json", sample, query={"q": "扬尘"})[0])
    assert twin["count"] == 1
    assert "hx-get" not in (render("index.html", sample, query={"q": "扬尘"})[0].decode())


@pytest.mark.parametrize(
    "path", ["nothing.html", "targets/T-yz-001.txt", "../run.json", "en/en/index.html", "targets/a/b.html"]
)
def test_no_such_page_is_a_numbered_error(sample: Results, path: str) -> None:
    with pytest.raises(
        CampaignError, match=r"QC553: 没有这个页面：.*kinds of pages: index\.html, targets/\{id\}\.html"
    ):
        render(path, sample)


def test_no_such_id_is_a_numbered_error(sample: Results) -> None:
    with pytest.raises(CampaignError, match=r"QC554: 页面种类“targets”里没有“T-yz-999”。.*open it from its list\.$"):
        render("targets/T-yz-999.html", sample)


@pytest.mark.parametrize(
    ("path", "home", "words"),
    [
        ("nothing.html", "index.html", "没有这个页面：nothing.html"),
        ("targets/T-yz-999.html", "../index.html", "页面种类“targets”里没有“T-yz-999”"),
        ("en/targets/T-yz-999.html", "../../en/index.html", "there is no &#39;T-yz-999&#39; among the pages"),
    ],
)
def test_a_reader_is_told_what_is_wrong_and_where_to_go(sample: Results, path: str, home: str, words: str) -> None:
    with pytest.raises(CampaignError, match=r"QC55[34]") as caught:
        render(path, sample)
    body = render_error(caught.value, sample, path=path).decode()
    page = Page(body)
    assert words in body
    assert caught.value.code in body
    assert home in page.links
    assert page.headings.count(1) == 1


def test_text_from_outside_is_never_markup(sample: Results) -> None:
    rows = sample["rejected"].to_pylist()
    rows[0]["text"] = "<script>alert(1)</script>"
    bad = sample.with_tables({"rejected": sample["rejected"].from_pylist(rows, schema=sample["rejected"].schema)})
    page = render("rejected.html", bad)[0].decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    hits = render("search.html", sample, query={"q": '"><script>x'})[0].decode()
    assert "<script>x" not in hits


def test_pages_that_are_gone_are_removed_and_nothing_else(sample: Results, tmp_path: Path) -> None:
    write_site(sample, tmp_path, languages=("zh",))
    own = tmp_path / "notes.html"
    own.write_text("mine", "utf-8")
    outside = tmp_path.parent / "outside.html"
    outside.write_text("not ours", "utf-8")
    with (tmp_path / "pages.txt").open("a", encoding="utf-8") as listing:
        listing.write("../outside.html\n")
    fewer = sample.with_tables({"progress": sample["progress"].slice(1)})
    count = write_site(fewer, tmp_path, languages=("zh",))
    assert not (tmp_path / "targets/T-yz-001.html").exists()
    assert not (tmp_path / "targets/T-yz-001.json").exists()
    assert (tmp_path / "targets/T-yz-002.html").is_file()
    assert own.read_text("utf-8") == "mine"
    assert outside.read_text("utf-8") == "not ours"
    assert not (tmp_path / "en").exists()
    assert count == len((tmp_path / "pages.txt").read_text("utf-8").splitlines()) / 2


def test_a_second_build_costs_what_the_first_did(sample: Results, tmp_path: Path) -> None:
    first, second = (spent(lambda: write_site(sample, tmp_path), times=1) for _ in range(2))
    assert second < 3 * first


def test_a_build_without_anything_still_makes_pages(tmp_path: Path) -> None:
    write_site(Results({}, {"campaign": "空战役"}), tmp_path)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "空战役" in page
    for name in ("plans", "tasks", "sites", "map", "quality", "content", "unbound", "rejected", "search", "indicators"):
        assert (tmp_path / f"{name}.html").is_file()


def test_assets_come_with_the_site(site: Path) -> None:
    for name in ("qingce.css", "qingce.js"):
        assert (site / "assets" / name).read_bytes() == (ASSETS / name).read_bytes()


def test_every_page_is_made_about_as_fast_as_it_is_parsed(sample: Results) -> None:
    slow = []
    for path in [route.path(ids) for route in ROUTES for ids in list(route.ids(sample))[:2]]:
        body = render(path, sample)[0].decode("utf-8")
        bare = spent(lambda body=body: HTMLParser().feed(body))
        slow.append((spent(lambda path=path: render(path, sample)) / bare, path))
    assert max(slow)[0] < 20, max(slow)  # measured 0.9 to 4.2 times


# --- words ----------------------------------------------------------------------------------------------------------


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(TEMPLATES.joinpath("words.csv").read_text("utf-8").splitlines()))


def test_every_word_is_in_both_languages_once() -> None:
    listed = rows()
    assert len({row["key"] for row in listed}) == len(listed)
    for row in listed:
        assert row["zh"].strip(), row
        assert row["en"].strip(), row
        assert re.findall(r"\{\w+\}", row["zh"]) == re.findall(r"\{\w+\}", row["en"]) or set(
            re.findall(r"\{\w+\}", row["zh"])
        ) == set(re.findall(r"\{\w+\}", row["en"])), row


def test_every_word_that_a_template_asks_for_is_there_and_none_is_idle() -> None:
    keys = {row["key"] for row in rows()}
    sources = [item.read_text("utf-8") for item in TEMPLATES.iterdir() if item.name.endswith(".html")]
    text = "\n".join(sources)
    asked = set(re.findall(r"\bt\('([\w.]+)'[,)]", text))
    families = set(re.findall(r"\bt\.of\('(\w+)'", text)) | set(re.findall(r"\bt\('([\w]+)\.' ~", text))
    assert asked <= keys, asked - keys
    lines = ("cumulative", "last_year", "allowed", "p50", "fan")
    used_in_charts = {*(f"chart.{line}" for line in lines), "series.measured", "series.deducted"}
    idle = {key for key in keys - asked - used_in_charts if key.split(".")[0] not in families}
    assert idle == set()


def test_a_word_without_a_row_is_refused() -> None:
    with pytest.raises(ContentError, match=r"QC110: 没有名为“no\.such”的页面用语.*words\.csv\.$"):
        words("zh")("no.such")
    with pytest.raises(ContentError, match=r"QC110: 没有名为“fr”的语言.*zh, en\.$"):
        words("fr")
    assert words("en").of("status", "brand_new", "新状态") == "新状态"
    assert words("en").of("status", "met") == "met"


# --- small parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place("index.html", "zh"), "plans.html"),
        (Place("targets/T.html", "zh"), "../plans.html"),
        (Place("targets/T.html", "en"), "../../en/plans.html"),
        (Place("hours/A1/2026-05.html", "zh"), "../../plans.html"),
        (Place("index.html", "en", at_root=True), "en/plans.html"),
    ],
)
def test_links_are_relative_to_the_page(place: Place, expected: str) -> None:
    assert place.href("plans.html") == expected


def test_files_beside_the_site_are_reached_from_both() -> None:
    assert Place("targets/T.html", "zh").download("台账.xlsx") == "../../台账.xlsx"
    assert Place("targets/T.html", "zh", served=True).download("台账.xlsx") == "../out/台账.xlsx"


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        ("0.35", 1, "0.4"),
        ("0.25", 1, "0.2"),
        ("41.993377", 0, "42"),
        ("-6.2", 2, "−6.20"),
        ("60.5", 0, "60"),
        ("", 1, "—"),
    ],
)
def test_what_is_shown_is_rounded_by_the_standard(value: str, places: int, expected: str) -> None:
    assert shown(value, places) == expected


def contrast(one: str, two: str) -> float:
    """WCAG 2.2 contrast ratio, from its definition."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def variables() -> dict[str, str]:
    text = (ASSETS / "qingce.css").read_text("utf-8")
    return {
        name: "#ffffff" if value == "#fff" else value
        for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", text)
    }


@pytest.mark.parametrize(
    ("ink_name", "ground"),
    [
        ("ink", "paper"), ("ink", "ground"), ("ink", "soft"), ("muted", "paper"), ("muted", "ground"),
        ("brand", "paper"),
        ("brand", "ground"), ("brand", "brand-soft"), ("bad", "bad-soft"), ("bad", "paper"), ("warn", "warn-soft"),
        ("warn", "paper"), ("good", "good-soft"), ("wait", "wait-soft"),
    ],
)  # fmt: skip
def test_text_is_read_without_effort(ink_name: str, ground: str) -> None:
    colours = variables()
    assert contrast(colours[ink_name], colours[ground]) >= 4.5


def test_ink_on_a_level_is_the_more_legible(sample: Results) -> None:
    for row in sample["levels"].to_pylist():
        dark, light = (contrast(colour, row["colour"]) for colour in ("#1b1f23", "#ffffff"))
        assert ink(row["colour"]) == ("#1b1f23" if dark >= light else "#ffffff"), row
        assert max(dark, light) >= 4.0


def test_slugs_of_the_sample_do_not_collide(sample: Results) -> None:
    for route in ROUTES:
        listed = list(route.ids(sample))
        assert len({tuple(map(slug, ids)) for ids in listed}) == len(listed), route.pattern
