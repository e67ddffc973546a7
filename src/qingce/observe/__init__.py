"""Feeds → observations, official values, exceptional events, sites, quality. 监测。"""

from qingce.observe.ingest import Ingest, ingest

__all__ = ["Ingest", "ingest"]
