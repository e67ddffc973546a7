"""What if: days, months, sites and sections moved by hand; the answer beside the unchanged one. 情景推演。

Nothing is stored. A moved day ahead counts as if it were known: it joins the figure to date and leaves the days left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from qingce.catalog.catalog import Catalog
from qingce.core.errors import complain
from qingce.core.periods import Period
from qingce.core.records import Indicator
from qingce.outlook import SectionOutlook, section_outlook
from qingce.outlook.given import INDEX
from qingce.outlook.question import Question
from qingce.outlook.quotas.sections import Factor
from qingce.outlook.report_outlook import simulated
from qingce.outlook.water.water_index_outlook import INDICES
from qingce.outlook.water.water_outlook import OWN
from qingce.thread.allowances.quotas import SHARES, Months, Stretch, months_left, one_quota, sections_left
from qingce.thread.allowances.quotas_amount import told_amount
from qingce.thread.figures import DAY_VERBS, Daily, Days, column_of, counted, is_bad, percentile, summed
from qingce.thread.status import shown
from qingce.thread.what_if.moves import COUNTS, Move
from qingce.thread.what_if.standing import NOWHERE, Standing, standing_of
from qingce.thread.what_if.whole import Wholes, index_standing, reported_standing

__all__ = ["Answer", "Ground", "Moved", "counted_days", "moved_days", "what_if"]

COMPOSITE = "composite"
_WHOLE = dict.fromkeys(INDICES, index_standing)
"""Verbs of sections whose figure is told as a whole."""
Moved = Mapping[tuple[str, str], Mapping[date, Fraction]]
"""(region, column) → day → value put in its place."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known on a day: region days as they are and as moved or judged anew, site days, section months.

    `sites` are rows of SITE; `wholes` is what figures told as a whole are made of.
    """

    days: Days
    after: Days
    site_days: Days
    months: Mapping[str, Months]
    sites: Sequence[Mapping[str, object]]
    catalog: Catalog
    as_of: date
    wholes: Wholes = field(default_factory=Wholes)


@dataclass(frozen=True, slots=True)
class Answer:
    """One target unchanged and as moved."""

    question: Question
    before: Standing
    after: Standing

    @property
    def changed(self) -> bool:
        """Whether the moves changed anything."""
        return self.before != self.after


def what_if(questions: Iterable[Question], moves: Sequence[Move], ground: Ground) -> tuple[Answer, ...]:
    """Return every question that days, months or reports can answer, as it stands and as the moves would leave it.

    Raises QC400 for a comparison without a single side, QC408 for a month that is over or more days than are left.
    """
    _refuse_what_is_over(moves, ground)
    moved = moved_days(moves, ground)
    months = _moved_months(moves, ground)
    found = []
    for question in questions:
        if not isinstance(question.target_value, Fraction):
            continue
        if whole := _WHOLE.get(question.verb, None if simulated(question) else reported_standing):
            before = whole(question, ground.wholes, (), catalog=ground.catalog, as_of=ground.as_of)
            after = whole(question, ground.wholes, moves, catalog=ground.catalog, as_of=ground.as_of)
        elif question.indicator.medium == "air":
            before = _air(question, ground, ground.days, moved={}, counts=())
            after = _air(question, ground, ground.after, moved=moved, counts=moves)
        else:
            before = _water(question, ground, ground.months)
            after = _water(question, ground, months)
        if (before is not None and after is not None) or not simulated(question):
            found.append(Answer(question, before or NOWHERE, after or NOWHERE))
    return tuple(found)


def _refuse_what_is_over(moves: Sequence[Move], ground: Ground) -> None:
    """Refuse a month of days that is over: its days are known, each can be moved as a day; raises QC408.

    A month of a section and a day that is over are corrections: they stand in the place of what is known.
    """
    for move in moves:
        if move.kind not in ("region", "site", "count") or move.period.start == move.period.end:
            continue
        left, reason = len(_reach(move, ground)), ""
        if not left:
            reason = f"{move.period} 已过（数据截至 {ground.as_of}），已过的日子请一日一日写 the month is over"
        elif move.kind == "count" and move.value > left:
            reason = f"{move.period} 只剩 {left} 天 only {left} days are left"
        if reason:
            raise complain("QC408", words={"move": move.text, "reason": reason})


# --- air -------------------------------------------------------------------------------------------------------------


def moved_days(moves: Sequence[Move], ground: Ground) -> dict[tuple[str, str], dict[date, Fraction]]:
    """Return the days that moves of regions and sites put a value on; a month moves its days after `as_of` only.

    A site moves its county and its city: the others keep their own value of the day, ahead that of the same day last
    year, else their mean of the year so far.
    """
    found: dict[tuple[str, str], dict[date, Fraction]] = {}
    for move in moves:
        if move.kind == "region":
            found.setdefault((move.subject, move.quantity), {}).update(dict.fromkeys(_reach(move, ground), move.value))
        elif move.kind == "site":
            for region, peers in _peers(move, ground).items():
                values = {day: _with_site(move, peers, day, ground=ground) for day in _reach(move, ground)}
                found.setdefault((region, move.quantity), {}).update(values)
    return found


def _reach(move: Move, ground: Ground) -> list[date]:
    """Return the days a move touches: its one day, or of a month the days that are not over."""
    if move.period.start == move.period.end:
        return [move.period.start]
    return [day for day in move.period if day > ground.as_of]


def _peers(move: Move, ground: Ground) -> dict[str, list[str]]:
    """Return the county and the city of an assessed site with their other assessed sites."""
    rows = [row for row in ground.sites if row["kind"] == "air_site" and "评价点" in str(row["roles"])]
    mine = next((row for row in rows if row["site"] == move.subject), None)
    if mine is None:
        return {}
    return {
        str(mine[level]): [str(r["site"]) for r in rows if r[level] == mine[level] and r["site"] != move.subject]
        for level in ("county", "city")
        if mine[level]
    }


def _with_site(move: Move, peers: Sequence[str], day: date, *, ground: Ground) -> Fraction:
    values = [move.value]
    for peer in peers:
        daily = ground.site_days.daily(peer, "measured", move.quantity)
        before = Period(day, day).year_before().start
        year = daily.within(Period(date(ground.as_of.year, 1, 1), ground.as_of))
        total, n = summed(year)
        known = (daily.values.get(day), daily.values.get(before), total / n if n else None)
        values += [value for value in known if value is not None][:1]
    return sum(values, Fraction(0)) / len(values)


def _air(question: Question, ground: Ground, days: Days, *, moved: Moved, counts: Sequence[Move]) -> Standing | None:
    """Return where the worst of a question's regions, or their mean, stands; None where nothing has a figure."""
    standings = []
    for subject in question.places:
        if question.verb == COMPOSITE:
            standings += _composite(question, days, subject, ground=ground)
            continue
        column = column_of(question.indicator)
        daily = days.daily(subject, question.series, column)
        extra = {
            **moved.get((subject, column), {}),
            **counted_days(question.indicator, subject, counts, ground=ground),
        }
        # a day that is over stands in the table of days already, or is left out of this series
        over = daily.values if column != INDEX else extra
        extra = {day: v for day, v in extra.items() if day in question.period and (day > ground.as_of or day in over)}
        standing = _of_days(question, daily, extra, as_of=ground.as_of)
        if standing is not None:
            standings.append(standing)
    if question.mean:
        return _mean(question, standings)
    low = question.indicator.direction == "lower"
    return max(standings, key=lambda one: (one.value or Fraction(0)) * (1 if low else -1), default=None)


def _mean(question: Question, standings: Sequence[Standing]) -> Standing | None:
    """Return where the mean of all regions stands, as the table of values has it; None while one has no figure."""
    values = [one.value for one in standings if one.value is not None]
    if len(values) < len(question.places):
        return None
    left = any(one.verdict.endswith("_so_far") or one.verdict in ("lost", "safe") for one in standings)
    return standing_of(question, sum(values, Fraction(0)) / len(values), None, left=int(left))


def _composite(question: Question, days: Days, subject: str, *, ground: Ground) -> list[Standing]:
    """Return where a sum of several statistics stands, each over the days of its own quantity; empty without any."""
    from qingce.evaluate.air.indicator_days import subject_days
    from qingce.evaluate.air.indicators import VERBS, ask
    from qingce.evaluate.air.input import day_number

    part, goal = days.part(subject, question.series), question.target_value
    if part is None or not part.num_rows or not isinstance(goal, Fraction):
        return []
    known = subject_days(part, scope=subject, series=question.series)
    asked = ask(
        question.indicator, known, period=question.period, as_of=ground.as_of, catalog=ground.catalog, edition="auto"
    )
    outcome = VERBS[COMPOSITE](asked)
    if outcome.exact is None:
        return []
    left = Stretch(question.period, ground.as_of).left
    done = int((outcome.used & (asked.days.days > day_number(ground.as_of))).sum())
    quota = told_amount(question, outcome.exact, catalog=ground.catalog, over=left == done)
    return [standing_of(question, outcome.exact, quota, left=left - done)]


def counted_days(indicator: Indicator, subject: str, moves: Sequence[Move], *, ground: Ground) -> dict[date, Fraction]:
    """Return days of a month ahead, the first so many beyond the limit that the indicator counts by, the rest at it."""
    found: dict[date, Fraction] = {}
    for move in moves:
        limit = indicator.statistic.get(COUNTS.get(move.quantity, ""))
        if move.kind == "count" and move.subject == subject and isinstance(limit, int | Decimal):
            reach = _reach(move, ground)
            found.update({day: Fraction(limit) + (place < move.value) for place, day in enumerate(reach)})
    return found


def _of_days(question: Question, daily: Daily, moved: Mapping[date, Fraction], *, as_of: date) -> Standing | None:
    stretch = Stretch(question.period, as_of)
    values = sorted({**dict(daily.within(stretch.behind)), **moved}.items())
    left = stretch.left - sum(day > as_of for day in moved)
    value = _figure(question.indicator, values)
    if value is None or not isinstance(question.target_value, Fraction):
        return None
    side = question.target_value, question.comparator
    quota = one_quota(question.indicator, values, side=side, step=question.step, left=left)
    return standing_of(question, value, quota, left=left)


def _figure(indicator: Indicator, values: Sequence[tuple[date, Fraction]]) -> Fraction | None:
    """Return the indicator's figure of daily values, None for a statistic that no single column gives."""
    verb = str(indicator.statistic.get("verb"))
    total, done = summed(values)
    if not done:
        return None
    if verb == "mean":
        return total / done
    if verb == "percentile":
        return percentile([value for _, value in values], indicator)
    if verb in DAY_VERBS:
        return counted(indicator, Fraction(sum(is_bad(indicator, value) for _, value in values)), whole=done)
    return None


# --- water -----------------------------------------------------------------------------------------------------------


def _moved_months(moves: Sequence[Move], ground: Ground) -> dict[str, Months]:
    """Return the section months with the moved ones in their place."""
    found = dict(ground.months)
    for move in moves:
        if move.kind == "section" and move.subject in found:
            mine = found[move.subject]
            factor = {**mine.values.get(move.quantity, {}), f"{move.period.start:%Y-%m}": move.value}
            values = {**mine.values, move.quantity: dict(sorted(factor.items()))}
            found[move.subject] = replace(mine, values=values)
    return found


def _water(question: Question, ground: Ground, months: Mapping[str, Months]) -> Standing | None:
    """Return where a share of sections stands; one section alone stands by its worst factor."""
    statistic = question.indicator.statistic
    goal = question.target_value
    one = statistic.get("at_most", statistic.get("worse_than"))
    if question.verb == "section_class" and isinstance(goal, Fraction):
        one = int(goal)
    if not isinstance(goal, Fraction):
        return None
    found = []
    for section in (name for name in question.places if name in months):
        grade = months[section].target if question.verb == OWN else one
        if grade is not None:
            known, moved = ground.months[section], months[section]
            outlook = _section(known, moved, question=question, ground=ground, grade=str(grade))
            found += [outlook] if outlook.factors else []
    if not found:
        return None
    left = max((factor.quota.remaining for one in found for factor in one.factors if factor.quota), default=0)
    if question.verb in SHARES:
        failing = sum(outlook.failing for outlook in found)
        share = Fraction(100 * (failing if "worse_than" in statistic else len(found) - failing), len(found))
        quota = sections_left((goal, question.comparator), found, step=question.step)
        return standing_of(question, share, quota, left=left)
    return _one_section(found, left, catalog=ground.catalog)


def _one_section(found: Sequence[SectionOutlook], left: int, *, catalog: Catalog) -> Standing:
    """Return where sections held to one class stand: by the worst factor of the worst."""
    worst = max(
        (outlook.deciding[0] for outlook in found if outlook.deciding), key=lambda one: one.strain, default=None
    )
    failing = any(outlook.failing for outlook in found)
    verdict = ("not_met" if failing else "met") + ("_so_far" if left else "")
    if left and any(outlook.certain for outlook in found):
        verdict = "lost"
    elif left and all(outlook.secured for outlook in found):
        verdict = "safe"
    if worst is None:
        return Standing(None, "", None, verdict)
    text = f"{catalog.parameters[worst.parameter].zh} {shown(worst.mean, 3)}"
    return Standing(worst.mean, text, worst.quota, verdict)


def _section(known: Months, moved: Months, *, question: Question, ground: Ground, grade: str) -> SectionOutlook:
    """Judge a section factor by factor: a moved month ahead leaves one month less to come for that factor only."""
    stretch = Stretch(question.period, ground.as_of)
    behind = known.within(stretch.period)
    last = max((month for factor in behind.values() for month in factor), default="")
    left = months_left(stretch) if last else 0
    factors = list[Factor]()
    for parameter, values in moved.within(stretch.period).items():
        ahead = sum(month > last for month in values)
        one = section_outlook(
            known.section,
            {parameter: list(values.values())},
            grade=grade,
            remaining=max(0, left - ahead),
            day=stretch.behind.end,
            catalog=ground.catalog,
            name=known.name,
            place=known.water_kind,
        )
        factors += one.factors
    return SectionOutlook(known.section, known.name, tuple(factors))
