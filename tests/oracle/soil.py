"""The slow judge of soil: plain Python, GB 15618-2018 and GB 36600-2018 typed here and not read from content."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

SCREENING = """
soil_cd 水田 0.3 0.4 0.6 0.8
soil_cd 其他 0.3 0.3 0.3 0.6
soil_hg 水田 0.5 0.5 0.6 1.0
soil_hg 其他 1.3 1.8 2.4 3.4
soil_as 水田 30 30 25 20
soil_as 其他 40 40 30 25
soil_pb 水田 80 100 140 240
soil_pb 其他 70 90 120 170
soil_cr 水田 250 250 300 350
soil_cr 其他 150 150 200 250
soil_cu 果园 150 150 200 200
soil_cu 其他 50 50 100 100
soil_ni all 60 70 100 190
soil_zn all 200 200 250 300
"""
"""Element, land, screening value for pH up to 5.5, 6.5, 7.5 and beyond [mg/kg]."""
CONTROL = """
soil_cd 1.5 2.0 3.0 4.0
soil_hg 2.0 2.5 4.0 6.0
soil_as 200 150 120 100
soil_pb 400 500 700 1000
soil_cr 800 850 1000 1300
"""
LAND = """
soil_as 20 60 120 140
soil_cd 20 65 47 172
soil_cr6 3.0 5.7 30 78
soil_cu 2000 18000 8000 36000
soil_pb 400 800 800 2500
soil_hg 8 38 33 82
soil_ni 150 900 600 2000
soil_ccl4 0.9 2.8 9 36
soil_chcl3 0.3 0.9 5 10
soil_ch3cl 12 37 21 120
soil_dca11 3 9 20 100
soil_dca12 0.52 5 6 21
soil_dce11 12 66 40 200
soil_cdce12 66 596 200 2000
soil_tdce12 10 54 31 163
soil_dcm 94 616 300 2000
soil_dcp12 1 5 5 47
soil_teca1112 2.6 10 26 100
soil_teca1122 1.6 6.8 14 50
soil_pce 11 53 34 183
soil_tca111 701 840 840 840
soil_tca112 0.6 2.8 5 15
soil_tce 0.7 2.8 7 20
soil_tcp123 0.05 0.5 0.5 5
soil_vc 0.12 0.43 1.2 4.3
soil_benzene 1 4 10 40
soil_chlorobenzene 68 270 200 1000
soil_dcb12 560 560 560 560
soil_dcb14 5.6 20 56 200
soil_ethylbenzene 7.2 28 72 280
soil_styrene 1290 1290 1290 1290
soil_toluene 1200 1200 1200 1200
soil_mpxylene 163 570 500 570
soil_oxylene 222 640 640 640
soil_nitrobenzene 34 76 190 760
soil_aniline 92 260 211 663
soil_chlorophenol2 250 2256 500 4500
soil_baa 5.5 15 55 151
soil_bap 0.55 1.5 5.5 15
soil_bbf 5.5 15 55 151
soil_bkf 55 151 550 1500
soil_chrysene 490 1293 4900 12900
soil_dbaha 0.55 1.5 5.5 15
soil_ip123cd 5.5 15 55 151
soil_naphthalene 25 70 255 700
soil_sb 20 180 40 360
soil_be 15 29 98 290
soil_co 20 70 190 350
soil_mehg 5.0 45 10 120
soil_v 165 752 330 1500
soil_cn 22 135 44 270
soil_bdcm 0.29 1.2 2.9 12
soil_bromoform 32 103 320 1030
soil_dbcm 9.3 33 93 330
soil_edb12 0.07 0.24 0.7 2.4
soil_hccpd 1.1 5.2 2.3 10
soil_dnt24 1.8 5.2 18 52
soil_dcp24 117 843 234 1690
soil_tcp246 39 137 78 560
soil_dnp24 78 562 156 1130
soil_pcp 1.1 2.7 12 27
soil_dehp 42 121 420 1210
soil_bbp 312 900 3120 9000
soil_dnop 390 2812 800 5700
soil_dcbz33 1.3 3.6 13 36
soil_atrazine 2.6 7.4 26 74
soil_chlordane 2.0 6.2 20 62
soil_ddd 2.5 7.1 25 71
soil_dde 2.0 7.0 20 70
soil_ddt 2.0 6.7 21 67
soil_dichlorvos 1.8 5.0 18 50
soil_dimethoate 86 619 170 1240
soil_endosulfan 234 1687 470 3400
soil_heptachlor 0.13 0.37 1.3 3.7
soil_ahch 0.09 0.3 0.9 3
soil_bhch 0.32 0.92 3.2 9.2
soil_ghch 0.62 1.9 6.2 19
soil_hcb 0.33 1 3.3 10
soil_mirex 0.03 0.09 0.3 0.9
soil_pcbs 0.14 0.38 1.4 3.8
soil_pcb126 0.00004 0.0001 0.0004 0.001
soil_pcb169 0.0001 0.0004 0.001 0.004
soil_dioxins 0.00001 0.00004 0.0001 0.0004
soil_pbbs 0.02 0.06 0.2 0.6
soil_tph 826 4500 5000 9000
"""
"""Item, screening value of class 1 and 2 land, control value of class 1 and 2 land [mg/kg]."""
FIVE = ("soil_cd", "soil_hg", "soil_as", "soil_pb", "soil_cr")
FARM = (*FIVE, "soil_cu", "soil_ni", "soil_zn", "soil_hch", "soil_ddts", "soil_bap")
OTHER = {"soil_hch": Fraction("0.10"), "soil_ddts": Fraction("0.10"), "soil_bap": Fraction("0.55")}
ZH = {"paddy": "水田", "orchard": "果园", "other": "其他"}
SCREEN = {
    tuple(line.split()[:2]): [Fraction(cell) for cell in line.split()[2:]] for line in SCREENING.split("\n") if line
}
HELD = {line.split()[0]: [Fraction(cell) for cell in line.split()[1:]] for line in CONTROL.split("\n") if line}
SITES = {line.split()[0]: [Fraction(cell) for cell in line.split()[1:]] for line in LAND.split("\n") if line}


def column(ph: Fraction) -> int:
    """Which of the four columns a pH belongs to."""
    return sum(ph > bound for bound in (Fraction("5.5"), Fraction("6.5"), Fraction("7.5")))


def screening(item: str, use: str, ph: Fraction) -> Fraction:
    """The screening value of farmland; a paddy in rotation takes the stricter of the two."""
    if item in OTHER:
        return OTHER[item]
    if use == "rotation":
        return min(screening(item, "paddy", ph), screening(item, "other", ph))
    for land in (ZH[use], "其他", "all"):
        if (item, land) in SCREEN:
            return SCREEN[item, land][column(ph)]
    raise KeyError(item)


def control(item: str, ph: Fraction) -> Fraction | None:
    return HELD[item][column(ph)] if item in HELD else None


def farm_grade(item: str, value: Fraction, use: str, ph: Fraction) -> int:
    held = control(item, ph)
    if held is not None and value > held:
        return 3
    return 2 if value > screening(item, use, ph) else 1


def farm(values: Mapping[str, Fraction], use: str, ph: Fraction | None) -> int | None:
    """Class of a unit by soil alone; None where the five elements or the pH do not tell."""
    if ph is None:
        return None
    grades = [farm_grade(item, values[item], use, ph) for item in FIVE if item in values]
    if 3 in grades:
        return 3
    return max(grades) if len(grades) == len(FIVE) else None


def site_grade(item: str, value: Fraction, use: str) -> int:
    """Grade of one item on development land."""
    one, two, held_one, held_two = SITES[item]
    low, high = (one, held_one) if use == "land1" else (two, held_two)
    return 3 if value > high else 2 if value > low else 1


def site(values: Mapping[str, Fraction], use: str) -> int | None:
    return max((site_grade(item, value, use) for item, value in values.items()), default=None)
