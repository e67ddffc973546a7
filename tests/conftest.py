"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine, however loaded: a verdict of the suite is about the code, not about the dice.
# `QINGCE_EXPLORE=1` draws new ones, to search.
settings.register_profile(
    "qingce",
    deadline=None,
    derandomize="QINGCE_EXPLORE" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("qingce")

ROOT = Path(__file__).resolve().parents[1]


def shared_folder() -> Path:
    """Where the shared facts and data stand: `QINGCE_SHARED`, else beside the checkout."""
    return Path(os.environ.get("QINGCE_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared plans and data; missing is a failure in CI and a clear skip elsewhere."""
    folder = shared_folder()
    if folder.is_dir():
        return folder
    message = f"shared data not found at {folder}; set QINGCE_SHARED to run this test"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
