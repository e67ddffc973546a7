"""Frozen records that cross rooms. 跨室记录。"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

__all__ = [
    "Clause",
    "Deadline",
    "Document",
    "Fault",
    "Feed",
    "Indicator",
    "Limit",
    "Mechanism",
    "Parameter",
    "Reading",
    "Reason",
    "Region",
    "Rejected",
    "Repair",
    "Source",
    "Target",
    "Task",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in content: code, file, line and what is wrong. `notice` faults do not fail a check."""

    code: str
    file: str
    line: int
    message: str
    notice: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the bibliography 出处."""

    key: str
    title: str
    number: str = ""
    issuer: str = ""
    issued: date | None = None
    in_force: date | None = None
    until: date | None = None
    url: str = ""
    checked_on: date | None = None
    status: str = "verified"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One measured quantity 监测参数: inside unit and the decimals in which it is reported."""

    id: str
    zh: str
    en: str
    symbol: str
    medium: str
    unit: str
    decimals: int
    aliases: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    base: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """One dated limit 限值 with its printed words. `bound`: le (cap), ge (floor), range (low..value)."""

    standard: str
    parameter: str
    averaging: str
    grade: str
    value: Decimal
    unit: str
    start: date
    end: date | None
    clause: str
    words: str
    bound: str = "le"
    low: Decimal | None = None
    place: str = ""
    status: str = "verified"
    edition: str = ""
    page: str = ""
    question: str = ""

    def covers(self, day: date) -> bool:
        """Say whether the limit is in force on the day."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One assessed indicator 指标. `statistic` is the declared verb with its arguments."""

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    medium: str
    battle: str
    unit: str
    direction: str
    decimals: int
    decider: str
    series: str
    rounding: str
    statistic: dict[str, object]
    source: str
    status: str = "verified"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """An administrative region 行政区: GB/T 2260 code, dated. `source` is keys of the bibliography joined by ';'."""

    code: str
    name: str
    level: str
    parent: str
    valid_from: date | None = None
    valid_until: date | None = None
    successor: str = ""
    source: str = ""
    document: str = ""
    status: str = "verified"


@dataclass(frozen=True, slots=True)
class Feed:
    """How a foreign file becomes observations: `data/feeds/<id>.toml`, translated at the door."""

    id: str
    zh: str
    en: str
    layout: str
    medium: str
    options: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One cell that could not be taken in."""

    file: str
    sheet: str
    line: int
    column: str
    text: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that assigns work; `text` is never changed, offsets are characters in it."""

    id: str
    title: str
    issuer: str
    level: str
    date: str
    sha256: str
    text: str
    number: str = ""
    kind: str = "plan"
    file: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A node of the clause tree 条款; `path` is its markers joined by '/'."""

    id: str
    path: str
    marker: str
    title: str
    start: int
    end: int
    level: int = 1
    battle: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field was read so: the words and the rule."""

    field: str
    words: str
    start: int
    rule: str


@dataclass(frozen=True, slots=True)
class Target:
    """A quantified promise 目标. `value` is a Decimal, a pair for a range, or None."""

    id: str
    quote: str
    start: int
    end: int
    indicator: str
    indicator_id: str
    scope: str
    comparator: str
    value: Decimal | tuple[Decimal, Decimal] | None
    value_text: str
    value_start: int | None
    unit: str
    base_year: int | None
    deadline: str
    strength: str
    kind: str
    clause: str
    battle: str = ""
    confidence: float = 1.0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date that binds 时限, normalised as DESIGN 8 says."""

    quote: str
    start: int
    end: int
    date: str
    kind: str
    action: str


@dataclass(frozen=True, slots=True)
class Task:
    """A numbered section or item 任务 with its units."""

    path: str
    title: str
    start: int
    end: int
    lead_units: tuple[str, ...]
    support_units: tuple[str, ...]
    responsible_units: tuple[str, ...]
    measures: tuple[str, ...] = ()
    deadline: str = ""
    battle: str = ""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A named system or mechanism 制度机制 that the text mentions."""

    term: str
    start: int
    end: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Repair:
    """Damage of the text and its right reading 修复; the document's text itself stays."""

    start: int
    end: int
    before: str
    after: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read from one document."""

    document: Document
    clauses: tuple[Clause, ...]
    targets: tuple[Target, ...]
    deadlines: tuple[Deadline, ...]
    tasks: tuple[Task, ...]
    mechanisms: tuple[Mechanism, ...]
    repairs: tuple[Repair, ...]
