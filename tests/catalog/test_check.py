"""Every kind of fault, planted in an overlay, is found and named with file and line; the packaged content has none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from qingce.catalog import check_content, load_catalog
from qingce.catalog.check import check_roots
from qingce.catalog.overlay import content_roots
from qingce.core.errors import ContentError
from qingce.core.records import Fault

DATA = content_roots()[0]
TODAY = date(2026, 11, 21)
LIMITS = "parameter,averaging,grade,bound,low,value,unit,edition,start,end,clause,page,words,place,status,question\n"
STANDARD = (
    'code = "{code}"\nfamily = "local"\nzh = "地方标准"\nen = "local"\nmedium = "air"\nsource = "{source}"\n'
    'start = 2027-01-01\nstatus = "verified"\n'
)
INDICATOR = (
    'id = "{id}"\nzh = "{zh}"\nen = "x"\naliases = ["{alias}"]\nmedium = "air"\nbattle = "蓝天"\nunit = "{unit}"\n'
    'direction = "lower"\ndecimals = 0\ndecider = "省厅"\nseries = "measured"\nrounding = "strict"\n'
    'source = "{source}"\nstatus = "verified"\n\n[statistic]\n{statistic}\n'
)


def put(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def limits(root: Path, rows: str, *, source: str = "GB3095-2026") -> Path:
    put(root, "standards/db1/standard.toml", STANDARD.format(code="db1", source=source))
    return put(root, "standards/db1/limits.csv", LIMITS + rows)


def indicator(root: Path, name: str, **words: str) -> Path:
    filled = {"zh": f"名称{name}", "alias": f"别名{name}", "unit": "%", "source": "GB3095-2026"} | words
    filled.setdefault("statistic", 'verb = "none"')
    return put(root, f"indicators/{name}.toml", INDICATOR.format(**{"id": name} | filled))


VARIANT = (
    'id = "m1"\nfamily = "aqi"\nbase = "hj633-2026"\nzh = "m"\nen = "m"\nsource = "HJ633-2026"\n'
    'start = 2030-01-01\nstatus = "verified"\n'
)
PARAMETERS = "id,zh,en,symbol,medium,unit,decimals,aliases,codes,minimum,maximum,source\n"
MEAN = 'verb = "mean"\nparameter = "dust"\nover = "day"\nperiod = "year"\nfamily = "air_statistics"'
ROW = "tsp,annual,2,le,,200,ug/m3,,,,表1,,总悬浮颗粒物,140000,verified,\n"

# name of the fault -> (what plants it, code, file, line, words of the message)
Plant = Callable[[Path], object]
PLANTED: dict[str, tuple[Plant, str, str, int, str]] = {
    "unknown key": (
        lambda root: put(
            root, "standards/db1/standard.toml", STANDARD.format(code="db1", source="GB3095-2026") + "x = 1"
        ),
        "QC102",
        "standards/db1/standard.toml",
        9,
        "“x”",
    ),
    "missing key": (
        lambda root: put(root, "standards/db1/standard.toml", 'code = "db1"\n'),
        "QC103",
        "standards/db1/standard.toml",
        1,
        "“family”",
    ),
    "unknown column": (
        lambda root: put(root, "units.csv", "quantity,inside,unit,factor,zh,colour\nshare,%,pct,1,,red\n"),
        "QC102",
        "units.csv",
        1,
        "“colour”",
    ),
    "missing column": (
        lambda root: put(root, "units.csv", "quantity,inside,unit\n"),
        "QC103",
        "units.csv",
        1,
        "“factor”",
    ),
    "row of the wrong width": (
        lambda root: put(root, "units.csv", "quantity,inside,unit,factor,zh\nshare,%,pct,1\n"),
        "QC101",
        "units.csv",
        2,
        "4 cells, 5 columns",
    ),
    "broken toml": (lambda root: put(root, "sources.toml", '[A]\ntitle = "x\n'), "QC101", "sources.toml", 2, "解析"),
    "bad date in toml": (
        lambda root: put(root, "sources.toml", '[A]\ntitle = "x"\nissued = 2026-02-30\n'),
        "QC101",
        "sources.toml",
        3,
        "解析",
    ),
    "text where a date belongs": (
        lambda root: put(root, "sources.toml", '[A]\ntitle = "x"\nissued = "2026-02-03"\n'),
        "QC107",
        "sources.toml",
        3,
        "YYYY-MM-DD",
    ),
    "bad date in csv": (
        lambda root: limits(root, ROW.replace("ug/m3,,", "ug/m3,,2027-02-30")),
        "QC107",
        "standards/db1/limits.csv",
        2,
        "2027-02-30",
    ),
    "duplicate key in toml": (
        lambda root: put(root, "sources.toml", '[A]\ntitle = "x"\ntitle = "y"\n'),
        "QC101",
        "sources.toml",
        3,
        "解析",
    ),
    "duplicate source": (
        lambda root: put(root, "sources.toml", '\n[GB3095-2026]\ntitle = "again"\n'),
        "QC108",
        "sources.toml",
        2,
        "“GB3095-2026”重复",
    ),
    "duplicate row": (lambda root: limits(root, ROW + ROW), "QC108", "standards/db1/limits.csv", 3, "supersedes"),
    "duplicate unit": (
        lambda root: put(root, "units.csv", "quantity,inside,unit,factor,zh\nshare,%,％,1,\n"),
        "QC108",
        "units.csv",
        2,
        "share/%",
    ),
    "uncited row": (
        lambda root: limits(root, ROW, source="NOWHERE-1"),
        "QC106",
        "standards/db1/standard.toml",
        6,
        "NOWHERE-1",
    ),
    "uncited indicator": (
        lambda root: indicator(root, "a1", source="NOWHERE-2"),
        "QC106",
        "indicators/a1.toml",
        13,
        "NOWHERE-2",
    ),
    "gap in time": (
        lambda root: limits(
            root,
            ROW.replace("ug/m3,,,", "ug/m3,,2027-01-01,2027-12-31") + ROW.replace("ug/m3,,,", "ug/m3,,2028-02-01,"),
        ),
        "QC105",
        "standards/db1/limits.csv",
        3,
        "空档 gap: 2028-01-01 … 2028-01-31",
    ),
    "last row ends while the standard goes on": (
        lambda root: limits(root, ROW.replace("ug/m3,,,", "ug/m3,,2027-01-01,2027-12-31")),
        "QC105",
        "standards/db1/limits.csv",
        2,
        "空档 gap: 2028-01-01 …",
    ),
    "key a section does not have": (
        lambda root: put(root, "methods/m1/method.toml", VARIANT + "\n[index]\nroundng = 1\n"),
        "QC102",
        "methods/m1/method.toml",
        11,
        "“index.roundng”",
    ),
    "overlap in time": (
        lambda root: limits(
            root,
            ROW.replace("ug/m3,,,", "ug/m3,,2027-01-01,2028-12-31") + ROW.replace("ug/m3,,,", "ug/m3,,2028-02-01,"),
        ),
        "QC105",
        "standards/db1/limits.csv",
        3,
        "重叠 overlap: 2028-02-01 … 2028-12-31",
    ),
    "overlap with the packaged rows": (
        lambda root: limits(root, ROW.replace("140000", "").replace("tsp", "pm10")),
        "QC105",
        "standards/db1/limits.csv",
        2,
        "pm10/annual/2",
    ),
    "end before start": (
        lambda root: limits(root, ROW.replace("ug/m3,,,", "ug/m3,,2028-01-01,2027-01-01")),
        "QC105",
        "standards/db1/limits.csv",
        2,
        "2028-01-01 … 2027-01-01",
    ),
    "wrong unit": (
        lambda root: limits(root, ROW.replace("ug/m3", "mg/m3")),
        "QC107",
        "standards/db1/limits.csv",
        2,
        "ug/m3",
    ),
    "unknown unit": (
        lambda root: limits(root, ROW.replace("ug/m3", "ppb")),
        "QC110",
        "standards/db1/limits.csv",
        2,
        "“ppb”",
    ),
    "unknown unit of an indicator": (
        lambda root: indicator(root, "a1", unit="furlong"),
        "QC110",
        "indicators/a1.toml",
        7,
        "“furlong”",
    ),
    "two inside units": (
        lambda root: put(root, "units.csv", "quantity,inside,unit,factor,zh\nshare,‰,‰,1,\n"),
        "QC111",
        "units.csv",
        2,
        "% / ‰",
    ),
    "factor not positive": (
        lambda root: put(root, "units.csv", "quantity,inside,unit,factor,zh\nshare,%,pct,-1,\n"),
        "QC107",
        "units.csv",
        2,
        "> 0",
    ),
    "unknown parameter of a limit": (
        lambda root: limits(root, ROW.replace("tsp", "dust")),
        "QC106",
        "standards/db1/limits.csv",
        2,
        "“dust”",
    ),
    "unknown parameter of an indicator": (
        lambda root: indicator(root, "a1", statistic=MEAN),
        "QC106",
        "indicators/a1.toml",
        18,
        "“dust”",
    ),
    "unknown verb": (
        lambda root: indicator(root, "a1", statistic='verb = "guess"'),
        "QC107",
        "indicators/a1.toml",
        17,
        "“guess”",
    ),
    "verb without its argument": (
        lambda root: indicator(root, "a1", statistic='verb = "mean"'),
        "QC103",
        "indicators/a1.toml",
        17,
        "statistic.parameter",
    ),
    "argument of another verb": (
        lambda root: indicator(root, "a1", statistic='verb = "none"\npercent = 90'),
        "QC102",
        "indicators/a1.toml",
        18,
        "statistic.percent",
    ),
    "an amount that adds up from an unknown year": (
        lambda root: indicator(root, "a1", statistic='verb = "net"\nplus = "pm2_5"\naccumulates = "decade"'),
        "QC107",
        "indicators/a1.toml",
        19,
        "“decade”",
    ),
    "unknown method family": (
        lambda root: indicator(root, "a1", statistic='verb = "composite"\nperiod = "year"\nfamily = "smoke"'),
        "QC106",
        "indicators/a1.toml",
        19,
        "“smoke”",
    ),
    "alias claimed by two": (
        lambda root: (indicator(root, "a1", alias="同一个名字"), indicator(root, "a2", alias="同一{个,}名字")),
        "QC108",
        "indicators/a2.toml",
        4,
        "同一个名字（a1、a2）",
    ),
    "alias of a packaged indicator": (
        lambda root: indicator(root, "a1", alias="PM2.5 年均浓度"),
        "QC108",
        "indicators/a1.toml",
        4,
        "（pm2_5_annual、a1）",
    ),
    "unknown battle": (
        lambda root: put(
            root,
            "indicators/a1.toml",
            INDICATOR.format(
                id="a1", zh="名", alias="名", unit="%", source="GB3095-2026", statistic='verb = "none"'
            ).replace("蓝天", "蓝海"),
        ),
        "QC107",
        "indicators/a1.toml",
        6,
        "蓝海",
    ),
    "id unlike the file": (
        lambda root: indicator(root, "a1", id="a2"),
        "QC107",
        "indicators/a1.toml",
        1,
        "“a2”",
    ),
    "unread without a question": (
        lambda root: limits(root, ROW.replace("verified", "unread")),
        "QC103",
        "standards/db1/limits.csv",
        2,
        "“question”",
    ),
    "unknown bound": (
        lambda root: limits(root, ROW.replace(",le,", ",lt,")),
        "QC107",
        "standards/db1/limits.csv",
        2,
        "“lt”",
    ),
    "range without its low end": (
        lambda root: limits(root, ROW.replace(",le,", ",range,")),
        "QC107",
        "standards/db1/limits.csv",
        2,
        "“low”",
    ),
    "value not a number": (
        lambda root: limits(root, ROW.replace("200", "about 200")),
        "QC107",
        "standards/db1/limits.csv",
        2,
        "about 200",
    ),
    "limits without a standard": (
        lambda root: put(root, "standards/db2/limits.csv", LIMITS + ROW),
        "QC106",
        "standards/db2/limits.csv",
        1,
        "db2/standard",
    ),
    "code unlike the folder": (
        lambda root: put(root, "standards/db3/standard.toml", STANDARD.format(code="db1", source="GB3095-2026")),
        "QC107",
        "standards/db3/standard.toml",
        1,
        "“db1”",
    ),
    "file nobody reads": (
        lambda root: (limits(root, ROW), put(root, "standards/db1/limit.csv", "")),
        "QC102",
        "standards/db1/limit.csv",
        1,
        "limits.csv",
    ),
    "folder nobody reads": (lambda root: put(root, "standard/x.toml", ""), "QC102", "standard", 1, "standards"),
    "not utf-8": (
        lambda root: put(root, "units.csv", "").write_bytes("quantity,inside\n量".encode("gb18030")),
        "QC101",
        "units.csv",
        2,
        "UTF-8",
    ),
    "method of an unknown family": (
        lambda root: put(root, "methods/m1/method.toml", 'id = "m1"\nfamily = "smoke"\n'),
        "QC106",
        "methods/m1/method.toml",
        2,
        "smoke",
    ),
    "method overlapping another": (
        lambda root: put(root, "methods/m1/method.toml", VARIANT.replace('base = "hj633-2026"\n', "")),
        "QC105",
        "methods/m1/method.toml",
        1,
        "重叠 overlap",
    ),
    "table a family does not have": (
        lambda root: (put(root, "methods/m1/method.toml", VARIANT), put(root, "methods/m1/weights.csv", "a\n")),
        "QC102",
        "methods/m1/weights.csv",
        1,
        "weights.csv",
    ),
    "section a family does not have": (
        lambda root: put(root, "methods/m1/method.toml", VARIANT + "\n[colours]\n"),
        "QC102",
        "methods/m1/method.toml",
        10,
        "colours",
    ),
    "section citing nothing": (
        lambda root: put(root, "methods/m1/method.toml", VARIANT + '\n[index]\nsource = "NOWHERE-3"\n'),
        "QC106",
        "methods/m1/method.toml",
        10,
        "NOWHERE-3",
    ),
    "supersedes what is not there": (
        lambda root: put(root, "sources.toml", '[B]\ntitle = "x"\nsupersedes = "A"\n'),
        "QC106",
        "sources.toml",
        1,
        "“A”",
    ),
    "case with a number for a text": (
        lambda root: put(
            root, "standards/gb3095-2026/cases.toml", '[[case]]\nname = "x"\ngiven = { value = 1 }\nexpect = {}\n'
        ),
        "QC107",
        "standards/gb3095-2026/cases.toml",
        3,
        "texts by key",
    ),
    "shared name of two parameters": (
        lambda root: put(root, "parameters.csv", PARAMETERS + "fine,细颗粒物,fine,x,air,ug/m3,0,,,,,GB3095-2026\n"),
        "QC108",
        "parameters.csv",
        2,
        "细颗粒物（pm2_5、fine）",
    ),
}


def copy(target: Path, *leave_out: str) -> Path:
    """A copy of the packaged content without what these tests do not touch."""
    return shutil.copytree(DATA, target, ignore=shutil.ignore_patterns("examples", "phrases", "templates", *leave_out))


@pytest.fixture(scope="module")
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged content without regions and most indicators: a check of it takes a third of the time."""
    root = copy(tmp_path_factory.mktemp("slim") / "data", "regions", "indicators")
    (root / "indicators").mkdir()
    for name in ("pm2_5_annual.toml", "forest_cover.toml"):
        shutil.copy(DATA / "indicators" / name, root / "indicators" / name)
    return root


def found(root: Path, slim: Path = DATA) -> list[Fault]:
    return [fault for fault in check_roots([slim, root], today=TODAY) if not fault.notice]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_file_and_line(name: str, tmp_path: Path, slim: Path) -> None:
    plant, code, file, line, words = PLANTED[name]
    plant(tmp_path)
    faults = found(tmp_path, slim)
    hits = [fault for fault in faults if (fault.code, fault.line) == (code, line) and fault.file.endswith(file)]
    assert hits, faults
    assert any(words in fault.message for fault in hits), hits


def test_the_packaged_content_has_no_fault() -> None:
    assert [str(fault) for fault in check_content(today=TODAY) if not fault.notice] == []


def test_all_faults_are_collected_not_the_first(tmp_path: Path) -> None:
    limits(tmp_path, ROW.replace("tsp", "dust") + ROW.replace("200", "many") + ROW.replace(",le,", ",lt,"))
    put(tmp_path, "units.csv", "quantity,inside,unit,factor,zh\nshare,%,pct,no,\nshare,%,pm,-1,\n")
    indicator(tmp_path, "a1", unit="furlong")
    assert [(Path(fault.file).name, fault.line, fault.code) for fault in found(tmp_path)] == [
        ("a1.toml", 7, "QC110"),
        ("limits.csv", 2, "QC106"),
        ("limits.csv", 3, "QC107"),
        ("limits.csv", 4, "QC107"),
        ("units.csv", 2, "QC107"),
        ("units.csv", 3, "QC107"),
    ]


def test_loading_refuses_what_checking_lists(tmp_path: Path) -> None:
    limits(tmp_path, ROW.replace("tsp", "dust"))
    with pytest.raises(ContentError, match=r"QC106: “parameter”引用了不存在的“dust”。.*limits\.csv:2。"):
        _ = load_catalog([tmp_path]).limits


def test_unread_clauses_are_notices_with_their_question() -> None:
    notices = [fault for fault in check_content(today=TODAY) if fault.notice]
    assert {fault.code for fault in notices} == {"QC109"}
    assert any("综合指数" in fault.message and "hj663-2026" in fault.file for fault in notices)
    assert all(fault.line >= 1 and Path(fault.file).is_file() for fault in notices)


def test_a_stale_source_is_a_notice_not_a_fault(tmp_path: Path) -> None:
    put(tmp_path, "sources.toml", '[A]\ntitle = "x"\nchecked_on = 2026-11-20\n\n[B]\ntitle = "y"\n')
    put(tmp_path, "check.toml", "stale_after_days = 400\n")

    def stale(today: date) -> list[tuple[str, int]]:
        faults = check_content([tmp_path], today=today)
        assert all(fault.notice for fault in faults)
        return [(Path(f.file).name, f.line) for f in faults if f.code == "QC112" and str(tmp_path) in f.file]

    assert stale(date(2027, 12, 25)) == [("sources.toml", 5)]  # B was never looked at; A: 400 days
    assert stale(date(2027, 12, 26)) == [("sources.toml", 1), ("sources.toml", 5)]  # 401 days


def test_an_overlay_may_add(tmp_path: Path) -> None:
    limits(tmp_path, ROW)
    indicator(tmp_path, "a1")
    put(tmp_path, "units.csv", "quantity,inside,unit,factor,zh\nshare,%,成,10,成\n")
    assert found(tmp_path) == []
    catalog = load_catalog([tmp_path])
    assert catalog.indicator("a1").zh == "名称a1"
    assert catalog.units.factor("成", "%") == 10


def test_replacing_needs_supersedes(tmp_path: Path) -> None:
    path = indicator(tmp_path, "forest_cover", alias="林木覆盖率", zh="森林覆盖率（本地口径）")
    assert [(fault.code, Path(fault.file).parent) for fault in found(tmp_path)] == [("QC108", path.parent)]
    path.write_text('supersedes = "forest_cover"\n' + path.read_text("utf-8"), "utf-8")
    assert found(tmp_path) == []
    assert load_catalog([tmp_path]).indicator("forest_cover").zh == "森林覆盖率（本地口径）"


def test_a_superseding_limit_row_replaces_the_packaged_one(tmp_path: Path) -> None:
    key = "gb3095-2012/gb3095-2012/tsp/annual/2//2012-02-29"
    row = "tsp,annual,2,le,,199,ug/m3,,,,本地核对,,总悬浮颗粒物 年平均 二级,,verified,"
    put(tmp_path, "standards/gb3095-2012/limits.csv", LIMITS.rstrip() + f",supersedes\n{row},{key}\n")
    assert found(tmp_path) == []
    assert load_catalog([tmp_path]).limit("tsp", "annual", "2", day=date(2020, 1, 1)).value == 199


def test_a_row_lost_from_the_newer_standard_is_a_gap(tmp_path: Path) -> None:
    root = tmp_path / "data"
    copy(root, "regions")
    path = root / "standards/gb3095-2026/limits.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    for stage, code in (("transition", "gap: 2026-03-01 … 2030-12-31"), ("final", "gap: 2031-01-01 …")):
        kept = [
            line for line in lines if not line.startswith(f"pm2_5,day,2,le,,{'60' if stage == 'transition' else '50'},")
        ]
        assert len(kept) == len(lines) - 1
        path.write_text("".join(kept), "utf-8")
        faults = [fault for fault in check_roots([root], today=TODAY) if not fault.notice]
        assert [fault.code for fault in faults] == ["QC105"]
        assert code in faults[0].message


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    faults = found(tmp_path / "nowhere")
    assert [(fault.code, fault.line) for fault in faults] == [("QC106", 1)]


@pytest.mark.parametrize("name", ["sources.toml", "units.csv", "parameters.csv", "standards/gb3838-2002/limits.csv"])
def test_any_cut_of_a_packaged_file_is_noticed(name: str, tmp_path: Path) -> None:
    """Losing the second half of a file is never silent when another file needs it, and never a crash."""
    root = tmp_path / "data"
    copy(root, "regions")
    text = (root / name).read_text("utf-8")
    (root / name).write_text(text[: len(text) // 2], "utf-8")
    assert [fault for fault in check_roots([root], today=TODAY) if not fault.notice]
