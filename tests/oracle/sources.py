"""The slow judge of drinking-water sources: tables 2 and 3 of GB 3838-2002 typed here in mg/L as printed."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tests.oracle import groundwater, water

SUPPLY = """
sulfate 250 milli
chloride 250 milli
nitrate 10 milli
iron 0.3 milli
manganese 0.1 milli
chloroform 0.06 micro
carbon_tetrachloride 0.002 micro
bromoform 0.1 micro
dichloromethane 0.02 micro
dichloroethane_12 0.03 micro
epichlorohydrin 0.02 micro
vinyl_chloride 0.005 micro
dichloroethene_11 0.03 micro
dichloroethene_12 0.05 micro
trichloroethene 0.07 micro
tetrachloroethene 0.04 micro
chloroprene 0.002 micro
hexachlorobutadiene 0.0006 micro
styrene 0.02 micro
formaldehyde 0.9 micro
acetaldehyde 0.05 micro
acrolein 0.1 micro
chloral 0.01 micro
benzene 0.01 micro
toluene 0.7 micro
ethylbenzene 0.3 micro
xylenes 0.5 micro
cumene 0.25 micro
chlorobenzene 0.3 micro
dichlorobenzene_12 1.0 micro
dichlorobenzene_14 0.3 micro
trichlorobenzenes 0.02 micro
tetrachlorobenzenes 0.02 micro
hexachlorobenzene 0.05 micro
nitrobenzene 0.017 micro
dinitrobenzenes 0.5 micro
dinitrotoluene_24 0.0003 micro
tnt 0.5 micro
nitrochlorobenzenes 0.05 micro
dinitrochlorobenzene_24 0.5 micro
dichlorophenol_24 0.093 micro
trichlorophenol_246 0.2 micro
pentachlorophenol 0.009 micro
aniline 0.1 micro
benzidine 0.0002 micro
acrylamide 0.0005 micro
acrylonitrile 0.1 micro
dbp 0.003 micro
dehp 0.008 micro
hydrazine_hydrate 0.01 micro
tetraethyl_lead 0.0001 micro
pyridine 0.2 micro
turpentine 0.2 micro
picric_acid 0.5 micro
butyl_xanthate 0.005 micro
active_chlorine 0.01 micro
ddt_total 0.001 micro
lindane 0.002 micro
heptachlor_epoxide 0.0002 micro
parathion 0.003 micro
parathion_methyl 0.002 micro
malathion 0.05 micro
dimethoate 0.08 micro
dichlorvos 0.05 micro
trichlorfon 0.05 micro
demeton 0.03 micro
chlorothalonil 0.01 micro
carbaryl 0.05 micro
deltamethrin 0.02 micro
atrazine 0.003 micro
bap_water 0.0000028 micro
methylmercury 0.000001 micro
pcbs 0.00002 micro
microcystin_lr 0.001 micro
white_phosphorus 0.003 micro
molybdenum 0.07 milli
cobalt 1.0 milli
beryllium 0.002 milli
boron 0.5 milli
antimony 0.005 milli
nickel 0.02 milli
barium 0.7 milli
vanadium 0.05 milli
titanium 0.1 milli
thallium 0.0001 milli
"""
"""Item, limit [mg/L], and whether readings come in mg/L (milli) or µg/L (micro)."""
ROWS = [line.split() for line in SUPPLY.split("\n") if line]
LIMITS = {name: Fraction(limit) * (1000 if unit == "micro" else 1) for name, limit, unit in ROWS}
TABLE1 = [name for name in water.ORDER if name != "cod"]


def keeps(item: str, value: Fraction, kind: str) -> bool | None:
    """Whether a source of a kind keeps an item; None where it is not judged there."""
    if kind == "groundwater":
        if item == "codmn" or item in groundwater.ITEMS:
            return groundwater.grade(item, value) <= 3
        return None
    if item in TABLE1:
        return water.grade(item, value, kind) <= 3
    return value <= LIMITS[item] if item in LIMITS else None


def source(values: Mapping[str, Fraction], kind: str) -> tuple[bool | None, set[str]]:
    """Whether a source keeps every judged item, and which it breaks."""
    told = {item: keeps(item, value, kind) for item, value in values.items()}
    judged = [kept for kept in told.values() if kept is not None]
    return (all(judged) if judged else None), {item for item, kept in told.items() if kept is False}
