"""Feeds → observations, official values, exceptional events, sites, quality. 监测。"""

from qingce.observe.exceptions import read_exceptions
from qingce.observe.forecasts import read_forecasts
from qingce.observe.glimpse import glimpse
from qingce.observe.ingest import Ingest, ingest, ingest_files
from qingce.observe.official import read_official
from qingce.observe.quality import QUALITY, quality
from qingce.observe.sites import read_sites

__all__ = [
    "Ingest",
    "QUALITY",
    "glimpse",
    "ingest",
    "ingest_files",
    "quality",
    "read_exceptions",
    "read_forecasts",
    "read_official",
    "read_sites",
]
