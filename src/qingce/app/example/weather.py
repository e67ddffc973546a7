"""Daily weather of the example city: the very calm and wind that move its concentrations. 示例气象数据。"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qingce.app.example.story import MARK, Floats, Noise, Story

__all__ = ["make_weather", "write_weather"]

_HEADER = "site,parameter,time,span,value,unit,note"
_UNITS = {"air_temp": "degC", "humidity": "%", "wind_speed": "m/s"}


def make_weather(story: Story, *, seed: int) -> dict[str, Floats]:
    """Return the mean of each day: temperature [degC], humidity [%] and wind [m/s] from the story's own calm."""
    facts = story.facts["meteorology"]
    count = len(story.days)
    calm = Noise(seed, "weather").walk(count, memory=0.66)  # the stream that the particles follow
    year = (story.days - story.days.astype("datetime64[Y]")).astype(int) / 365.25
    season = np.cos(2 * np.pi * (year - facts["coldest"]))
    chance = {name: Noise(seed, f"meteorology {name}").normal(count) for name in _UNITS}
    return {
        "air_temp": facts["mean_temp"] - facts["swing_temp"] * season + facts["noise_temp"] * chance["air_temp"],
        "humidity": np.clip(
            facts["mean_humidity"] + facts["calm_humidity"] * calm + facts["noise_humidity"] * chance["humidity"],
            5,
            100,
        ),
        "wind_speed": facts["mean_wind"]
        * np.exp(-facts["calm_wind"] * calm + facts["noise_wind"] * chance["wind_speed"]),
    }


def write_weather(story: Story, folder: Path, *, seed: int) -> Path:
    """Write one row a day and parameter as a canonical long table."""
    made, site = make_weather(story, seed=seed), story.facts["meteorology"]["site"]
    lines = [_HEADER]
    for name, unit in _UNITS.items():
        lines += [
            f"{site},{name},{day}T00:00:00{story.facts['offset']},P1D,{value:.1f},{unit},{MARK}"
            for day, value in zip(story.days, made[name], strict=True)
        ]
    path = folder / f"weather-{MARK}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
    return path
