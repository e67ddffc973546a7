"""Absence is a state with a reason; review is an order of trust. 缺测原因与审核状态。"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["ABSENT_ZH", "Absent", "REVIEW_ZH", "Review", "lowest"]


class Absent(StrEnum):
    """Why a value is not there. Never NaN, never zero."""

    NOT_REPORTED = "not_reported"
    INVALID = "invalid"
    TOO_FEW = "too_few"
    BELOW_DETECTION = "below_detection"
    EXCLUDED_EVENT = "excluded_event"
    NOT_MONITORED = "not_monitored"
    UNREAD_RULE = "unread_rule"


class Review(StrEnum):
    """Review state 审核状态, lowest trust first."""

    REALTIME = "realtime"
    PRELIMINARY = "preliminary"
    PROVINCIAL = "provincial"
    NATIONAL = "national"
    ASSESSED = "assessed"

    @property
    def rank(self) -> int:
        """Place in the order of trust, 0 is lowest."""
        return list(Review).index(self)


ABSENT_ZH = {
    Absent.NOT_REPORTED: "未上报",
    Absent.INVALID: "无效",
    Absent.TOO_FEW: "有效数据不足",
    Absent.BELOW_DETECTION: "未检出",
    Absent.EXCLUDED_EVENT: "例外事件剔除",
    Absent.NOT_MONITORED: "未监测",
    Absent.UNREAD_RULE: "规则未核",
}

REVIEW_ZH = {
    Review.REALTIME: "实时",
    Review.PRELIMINARY: "初审",
    Review.PROVINCIAL: "省复核",
    Review.NATIONAL: "总站审核",
    Review.ASSESSED: "考核认定",
}


def lowest(states: Iterable[str]) -> Review | None:
    """Return the lowest review state among the inputs of a result; None for no input.

    Examples
    --------
    >>> lowest(["national", "realtime"])
    <Review.REALTIME: 'realtime'>
    """
    found = [Review(state) for state in states]
    return min(found, key=lambda state: state.rank) if found else None
