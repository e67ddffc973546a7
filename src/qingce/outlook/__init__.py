"""Outlook 研判: where a value will end, and what may still happen until then."""

from qingce.outlook.outlook import outlook_rows
from qingce.outlook.question import OutlookTables, Question
from qingce.outlook.quotas.quota import (
    Quota,
    day_quota,
    mean_quota,
    ozone_today_quota,
    percentile_quota,
    quota_rows,
    section_mean_quota,
    section_quota,
    today_quota,
)
from qingce.outlook.quotas.sections import Factor, SectionOutlook, section_outlook
from qingce.outlook.quotas.sections_month import Watched, month_section_rows
from qingce.outlook.quotas.split import day_parts, mean_parts, split
from qingce.outlook.quotas.today import shared_today_quota, today_quotas
from qingce.outlook.quotas.today_levels import Subject, today_rows
from qingce.outlook.verdict import Bound, bound_of, meets, one_sided

__all__ = [
    "Bound",
    "Factor",
    "OutlookTables",
    "Question",
    "Quota",
    "SectionOutlook",
    "Subject",
    "Watched",
    "bound_of",
    "day_parts",
    "day_quota",
    "mean_parts",
    "mean_quota",
    "meets",
    "month_section_rows",
    "one_sided",
    "outlook_rows",
    "ozone_today_quota",
    "percentile_quota",
    "quota_rows",
    "section_mean_quota",
    "section_outlook",
    "section_quota",
    "shared_today_quota",
    "split",
    "today_quota",
    "today_quotas",
    "today_rows",
]
