"""The house rules hold, and each of them can fail."""

from __future__ import annotations

import ast
import importlib.util
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "qingce"
_spec = importlib.util.spec_from_file_location("house_rules", ROOT / "tools" / "house_rules.py")
assert _spec is not None
assert _spec.loader is not None
house = importlib.util.module_from_spec(_spec)
__import__("sys").modules["house_rules"] = house
_spec.loader.exec_module(house)


def test_the_house_is_in_order() -> None:
    assert [str(breach) for breach in house.breaches(PACKAGE)] == []


PLANTED = [
    ("evaluate/x.py", "import duckdb\n", "HQ2 duckdb may be imported only in store"),
    ("plans/x.py", "def f():\n    from qingce.store import lake\n", "HQ1 room plans may not import store"),
    ("core/x.py", "from qingce import catalog\n", "HQ1 room core may not import catalog"),
    ("catalog/x.py", "import qingce.plans\n", "HQ1 room catalog may not import plans"),
    ("publish/x.py", "from qingce.evaluate import air\n", "HQ1 room publish may not import evaluate"),
    ("outlook/x.py", "import pandas\n", "HQ2 pandas may be imported only in outlook/models"),
    ("attic/x.py", "", "HQ3 attic is not a room of the table"),
    ("data/x.py", "", "HQ3 data/ holds content only, no Python"),
    ("plans/utils.py", "", "HQ4 name the subject"),
    ("core/x.py", '__all__ = ["b", "a"]\n', "HQ5 __all__ is not sorted"),
    ("core/x.py", "\n" * 601, "HQ6 601 lines"),
    ("core/x.py", "def f():\n" + "    x = 1\n" * 51, "HQ7 f has 51 code lines"),
    ("core/x.py", "def f(a, b, c, d): ...\n", "HQ8 f takes 4 positional"),
    ("core/x.py", "class A:\n" + "".join(f"    def m{i}(self): ...\n" for i in range(16)), "HQ9 class A has 16"),
    ("evaluate/x.py", "y = round(2.5)\n", "HQ10 round"),
    ("evaluate/x.py", "ok = value <= 35.5\n", "HQ11 limits live in data"),
    ("core/x.py", "def f(a):\n    assert a\n", "HQ12 raise a numbered error"),
    ("evaluate/x.py", 'y = code == "HJ 633"\n', "HQ13 the engine does not know"),
]


@pytest.mark.parametrize(("file", "text", "words"), PLANTED, ids=[f"{w[:4]}-{f}" for f, _, w in PLANTED])
def test_a_planted_breach_is_found(tmp_path: Path, file: str, text: str, words: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text, "utf-8")
    assert any(words in str(breach) for breach in house.breaches(tmp_path))


def test_a_planted_cycle_is_found(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core/a.py").write_text("from qingce.core import b\n")
    (tmp_path / "core/b.py").write_text("from qingce.core.a import x\n")
    assert any("HQ14 import cycle" in str(breach) for breach in house.breaches(tmp_path))


def test_functions_stay_small() -> None:
    sizes = []
    for file in PACKAGE.rglob("*.py"):
        lines = file.read_text("utf-8").splitlines()
        tree = ast.parse("\n".join(lines))
        sizes += [house.code_lines(n, lines) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    assert statistics.quantiles(sizes, n=10)[8] <= 25


def test_there_is_as_much_test_as_code() -> None:
    def lines(folder: Path) -> int:
        return sum(len(file.read_text("utf-8").splitlines()) for file in folder.rglob("*.py"))

    assert lines(ROOT / "tests") >= 0.5 * lines(PACKAGE)
