"""`qingce outlook`: chances, quotas and warnings of a campaign, kept until something they rest on changes. 研判。"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from filelock import FileLock, Timeout

from qingce import __version__
from qingce.app.campaign import Campaign, read_campaign
from qingce.app.kept import code_digest, read_kept, tree_digest, write_kept
from qingce.app.outlooking.tables import chosen
from qingce.app.outlooking.what_if import answer_moves
from qingce.app.pipeline import PATIENCE, Run
from qingce.app.progress import Steps
from qingce.catalog import load_catalog
from qingce.core.errors import complain
from qingce.core.periods import parse_period
from qingce.publish import Results, read_results
from qingce.publish.views.outlook import beside
from qingce.store import open_book, open_lake

__all__ = ["Ahead", "lines", "look_ahead", "moves_of", "percent", "what_if_lines", "what_if_of"]

_KEPT_DAYS = 16  # answers of as many days are kept
ROOMS = ("core", "catalog", "store", "observe", "evaluate", "outlook", "plans", "thread", "data", "app")
KEPT = ("progress", "quota", "county_shares", "outlook", "outlook_paths", "warnings")
INTERNAL = "内部研判，不作为考核依据 | internal, never part of a score"
NOTHING = (
    "没有可以研判的目标：没有绑定，或到这一天还没有数据 | nothing to look ahead for: no target bound or no data yet"
)
ASIDE = {"": "", "after": "（到期后延续对照）", "early": "（时限未到，今年对照）"}
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is ahead of a campaign on a day: tables by their names in `Results`."""

    campaign: str
    as_of: str
    sample: bool
    tables: Mapping[str, pa.Table]

    def targets(self, target: str = "") -> list[Row]:
        """Return the targets that have a quota or a chance, in their order; raises QC405 for an unknown one."""
        rows: list[Row] = self.tables["progress"].to_pylist()
        if target and target not in {row["target_id"] for row in rows}:
            raise complain("QC405", words={"id": target, "allowed": ", ".join(str(r["target_id"]) for r in rows[:3])})
        asked = set(self.tables["quota"]["target_id"].to_pylist()) | set(chosen(self.tables["outlook"]))
        return [row for row in rows if (row["target_id"] == target if target else row["target_id"] in asked)]

    def to_dict(self, target: str = "") -> dict[str, object]:
        """Return everything as JSON-able facts."""
        names = [str(row["target_id"]) for row in self.targets(target)]
        found: dict[str, object] = {"ok": True, "campaign": self.campaign, "as_of": self.as_of, "note": INTERNAL}
        for name, table in self.tables.items():
            found[name] = [row for row in table.to_pylist() if row["target_id"] in names]
        return found


def look_ahead(folder: Path, *, as_of: str = "", show: bool | None = None) -> Ahead:
    """Return what is ahead; from what was kept if neither data, documents, content nor code have changed.

    An `as_of` before the campaign's sees only the days before it, as they are known now. Raises QC107, QC601–QC603,
    QC620 for a day after the last one judged.
    """
    campaign = read_campaign(folder)
    day = parse_period(as_of).end if as_of else None
    home = folder / ".qingce"
    home.mkdir(exist_ok=True)
    place, key = home / "outlook" / f"ahead-{day or 'now'}", _key(campaign, day)
    found = read_kept(place, key)
    if found is not None:
        return Ahead(campaign.name, str(found[1]["as_of"]), campaign.sample, found[0])
    try:
        with FileLock(home / "build.lock", timeout=PATIENCE):
            key = _key(campaign, day)
            found = read_kept(place, key)  # who held the lock may have answered the very same
            if found is not None:
                return Ahead(campaign.name, str(found[1]["as_of"]), campaign.sample, found[0])
            lake, book = open_lake(campaign.lake), open_book(campaign.book)
            try:
                run = Run(campaign, lake, book=book, steps=Steps(5, show=show))
                known = run.known(day)
                tables = known.tables | run.outlook(known, then=day is not None)
            finally:
                lake.close()
                book.close()
            kept = {name: tables[name] for name in KEPT if name in tables}
            write_kept(place, _key(campaign, day), kept, as_of=known.as_of.isoformat())
            _kept_few(place.parent)
    except Timeout as error:
        raise complain("QC603", str(folder), {"seconds": PATIENCE}) from error
    return Ahead(campaign.name, known.as_of.isoformat(), campaign.sample, kept)


def _key(campaign: Campaign, day: date | None) -> str:
    """Return the digest of all the answer rests on: settings, documents, content, code; data by their stamps."""
    small = [campaign.folder / "campaign.toml", *(plan.file for plan in campaign.plans), *campaign.overlays]
    large = [feed.file for feed in campaign.feeds] + [*campaign.official, *campaign.exceptions]
    large += [campaign.sites] if campaign.sites else []
    book = Path(campaign.book)
    stamps = [f"{file}\0{_stamp(file)}" for path in large for file in ([path] if path.is_file() else path.rglob("*"))]
    # opening the book to read leaves an index of its log, and a log with nothing in it
    beside = [file for file in book.parent.glob(f"{book.name}*") if book.name and not file.name.endswith("-shm")]
    stamps += [f"{file}\0{stamp}" for file in beside if not (stamp := _stamp(file)).startswith("0 ")]
    words = [__version__, str(day), code_digest(ROOMS), tree_digest(small), *sorted(stamps)]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def _kept_few(home: Path) -> None:
    """Remove the answers of all but the last days that were asked."""
    asked = sorted(home.glob("ahead-*"), key=lambda place: place.stat().st_mtime_ns, reverse=True)
    for place in asked[_KEPT_DAYS:]:
        shutil.rmtree(place, ignore_errors=True)


def _stamp(file: Path) -> str:
    try:
        found = file.stat()
    except FileNotFoundError:  # a log that went with its last reader
        return "0 "
    return f"{found.st_size} {found.st_mtime_ns}"


def lines(ahead: Ahead, *, target: str = "") -> Iterator[str]:
    """Yield each target's chance, 10/50/90 and quotas, then what fell most."""
    mark = "　【示例数据】" if ahead.sample else ""
    yield f"{ahead.campaign}　截至 {ahead.as_of}{mark}"
    yield INTERNAL
    found, rows = chosen(ahead.tables["outlook"]), ahead.targets(target)
    run = Results(run={"as_of": ahead.as_of})
    if not rows:
        yield NOTHING
    for row in rows:
        yield ""
        yield f"■ {row['indicator_name']}　{row['scope_name']}　{row['target_text']}　（{row['target_id']}）"
        own = row["own_text"] or row["reason_text"] or "—"
        yield f"  目前 {own}　{row['basis']}"
        yield from _chance(found.get(str(row["target_id"])), aside=ASIDE[beside(row, run)])
        yield from _others(ahead, str(row["target_id"])) if target else ()
        if target:
            yield from _quotas(ahead, target)
        elif row["quota_text"]:
            yield f"  余量 {row['quota_text']}"
    yield from _warned(ahead)


def _chance(row: Row | None, *, aside: str) -> Iterator[str]:
    if row is None:
        return
    model = str(row["model_name"] or row["model"] or "")
    yield f"  研判 {aside}{row['text']}" + (f"（{model}，历史 {row['history']} 年）" if model else "")
    if row["state"] == "ok":
        yield f"  10/50/90：{row['p10_text']} / {row['p50_text']} / {row['p90_text']}"
    if row["reason"] and str(row["reason"]) not in str(row["text"]):
        yield f"  {row['reason']}"


def _others(ahead: Ahead, target: str) -> Iterator[str]:
    """Yield what the models that were not chosen say."""
    for row in ahead.tables["outlook"].to_pylist():
        if row["target_id"] == target and not row["chosen"] and row["state"] == "ok":
            chance = "—" if row["probability"] is None else percent(row["probability"])
            yield f"    {row['model_name']}：{chance}　{row['p10_text']} / {row['p50_text']} / {row['p90_text']}"


def _quotas(ahead: Ahead, target: str) -> Iterator[str]:
    """Yield every quota of a target with its parts."""
    words = {"strict": "严格比较", "rounded": "先修约"}
    for row in ahead.tables["quota"].to_pylist():
        if row["target_id"] == target:
            told = [one for one in str(row["part"]).split("/") if one and one not in str(row["text"])]
            part = f"{'/'.join(told)} " if told else ""
            yield f"  余量 {part}{row['text']}（{words.get(str(row['rule']), row['rule'])}）"


def percent(chance: float) -> str:
    """Write a chance; nothing is called certain that is only so in all futures drawn.

    Examples
    --------
    >>> percent(0.0), percent(0.001), percent(0.47), percent(0.999), percent(1.0)
    ('0%', '小于 1%', '47%', '大于 99%', '100%')
    """
    if chance in (0, 1):  # what exact arithmetic has settled, as the pages say it
        return f"{chance:.0%}"
    whole = int(100 * chance + 1 / 2)
    return "小于 1%" if whole < 1 else "大于 99%" if whole > 99 else f"{whole}%"


def _warned(ahead: Ahead) -> Iterator[str]:
    if "warnings" not in ahead.tables or not ahead.tables["warnings"].num_rows:
        return
    names = {row["target_id"]: row for row in ahead.tables["progress"].to_pylist()}
    yield ""
    yield "■ 预警：一周内把握下降最多 | fell most in a week"
    for row in ahead.tables["warnings"].to_pylist():
        name = names.get(row["target_id"], {}).get("indicator_name", row["target_id"])
        fell = f"{percent(row['week_ago'])} → {percent(row['probability'])}"
        yield f"  {row['rank']}. {name}　{fell}　{row['cause']}　{row['needs']}"


# --- what if ---------------------------------------------------------------------------------------------------------


def moves_of(text: str) -> list[object]:
    """Return the moves of a file (JSON: a list or `{"moves": […]}`; else a move a line) or of the text, by ';'."""
    path = Path(text)
    if "=" in text and not path.is_file():
        return [part for part in text.split(";") if part.strip()]
    if not path.is_file():
        raise complain("QC608", words={"name": text})
    content = path.read_text("utf-8")
    if not content.lstrip().startswith(("[", "{")):
        return [line for line in content.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    import json

    try:
        given = json.loads(content)
    except ValueError as error:
        raise complain("QC620", text, {"field": "JSON", "value": str(error), "expected": '{"moves": […]}'}) from error
    moves = given.get("moves") if isinstance(given, dict) else given
    if not isinstance(moves, list):
        raise complain("QC620", text, {"field": "JSON", "value": content[:40], "expected": '{"moves": […]}'})
    return moves


def what_if_of(folder: Path, text: str) -> dict[str, object]:
    """Answer moves over the last build of a folder; raises QC408, QC605, QC608, QC620."""
    campaign = read_campaign(folder)
    if not (campaign.out / "run.json").exists():
        raise complain("QC605", words={"folder": folder})
    results = read_results(campaign.out)
    return answer_moves(moves_of(text), results, campaign, catalog=load_catalog(campaign.overlays))


def what_if_lines(answer: Mapping[str, object], *, target: str = "") -> Iterator[str]:
    """Yield the moves and the targets that they change, before and after."""
    for move in _list(answer["moves"]):
        yield f"· {move['text']}"
    changed = [row for row in _list(answer["targets"]) if row["changed"] and target in ("", row["target_id"])]
    for row in changed:
        yield ""
        yield f"■ {row['indicator_name']}　{row['scope_name']}　{row['target_text']}　（{row['target_id']}）"
        for name, key in (("不变", "before"), ("情景", "after")):
            side = row[key]
            if isinstance(side, dict):
                yield f"  {name} {side['text']}　{side['verdict_text']}　{side['quota']}{_ahead(side)}"
    yield "" if changed else "没有目标改变 | nothing changes"
    yield str(answer["note"])


def _ahead(side: Row) -> str:
    """Say the chance and 10/50/90 of one side of a what-if; nothing where no outlook was asked or none can be had."""
    chance = side["probability"]
    told = f"　把握 {percent(chance)}" if isinstance(chance, float) else ""
    return told + (f"　10/50/90：{side['p10']} / {side['p50']} / {side['p90']}" if side["p50"] else "")


def _list(value: object) -> Sequence[Row]:
    return value if isinstance(value, list) else []
