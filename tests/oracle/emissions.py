"""The slow judge of emission cuts: the general formulas as the guide writes them, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

Given = Mapping[str, Fraction]
MILLION = Fraction(1, 10**6)
FORMULAS: Mapping[str, Callable[[Given], Fraction]] = {
    "wastewater": lambda g: (g["flow_after"] * (g["in_after"] - g["out_after"])
                             - g["flow_before"] * (g["in_before"] - g["out_before"])) * MILLION,
    "reuse": lambda g: g["reuse_increment"] * g["out_after"] * MILLION,
    "closure": lambda g: g["base_emission"] * g["months"] / 12,
    "nox_end": lambda g: g["emission_before"] * (1 - g["conc_after"] / g["conc_before"]),
    "factor": lambda g: g["activity"] * (g["factor_before"] - g["factor_after"]) / 1000,
    "voc_end": lambda g: g["generated"] * (g["capture_after"] * g["removal_after"] * g["runtime_after"]
                                           - g["capture_before"] * g["removal_before"] * g["runtime_before"]) * MILLION,
    "voc_source": lambda g: g["material"] * (g["voc_before"] - g["voc_after"]) / 100
                  * (1 - g["capture_after"] * g["removal_after"] / 10000),
    "mobile": lambda g: g["vehicles"] * g["vkt"] * g["vehicle_factor"] * MILLION,
    "offset": lambda g: g["offset"],
}  # fmt: skip


def case(given: Mapping[str, str]) -> dict[str, str]:
    """A case of an inspector."""
    values = {name: Fraction(text) for name, text in given.items() if name != "formula"}
    found = FORMULAS[given["formula"]](values)
    return {"cut": f"{float(found):f}".rstrip("0").rstrip(".")}
