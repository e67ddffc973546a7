"""A target that a later document changed or withdrew is listed with what took its place, and judged no more."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pyarrow as pa
import pytest

from qingce.catalog.catalog import Catalog
from qingce.core.tables import SITE, VALUE, empty
from qingce.thread import REASON_ZH, bind, progress

AS_OF = date(2026, 5, 31)
WORDS = "已由《函》（示例〔2026〕2号）改为 <= 37微克/立方米"


@pytest.mark.parametrize("kind", ["level", "placeholder", "delegated"])
def test_it_is_refused_with_the_words(catalog: Catalog, made: SimpleNamespace, kind: str) -> None:
    reading = made.reading(made.target(kind=kind), made.target(id="T-a-002"))
    first, second = bind(
        [reading], catalog, empty(SITE), region="140100", as_of=AS_OF, superseded={"T-a-001": WORDS}
    )  # fmt: skip
    assert (first.bound, first.reason) == (False, "superseded")
    assert first.reason_text == f"{REASON_ZH['superseded']}（{WORDS}）"
    assert second.reason != "superseded"


def test_its_row_of_progress_says_so(catalog: Catalog, made: SimpleNamespace) -> None:
    reading = made.reading(made.target())
    bindings = bind([reading], catalog, empty(SITE), region="140100", as_of=AS_OF, superseded={"T-a-001": WORDS})
    values: pa.Table = empty(VALUE)
    (row,) = progress(bindings, values, catalog=catalog, as_of=AS_OF).progress.to_pylist()
    assert (row["status"], row["reason"], row["bound"]) == ("unbound", "superseded", False)
    assert WORDS in row["status_text"]
    assert row["quote"] == "细颗粒物（PM2.5）浓度降至39微克/立方米以下"
