"""How fast plans are read, and how well each annotated one: `plans.py --json FILE` (FILE `-` is standard output).

Writes `cold_s` (five plans in a new process, imports and content included), `warm_s` (the slowest plan, read again),
`long_s` (300,000 characters), `compare_s` (every plan with every other, histories followed) and, for each annotated
plan, `f1_<plan>`, `tuple_<plan>`, `deadlines_<plan>`, `tasks_<plan>`. A rule that was fitted to two of the plans and
not to the language shows as a lower figure for the third. For the plans without annotation: `blind_met` of
`blind_cases` readings that their annotators described in words, and `targets_<plan>` with a value, `tasks_read_<plan>`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from qingce.catalog import load_catalog
from qingce.core.records import Reading
from qingce.plans import compare, follow, read_document, read_text, reading_to_dict

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("QINGCE_SHARED", ROOT.parent / "shared"))
LONG = 300_000


def plans() -> list[Path]:
    return sorted((SHARED / "plans").glob("*.txt"))


def cold() -> float:
    """Seconds of a new process that reads the plans."""
    code = (
        "import sys; from pathlib import Path; from qingce.catalog import load_catalog\n"
        "from qingce.plans import read_document\n"
        "catalog = load_catalog()\nfor name in sys.argv[1:]: read_document(Path(name), catalog)"
    )
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *map(str, plans())], check=True)
    return time.perf_counter() - begun


def figures() -> dict[str, float]:
    found = {"cold_s": min(cold() for _ in range(3))}
    catalog = load_catalog()
    for path in plans():
        read_document(path, catalog)
    slowest = 0.0
    for path in plans():
        begun = time.perf_counter()
        read_document(path, catalog)
        slowest = max(slowest, time.perf_counter() - begun)
    found["warm_s"] = slowest
    text = "".join(path.read_text("utf-8") for path in plans())
    begun = time.perf_counter()
    read_text((text * (LONG // len(text) + 1))[:LONG], catalog)
    found["long_s"] = time.perf_counter() - begun
    readings = [read_document(path, catalog) for path in plans()]
    begun = time.perf_counter()
    for first in readings:
        for second in readings:
            compare(first, second)
    follow(readings)
    found["compare_s"] = time.perf_counter() - begun
    for path, reading in zip(plans(), readings, strict=True):
        found |= scores(path) or counts(path, reading)
    return found | blind()


def counts(path: Path, reading: Reading) -> dict[str, float]:
    """How much is read from a plan that nobody annotated."""
    valued = [target for target in reading.targets if target.value is not None]
    return {f"targets_{path.name[:3]}": len(valued), f"tasks_read_{path.name[:3]}": len(reading.tasks)}


def blind() -> dict[str, float]:
    """How many of the described readings of the plans without annotation are met."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/plans/test_blind_cases.py"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    passed, failed = (re.search(rf"(\d+) {word}", told) for word in ("passed", "failed"))
    met, missed = int(passed[1]) if passed else 0, int(failed[1]) if failed else 0
    return {"blind_met": met, "blind_cases": met + missed}


def scores(path: Path) -> dict[str, float]:
    """Figures of the shared scorer for one plan; none for a plan without annotation."""
    name = path.name[:3]
    gold = SHARED / "gold"
    if f'"doc": "{name}"' not in (gold / "targets.jsonl").read_text("utf-8"):
        return {}
    sys.path.insert(0, str(SHARED / "tools"))
    import score_plans

    total: score_plans.Counter[str] = score_plans.Counter()
    read = json.loads(json.dumps(reading_to_dict(read_document(path, load_catalog()))))
    rows = [row for row in score_plans.load(gold / "targets.jsonl") if row["doc"] == name]
    score_plans.score_targets(rows, read["targets"], 0, total)
    score_plans.score_rest(gold, name, read, total)
    return {
        f"f1_{name}": score_plans.prf(total["hit"], total["got"], total["want"])[2],
        f"tuple_{name}": score_plans.prf(total["tuple"], total["got"], total["want"])[2],
        f"deadlines_{name}": score_plans.prf(total["d_hit"], total["d_got"], total["d_want"])[2],
        f"tasks_{name}": score_plans.prf(total["t_hit"], total["t_got"], total["t_want"])[2],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", default="-")
    target = parser.parse_args().json
    shown = json.dumps({name: round(value, 4) for name, value in figures().items()}, indent=2)
    if target == "-":
        print(shown)
    else:
        Path(target).write_text(shown + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
