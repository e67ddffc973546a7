"""JSON without loss, the one shape of an error, exit statuses."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingce.app.output import as_json, error_dict, exit_status, write_json
from qingce.core.errors import catalogue, complain

STATUS = {"content": 3, "observation": 3, "document": 3, "store": 3, "campaign": 2}


class _Words(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


def made(code: str) -> Exception:
    import string

    row = catalogue()[code]
    names = {
        field
        for text in (row.fact_zh, row.fact_en, row.cure_zh, row.cure_en)
        for _, field, _, _ in string.Formatter().parse(text)
        if field
    }
    return complain(code, "f.csv:7", {name: f"<{name}>" for name in names})


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_error_has_fact_place_cure_and_its_status(code: str) -> None:
    error = made(code)
    body = error_dict(error)  # type: ignore[arg-type]
    assert (body["ok"], body["code"]) == (False, code)
    assert str(body["error"]).endswith("f.csv:7")
    assert all(body[name] for name in ("error", "remedy", "error_en", "remedy_en"))
    assert exit_status(error) == STATUS[catalogue()[code].kind]  # type: ignore[arg-type]
    assert str(error).startswith(f"{code}: ")


def test_values_of_every_type() -> None:
    body = {
        "whole": Decimal("35.000000"),
        "part": Decimal("35.870000"),
        "exact": Fraction(6341, 151),
        "day": date(2026, 5, 31),
        "moment": datetime(2026, 5, 31, 7, tzinfo=UTC),
        "path": Path("a/b"),
        "words": "太原",
        "none": None,
    }
    assert json.loads(as_json(body)) == {
        "whole": 35, "part": 35.87, "exact": "6341/151", "day": "2026-05-31", "moment": "2026-05-31T07:00:00+00:00",
        "path": "a/b", "words": "太原", "none": None,
    }  # fmt: skip
    assert "太原" in as_json(body)


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no JSON form"):
        as_json({"x": {1}})


@given(st.decimals(min_value=-10_000, max_value=10_000, places=6))
def test_a_value_in_millionths_keeps_every_digit(value: Decimal) -> None:
    assert Decimal(str(json.loads(as_json(value)))) == value


def test_to_a_file_or_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"市": 1}, str(tmp_path / "x.json"))
    write_json({"市": 1}, "-")
    written = (tmp_path / "x.json").read_text("utf-8")
    assert capsys.readouterr().out == written
    assert json.loads(written) == {"市": 1}
