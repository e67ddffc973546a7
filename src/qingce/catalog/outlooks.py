"""Models of the outlook, their back-tested skill and what is known of the spread between years. 研判模型与先验。

`outlook/models/<id>.toml` declares a model: a verb of `qingce.outlook.models` with its numbers. `outlook/spread.csv`
says how much a month differs between years, `outlook/skill.csv` how well each model did, `outlook/history.toml` how
much of the past a model asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from qingce.catalog.overlay import Shelf, content_files
from qingce.catalog.strict import Report, Row, Table, guarded, read_rows, read_table, refuse
from qingce.core.errors import QingceError, complain

__all__ = ["History", "OutlookModel", "Outlooks", "Skill", "Spread", "read_outlooks", "unread_outlooks"]

_HEAD = ("id", "zh", "en", "verb", "order")
_SPREAD = (
    "quantity",
    "month_variance",
    "level_variance",
    "memory",
    "drift",
    "winter",
    "weight",
    "own_month",
    "own_level",
    "own_memory",
    "basis",
    "status",
    "question",
)
_SKILL = ("kind", "model", "month", "crps", "coverage_80", "brier", "scopes", "basis")
_HISTORY = ("cover", "month_days", "level_days", "years", "usable", "independence", "own_weight", "own_trials")
_MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class OutlookModel:
    """One model: `verb` names how it simulates, `options` its numbers; models are shown in `order`.

    A `baseline` says only what comes by itself: others are judged against it.
    """

    id: str
    zh: str
    en: str
    verb: str
    order: int
    options: Mapping[str, object] = field(default_factory=dict)
    note: str = ""
    baseline: bool = False
    place: str = field(default="", compare=False)

    def number(self, key: str) -> float:
        """Return a declared number; raises QC103 where there is none, QC107 for another type."""
        if key not in self.options:
            raise complain("QC103", self.place, {"key": f"options.{key}"})
        value = self.options[key]
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise complain("QC107", self.place, {"key": f"options.{key}", "value": value, "expected": "数字 a number"})
        return float(value)

    def word(self, key: str) -> str:
        """Return a declared word, empty where there is none."""
        return str(self.options.get(key, ""))


@dataclass(frozen=True, slots=True)
class Spread:
    """How the log of a monthly mean differs from the same month a year before: variance of a month, of the level.

    `memory` is the correlation of a month's own difference with that of the month before, `drift` the mean difference
    between years, `winter` how many times more a winter month varies, `weight` the number of months of evidence that
    the figures stand for. The first three are of what all places share, `own_*` of what sets one apart from them.
    """

    month: float
    level: float
    memory: float
    drift: float
    winter: float
    weight: float
    own_month: float
    own_level: float
    own_memory: float

    @property
    def total(self) -> tuple[float, float]:
        """Variance of a month and of the level of one place, of both parts."""
        return self.month + self.own_month, self.level + self.own_level

    def parts(self) -> tuple[Spread, Spread]:
        """Return what all places share and what sets one apart, each as a spread of its own."""
        alone = replace(self, month=self.own_month, level=self.own_level, memory=self.own_memory, drift=0.0)
        return self, alone


@dataclass(frozen=True, slots=True)
class Skill:
    """Back-test of one model for one kind of statistic and month of issue."""

    kind: str
    model: str
    month: int
    crps: float
    coverage: float
    brier: float
    scopes: int


@dataclass(frozen=True, slots=True)
class History:
    """What a model asks of the past: share of the coming days that some year covers, days of a month, and so on."""

    cover: float
    month_days: int
    level_days: int
    years: int
    usable: float
    independence: float
    own_weight: float
    own_trials: int
    winter: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlooks:
    """Everything declared for the outlook."""

    models: Mapping[str, OutlookModel]
    spread: Mapping[str, Spread]
    skill: tuple[Skill, ...]
    history: History

    @property
    def baselines(self) -> tuple[str, ...]:
        """The models that others are judged against, by id."""
        return tuple(model.id for model in self.models.values() if model.baseline)

    def prior(self, quantity: str) -> Spread:
        """Return what is declared of a quantity's spread, that of `other` where it is not named."""
        return self.spread.get(quantity, self.spread["other"])


def read_outlooks(roots: Sequence[Path], report: Report = refuse) -> Outlooks:
    """Read `outlook/`; raises QC101–QC103, QC106–QC108."""
    models = _models(roots, report)
    spread: dict[str, Spread] = {}
    skill: list[Skill] = []
    for path in content_files(roots, "outlook/spread.csv"):
        for row in read_rows(path, required=_SPREAD, report=report):
            with guarded(report):
                spread[row.text("quantity")] = _spread(row)
    for path in content_files(roots, "outlook/skill.csv"):
        for row in read_rows(path, required=_SKILL, report=report):
            with guarded(report):
                skill.append(_skill(row, models))
    return Outlooks(models, spread, tuple(skill), _history(roots, report))


def unread_outlooks(roots: Sequence[Path]) -> Iterator[QingceError]:
    """Yield a notice for every figure of `outlook/spread.csv` whose basis is still open."""
    silent: list[QingceError] = []
    for path in content_files(roots, "outlook/spread.csv"):
        rows = read_rows(path, required=_SPREAD, report=silent.append)
        unread = [row for row in reversed(rows) if row.cells["status"] == "unread"]
        for question, row in {row.cells["question"]: row for row in unread}.items():
            yield complain("QC109", row.place, {"question": question})


def _models(roots: Sequence[Path], report: Report) -> Mapping[str, OutlookModel]:
    shelf: Shelf[OutlookModel] = Shelf(report)
    for path in content_files(roots, "outlook/models/*.toml"):
        table = read_table(path, required=_HEAD, optional=("options", "note", "baseline", "supersedes"), report=report)
        with guarded(report):
            model = _model(table)
            shelf.put(model.id, model, place=table.place("id"), supersedes=table.text("supersedes"))
    return dict(sorted(shelf.items.items(), key=lambda item: (item[1].order, item[0])))


def _model(table: Table) -> OutlookModel:
    name, options = table.text("id"), table.content.get("options", {})
    if table.path.stem != name:
        raise table.wrong("id", name, table.path.stem)
    if not isinstance(options, dict):
        raise table.wrong("options", options, "[options]")
    baseline = table.content.get("baseline", False)
    if not isinstance(baseline, bool):
        words: dict[str, object] = {"key": "baseline", "value": baseline, "expected": "true | false"}
        raise complain("QC107", table.place("baseline"), words)
    return OutlookModel(
        id=name,
        zh=table.text("zh"),
        en=table.text("en"),
        verb=table.text("verb"),
        order=table.whole("order"),
        options=options,
        note=table.text("note"),
        baseline=baseline,
        place=str(table.path),
    )


def _spread(row: Row) -> Spread:
    row.one_of("status", ("verified", "unread"))
    return Spread(*(float(row.decimal(key)) for key in _SPREAD[1:10]))


def _skill(row: Row, models: Mapping[str, OutlookModel]) -> Skill:
    if row.text("model") not in models:
        raise complain("QC106", row.place, {"key": "model", "target": row.text("model")})
    crps, coverage, brier = (float(row.decimal(key)) for key in ("crps", "coverage_80", "brier"))
    return Skill(row.text("kind"), row.text("model"), row.whole("month"), crps, coverage, brier, row.whole("scopes"))


def _history(roots: Sequence[Path], report: Report) -> History:
    found: dict[str, float] = dict.fromkeys(_HISTORY, 0.0)
    winter: tuple[int, ...] = ()
    for path in content_files(roots, "outlook/history.toml"):
        table = read_table(path, required=_HISTORY, optional=("note", "winter"), report=report)
        for key in _HISTORY:
            value = table.content.get(key)
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                found[key] = float(value)
            elif value is not None:
                report(table.wrong(key, value, "数字 a number"))
        months = table.content.get("winter", [])
        if not isinstance(months, list) or any(month not in _MONTHS for month in months):
            expected = "1 至 12 的列表 a list of 1 to 12"
            report(table.wrong("winter", months, expected))
        else:
            winter = tuple(int(month) for month in months)
    return History(
        winter=winter,
        cover=found["cover"],
        month_days=int(found["month_days"]),
        level_days=int(found["level_days"]),
        years=int(found["years"]),
        usable=found["usable"],
        independence=found["independence"],
        own_weight=found["own_weight"],
        own_trials=int(found["own_trials"]),
    )
