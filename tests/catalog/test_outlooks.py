"""Models, spread, skill and history of the outlook are content: read strictly, overlaid, refused with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingce.catalog import load_catalog
from qingce.catalog.check import check_content
from qingce.catalog.outlooks import read_outlooks, unread_outlooks
from qingce.core.errors import QingceError

CATALOG = load_catalog()
HISTORY = (
    "cover = 0.75\nmonth_days = 15\nlevel_days = 60\nyears = 5\nusable = 0.5\nindependence = 0.2\nown_weight = 12\n"
    "own_trials = 24\n"
)
SPREAD = (
    "quantity,month_variance,level_variance,memory,drift,winter,weight,own_month,own_level,own_memory,"
    "basis,status,question\n"
)
SKILL = "kind,model,month,crps,coverage_80,brier,scopes,basis\n"


def root(folder: Path, **files: str) -> tuple[Path]:
    for name, text in {"history.toml": HISTORY, **files}.items():
        path = folder / "outlook" / name.replace("__", "/").replace("_toml", ".toml").replace("_csv", ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return (folder,)


def model(**more: str) -> str:
    lines = {"id": '"one"', "zh": '"一"', "en": '"one"', "verb": '"repeat"', "order": "1"} | more
    return "".join(f"{key} = {value}\n" for key, value in lines.items())


def test_packaged_models_stand_in_order() -> None:
    found = CATALOG.outlooks
    assert [item.order for item in found.models.values()] == sorted(item.order for item in found.models.values())
    assert {"same-remaining-mean", "same-anomaly", "season-bootstrap", "season-ar", "month-level"} <= set(found.models)
    assert found.models["season-bootstrap"].number("members") == 400
    assert found.models["same-anomaly"].word("level") == "full"
    assert {"pm2_5", "pm10", "so2", "no2", "co", "o3", "o3_8h", "other"} == set(found.spread)
    for prior in found.spread.values():
        for part in prior.parts():
            assert part.month > 0
            assert part.level > 0
            assert 0 <= part.memory < 1
        assert prior.total == (prior.month + prior.own_month, prior.level + prior.own_level)
        assert prior.parts()[1].drift == 0


def test_the_models_that_others_are_judged_against_say_so_themselves(tmp_path: Path) -> None:
    assert CATALOG.outlooks.baselines == ("same-remaining-mean", "same-anomaly", "report-last", "month-last")
    assert all("members" not in CATALOG.outlooks.models[name].options for name in CATALOG.outlooks.baselines)
    found = read_outlooks(root(tmp_path, models__one_toml=model(baseline="true")))
    assert found.baselines == ("one",)
    assert read_outlooks(root(tmp_path, models__one_toml=model())).baselines == ()


def test_packaged_skill_knows_every_month_and_names_models() -> None:
    skill = CATALOG.outlooks.skill
    assert {(row.kind, row.month) for row in skill} == {(k, m) for k in ("mean", "day_share") for m in range(3, 12)}
    for kind, month in {(row.kind, row.month) for row in skill}:
        rows = {row.model: row for row in skill if (row.kind, row.month) == (kind, month)}
        best = min(rows.values(), key=lambda row: row.crps)
        assert best.model.startswith("season-")
        assert best.brier < min(rows["same-remaining-mean"].brier, rows["same-anomaly"].brier)


def test_what_the_spread_rests_on_is_told_as_open() -> None:
    told = [fault for fault in check_content() if fault.file.endswith("spread.csv")]
    assert told
    assert all(fault.code == "QC109" and fault.notice for fault in told)
    assert any("代表其他城市与年份的程度未核" in str(error) for error in unread_outlooks(CATALOG.roots))


def test_an_overlay_adds_a_model_and_replaces_another(tmp_path: Path) -> None:
    (tmp_path / "outlook/models").mkdir(parents=True)
    (tmp_path / "outlook/models/one.toml").write_text(model(), "utf-8")
    text = model(id='"season-ar"', supersedes='"season-ar"', order="9")
    (tmp_path / "outlook/models/season-ar.toml").write_text(text, "utf-8")
    found = load_catalog([tmp_path]).outlooks
    assert found.models["one"].verb == "repeat"
    assert list(found.models)[-1] == "season-ar"
    assert found.history == CATALOG.outlooks.history


@pytest.mark.parametrize(
    ("files", "want"),
    [
        ({"models__one_toml": model(verbs='"x"')}, r"QC102: .*verbs.*one\.toml:6"),
        ({"models__one_toml": model().replace('verb = "repeat"\n', "")}, r"QC103: .*verb.*one\.toml:1"),
        ({"models__two_toml": model()}, r"QC107: .*one.*two\.toml:1.*two"),
        ({"models__one_toml": model(options='"x"')}, r"QC107: .*options.*one\.toml:6"),
        ({"models__one_toml": model(baseline='"yes"')}, r"QC107: .*baseline.*one\.toml:6.*true"),
        (
            {"spread_csv": SPREAD + "pm2_5,x,0.005,0.15,0,1,4,1,1,0,b,unread,q\n"},
            r"QC107: .*month_variance.*spread\.csv:2",
        ),
        ({"spread_csv": SPREAD + "pm2_5,1,0.005,0.15,0,1,4,1,1,0,b,maybe,q\n"}, r"QC107: .*status.*spread\.csv:2"),
        ({"spread_csv": SPREAD.replace(",winter", "")}, r"QC103: .*winter.*spread\.csv:1"),
        ({"skill_csv": SKILL + "mean,one,3,1,0.8,0.1,9,b\n"}, r"QC106: .*one.*skill\.csv:2"),
        ({"history.toml": HISTORY.replace("cover = 0.75\n", "")}, r"QC103: .*cover.*history\.toml:1"),
        ({"history.toml": HISTORY.replace("0.75", '"much"')}, r"QC107: .*cover.*history\.toml:1"),
        ({"history.toml": HISTORY + "winter = [13]\n"}, r"QC107: .*winter.*history\.toml:9"),
        ({"history.toml": HISTORY + "summer = 1\n"}, r"QC102: .*summer.*history\.toml:9"),
    ],
)
def test_faults_are_refused_with_their_place(tmp_path: Path, files: dict[str, str], want: str) -> None:
    with pytest.raises(QingceError, match=want):
        read_outlooks(root(tmp_path, **files))


def test_a_model_without_a_number_says_which(tmp_path: Path) -> None:
    found = read_outlooks(root(tmp_path, models__one_toml=model() + "[options]\nmembers = true\n")).models["one"]
    with pytest.raises(QingceError, match=r"QC103: .*options\.block_days.*one\.toml"):
        found.number("block_days")
    with pytest.raises(QingceError, match=r"QC107: .*options\.members.*True"):
        found.number("members")
