"""Excel and Word outputs: the ledger, the daily air sheet, the briefing, the monthly sections. 台账与公文."""

from qingce.publish.office.air_daily import write_air_daily
from qingce.publish.office.briefing import write_briefing, write_progress_table
from qingce.publish.office.compare_grid import write_comparison
from qingce.publish.office.consultation import write_consultation
from qingce.publish.office.county_grid import write_county_ranking
from qingce.publish.office.ledger import write_ledger
from qingce.publish.office.section_monthly import write_section_monthly

__all__ = [
    "write_air_daily",
    "write_briefing",
    "write_comparison",
    "write_consultation",
    "write_county_ranking",
    "write_ledger",
    "write_progress_table",
    "write_section_monthly",
]
