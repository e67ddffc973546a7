"""What a target's comparison means exactly, with the rounding its verdict uses. 判定与修约。"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingce.core.errors import complain
from qingce.core.rounding import Exact, round_gbt8170

__all__ = ["Bound", "ONE_SIDED", "bound_of", "meets", "one_sided"]

ONE_SIDED = ("<=", "<", ">=", ">")
_LEVELS = (*ONE_SIDED, "==", "range")


@dataclass(frozen=True, slots=True)
class Bound:
    """The last exact value that a verdict still accepts: `sense` is `<=` or `>=`; not `inclusive` means just short."""

    value: Fraction
    inclusive: bool
    sense: str

    @property
    def sign(self) -> str:
        """The sign to print: ≤ < ≥ >."""
        return {"<=": ("<", "≤"), ">=": (">", "≥")}[self.sense][self.inclusive]

    def accepts(self, value: Exact) -> bool:
        """Say whether an exact value lies within the bound."""
        given = Fraction(value)
        if given == self.value:
            return self.inclusive
        return given < self.value if self.sense == "<=" else given > self.value


def one_sided(comparator: str, direction: str) -> str:
    """Return the one-sided comparison of a target: `==` means reaching it in the indicator's good direction.

    Raises QC400 for a comparison that has no single side.
    """
    if comparator in ONE_SIDED:
        return comparator
    if comparator == "==" and direction in ("lower", "higher"):
        return "<=" if direction == "lower" else ">="
    words: dict[str, object] = {"comparator": comparator, "what": "剩余允许值 a quota", "allowed": " ".join(ONE_SIDED)}
    raise complain("QC400", words=words)


def bound_of(target: Exact, comparator: str, step: Decimal | None) -> Bound:
    """Return the exact bound of `round(value, step) comparator target`; `step` None compares unrounded.

    A tie rounds to the even neighbour, so the bound itself is accepted only if it rounds to the good side.
    Raises QC400 for a comparison with no single side, QC107 for a step that is no power of ten.

    References
    ----------
    [GBT8170-2008]_ clause 3.2 (rounding), 4.3 (rounded-value comparison 修约值比较法).

    Examples
    --------
    >>> bound_of(39, "<=", Decimal(1))
    Bound(value=Fraction(79, 2), inclusive=False, sense='<=')
    >>> bound_of(60, "<=", Decimal(1)).inclusive
    True
    """
    if comparator not in ONE_SIDED:
        words: dict[str, object] = {
            "comparator": comparator,
            "what": "单侧判定 a bound",
            "allowed": " ".join(ONE_SIDED),
        }
        raise complain("QC400", words=words)
    sense, limit = comparator[0] + "=", Fraction(target)
    if step is None:
        return Bound(limit, comparator.endswith("="), sense)
    round_gbt8170(0, step)
    unit = Fraction(step)
    ratio = limit / unit
    whole = ratio.denominator == 1
    if sense == "<=":
        last = ratio.numerator // ratio.denominator - (comparator == "<" and whole)
        return Bound((last + Fraction(1, 2)) * unit, last % 2 == 0, sense)
    last = -(-ratio.numerator // ratio.denominator) + (comparator == ">" and whole)
    return Bound((last - Fraction(1, 2)) * unit, last % 2 == 0, sense)


def meets(value: Exact, target: Exact | tuple[Exact, Exact], comparator: str, *, step: Decimal | None = None) -> bool:
    """Say whether a value meets its target after the verdict's own rounding (none for `step` None).

    A range is met with its ends included. Raises QC400 for a comparison that is no level.
    """
    seen = Fraction(value if step is None else round_gbt8170(value, step))
    if isinstance(target, tuple):
        return Fraction(target[0]) <= seen <= Fraction(target[1])
    limit = Fraction(target)
    tests = {"<=": seen <= limit, "<": seen < limit, ">=": seen >= limit, ">": seen > limit, "==": seen == limit}
    if comparator not in tests:
        words: dict[str, object] = {"comparator": comparator, "what": "判定 a verdict", "allowed": " ".join(_LEVELS)}
        raise complain("QC400", words=words)
    return tests[comparator]
