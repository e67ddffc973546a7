"""The rules of the house as checks on source text: who may import whom, shapes, and what must not be written.

    python tools/house_rules.py [ROOT]     prints every breach as `file:line: rule words`, exit status 1 if any

The import table is DESIGN 3. Everything is found by reading the syntax tree; nothing of the package is imported.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "catalog": {"core"},
    "plans": set(),
    "observe": set(),
    "store": set(),
    "evaluate": set(),
    "outlook": {"evaluate"},
    "thread": {"plans", "evaluate", "outlook"},
    "publish": set(),
    "app": {"plans", "observe", "store", "evaluate", "outlook", "thread", "publish"},
}
EVERYBODY = {"core", "catalog"}
ONLY_IN = {
    "duckdb": "store",
    "sqlalchemy": "store",
    "pyspark": "store",
    "sqlite3": "store",
    "psycopg": "store",
    "numba": "evaluate/kernels",
    "highspy": "measures",
    "fastapi": "app",
    "click": "app",
    "uvicorn": "app",
    "pandas": "outlook/models",
}
BAD_NAMES = {"helpers", "utils", "common", "misc", "manager"}
LIMITS = {"file": 600, "function": 50, "positional": 3, "methods": 15, "branches": 10}
BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.BoolOp, ast.match_case)


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach of a rule, with its place."""

    file: Path
    line: int
    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule} {self.words}"


def breaches(package: Path) -> list[Breach]:
    """Return every breach below the package folder (…/src/qingce)."""
    found: list[Breach] = []
    for file in sorted(package.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        inside = file.relative_to(package)
        for rule in (_imports, _names, _shapes, _words):
            found += rule(file, inside, tree)
    return found + _cycles(package)


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every imported module with its line, type-checking blocks included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            if node.module == "qingce":
                yield from ((f"qingce.{alias.name}", node.lineno) for alias in node.names)


def _imports(file: Path, inside: Path, tree: ast.AST) -> Iterator[Breach]:
    room = inside.parts[0].removesuffix(".py")
    for name, line in imported(tree):
        top = name.split(".")[0]
        if top == "qingce" and "." in name and room in MAY_IMPORT:
            other = name.split(".")[1]
            may = MAY_IMPORT[room] | {room} | (EVERYBODY if room not in EVERYBODY else set())
            if other not in may and other != "__version__":
                yield Breach(file, line, "HQ1", f"room {room} may not import {other}")
        where = ONLY_IN.get(top)
        if where and not inside.as_posix().startswith(where):
            yield Breach(file, line, "HQ2", f"{top} may be imported only in {where}")


def _names(file: Path, inside: Path, tree: ast.AST) -> Iterator[Breach]:
    room = inside.parts[0].removesuffix(".py")
    if room not in MAY_IMPORT and room not in {"__init__", "__main__", "data"}:
        yield Breach(file, 1, "HQ3", f"{room} is not a room of the table")
    if BAD_NAMES & {part.removesuffix(".py") for part in inside.parts}:
        yield Breach(file, 1, "HQ4", "name the subject, not helpers, utils, common, misc or manager")
    if inside.parts[0] == "data":
        yield Breach(file, 1, "HQ3", "data/ holds content only, no Python")
    for node in getattr(tree, "body", []):
        if _is_all(node) and isinstance(node.value, ast.List | ast.Tuple):
            names = [e.value for e in node.value.elts if isinstance(e, ast.Constant)]
            if names not in (sorted(names), sorted(names, key=_kind_then_name)):
                yield Breach(file, node.lineno, "HQ5", "__all__ is not sorted")


def _kind_then_name(name: str) -> tuple[int, str]:
    """Order constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def _is_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)


def _shapes(file: Path, inside: Path, tree: ast.AST) -> Iterator[Breach]:
    lines = file.read_text("utf-8").splitlines()
    if len(lines) > LIMITS["file"]:
        yield Breach(file, 1, "HQ6", f"{len(lines)} lines, {LIMITS['file']} allowed")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _function_shape(file, node, lines)
        elif isinstance(node, ast.ClassDef):
            methods = sum(isinstance(item, ast.FunctionDef) for item in node.body)
            if methods > LIMITS["methods"]:
                yield Breach(file, node.lineno, "HQ9", f"class {node.name} has {methods} methods")


def code_lines(node: ast.AST, lines: list[str]) -> int:
    """Count the lines of a function that are code: no blank lines, comments or docstrings."""
    body = list(getattr(node, "body", []))
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    if not body:
        return 0
    last = getattr(node, "end_lineno", body[-1].lineno)
    chosen = (lines[i].strip() for i in range(body[0].lineno - 1, last))
    return sum(1 for text in chosen if text and not text.startswith("#"))


def _function_shape(file: Path, node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> Iterator[Breach]:
    size = code_lines(node, lines)
    if size > LIMITS["function"]:
        yield Breach(file, node.lineno, "HQ7", f"{node.name} has {size} code lines, {LIMITS['function']} allowed")
    given = [a.arg for a in [*node.args.posonlyargs, *node.args.args] if a.arg not in {"self", "cls"}]
    if len(given) > LIMITS["positional"]:
        yield Breach(file, node.lineno, "HQ8", f"{node.name} takes {len(given)} positional arguments")


def _words(file: Path, inside: Path, tree: ast.AST) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call_words(file, inside, node)
        elif isinstance(node, ast.Compare):
            yield from _compared_words(file, inside, node)
        elif isinstance(node, ast.Assert):
            yield Breach(file, node.lineno, "HQ12", "raise a numbered error, assert is gone under -O")


def _call_words(file: Path, inside: Path, node: ast.Call) -> Iterator[Breach]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    rounding = inside.as_posix() == "core/rounding.py"
    if name in {"round", "around", "rint"} and not rounding:
        yield Breach(file, node.lineno, "HQ10", "round() ties differ from GB/T 8170: call round_gbt8170")


def _compared_words(file: Path, inside: Path, node: ast.Compare) -> Iterator[Breach]:
    judged = {"evaluate", "outlook", "thread"}
    values = [node.left, *node.comparators]
    for value in values:
        if not isinstance(value, ast.Constant):
            continue
        if isinstance(value.value, float) and inside.parts[0] in judged:
            yield Breach(file, node.lineno, "HQ11", "limits live in data/standards, not in code")
        text = value.value if isinstance(value.value, str) else ""
        if inside.parts[0] in judged and text.lower().replace(" ", "").startswith(("gb3", "hj6", "gb/t", "hb20")):
            yield Breach(file, node.lineno, "HQ13", "the engine does not know a standard by name")


def _cycles(package: Path) -> list[Breach]:
    """Find import cycles among modules (imports at the top of a file only)."""
    modules = {_module_name(package, file): file for file in package.rglob("*.py")}
    edges = {name: sorted(_top_edges(file, modules)) for name, file in modules.items()}
    state: dict[str, int] = {}
    found: list[Breach] = []

    def visit(name: str, trail: list[str]) -> None:
        state[name] = 1
        for other in edges[name]:
            if state.get(other) == 1:
                loop = " → ".join([*trail[trail.index(other) :], other])
                found.append(Breach(modules[name], 1, "HQ14", f"import cycle {loop}"))
            elif other not in state:
                visit(other, [*trail, other])
        state[name] = 2

    for name in edges:
        if name not in state:
            visit(name, [name])
    return found


def _module_name(package: Path, file: Path) -> str:
    parts = ("qingce", *file.relative_to(package).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _top_edges(file: Path, modules: dict[str, Path]) -> set[str]:
    own = [name for name, other in modules.items() if other == file]
    tree = ast.parse(file.read_text("utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & modules.keys()
            found |= {node.module} & modules.keys() if inner - modules.keys() else set()
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & modules.keys()
    return found - set(own)


def main(arguments: list[str]) -> int:
    """Print the breaches; 1 if there are any."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[1]
    found = breaches(root / "src" / "qingce")
    for breach in found:
        print(breach)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
