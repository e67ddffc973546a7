"""Units are converted at the door or refused with the cure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qingce.core.absence import Review, lowest
from qingce.core.errors import ObservationError
from qingce.core.units import BARE, Unit, Units, plain

UNITS = Units([Unit("mass", "ug/m3", "ug/m3", Decimal(1)), Unit("mass", "ug/m3", "mg/m3", Decimal(1000))])


@pytest.mark.parametrize("text", ["ug/m3", "μg/m³", "µg/m3", "ｕｇ／ｍ３", " ug / m3 "])
def test_printed_units_are_folded(text: str) -> None:
    assert plain(text) == "ug/m3"
    assert UNITS.factor(text, "ug/m3") == 1


def test_a_known_unit_is_converted() -> None:
    assert UNITS.factor("mg/m³", "ug/m3") == 1000


def test_a_wrong_unit_is_refused_with_the_cure() -> None:
    with pytest.raises(ObservationError, match=r"QC203: .*ppb.*f\.csv:7.*mg/m3, ug/m3"):
        UNITS.factor("ppb", "ug/m3", place="f.csv:7")


def test_the_lowest_review_state_wins() -> None:
    assert lowest(["assessed", "preliminary", "national"]) is Review.PRELIMINARY
    assert lowest([]) is None


def test_a_unit_is_printed_as_declared() -> None:
    rows = [("mass", "ug/m3", "μg/m³"), ("index", "index", BARE), ("share", "%", "")]
    shown = Units([Unit(quantity, unit, unit, Decimal(1), shown=printed) for quantity, unit, printed in rows])
    assert [shown.shown(unit) for unit in ("ug/m3", "index", "%", "nobody's")] == ["μg/m³", "", "%", "nobody's"]
