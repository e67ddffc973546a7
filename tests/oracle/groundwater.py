"""The slow judge of groundwater: plain Python, the 93 items of GB/T 14848-2017 typed here and not read from content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

TABLE = """
color 5 5 15 25
odor 0 0 0 0
turbidity 3 3 3 10
visible_matter 0 0 0 0
hardness 150 300 450 650
tds 300 500 1000 2000
sulfate 50 150 250 350
chloride 50 150 250 350
iron 0.1 0.2 0.3 2.0
manganese 0.05 0.05 0.10 1.50
cu 0.01 0.05 1.00 1.50
zn 0.05 0.5 1.00 5.00
aluminium 0.01 0.05 0.20 0.50
volatile_phenol 0.001 0.001 0.002 0.01
las 0 0.1 0.3 0.3
codmn 1.0 2.0 3.0 10.0
nh3n 0.02 0.10 0.50 1.50
sulfide 0.005 0.01 0.02 0.10
sodium 100 150 200 400
total_coliform 3.0 3.0 3.0 100
colony_count 100 100 100 1000
nitrite 0.01 0.10 1.00 4.80
nitrate 2.0 5.0 20.0 30.0
cyanide 0.001 0.01 0.05 0.1
fluoride 1.0 1.0 1.0 2.0
iodide 0.04 0.04 0.08 0.50
hg 0.0001 0.0001 0.001 0.002
as 0.001 0.001 0.01 0.05
se 0.01 0.01 0.01 0.1
cd 0.0001 0.001 0.005 0.01
cr6 0.005 0.01 0.05 0.10
pb 0.005 0.005 0.01 0.10
chloroform 0.5 6 60 300
carbon_tetrachloride 0.5 0.5 2.0 50.0
benzene 0.5 1.0 10.0 120
toluene 0.5 140 700 1400
gross_alpha 0.1 0.1 0.5
gross_beta 0.1 1.0 1.0
beryllium 0.0001 0.0001 0.002 0.06
boron 0.02 0.10 0.50 2.00
antimony 0.0001 0.0005 0.005 0.01
barium 0.01 0.10 0.70 4.00
nickel 0.002 0.002 0.02 0.10
cobalt 0.005 0.005 0.05 0.10
molybdenum 0.001 0.01 0.07 0.15
silver 0.001 0.01 0.05 0.10
thallium 0.0001 0.0001 0.0001 0.001
dichloromethane 1 2 20 500
dichloroethane_12 0.5 3.0 30.0 40.0
trichloroethane_111 0.5 400 2000 4000
trichloroethane_112 0.5 0.5 5.0 60.0
dichloropropane_12 0.5 0.5 5.0 60.0
bromoform 0.5 10.0 100 800
vinyl_chloride 0.5 0.5 5.0 90.0
dichloroethene_11 0.5 3.0 30.0 60.0
dichloroethene_12 0.5 5.0 50.0 60.0
trichloroethene 0.5 7.0 70.0 210
tetrachloroethene 0.5 4.0 40.0 300
chlorobenzene 0.5 60.0 300 600
dichlorobenzene_12 0.5 200 1000 2000
dichlorobenzene_14 0.5 30.0 300 600
trichlorobenzenes 0.5 4.0 20.0 180
ethylbenzene 0.5 30.0 300 600
xylenes 0.5 100 500 1000
styrene 0.5 2.0 20.0 40.0
dinitrotoluene_24 0.1 0.5 5.0 60.0
dinitrotoluene_26 0.1 0.5 5.0 30.0
naphthalene 1 10 100 600
anthracene 1 360 1800 3600
fluoranthene 1 50 240 480
bbf_water 0.1 0.4 4.0 8.0
bap_water 0.002 0.002 0.01 0.50
pcbs 0.05 0.05 0.50 10.0
dehp 3 3 8.0 300
trichlorophenol_246 0.05 20.0 200 300
pentachlorophenol 0.05 0.90 9.0 18.0
hch_total 0.01 0.50 5.00 300
lindane 0.01 0.20 2.00 150
ddt_total 0.01 0.10 1.00 2.00
hexachlorobenzene 0.01 0.10 1.00 2.00
heptachlor 0.01 0.04 0.40 0.80
d_24 0.1 6.0 30.0 150
carbofuran 0.05 1.40 7.00 14.0
aldicarb 0.05 0.60 3.00 30.0
dichlorvos 0.05 0.10 1.00 2.00
parathion_methyl 0.05 4.00 20.0 40.0
malathion 0.05 25.0 250 500
dimethoate 0.05 16.0 80.0 160
chlorpyrifos 0.05 6.00 30.0 60.0
chlorothalonil 0.05 1.00 10.0 150
atrazine 0.05 0.40 2.00 600
glyphosate 0.1 140 700 1400
"""
"""Item and its limits of classes I to IV; what may not be there or not be detected has the limit 0; pH is a range."""
LIMITS = {line.split()[0]: [Fraction(cell) for cell in line.split()[1:]] for line in TABLE.split("\n") if line}
ITEMS = [*list(LIMITS)[:4], "ph", *list(LIMITS)[4:]]
ZERO = ("odor", "visible_matter", "las")


def grade(item: str, value: Fraction) -> int:
    """Class 1 to 5 of one item: the best whose limit it meets."""
    if item == "ph":
        if Fraction("6.5") <= value <= Fraction("8.5"):
            return 1
        return 4 if Fraction("5.5") <= value <= 9 else 5
    met = [number for number, limit in enumerate(LIMITS[item], 1) if value <= limit]
    return min(met, default=len(LIMITS[item]) + 1)


def counted(item: str, value: Fraction | None, limit: Fraction | None, absent: str | None) -> Fraction | None:
    """What a reading counts as: nothing, half its detection limit, or zero where the item must not be there."""
    if absent == "below_detection":
        return Fraction(0) if item in ZERO else None if limit is None else limit / 2
    return None if absent else value


def point(readings: Sequence[tuple[str, Fraction | None, Fraction | None, str | None]]) -> dict[str, object]:
    """One point in one period: mean of each item, its class, the worst, and the items of that class."""
    pots: dict[str, list[Fraction]] = {}
    for item, value, limit, absent in readings:
        number = counted(item, value, limit, absent)
        if number is not None:
            pots.setdefault(item, []).append(number)
    means = {item: sum(found, Fraction(0)) / len(found) for item, found in pots.items()}
    grades = {item: grade(item, mean) for item, mean in means.items()}
    worst = max(grades.values(), default=None)
    deciding = ",".join(item for item in ITEMS if item in grades and grades[item] == worst)
    return {"class": worst, "grades": grades, "means": means, "deciding": deciding or None}


def share(classes: Mapping[str, int | None]) -> tuple[Fraction | None, int, int]:
    """Share of class V [%] of the points with a class, their number, and the points a goal of 25 % allows."""
    judged = [grade for grade in classes.values() if grade is not None]
    five = sum(grade == 5 for grade in judged)
    return (Fraction(100 * five, len(judged)) if judged else None), len(judged), len(judged) * 25 // 100
