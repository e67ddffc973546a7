"""Every feed reads; a fault in a feed is refused with its file and line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qingce.catalog import check_content, load_catalog
from qingce.catalog.feeds import LAYOUTS, SPANS, check_feeds, read_feeds, recipe_of
from qingce.catalog.overlay import content_roots
from qingce.core.errors import ContentError, QingceError
from qingce.core.records import Feed

CATALOG = load_catalog()
FEEDS = read_feeds(content_roots())

HEAD = 'id = "mine"\nzh = "我的"\nen = "mine"\nlayout = "wide"\nmedium = "air"\n'
COLUMNS = '[columns]\nPM = { parameter = "pm2_5" }\n'


def test_the_shipped_feeds_are_there():
    assert set(FEEDS) >= {
        "canonical-air-wide", "canonical-long", "cnemc-archive-city", "cnemc-archive-site", "water-canonical-long",
        "water-manual-wide", "aqistudy-daily", "capitals-daily-2025", "cnemc-pm25in-hourly", "prsa-beijing",
        "cnemc-water-auto", "register-sites", "register-official", "register-exceptions",
    }  # fmt: skip


@pytest.mark.parametrize("feed", FEEDS.values(), ids=lambda feed: feed.id)
def test_a_feed_says_what_it_is_and_names_known_parameters_and_units(feed: Feed):
    recipe = recipe_of(feed)
    assert feed.zh
    assert feed.en
    assert feed.layout in LAYOUTS
    assert recipe.time.span in SPANS
    assert recipe.time.offset == timedelta(hours=8)
    for name, column in recipe.columns.items():
        parameter = CATALOG.parameters[column.parameter]
        assert column.unit == "" or CATALOG.units.factor(column.unit, parameter.unit, place=name) > 0
    for target in recipe.parameters.values():
        assert target in CATALOG.parameters


@pytest.mark.parametrize(
    "feed", [f for f in FEEDS.values() if f.options["status"] == "unread"], ids=lambda feed: feed.id
)
def test_what_is_not_read_from_the_source_asks_a_question(feed: Feed):
    assert feed.options["question"]


def test_plausible_medians_name_known_parameters():
    recipe = recipe_of(FEEDS["canonical-air-wide"])
    assert set(recipe.medians) | set(recipe.stuck) <= set(CATALOG.parameters)
    assert recipe.medians["co"].high == Decimal(50)


def feed_of(tmp_path: Path, text: str, *, name: str = "mine") -> Feed:
    folder = tmp_path / "feeds"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text, "utf-8")
    return read_feeds((tmp_path,))[name]


def test_an_overlay_feed_reads(tmp_path: Path):
    text = (
        HEAD
        + 'review = "national"\nignore = ["x*"]\n[time]\nlabel = "end"\nspan = "PT1H"\noffset = "+00:00"\n'
        + COLUMNS
    )
    recipe = recipe_of(feed_of(tmp_path, text))
    assert (recipe.time.label, recipe.time.offset) == ("end", timedelta(0))
    assert recipe.values.review == "national"
    assert recipe.columns["PM"].parameter == "pm2_5"


def test_a_choice_of_headers_stands_for_one_key_column(tmp_path: Path):
    recipe = recipe_of(feed_of(tmp_path, HEAD + '[time]\ncolumns = ["年", ["时间", "time"]]\n' + COLUMNS))
    assert recipe.time.columns == (("年",), ("时间", "time"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEAD.replace("wide", "tall") + COLUMNS,
            r"QC107: .*layout.*tall.*mine\.toml:4.*wide \| long \| pivot \| register",
        ),
        (HEAD, r"QC103: .*columns.*mine\.toml"),
        (HEAD + "colour = 1\n" + COLUMNS, r"QC102: .*colour.*mine\.toml:6"),
        (HEAD + COLUMNS + "[time]\nzone = 8\n", r"QC102: .*time\.zone.*mine\.toml:9"),
        (HEAD + COLUMNS + '[time]\nspan = "PT2H"\n', r"QC107: .*span.*PT2H"),
        (HEAD + COLUMNS + '[time]\noffset = "8"\n', r"QC107: .*offset.*\+08:00"),
        (HEAD + COLUMNS + '[time]\nspan = "sample"\nlabel = "end"\n', r"QC107: .*label.*end"),
        (HEAD + COLUMNS + '[time]\nspans = { air = "PT9H" }\n', r"QC107: .*spans.*PT9H"),
        (HEAD + COLUMNS + '[site]\nkind = "county"\n', r"QC107: .*kind.*county.*site \| region"),
        (HEAD + COLUMNS + '[file]\ndelimiter = "|"\n', r"QC107: .*delimiter"),
        (HEAD + COLUMNS + "[values]\nheader_units = 1\n", r"QC107: .*header_units.*true \| false"),
        (HEAD + 'review = "final"\n' + COLUMNS, r"QC107: .*review.*final"),
        (HEAD + '[columns]\nPM = { unit = "x" }\n', r"QC103: .*columns\.PM\.parameter.*mine\.toml:7"),
        (HEAD + '[columns]\nPM = { parameter = "pm2_5", colour = 1 }\n', r"QC102: .*colour.*mine\.toml:7"),
        (HEAD + '[columns]\nPM = { parameter = "pm2_5", scale = 0 }\n', r"QC107: .*scale.*> 0"),
        (HEAD + '[columns]\nPM = { parameter = "pm2_5", span = "week" }\n', r"QC107: .*span.*week"),
        (HEAD + COLUMNS + '[flags]\nX = "perhaps"\n', r"QC107: .*X.*perhaps.*valid \| not_reported"),
        (HEAD + COLUMNS + "[words]\nkind = 1\n", r"QC107: .*kind"),
        (HEAD + "columns = 1\n", r"QC107: .*columns"),
        (HEAD + COLUMNS + "[time]\ncolumns = 1\n", r"QC107: .*columns"),
        (HEAD + COLUMNS + "[time]\ncolumns = [[1]]\n", r"QC107: .*columns"),
        (HEAD + COLUMNS + "[parameters]\nx = 1\n", r"QC107: .*x"),
        (HEAD.replace('"mine"\n', '"other"\n', 1) + COLUMNS, r"QC107: .*id.*other"),
        ("id = 1\nid = 2\n", r"QC101: .*mine\.toml"),
    ],
)
def test_a_faulty_feed_is_refused(tmp_path: Path, text: str, message: str):
    with pytest.raises(ContentError, match=message):
        feed_of(tmp_path, text)


def test_the_same_feed_twice_needs_supersedes(tmp_path: Path):
    roots = [tmp_path / "a", tmp_path / "b"]
    for root in roots:
        (root / "feeds").mkdir(parents=True)
        (root / "feeds/mine.toml").write_text(HEAD + COLUMNS, "utf-8")
    with pytest.raises(ContentError, match=r"QC108: .*mine"):
        read_feeds(roots)
    (roots[1] / "feeds/mine.toml").write_text(HEAD + 'supersedes = "mine"\n' + COLUMNS, "utf-8")
    assert set(read_feeds(roots)) == {"mine"}


def test_faults_are_collected_when_checking(tmp_path: Path):
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds/a.toml").write_text(HEAD, "utf-8")
    (tmp_path / "feeds/b.toml").write_text(HEAD, "utf-8")
    found: list[str] = []
    read_feeds((tmp_path,), report=lambda error: found.append(error.code))
    assert found == ["QC103", "QC103"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("co,5,1,24,reject,,,unread,x", r"QC107: .*median_high.*plausible\.csv:2.*> 5"),
        ("co,1,5,24,shout,,,unread,x", r"QC107: .*shout.*note \| reject"),
        ("co,1,5,24,note,,,guess,x", r"QC107: .*guess"),
    ],
)
def test_plausible_bounds_are_strict(tmp_path: Path, row: str, message: str):
    (tmp_path / "feeds").mkdir()
    header = "parameter,median_low,median_high,at_least,action,stuck_repeats,jump,status,note\n"
    (tmp_path / "feeds/plausible.csv").write_text(header + row + "\n", "utf-8")
    with pytest.raises(ContentError, match=message):
        read_feeds((tmp_path,))


def test_bounds_of_serial_numbers_are_common_or_a_feeds_own(tmp_path: Path):
    (tmp_path / "feeds").mkdir()
    rows = "feed,first,last,status,note\n*,2000-01-01,2059-12-31,unread,x\nmine,2013-01-01,2017-12-31,unread,x\n"
    (tmp_path / "feeds/serials.csv").write_text(rows, "utf-8")
    (tmp_path / "feeds/footers.csv").write_text(
        "word,place,status,note\n合计,whole,unread,x\n注：,start,unread,x\n", "utf-8"
    )
    mine = recipe_of(feed_of(tmp_path, HEAD + COLUMNS)).sheet
    other = recipe_of(feed_of(tmp_path, HEAD.replace('"mine"', '"other"') + COLUMNS, name="other")).sheet
    assert (mine.first, mine.last) == (date(2013, 1, 1), date(2017, 12, 31))
    assert (other.first, other.last) == (date(2000, 1, 1), date(2059, 12, 31))
    assert (mine.footers, mine.remarks, mine.single) == (frozenset({"合计"}), ("注：",), frozenset())


def test_the_shipped_words_of_sums_are_no_names_of_parameters_or_regions():
    sheet = recipe_of(FEEDS["canonical-air-wide"]).sheet
    assert sheet.footers
    for word in sheet.footers:
        assert word not in CATALOG.parameters
        assert not CATALOG.regions.find(word)


@pytest.mark.parametrize(
    ("file", "row", "message"),
    [
        ("serials", "*,2030-01-01,2020-01-01,unread,x", r"QC107: .*last.*serials\.csv:2.*>= 2030-01-01"),
        ("serials", "*,2030-02-30,2040-01-01,unread,x", r"QC107: .*first.*serials\.csv:2.*YYYY-MM-DD"),
        ("serials", "*,,2040-01-01,unread,x", r"QC103: .*first.*serials\.csv:2"),
        ("serials", "*,2000-01-01,2040-01-01,guess,x", r"QC107: .*guess"),
        ("footers", "合计,middle,unread,x", r"QC107: .*middle.*footers\.csv:2.*whole \| start"),
        ("footers", ",whole,unread,x", r"QC103: .*word.*footers\.csv:2"),
        ("footers", "合计,whole,guess,x", r"QC107: .*guess"),
    ],
)
def test_what_sheets_hold_besides_data_is_strict(tmp_path: Path, file: str, row: str, message: str):
    (tmp_path / "feeds").mkdir()
    header = {"serials": "feed,first,last,status,note", "footers": "word,place,status,note"}[file]
    (tmp_path / f"feeds/{file}.csv").write_text(f"{header}\n{row}\n", "utf-8")
    with pytest.raises(ContentError, match=message):
        read_feeds((tmp_path,))


def test_only_a_field_of_a_register_speaks_for_one_row(tmp_path: Path):
    text = HEAD.replace('"wide"', '"register"') + 'single = ["value", "price"]\n[fields]\nvalue = ["值"]\n'
    with pytest.raises(ContentError, match=r"QC107: .*single.*price.*mine\.toml"):
        feed_of(tmp_path, text)
    assert recipe_of(feed_of(tmp_path, text.replace(', "price"', ""))).sheet.single == {"value"}


def test_feeds_are_checked_against_parameters_and_units(tmp_path: Path):
    check_feeds(FEEDS, parameters=CATALOG.parameters, units=CATALOG.units)
    for rule, message in (
        ('"snow"', r"QC106: .*mine\.PM.*snow.*mine\.toml:7"),
        ('"pm2_5", unit = "ppb"', r"QC203: .*ppb.*ug/m3.*mine\.toml:7"),
    ):
        feed = feed_of(tmp_path, HEAD + f"[columns]\nPM = {{ parameter = {rule} }}\n")
        with pytest.raises(QingceError, match=message):
            check_feeds({"mine": feed}, parameters=CATALOG.parameters, units=CATALOG.units)


PLANTED = [
    (HEAD + '[columns]\nPM = { parameter = "snow" }\n', ("QC106", 7, "mine.PM")),
    (HEAD + '[columns]\nCO = { parameter = "co" }\nPM = { parameter = "pm2_5", unit = "ppb" }\n', ("QC203", 8, "ppb")),
    (HEAD + COLUMNS + '[parameters]\n"雪" = "snow"\n', ("QC106", 9, "snow")),
    (
        HEAD.replace('"wide"', '"pivot"') + '[types]\nSO2 = { parameter = "so2", unit = "mg/L" }\n',
        ("QC203", 7, "mg/L"),
    ),
    (HEAD, ("QC103", 1, "columns")),
]


@pytest.mark.parametrize(("text", "fault"), PLANTED, ids=["parameter", "unit", "alias", "type", "section"])
def test_qingce_check_finds_a_planted_fault_of_a_feed(tmp_path: Path, text: str, fault: tuple[str, int, str]):
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds/mine.toml").write_text(text, "utf-8")
    found = [item for item in check_content((tmp_path,)) if not item.notice]
    assert [(item.code, Path(item.file).name, item.line) for item in found] == [(fault[0], "mine.toml", fault[1])]
    assert fault[2] in found[0].message


def test_qingce_check_finds_nothing_in_a_sound_feed(tmp_path: Path):
    (tmp_path / "feeds").mkdir()
    text = HEAD + '[site]\ncity = ["市"]\nroles = "评价点"\n' + COLUMNS
    (tmp_path / "feeds/mine.toml").write_text(text, "utf-8")
    assert [item for item in check_content((tmp_path,)) if not item.notice] == []


def test_the_columns_that_tell_a_city_are_declared(tmp_path: Path):
    text = HEAD + '[site]\nname = ["站名"]\ncity = ["市"]\ncity_name = ["市名"]\nroles = "评价点,国考"\n' + COLUMNS
    rule = recipe_of(feed_of(tmp_path, text)).site
    assert (rule.name, rule.city, rule.city_name, rule.roles) == (("站名",), ("市",), ("市名",), "评价点,国考")
    assert rule.further == (("站名",), ("市",), ("市名",))
    assert recipe_of(feed_of(tmp_path, HEAD + COLUMNS)).site.further == ()


@pytest.mark.parametrize("line", ["city = 1", 'city = "市"', 'roles = ["评价点"]', "name = [1]"])
def test_a_city_column_of_another_kind_is_refused(tmp_path: Path, line: str):
    with pytest.raises(ContentError, match=rf"QC107: .*{line.split()[0]}.*mine\.toml"):
        feed_of(tmp_path, HEAD + f"[site]\n{line}\n" + COLUMNS)


def test_a_feed_no_reader_made_has_no_recipe():
    with pytest.raises(ContentError, match=r"QC107: .*options.*NoneType.*read_feeds"):
        recipe_of(Feed("x", "x", "x", "wide", "air"))
