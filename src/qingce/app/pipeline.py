"""The order of a build, nothing else: read, take in, judge, bind, progress, publish. 构建流程。"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock, Timeout

from qingce import __version__
from qingce.app.campaign import Campaign, read_campaign
from qingce.app.comparing import Woven, weave
from qingce.app.ingesting import reader
from qingce.app.intake import Intake, Taken, feed_named, fingerprint
from qingce.app.judging.judged import Judged
from qingce.app.judging.media import point_subjects
from qingce.app.kept import basis, ground, judged_of, points_of
from qingce.app.lists import catalogue_tables
from qingce.app.outlooking.ahead import month_sections_table, today_table
from qingce.app.outlooking.scores import Shelf
from qingce.app.outlooking.tables import cut, feeds_of, kept_outlook, outlook_tables, with_probability
from qingce.app.outlooking.warnings import Around, warning_table
from qingce.app.outlooking.what_if import questions_table
from qingce.app.progress import Steps
from qingce.app.publishing import publish, tidy
from qingce.app.reading import reading_tables
from qingce.app.reviewing import Laid, annotate, lay_over
from qingce.app.sheets import daily_tables, section_classes, today, water_counties
from qingce.catalog import Catalog, load_catalog
from qingce.core.errors import complain
from qingce.core.ports import Book, Lake
from qingce.core.records import Reading
from qingce.core.tables import EXCEPTION, OFFICIAL, SITE, empty
from qingce.observe import read_exceptions, read_official, read_sites
from qingce.outlook.question import Question
from qingce.plans import read_document
from qingce.publish import Results
from qingce.store import open_book, open_lake
from qingce.thread import bind, compute_values, progress

__all__ = ["PATIENCE", "Known", "Run", "build"]

PATIENCE = 600
"""How long a second build waits for the first [s]."""


def build(folder: Path, *, show: bool | None = None) -> Results:
    """Build a campaign folder and return its results; safe to run again after any interruption.

    Raises QC1xx to QC6xx with file and line. A second build at once waits, then raises QC603.
    """
    campaign = read_campaign(folder)
    home = folder / ".qingce"
    home.mkdir(exist_ok=True)
    try:
        with FileLock(home / "build.lock", timeout=PATIENCE):
            tidy(campaign.out)
            lake, book = open_lake(campaign.lake), open_book(campaign.book)
            try:
                return Run(campaign, lake, book=book, steps=Steps(9, show=show)).run()
            finally:
                lake.close()
                book.close()
    except Timeout as error:
        raise complain("QC603", str(folder), {"seconds": PATIENCE}) from error


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a build reads before it judges."""

    sites: pa.Table
    official: pa.Table
    exceptions: pa.Table
    taken: Sequence[Taken]
    rejected: pa.Table


@dataclass(frozen=True, slots=True)
class Known:
    """What a build knows before it looks ahead."""

    laid: Laid
    woven: Woven
    inputs: Inputs
    judged: Judged
    tables: dict[str, pa.Table]
    questions: tuple[Question, ...]
    as_of: date


class Run:
    """One run over an open lake and book."""

    def __init__(self, campaign: Campaign, lake: Lake, *, book: Book, steps: Steps) -> None:
        self.campaign, self.lake, self.book, self.steps = campaign, lake, book, steps
        self.told: list[str] = []
        self.catalog: Catalog = load_catalog(campaign.overlays)
        self.intake = Intake(lake, book, campaign.folder / ".qingce" / "intake")

    def run(self) -> Results:
        """Take every step in order."""
        known = self.known()
        inputs, judged, as_of = known.inputs, known.judged, known.as_of
        tables = dict(known.tables)
        tables |= annotate(reading_tables(known.laid.whole), known.laid) | judged.tables() | dict(known.woven.tables)
        tables |= {"sites": inputs.sites, "official": inputs.official}
        tables |= {"exceptions": inputs.exceptions, "rejected": inputs.rejected}
        tables |= self._daily(inputs, judged, as_of=as_of)
        tables["quota"] = pa.concat_tables([tables["quota"], self._today(inputs, judged, as_of=as_of)])
        tables |= self._ahead(known) | {"questions": questions_table(known.questions)}
        tables |= catalogue_tables(
            self.catalog, as_of=as_of, region=self.campaign.region,
            judged={"d": judged.city_days, "w": judged.months, "p": tables["points"]},
            boundaries=self.campaign.boundaries,
        )  # fmt: skip
        results = Results(tables, self._run_facts(inputs, judged, as_of=as_of, notes=known.laid.notes()))
        return publish(results, self.campaign, lake=self.lake, steps=self.steps)

    def known(self, as_of: date | None = None) -> Known:
        """Read, take in, judge and bind; an earlier `as_of` sees the days before it as they are known now."""
        with self.steps.step("读取规划 reading plans"):
            laid = lay_over(self._read(), self.book)
            woven = weave(laid.readings, self.catalog)
        with self.steps.step("收入数据 taking data in"):
            inputs = self._take_in()
        last = self.campaign.as_of or self._last_day()
        if as_of is not None and as_of > last:
            words = {"field": "as-of", "value": as_of, "expected": f"≤ {last}（评价到的最后一天 the last day judged）"}
            raise complain("QC620", words=words)
        with self.steps.step("按当日标准评价 judging by the editions of the day"):
            judged = judged_of(
                self.campaign, self.lake, (inputs.sites, inputs.exceptions), catalog=self.catalog, as_of=last
            )
        if as_of is not None and as_of < last:
            days, months = cut(judged.city_days, judged.months, as_of=as_of)
            judged = replace(judged, city_days=days, months=months)
        with self.steps.step("绑定与进度 binding and progress"):
            tables, questions = self._progress(laid, inputs, judged, woven=woven, as_of=as_of or last)
        named = point_subjects(tables["points"])
        judged = replace(judged, unlisted=tuple(site for site in judged.unlisted if site not in named))
        return Known(laid, woven, inputs, judged, tables, questions, as_of or last)

    def _read(self) -> list[Reading]:
        """Read every plan; a document number of `campaign.toml` goes before what the text says."""
        readings = []
        for plan in self.campaign.plans:
            reading = read_document(plan.file, self.catalog)
            number = plan.number or reading.document.number
            readings.append(replace(reading, document=replace(reading.document, number=number)))
        return readings

    def _take_in(self) -> Inputs:
        campaign, catalog = self.campaign, self.catalog
        sites, rejected = empty(SITE), None
        if campaign.sites:
            sites, rejected = read_sites(campaign.sites, catalog=catalog, tell=self.told.append)
        refused = [] if rejected is None else [rejected]
        places = {str(code) for name in ("site", "city", "county") for code in sites[name].to_pylist() if code}
        taken = []
        for entry in campaign.feeds:
            feed = feed_named(catalog, entry.feed)
            self.steps.note(f"收入 {entry.file.name}")
            key = fingerprint(entry.file, entry.feed, entry.review or "")
            taken.append(
                self.intake.take(
                    entry.file,
                    key,
                    lambda e=entry, f=feed: reader(  # type: ignore[misc]
                        e.file, f, catalog=catalog, review=e.review, known=places
                    ),
                )
            )
        official = self._listed("official", campaign.official, read_official)
        exceptions = self._listed("exception", campaign.exceptions, read_exceptions)
        return Inputs(sites, official, exceptions, taken, pa.concat_tables([*refused, self.intake.rejected()]))

    def _listed(self, kind: str, files: Sequence[Path], read: object) -> pa.Table:
        """Take in lists of official values or exceptional days and return those in force."""
        for file in files:

            def listed(file: Path = file) -> tuple[str, pa.Table, pa.Table, tuple[str, ...]]:
                notes: list[str] = []
                rows, rejected = read(file, catalog=self.catalog, tell=notes.append)  # type: ignore[operator]
                return kind, _numbered(rows) if kind == "official" else rows, rejected, tuple(notes)

            self.told += self.intake.take(file, fingerprint(file, kind), listed).notes
        found = self.lake.scan(kind)
        return found if found.num_rows else empty(OFFICIAL if kind == "official" else EXCEPTION)

    def _last_day(self) -> date:
        """The last day with data, or today when there is none."""
        last: datetime | None = pc.max(self.lake.extent("observation", ("span",))["last"]).as_py()
        return last.date() if last else datetime.now(UTC).date()

    def _progress(
        self, laid: Laid, inputs: Inputs, judged: Judged, *, woven: Woven, as_of: date
    ) -> tuple[dict[str, pa.Table], tuple[Question, ...]]:
        lists = inputs.sites, inputs.exceptions
        points = points_of(self.campaign, self.lake, lists, catalog=self.catalog, as_of=as_of)
        self.told += points.notes
        bindings = bind(
            laid.readings,
            self.catalog,
            inputs.sites,
            region=self.campaign.region,
            as_of=as_of,
            settings=self.campaign.basis,
            confirmed=laid.confirmed,
            superseded=woven.superseded,
            answered=points.answered,
        )
        bindings = tuple(replace(b, owners=laid.owners.get(b.target.id, b.owners)) for b in bindings)
        values = compute_values(
            bindings, judged.city_days, judged.months, catalog=self.catalog, as_of=as_of, points=points.table
        )
        found = progress(
            bindings,
            values,
            inputs.official,
            catalog=self.catalog,
            as_of=as_of,
            days=judged.city_days,
            section_months=judged.months,
            sites=inputs.sites,
            profiles=self.campaign.quota,
        )
        values = _once(values, section_classes(judged.months, catalog=self.catalog, as_of=as_of))
        tables = {"progress": found.progress, "quota": found.quota, "series": found.series, "values": values}
        tables |= {"county_shares": found.shares, "points": points.table}
        return tables, found.questions

    def _daily(self, inputs: Inputs, judged: Judged, *, as_of: date) -> dict[str, pa.Table]:
        days = judged.site_days, judged.city_days
        found = daily_tables(*days, hours=judged.hours, sites=inputs.sites, catalog=self.catalog, as_of=as_of)
        return found | water_counties(judged.months, inputs.sites, catalog=self.catalog, as_of=as_of)

    def outlook(self, known: Known, *, then: bool = False) -> dict[str, pa.Table]:
        """Return the outlook of the questions, kept while nothing it rests on has changed, and progress with it.

        What was asked of a day back `then` is kept apart: the next build finds its own again.
        """
        inputs, judged, as_of = known.inputs, known.judged, known.as_of
        rests = basis(self.lake, inputs.sites, inputs.exceptions, overlays=self.campaign.overlays, as_of=as_of)
        kept = self.campaign.folder / ".qingce" / "outlook"
        rests += self.lake.version("forecast") + self.lake.version("official")
        with self.steps.step("研判 what is ahead"):
            found = kept_outlook(
                kept / ("then" if then else "tables"),
                rests,
                known.questions,
                ask=lambda: outlook_tables(
                    known.questions,
                    judged.city_days,
                    judged.months,
                    catalog=self.catalog,
                    as_of=as_of,
                    feeds=feeds_of(self.lake, inputs.sites, catalog=self.catalog, as_of=as_of),
                    shelf=Shelf(
                        kept / f"backtest-{as_of.month:02d}",
                        ground(inputs.sites, inputs.exceptions, overlays=self.campaign.overlays),
                    ),
                    official=inputs.official,
                ),
            )
        around = Around(
            city_days=judged.city_days,
            site_days=judged.site_days,
            hours=judged.hours,
            progress=known.tables["progress"],
            sites=inputs.sites,
            catalog=self.catalog,
            as_of=as_of,
            section_months=judged.months,
            official=inputs.official,
        )
        found["warnings"] = warning_table(found.pop("before"), found["outlook"], known.questions, around=around)
        found["progress"] = with_probability(known.tables["progress"], found["outlook"], as_of=as_of)
        return found

    def _ahead(self, known: Known) -> dict[str, pa.Table]:
        judged, sites, as_of = known.judged, known.inputs.sites, known.as_of
        found = self.outlook(known)
        found["today"] = today_table(judged.hours, sites, catalog=self.catalog, as_of=as_of)
        found["month_sections"] = month_sections_table(
            self.lake,
            judged.months,
            sites,
            official=known.inputs.official,
            catalog=self.catalog,
            as_of=as_of,
            flood=self.campaign.quota.flood,
        )
        return found

    def _today(self, inputs: Inputs, judged: Judged, *, as_of: date) -> pa.Table:
        region = self.campaign.region
        return today(judged.hours, inputs.sites, catalog=self.catalog, as_of=as_of, region=region)

    def _run_facts(self, inputs: Inputs, judged: Judged, *, as_of: date, notes: Sequence[str]) -> Mapping[str, object]:
        told = [*notes, *self.told, *(f"{item.file}：{note}" for item in inputs.taken for note in item.notes)]
        if judged.unlisted:
            names = "、".join(judged.unlisted[:10]) + (" 等" if len(judged.unlisted) > 10 else "")
            told.append(f"{len(judged.unlisted)} 个站点不在站点表中，数据已保存但没有评价：{names}")
        return {
            "campaign": self.campaign.name,
            "region": self.campaign.region,
            "region_name": self.campaign.region_name or self._region_name(),
            "as_of": as_of.isoformat(),
            "built_at": datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
            "sample": self.campaign.sample,
            "version": __version__,
            "heads": {kind: self.lake.version(kind) for kind in ("observation", "official", "exception")},
            "counts": {item.file: item.to_dict() for item in inputs.taken},
            "notes": told,
        }

    def _region_name(self) -> str:
        regions = self.catalog.regions
        return regions.get(self.campaign.region).name if self.campaign.region in regions else ""


def _once(values: pa.Table, more: pa.Table) -> pa.Table:
    """Add the VALUE rows whose id is not there yet."""
    fresh = pc.invert(pc.is_in(more["id"], value_set=values["id"].combine_chunks()))
    return pa.concat_tables([values, more.filter(fresh)])


def _numbered(official: pa.Table) -> pa.Table:
    """Say "" where a document has no number: the number is part of what tells official values apart."""
    place = official.column_names.index("number")
    return official.set_column(place, "number", pc.coalesce(official["number"], pa.scalar("")))
