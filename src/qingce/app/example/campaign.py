"""Write the whole example campaign folder. 写出示例工程。"""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from qingce.app.example.air import make_air, write_air
from qingce.app.example.plan_document import write_plan
from qingce.app.example.story import content, load_story
from qingce.app.example.water import write_water
from qingce.app.example.weather import write_weather

__all__ = ["write_example"]

_PLAN = "云泽市深入打好污染防治攻坚战实施方案.docx"


def write_example(folder: Path, *, seed: int = 20261031) -> None:
    """Write the campaign of the fictional 云泽市: plan, registers, official values, air, weather, river sections.

    The same seed writes the same bytes. Files of the example that already stand there are replaced, others stay.
    """
    story = load_story()
    data = folder / "data"
    for part in (data, folder / "plans"):
        part.mkdir(parents=True, exist_ok=True)
    _copy(content("campaign.toml"), folder / "campaign.toml")
    _copy(content("content"), folder / "content")
    for name in ("sites.csv", "official.csv", "exceptions.csv", "boundaries.geojson"):
        _copy(content(name), data / name)
    _copy(content("points"), data)
    write_plan(folder / "plans" / _PLAN)
    write_air(story, make_air(story, seed=seed), data)
    write_water(story, data, seed=seed)
    write_weather(story, data, seed=seed)


def _copy(source: Traversable, target: Path) -> None:
    """Copy a packaged file, or a folder with all it holds."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        for item in source.iterdir():
            _copy(item, target / item.name)
    else:
        target.write_bytes(source.read_bytes())
