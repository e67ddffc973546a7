"""The made campaign and its site, for the tests of pages."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from qingce.publish import Results, write_site


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """The module that makes the sample: its plan's text and where words stand in it."""
    return _load("sample_results")


@pytest.fixture(scope="session")
def sample(made: ModuleType) -> Results:
    """Results with every kind of row and status."""
    results: Results = made.sample_results()
    return results


@pytest.fixture(scope="session")
def site(sample: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole static site, written once."""
    folder = tmp_path_factory.mktemp("campaign") / "out" / "site"
    write_site(sample, folder)
    return folder
