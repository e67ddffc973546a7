"""The lake's rows on Apache Spark: one group together, one kernel call a group, the answer as given. Spark 引擎。

Spark reads the files of the manifest's list and brings the rows of a group together; it never computes. An answer
travels as Arrow IPC bytes, so that no type or digit is translated on the way.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from qingce.core.errors import QingceError, complain
from qingce.store.forms import SPARK, Form, selected
from qingce.store.kinds import ROW, SEQ, Kind, kind_named
from qingce.store.packing import FORM

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Cluster", "Kernel", "Times", "last_known", "on_groups"]

Times = tuple[datetime, datetime]
Kernel = Callable[[pa.Table, Times], pa.Table]
"""Takes the rows of one group, and the first and last time of all: a part is judged over the days of the whole."""
GROUP, PAYLOAD, FAULT = "_group", "payload", "fault"
_ANSWER = f"{GROUP} string, {PAYLOAD} binary, {FAULT} string"
_ORDER = ("known_at", SEQ, ROW)
_PYTHON = re.compile(r"[A-Z]\w*(?:Error|Exception): ")
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "200000",
}
"""Times are naive local time and stay so; a kernel gets its group in few batches."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where Spark runs: `master` as Spark writes it (spark://host:7077, yarn, local[2]) and settings of its own."""

    master: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Call:
    """What a worker does with the rows of one group."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    times: Times
    kernel: Kernel

    def __call__(self, rows: pa.Table) -> pa.Table:
        group = rows[GROUP][0].as_py()
        payload, fault = None, None
        try:
            payload = _bytes(self.kernel(last_known(rows, self.key).select(list(self.columns)), self.times))
        except QingceError as error:
            fault = f"{error.code}\n{error}"
        columns = {GROUP: pa.array([group]), PAYLOAD: pa.array([payload], pa.binary())}
        return pa.table({**columns, FAULT: pa.array([fault], pa.string())})


def on_groups(
    files: Sequence[Path | str],
    groups: Mapping[str, str],
    *,
    kind: str,
    columns: Sequence[str],
    kernel: Kernel,
    cluster: Cluster,
    where: Mapping[str, Sequence[str]] | None = None,
) -> list[pa.Table]:
    """Return the kernel's answer for every group of sites that has rows, in the order of the groups' names.

    `groups` maps each site to its group; rows of other sites are left out, and rows whose key column is not among the
    values of `where`. `kernel` gets the rows in force of one group (`columns`, sorted by the kind's key) and must be
    importable on the workers. Raises QC500, QC528 (PySpark or Java is missing), QC529 (the cluster failed), QC530.
    """
    form = kind_named(kind)
    if not files or not groups:
        return []
    with _session(cluster) as session:
        rows = _rows(session, files, groups, form=form).select(GROUP, *_needed(form, columns))
        for column, values in (where or {}).items():
            rows = rows.where(rows[column].isin(list(values)))
        times = _times(rows, form)
        if times is None:
            return []
        call = _Call(form.key, tuple(columns), times, kernel)

        def judged(group: pa.Table) -> pa.Table:  # Spark counts the parameters of a plain function
            return call(group)

        answers = rows.groupBy(GROUP).applyInArrow(judged, _ANSWER).toArrow()
    return _opened(answers)


def last_known(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    """Return the row of each key that is known last, sorted by key: what a scan of the lake answers."""
    order = [(name, "ascending") for name in (*key, *_ORDER)]
    rows = rows.take(pc.sort_indices(rows, sort_keys=order)).combine_chunks()
    if rows.num_rows < 2:
        return rows
    ends = pa.array([False]).take(pa.array([0] * (rows.num_rows - 1)))
    for name in key:
        column = rows[name].combine_chunks()
        ends = pc.or_(ends, pc.not_equal(column.slice(1), column.slice(0, rows.num_rows - 1)))
    return rows.filter(pa.concat_arrays([ends, pa.array([True])]))


def _needed(form: Kind, columns: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*columns, *form.key, *_ORDER]))


def _rows(session: SparkSession, files: Sequence[Path | str], groups: Mapping[str, str], *, form: Kind) -> DataFrame:
    """Return the rows of the asked sites, each with its group, from files of rows and from packed ones."""
    packed: dict[str, list[str]] = {}
    for file in files:
        packed.setdefault(_form(file), []).append(str(file))
    parts: list[Any] = []
    for text, paths in packed.items():
        read = session.read.parquet(*paths)
        if not text:
            parts.append(read.select(*form.physical.names))
            continue
        read.createOrReplaceTempView("packed")
        for select, there in selected(form, Form.read(text), SPARK):
            parts.append(session.sql(f"{select} FROM packed WHERE {there}"))
    rows = parts[0]
    for part in parts[1:]:
        rows = rows.unionByName(part)
    named = session.createDataFrame(list(groups.items()), f"site string, {GROUP} string")
    return rows.join(named.hint("broadcast"), "site")


def _form(file: Path | str) -> str:
    """Return what a packed file says of its form, nothing for a file of rows."""
    import pyarrow.parquet as pq

    said: dict[bytes, bytes] = pq.read_schema(file).metadata or {}
    return said.get(FORM, b"").decode()


def _times(rows: DataFrame, form: Kind) -> Times | None:
    """Return the first and last time of all rows, None when there is none."""
    from pyspark.sql import functions

    found: Any = rows.agg(functions.min(form.time), functions.max(form.time)).first()
    return None if found is None or found[0] is None else (found[0], found[1])


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _opened(answers: pa.Table) -> list[pa.Table]:
    """Open the groups' answers in the order of their names; raises QC530 for the first that failed."""
    found = []
    for row in answers.take(pc.sort_indices(answers, sort_keys=[(GROUP, "ascending")])).to_pylist():
        if row[FAULT] is not None:
            _, _, text = row[FAULT].partition("\n")
            raise complain("QC530", str(row[GROUP]), {"text": text})
        found.append(pa.ipc.open_stream(row[PAYLOAD]).read_all())
    return found


@contextmanager
def _session(cluster: Cluster) -> Iterator[SparkSession]:
    """Open a session on the cluster and close it again; Spark's own failures become numbered errors."""
    if which("java") is None:
        raise complain("QC528", words={"name": "Java"})
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise complain("QC528", words={"name": "pyspark"}) from error
    session = None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        try:
            builder: Any = SparkSession.builder
            builder = builder.master(cluster.master).appName("qingce")
            for name, value in {**_SETTINGS, **cluster.settings}.items():
                builder = builder.config(name, value)
            session = builder.getOrCreate()
            yield session
        except (PySparkException, Py4JError, RuntimeError) as error:
            raise complain("QC529", words={"master": cluster.master, "reason": _reason(error)}) from error
        finally:
            if session is not None:
                session.stop()


def _reason(error: Exception) -> str:
    """Return the line that says what failed: of a worker's traceback the last, not the Java frames around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if _PYTHON.match(line)]
    return (told or lines or [type(error).__name__])[-1 if told else 0]
