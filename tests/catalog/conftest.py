"""Tests of this room import made data (`evaluate.air_made`) and the slow judges (`oracle.air`) by name."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
