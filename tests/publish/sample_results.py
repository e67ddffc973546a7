# ruff: noqa: E501
# ruff: noqa: PERF401
"""A small made campaign with every kind of row and status a page must show. Every number is made up (示例数据)."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate

import pyarrow as pa

from qingce.publish.results import SCHEMAS, Results

__all__ = ["PLAN_TEXT", "at", "sample_results"]

AS_OF = date(2026, 5, 31)
CITY = "990100"
VALUE = f"V:pm2_5_annual:{CITY}:2026:measured"

PLAN_TEXT = """云泽市深入打好污染防治攻坚战行动方案（2026—2030年）
为深入打好污染防治攻坚战，持续改善生态环境质量，结合我市实际，制定本方案。
一、主要目标
到2026年，全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下，空气质量优良天数比例达到78%以上，重度及以上污染天数控制在3天以内；可吸入颗粒物（PM10）年均浓度不高于80微克/立方米。到2030年，地表水国考断面优良（达到或优于Ⅲ类）比例达到83.3%以上，全面消除劣Ⅴ类断面，森林覆盖率达到24.5%以上，单位地区生产总值二氧化碳排放比2025年下降18%。
二、深入打好蓝天保卫战
（一）推进散煤治理。2026年10月底前，完成清洁取暖改造1.2万户，平原地区散煤基本清零。责任单位：市发展改革委、市生态环境局，各县（区）人民政府。
（二）强化扬尘管控。平均降尘量不得高于7吨/月·平方公里，“六个百分之百”落实率达到100%。责任单位：市住房城乡建设局牵头，市交通运输局配合。
（三）压减臭氧前体物。挥发性有机物重点工程减排量完成省下达任务，臭氧日最大8小时第90百分位浓度力争不高于160微克/立方米。
三、深入打好碧水保卫战
（一）保护饮用水源。县级及以上集中式饮用水水源水质达标率保持100%。责任单位：市生态环境局、市水务局。
（二）治理黑臭水体。2027年底前，县城建成区黑臭水体基本消除，农村生活污水治理率达到XX%。责任单位：市住房城乡建设局、市农业农村局。
四、深入打好净土保卫战
受污染耕地安全利用率达到95%以上，重点建设用地安全利用得到有效保障。责任单位：市农业农村局、市自然资源局。
五、保障措施
建立月调度、季通报、年考核机制，各县（区）每季度末报送进展。
"""

Dec = Decimal


def at(words: str, *, after: str = "") -> tuple[int, int]:
    """Where words stand in the plan's text, behind some other words."""
    start = PLAN_TEXT.index(words, PLAN_TEXT.index(after) if after else 0)
    return start, start + len(words)


def _table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = SCHEMAS[name]
    if schema is None:
        return pa.Table.from_pylist(rows)
    filled = [{key: row.get(key) for key in schema.names} for row in rows]
    return pa.Table.from_pylist(filled, schema=schema)


SITES = (
    ("990101", "云东县", "air_site", "A1", "云泽师范学院", 112.52, 37.90),
    ("990101", "云东县", "air_site", "A2", "云东县政府", 112.68, 37.93),
    ("990102", "云西区", "air_site", "A3", "云西广场", 112.43, 37.88),
    ("990103", "泽南县", "air_site", "A4", "泽南一中", 112.50, 37.71),
    ("990104", "泽北县", "air_site", "A5", "泽北县医院", 112.55, 38.05),
    ("990102", "云西区", "air_site", "A6", "龙山森林公园", 112.34, 37.95),
    ("990101", "云东县", "section", "W1", "清河入境", 112.75, 37.99),
    ("990102", "云西区", "section", "W2", "清河大桥", 112.47, 37.84),
    ("990103", "泽南县", "section", "W3", "清河出境", 112.41, 37.64),
    ("990103", "泽南县", "section", "W4", "泽水桥", 112.58, 37.69),
    ("990104", "泽北县", "section", "W5", "北山水库", 112.62, 38.10),
    ("990104", "泽北县", "section", "W6", "云溪口", 112.50, 37.99),
)


def _sites() -> list[dict[str, object]]:
    return [
        {
            "site": code, "name": name, "kind": kind, "city": CITY, "city_name": "云泽市", "county": county,
            "county_name": county_name, "lon": lon, "lat": lat,
            "roles": ("国考" if code in {"W1", "W3", "W5"} else "省考") if kind == "section" else
                     ("对照点" if code == "A6" else "评价点"),
            "water_kind": "lake" if code == "W5" else "river" if kind == "section" else None,
            "target_class": 3 if kind == "section" else None, "upstream": "云东县", "downstream": county_name,
            "valid_from": date(2022, 1, 1),
        }
        for county, county_name, kind, code, name, lon, lat in SITES
    ]  # fmt: skip


def _pm(day: date, shift: int) -> int:
    """A made daily PM2.5 [ug/m3]: winter high, summer low, with episodes every eleven days."""
    season = (12 - abs(day.month - 7) * -6) if day.month != 7 else 12
    wave = (day.toordinal() * 7919 + shift * 104729) % 29
    return 6 + season + wave + (45 if day.toordinal() % 37 < 2 and day.month in {1, 2, 11, 12} else 0)


def _level(aqi: int) -> int:
    return next((n for n, top in enumerate((50, 100, 150, 200, 300), 1) if aqi <= top), 6)


def _air_day(subject: str, name: str, *, day: date, shift: int) -> dict[str, object]:
    pm25 = _pm(day, shift)
    sand = day.month == 3 and day.day in {9, 10}
    pm10 = pm25 * 2 + (180 if sand else 11)
    aqi = max(pm25 * 5 // 3, pm10 * 5 // 6 + 9)
    gone = (day.toordinal() + 3 * shift) % 97 == 0
    row: dict[str, object] = {
        "subject": subject, "subject_name": name, "day": day, "series": "measured",
        "aqi": None if gone else aqi, "level": None if gone else _level(aqi),
        "primary": "" if aqi <= 50 else "pm10" if sand else "pm2_5,pm10" if pm25 % 9 == 0 else "pm2_5",
        "aqi_absent": "too_few" if gone else None, "excluded": "E1" if sand else None, "edition":
        "hj633-2026" if day >= date(2026, 3, 1) else "hj633-2012", "n_sites": 5,
        "review": "preliminary" if day >= date(2026, 5, 1) else "national",
    }  # fmt: skip
    values = {
        "pm2_5": pm25,
        "pm10": pm10,
        "so2": 6 + pm25 // 9,
        "no2": 18 + pm25 // 4,
        "co": 0.6,
        "o3_8h": 60 + day.month * 9,
    }
    for key, value in values.items():
        row |= {
            key: None if gone and key == "pm2_5" else Dec(str(value)).quantize(Dec("0.000001")),
            f"absent_{key}": "too_few" if gone and key == "pm2_5" else None,
            f"n_{key}": 18 if gone else 24,
            f"iaqi_{key}": None if gone else min(int(value), 500),
        }
    return row


def _days(first: date = date(2025, 1, 1)) -> list[date]:
    return [first + timedelta(n) for n in range((AS_OF - first).days + 1)]


def _air() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    places = [(code, name) for _, _, kind, code, name, _, _ in SITES if kind == "air_site"]
    site_days = [
        _air_day(code, name, day=day, shift=shift) for shift, (code, name) in enumerate(places) for day in _days()
    ]
    return site_days, [_air_day(CITY, "云泽市", day=day, shift=9) for day in _days()]


def _water() -> list[dict[str, object]]:
    rows = []
    sections = [(code, name) for _, _, kind, code, name, _, _ in SITES if kind == "section"]
    for shift, (code, name) in enumerate(sections):
        for year, month in [(2025, m) for m in range(1, 13)] + [(2026, m) for m in range(1, 6)]:
            worst = 6 if (code, month) == ("W4", 4) else 2 + (shift * 5 + month * 3 + year) % 3
            gone = (code, month, year) == ("W6", 1, 2026)
            rows.append({
                "section": code, "section_name": name, "period": f"{year}-{month:02d}", "class": None if gone else worst,
                "class_nh3n": None if gone else worst, "nh3n": None if gone else Dec("0.31") + Dec(worst) / 5,
                "n_nh3n": 1, "exceed_nh3n": Dec("0.24") if worst == 4 else Dec("1.40") if worst == 6 else None,
                "class_codmn": 2, "codmn": Dec("3.4"), "n_codmn": 1, "exceed_codmn": None,
                "class_do": 1, "do": Dec("9.12"), "n_do": 1, "exceed_do": None,
                "primary": "nh3n" if worst > 3 else "", "absent": "not_reported" if gone else None,
                "review": "provincial" if (year, month) > (2026, 3) else "national", "edition": "hb2011-22",
                "target_class": 3,
            })  # fmt: skip
    return rows


def _targets() -> list[dict[str, object]]:
    said = [
        # quote, indicator, id, comparator, value, unit, status, words, extra
        ("全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下", "PM2.5年均浓度", "pm2_5_annual", "<=", "39", "μg/m³", "at_risk", "年度进展（时限 2026 年）：有风险，目前 41.99 > 39"),
        ("空气质量优良天数比例达到78%以上", "优良天数比例", "good_day_ratio", ">=", "78", "%", "on_track", "年度进展：进度正常"),
        ("重度及以上污染天数控制在3天以内", "重污染天数", "heavy_days", "<=", "3", "天", "lost", "已失守：5 天 > 3 天"),
        ("可吸入颗粒物（PM10）年均浓度不高于80微克/立方米", "PM10年均浓度", "pm10_annual", "<=", "80", "μg/m³", "safe", "年度进展：已稳妥，71.36 ≤ 80"),
        ("地表水国考断面优良（达到或优于Ⅲ类）比例达到83.3%以上", "优良断面比例", "good_section_ratio", ">=", "83.3", "%", "not_met", "未达标：66.7 < 83.3"),
        ("全面消除劣Ⅴ类断面", "劣Ⅴ类断面比例", "bad_section_ratio", "==", "0", "%", "met", "达标：0.0 = 0"),
        ("森林覆盖率达到24.5%以上", "森林覆盖率", "forest_cover", ">=", "24.5", "%", "awaiting", "待反馈：尚未收到认定值"),
        ("单位地区生产总值二氧化碳排放比2025年下降18%", "单位GDP二氧化碳排放下降", "carbon_intensity_cut", "decrease_by", "18", "%", "awaiting", "待基数：缺少基准年数值"),
        ("平均降尘量不得高于7吨/月·平方公里", "平均降尘量", "dustfall", "<=", "7", "吨/月·平方公里", "unbound", "没有监测数据"),
        ("“六个百分之百”落实率达到100%", "六个百分之百落实率", "", "==", "100", "%", "unbound", "未能绑定"),
        ("挥发性有机物重点工程减排量完成省下达任务", "VOCs重点工程减排量", "", "", "", "", "unbound", "未能绑定"),
        ("臭氧日最大8小时第90百分位浓度力争不高于160微克/立方米", "O₃-8h第90百分位", "o3_p90", "<=", "160", "μg/m³", "on_track", "年度进展：进度正常"),
        ("县级及以上集中式饮用水水源水质达标率保持100%", "饮用水水源水质达标率", "drinking_source_ratio", "==", "100", "%", "awaiting", "待反馈：尚未收到认定值"),
        ("农村生活污水治理率达到XX%", "农村生活污水治理率", "", ">=", "", "%", "unbound", "未能绑定"),
        ("受污染耕地安全利用率达到95%以上", "受污染耕地安全利用率", "safe_farmland_ratio", ">=", "95", "%", "awaiting", "待反馈：尚未收到认定值"),
    ]  # fmt: skip
    reasons = {
        "“": ("no_indicator", "目录中没有对应指标"),
        "挥": ("delegated", "目标值由省下达，方案未写明"),
        "农": ("placeholder", "原文数值为占位符“XX”"),
        "平": ("no_data", "没有降尘监测数据"),
        "森": ("awaiting_official", "待反馈：数值由认定单位给出，尚未收到"),
        "县": ("awaiting_official", "待反馈：数值由认定单位给出，尚未收到"),
        "受": ("awaiting_official", "待反馈：数值由认定单位给出，尚未收到"),
        "单": ("awaiting_baseline", "待基数：相对目标缺少基准年数值"),
    }
    battles = {2: "蓝天", 3: "碧水", 4: "净土"}
    rows = []
    for n, (quote, name, code, sign, value, unit, status, words) in enumerate(said, 1):
        start, end = at(quote)
        reason = reasons.get(quote[0], ("", "")) if status in {"unbound", "awaiting"} else ("", "")
        chapter = PLAN_TEXT[:start].count("、深入打好") + 1
        battle = (
            "生态"
            if "森林" in quote
            else "低碳"
            if "二氧化碳" in quote
            else "碧水"
            if "断面" in quote
            else battles.get(chapter, "蓝天")
        )
        rows.append({
            "target_id": f"T-yz-{n:03d}", "document_id": "yz", "document_number": "云政发〔2026〕9号", "clause_id": "C-yz-一",
            "battle": battle, "indicator_id": code, "indicator_name": name, "scope": CITY, "scope_name": "云泽市",
            "comparator": sign, "target_value": value or None, "unit": unit,
            "target_text": (f"{ {'<=': '≤', '>=': '≥', '==': '=', 'decrease_by': '下降'}[sign]} {value} {unit}" if value else "未写明"),
            "basis": "实测（含沙）｜按严格值判定｜国控评价点" if unit.startswith("μ") else "按方案口径", "series": "measured",
            "rounding": "strict", "decider": "中国环境监测总站" if n < 7 else "省级主管部门", "deadline": "2026" if n < 5 else "2030",
            "deadline_day": date(2026 if n < 5 else 2030, 12, 31), "bound": bool(code), "reason": reason[0], "reason_text": reason[1],
            "status": status, "status_text": words, "owners": "市生态环境局、市发展改革委、各县（区）人民政府" if n % 2 else "市生态环境局",
            "quote": quote, "start": start, "end": end, "confirmed": n % 3 != 0,
            "value_id": f"V:{code}:{CITY}:2026:measured" if code else None,
        })  # fmt: skip
    return rows


def _progress() -> list[dict[str, object]]:
    rows = _targets()
    own = {
        1: (
            "41.993377",
            "41.99",
            "有 151 天，均值 41.99，比上年同期高 1.42",
            "剩余 214 天均值须 ≤ 36.89（严格）；< 37.74（先修约）",
        ),
        2: ("81.456954", "81.5", "优良 123 天／有效 151 天", "剩余 214 天最多再有 52 个超标天"),
        3: ("5.000000", "5", "已有 5 天", "已超过 3 天，无法完成"),
        4: ("71.360000", "71.36", "比上年同期低 6.2", "剩余月份均值 ≤ 86.1 即可"),
        5: ("66.666667", "66.7", "6 个断面中 4 个优良", "最多 1 个断面不达标，现有 2 个"),
        6: ("0.000000", "0.0", "无劣Ⅴ类断面", "不得出现"),
        12: ("148.000000", "148", "有 151 天", "剩余期内允许 21 天高于 160"),
    }
    for n, (exact, words, pace, quota) in own.items():
        rows[n - 1] |= {
            "own_value": Dec(exact), "own_text": words, "own_n": 151, "own_review": "preliminary",
            "own_start": date(2026, 1, 1), "own_end": AS_OF, "own_label": "测算", "pace_text": pace, "quota_text": quota,
            "last_year_value": Dec("40.570000") if n == 1 else None, "change": Dec("1.423377") if n == 1 else Dec("-6.2") if n == 4 else None,
        }  # fmt: skip
    rows[3] |= {
        "official_value": Dec("71"), "official_review": "national", "official_issuer": "中国环境监测总站",
        "official_number": "总站气字〔2026〕112号", "difference_text": "测算高 0.36：认定值先修约为整数",
    }  # fmt: skip
    rows[3]["difference"] = Dec("0.36")
    return rows


@cache
def _series() -> list[dict[str, object]]:
    days = [day for day in _days() if day.year == 2026]
    values = [_pm(day, 9) for day in days]
    before = [_pm(day - timedelta(365), 9) for day in days]
    rows: list[dict[str, object]] = []
    for n, (day, now, then) in enumerate(zip(days, accumulate(values), accumulate(before), strict=True), 1):
        rows.append({
            "target_id": "T-yz-001", "day": day, "value": Dec(values[n - 1]), "cumulative": Dec(now) / n,
            "last_year": Dec(then) / n, "allowed": None, "category": str(_level(values[n - 1] * 5 // 3)),
        })  # fmt: skip
    rest = [AS_OF + timedelta(n) for n in range(1, 215)]
    end = rows[-1]["cumulative"]
    for n, day in enumerate(rest, 1):
        path = (end * 151 + Dec("36.89") * n) / (151 + n)  # type: ignore[operator]
        rows.append({"target_id": "T-yz-001", "day": day, "allowed": path})
    for row in rows:
        for key in ("cumulative", "last_year", "allowed"):
            if row.get(key) is not None:
                row[key] = Dec(row[key]).quantize(Dec("0.000001"))  # type: ignore[arg-type]
    return rows


def _readings() -> dict[str, list[dict[str, object]]]:
    heads = [
        ("一", "主要目标", 1),
        ("二", "深入打好蓝天保卫战", 1),
        ("三", "深入打好碧水保卫战", 1),
        ("四", "深入打好净土保卫战", 1),
        ("五", "保障措施", 1),
    ]
    starts = [PLAN_TEXT.index(f"{mark}、{title}") for mark, title, _ in heads] + [len(PLAN_TEXT)]
    clauses = [
        {"document_id": "yz", "id": f"C-yz-{mark}", "path": mark, "marker": f"{mark}、", "title": title, "start": starts[n],
         "end": starts[n + 1], "level": 1, "battle": ""}
        for n, (mark, title, _) in enumerate(heads)
    ]  # fmt: skip
    items = [
        ("二", "（一）", "推进散煤治理", "", "市发展改革委、市生态环境局、各县（区）人民政府"), ("二", "（二）", "强化扬尘管控", "市住房城乡建设局", ""),
        ("二", "（三）", "压减臭氧前体物", "", ""), ("三", "（一）", "保护饮用水源", "", "市生态环境局、市水务局"),
        ("三", "（二）", "治理黑臭水体", "", "市住房城乡建设局、市农业农村局"),
    ]  # fmt: skip
    tasks = []
    for chapter, mark, title, lead, responsible in items:
        start = PLAN_TEXT.index(f"{mark}{title}")
        end = PLAN_TEXT.index("\n", start)
        path = f"{chapter}/{mark.replace('（', '(').replace('）', ')')}"
        clauses.append({"document_id": "yz", "id": f"C-yz-{path}", "path": path, "marker": mark, "title": title,
                        "start": start, "end": end, "level": 2, "battle": ""})  # fmt: skip
        tasks.append({"document_id": "yz", "path": path, "title": title, "start": start, "end": end, "lead": lead,
                      "support": "市交通运输局" if lead else "", "responsible": responsible, "measures": "清洁取暖改造1.2万户" if title == "推进散煤治理" else "",
                      "deadline": "2026-10" if title == "推进散煤治理" else "", "battle": "蓝天" if chapter == "二" else "碧水"})  # fmt: skip
    clauses.sort(key=lambda row: (row["start"], row["level"]))
    targets = [
        {
            "document_id": "yz", "id": row["target_id"], "quote": row["quote"], "start": row["start"], "end": row["end"],
            "indicator": row["indicator_name"], "indicator_id": row["indicator_id"], "scope": "云泽市", "comparator": row["comparator"],
            "value": row["target_value"], "value_text": row["target_text"], "unit": row["unit"],
            "deadline": row["deadline"], "strength": "约束", "kind": "level", "clause": "一", "battle": row["battle"], "confidence": 0.9,
            "reasons": json.dumps([{"field": "comparator", "words": "控制在", "start": row["start"], "rule": "cap"}], ensure_ascii=False),
        }
        for row in _targets()
    ]  # fmt: skip
    deadlines = [
        ("到2026年", "2026"),
        ("2026年10月底前", "2026-10"),
        ("2027年底前", "2027"),
        ("每季度末", "R/P3M"),
        ("2030年，地表水国考断面", "2030"),
    ]
    return {
        "documents": [{
            "id": "yz", "title": "云泽市深入打好污染防治攻坚战行动方案（2026—2030年）", "number": "云政发〔2026〕9号", "issuer": "云泽市人民政府",
            "level": "city", "date": "2026-01-20", "kind": "plan", "file": "plans/yz.docx", "sha256": "0" * 64, "text": PLAN_TEXT,
        }],
        "clauses": clauses, "targets": targets, "tasks": tasks,
        "deadlines": [dict(zip(("document_id", "quote", "start", "end", "date", "kind", "action"), ("yz", words, *at(words), day, "by", ""), strict=True))
                      for words, day in deadlines],
        "mechanisms": [{"document_id": "yz", "term": term, "start": at(term)[0], "end": at(term)[1]} for term in ("月调度、季通报、年考核机制", "清洁取暖")],
        "repairs": [{"document_id": "yz", "start": at("1.2万户")[0], "end": at("1.2万户")[1], "before": "1.2万户", "after": "1.2 万户",
                     "rule": "ocr_space", "confidence": 0.7}],
    }  # fmt: skip


def _values() -> list[dict[str, object]]:
    rows = []
    for year, value in ((2022, "44.1"), (2023, "42.6"), (2024, "41.0"), (2025, "40.2"), (2026, "41.993377")):
        for series in ("measured", "deducted"):
            exact = Dec(value) - (Dec("0.35") if series == "deducted" else 0)
            rows.append({
                "id": f"V:pm2_5_annual:{CITY}:{year}:{series}", "indicator": "pm2_5_annual", "scope": CITY, "scope_name": "云泽市",
                "period": str(year), "series": series, "value": exact, "exact": "6341/151", "text": f"{exact:.2f}", "unit": "ug/m3",
                "n": 151 if year == 2026 else 365, "n_required": 324, "review": "preliminary" if year == 2026 else "national",
                "method": "hj663-2026" if year == 2026 else "hj663-2013", "limits": "gb3095-2026", "start": date(year, 1, 1),
                "end": min(date(year, 12, 31), AS_OF),
            })  # fmt: skip
    rows.append({"id": f"V:o3_p90:{CITY}:2023:measured", "indicator": "o3_p90", "scope": CITY, "scope_name": "云泽市", "period": "2023",
                 "series": "measured", "absent": "too_few", "n": 300, "n_required": 324, "review": "national", "unit": "ug/m3",
                 "method": "hj663-2013", "start": date(2023, 1, 1), "end": date(2023, 12, 31)})  # fmt: skip
    return rows


def _hours() -> list[dict[str, object]]:
    rows = []
    for day in range(1, 32):
        for hour in range(24):
            for parameter, base in (("pm2_5", 30), ("pm10", 64), ("o3", 70)):
                gone = (day, hour) in {(7, 3), (7, 4), (19, 12)}
                value = base + (day * 5 + hour * 3) % 31
                rows.append({
                    "site": "A1", "parameter": parameter, "time": datetime(2026, 5, day, hour), "span": "PT1H",
                    "value": None if gone else Dec(value), "text": "" if gone else str(value), "flag": "C" if gone else "",
                    "absent": "invalid" if gone else None, "review": "preliminary", "source": "data/hourly-2026.csv",
                    "line": day * 24 + hour, "reason": "",
                })  # fmt: skip
    for day in range(1, 32):
        for hour in range(0, 24, 4):
            rows.append({
                "site": "W2", "parameter": "nh3n", "time": datetime(2026, 5, day, hour), "span": "PT4H",
                "value": Dec(40 + (day + hour) % 17) / 100, "review": "preliminary", "source": "data/water-auto.csv",
            })  # fmt: skip
    return rows


def _node(identity: str, kind: str, title: str, facts: list[list[str]], children: list[object]) -> dict[str, object]:
    return {"id": identity, "kind": kind, "title": title, "facts": facts, "children": children}


def _tree(identity: str) -> dict[str, object]:
    """A tree in the shape of `thread.why`: target, value, days, and the hours of one day."""
    hours = [
        _node(
            f"O:A1:pm2_5:2026-05-31T{hour:02d}",
            "observation",
            f"云泽师范学院 pm2_5 2026-05-31 {hour:02d}:00",
            [["数值", str(30 + hour)]],
            [],
        )
        for hour in range(24)
    ]
    days = [_node(f"F:A1:pm2_5:2026-05-{day}:measured", "finding", f"云泽师范学院 pm2_5 2026-05-{day}", [["数值", "42"], ["审核", "初审"]], hours if day == 31 else [])
            for day in range(10, 32)]  # fmt: skip
    value = _node(
        VALUE, "value", "云泽市 pm2_5_annual 2026 实测", [["数值", "41.993377"], ["分数", "6341/151"]], list(days)
    )
    target = _node("T-yz-001", "target", "目标 PM2.5年均浓度（云泽市）", [["状态", "有风险"]], [value])
    quote = "全市细颗粒物（PM2.5）年均浓度控制在39微克/立方米以下"
    sentence = {"document_id": "yz", "title": "云泽市行动方案", "number": "云政发〔2026〕9号", "start": at(quote)[0], "end": at(quote)[1],
                "quote": quote, "before": "到2026年，", "after": "，空气质量"}  # fmt: skip
    own = identity.startswith("T-")
    return {"id": identity, "known_at": None, "down": target if own else value, "up": [] if own else [{**target, "children": []}],
            "sentences": [sentence], "notes": []}  # fmt: skip


def _reference() -> dict[str, list[dict[str, object]]]:
    aqi = (("优", "Excellent", "#00E400"), ("良", "Good", "#FFFF00"), ("轻度污染", "Lightly polluted", "#FF7E00"), ("中度污染", "Moderately polluted", "#FF0000"),
           ("重度污染", "Heavily polluted", "#99004C"), ("严重污染", "Severely polluted", "#7E0023"))  # fmt: skip
    water = (
        ("Ⅰ", "#4A90D9"),
        ("Ⅱ", "#4A90D9"),
        ("Ⅲ", "#3DA35D"),
        ("Ⅳ", "#F2C500"),
        ("Ⅴ", "#F28C28"),
        ("劣Ⅴ", "#D0342C"),
    )
    levels = [
        {"scale": "aqi", "level": n, "zh": zh, "en": en, "words_zh": zh, "words_en": en, "colour": colour}
        for n, (zh, en, colour) in enumerate(aqi, 1)
    ]
    levels += [
        {
            "scale": "water_class",
            "level": n,
            "zh": zh,
            "en": zh.replace("劣", "worse than "),
            "words_zh": zh,
            "words_en": zh,
            "colour": colour,
        }
        for n, (zh, colour) in enumerate(water, 1)
    ]
    parameters = [("pm2_5", "细颗粒物", "Fine particles", "PM₂.₅", "air", "ug/m3", 0), ("pm10", "可吸入颗粒物", "Inhalable particles", "PM₁₀", "air", "ug/m3", 0),
                  ("so2", "二氧化硫", "Sulphur dioxide", "SO₂", "air", "ug/m3", 0), ("no2", "二氧化氮", "Nitrogen dioxide", "NO₂", "air", "ug/m3", 0),
                  ("co", "一氧化碳", "Carbon monoxide", "CO", "air", "mg/m3", 1), ("o3_8h", "臭氧日最大8小时", "Ozone, 8 h", "O₃-8h", "air", "ug/m3", 0),
                  ("o3", "臭氧", "Ozone", "O₃", "air", "ug/m3", 0), ("nh3n", "氨氮", "Ammonia nitrogen", "NH₃-N", "water", "mg/L", 2),
                  ("codmn", "高锰酸盐指数", "Permanganate index", "CODMn", "water", "mg/L", 1), ("do", "溶解氧", "Dissolved oxygen", "DO", "water", "mg/L", 1)]  # fmt: skip
    indicators = [("pm2_5_annual", "PM2.5年均浓度", "PM2.5 annual mean", "air", "蓝天", "ug/m3", 0, "pm2_5"), ("pm10_annual", "PM10年均浓度", "PM10 annual mean", "air", "蓝天", "ug/m3", 0, "pm10"),
                  ("good_day_ratio", "优良天数比例", "Share of good days", "air", "蓝天", "%", 1, ""), ("o3_p90", "O₃-8h第90百分位", "O3 90th percentile", "air", "蓝天", "ug/m3", 0, "o3_8h"),
                  ("good_section_ratio", "优良断面比例", "Share of sections I-III", "water", "碧水", "%", 1, ""), ("noise_day_ratio", "功能区声环境昼间达标率", "Noise, day", "noise", "治理", "%", 1, "")]  # fmt: skip
    editions = [("gb3095-2012", "standard", "环境空气质量标准", "GB 3095-2012", date(2016, 1, 1), date(2026, 2, 28), "verified", 424),
                ("gb3095-2026", "standard", "环境空气质量标准（过渡阶段）", "GB 3095-2026", date(2026, 3, 1), date(2030, 12, 31), "verified", 92),
                ("hj633-2012", "method", "环境空气质量指数（AQI）技术规定（试行）", "HJ 633-2012", date(2016, 1, 1), date(2026, 2, 28), "verified", 424),
                ("hj633-2026", "method", "环境空气质量指数（AQI）技术规定", "HJ 633-2026", date(2026, 3, 1), None, "verified", 92),
                ("hj663-2026", "method", "环境空气质量评价技术规范", "HJ 663-2026", date(2026, 3, 1), None, "unread", 92)]  # fmt: skip
    county = [[[112.25, 37.55], [112.85, 37.55], [112.85, 37.78], [112.25, 37.78], [112.25, 37.55]]]
    return {
        "levels": levels,
        "parameters": [dict(zip(SCHEMAS["parameters"].names, row, strict=True)) for row in parameters],  # type: ignore[union-attr]
        "indicators": [{"id": i, "zh": zh, "en": en, "medium": m, "battle": b, "unit": u, "decimals": d, "parameter": p, "decider": "中国环境监测总站",
                        "direction": "lower", "status": "verified"} for i, zh, en, m, b, u, d, p in indicators],
        "editions": [{"id": i, "kind": k, "title": t, "number": n, "start": s, "end": e, "status": st, "in_force": e is None or e > AS_OF, "used_days": u,
                      "question": "统计有效性第 5 章未读到正式文本" if st == "unread" else "", "source": n} for i, k, t, n, s, e, st, u in editions],
        "regions": [{"code": "990103", "name": "泽南县", "level": "county", "parent": CITY, "geometry": json.dumps({"type": "Polygon", "coordinates": county})},
                    {"code": "990104", "name": "泽北县", "level": "county", "parent": CITY, "geometry": json.dumps({"type": "Polygon", "coordinates": [[[x, y + 0.42] for x, y in county[0]]]})}],
        "quality": [
            {"site": code, "parameter": "pm2_5" if kind == "air_site" else "nh3n", "span": "PT1H" if kind == "air_site" else "PT4H", "month": month,
             "expected": 744, "received": 740 - n, "valid": 730 - 3 * n, "share_text": f"{98 - n}.1%", "longest_gap": n, "stuck_runs": int(n == 3), "negative": 0, "jumps": 0,
             "note": "1 段连续 24 个以上同值（自设检查，非标准）" if n == 3 and month == "2026-04" else ""}
            for n, (_, _, kind, code, _, _, _) in enumerate(SITES) for month in ("2026-03", "2026-04", "2026-05")
        ],
        "rejected": [{"file": "data/hourly-2026.csv", "sheet": "", "line": 4711, "column": "pm2_5", "text": "-999", "code": "QC211", "message": "负值：-999。data/hourly-2026.csv:4711。改正或删去。"},
                     {"file": "data/断面2026.xlsx", "sheet": "5月", "line": 12, "column": "氨氮", "text": "0,93", "code": "QC210", "message": "不是数字：0,93。改成 0.93。"}],
        "exceptions": [{"id": "E1", "scope": CITY, "kind": "sand", "start": date(2026, 3, 9), "end": date(2026, 3, 10), "parameters": "pm10,pm2_5", "status": "recognised",
                        "issuer": "中国环境监测总站", "number": "总站气函〔2026〕31号", "evidence": "附件2"}],
        "official": [{"id": "O1", "indicator": "pm10_annual", "scope": CITY, "period": "2026-01/2026-05", "series": "measured", "value": Dec("71"), "text": "71", "unit": "ug/m3",
                      "issuer": "中国环境监测总站", "number": "总站气字〔2026〕112号", "issued": date(2026, 6, 12), "version": 1, "review": "national", "source": "data/official.xlsx", "line": 3}],
        "quota": [{"target_id": "T-yz-001", "kind": "mean", "rule": rule, "state": "open", "done": 151, "remaining": 214, "allowed": Dec(allowed), "exact": exact,
                   "inclusive": inclusive, "unit": "ug/m3", "text": words}
                  for rule, allowed, exact, inclusive, words in (("strict", "36.887850", "3947/107", True, "剩余 214 天均值须 ≤ 36.89"), ("rounded", "37.740654", "8077/214", False, "剩余 214 天均值须 < 37.74"))],
        "whys": [{"id": name, "tree": json.dumps(_tree(name), ensure_ascii=False)} for name in ("T-yz-001", VALUE)],
    }  # fmt: skip


def _outlook_row(
    target: int, model: str, name: str, *, chance: float | None, three: tuple[str, str, str] | None, **more: object
) -> dict[str, object]:
    """One model's word about a target; `three` are its 10, 50 and 90 per cent."""
    low, middle, high = three or (None, None, None)
    return {
        "target_id": f"T-yz-{target:03d}", "indicator_id": INDICATORS[target], "scope": CITY, "period": "2026", "made_on": AS_OF,
        "horizon_days": 214, "model": model, "model_name": name, "chosen": False, "state": "ok", "probability": chance,
        "p10": Dec(low) if low else None, "p50": Dec(middle) if middle else None, "p90": Dec(high) if high else None,
        "p10_text": low, "p50_text": middle, "p90_text": high, "unit": UNITS[target], "members": 1000, "history": 4, "skill": 0.82,
        **more,
    }  # fmt: skip


INDICATORS = {
    1: "pm2_5_annual",
    2: "good_day_ratio",
    3: "heavy_days",
    4: "pm10_annual",
    5: "good_section_ratio",
    12: "o3_p90",
}
UNITS = {1: "μg/m³", 2: "%", 3: "天", 4: "μg/m³", 5: "%", 12: "μg/m³"}


def _ended(n: int, end: str) -> Decimal:
    """The year so far on the n-th day to come, when it ends at `end`."""
    now = next(row["cumulative"] for row in reversed(_series()) if row.get("cumulative") is not None)
    return Dec(str(now)) + (Dec(end) - Dec(str(now))) * n / 214


def _outlook() -> dict[str, list[dict[str, object]]]:
    """Chances, paths, warnings and back-test: a target in doubt, one lost, one safe, one with too little history."""
    block, mean = ("block_bootstrap", "季节分块自助"), ("same_remaining_mean", "剩余同期均值")
    rows = [
        _outlook_row(
            1,
            *block,
            chance=0.37,
            three=("37.4", "40.1", "43.9"),
            chosen=True,
            text="年均值中位预计 40.1，达标概率 37%",
        ),
        _outlook_row(1, *mean, chance=0.42, three=("38.0", "39.8", "41.6"), skill=0.61),
        _outlook_row(1, "seasonal_ar", "季节自回归", chance=0.31, three=("37.9", "40.6", "44.5"), skill=0.79),
        _outlook_row(2, *block, chance=0.9991, three=("79.2", "80.8", "82.2"), chosen=True, text="优良率中位预计 80.8"),
        _outlook_row(
            3,
            *block,
            chance=0.0,
            three=("5", "7", "9"),
            chosen=True,
            state="lost",
            text="已失守",
            reason="已有 5 天，超过 3 天",
        ),
        _outlook_row(4, *block, chance=1.0, three=("69.1", "70.9", "72.8"), chosen=True, state="safe", text="已稳妥"),
        _outlook_row(
            5,
            *mean,
            chance=None,
            three=None,
            chosen=True,
            state="quota_only",
            skill=None,
            history=0,
            members=None,
            reason="断面历史不足 3 年，只给剩余允许值",
        ),
    ]
    paths = [
        {
            "target_id": "T-yz-001",
            "model": "block_bootstrap",
            "day": AS_OF + timedelta(n),
            "p10": _ended(n, "37.4"),
            "p50": _ended(n, "40.1"),
            "p90": _ended(n, "43.9"),
        }
        for n in range(1, 215)
    ]
    for row in paths:
        row |= {key: Dec(str(row[key])).quantize(Dec("0.000001")) for key in ("p10", "p50", "p90")}
    return {
        "outlook": rows,
        "outlook_paths": paths,  # type: ignore[dict-item]
        "warnings": [
            {"target_id": "T-yz-012", "day": AS_OF, "probability": 0.55, "week_ago": 0.71, "drop": 0.16, "rank": 2, "cause": "5月27日至30日臭氧连续4天超过160", "needs": "剩余期内至多再有 17 个臭氧超标日"},
            {"target_id": "T-yz-001", "day": AS_OF, "probability": 0.37, "week_ago": 0.58, "drop": 0.21, "rank": 1, "cause": "5月28日、29日云西广场、云泽师范学院PM2.5日均超过75，夜间21时至次日6时为主", "needs": "剩余 214 天均值须 ≤ 36.89"},
        ],
        "backtest": [
            {"indicator_id": "pm2_5_annual", "model": model, "month": month, "scopes": 366, "years": 2, "coverage_80": cover, "crps": crps, "brier": brier, "brier_baseline": 0.142, "note": None}
            for month in (3, 5) for model, cover, crps, brier in (("block_bootstrap", 0.803, 1.42, 0.071), ("same_remaining_mean", 0.52, 2.01, 0.142))
        ],
    }  # fmt: skip


def _today() -> list[dict[str, object]]:
    """Half past three in the afternoon: fifteen hours are over, nine are left."""
    levels = ((1, "优", 50), (2, "良", 100), (3, "轻度污染", 150))
    ends = {
        "pm2_5": ("PM2.5", ("35", "60", "115"), "66"),
        "pm10": ("PM10", ("50", "120", "250"), "92.4"),
        "o3_8h": ("O3-8h", ("100", "160", "215"), "141"),
    }
    places = [
        ("city", CITY, "云泽市"),
        ("county", "990101", "云东县"),
        ("county", "990102", "云西区"),
        ("site", "A1", "云泽师范学院"),
        ("site", "A3", "云西广场"),
    ]
    rows: list[dict[str, object]] = []
    for kind, code, name in places:
        head = {
            "subject": code,
            "subject_name": name,
            "kind": kind,
            "day": date(2026, 6, 1),
            "hour": datetime(2026, 6, 1, 14),
            "passed": 15,
            "remaining": 9,
            "review": "realtime",
        }
        for n, (level, level_name, aqi) in enumerate(levels):
            end = {"level": level, "level_name": level_name, "aqi": aqi}
            whole = "lost" if level == 1 else "open" if level == 2 else "safe"
            words = "PM2.5 其余 9 小时均值须 ≤ 51.3，由云西广场、云泽师范学院决定" if whole == "open" else ""
            rows.append({**head, **end, "quantity": "", "state": whole, "deciding": "云西广场", "text": words})
            for quantity, (symbol, points, so_far) in ends.items():
                state = "lost" if Dec(so_far) > Dec(points[n]) * 2 or level == 1 else "open" if level == 2 else "safe"
                rows.append({
                    **head, **end, "quantity": quantity, "quantity_name": symbol, "ceiling": Dec(points[n]), "so_far": Dec(so_far),
                    "state": state, "allowed": Dec("51.3") if state == "open" else None, "exact": "513/10", "inclusive": True,
                    "unit": "ug/m3", "deciding": "云西广场、云泽师范学院" if state == "open" else "", "text": "剩余 9 小时均值 ≤ 51.3" if state == "open" else "",
                })  # fmt: skip
    rows.append(
        {
            **rows[-1],
            "subject": "A5",
            "subject_name": "泽北县医院",
            "kind": "site",
            "state": "unknown",
            "so_far": None,
            "allowed": None,
            "text": "小时太少",
        }
    )
    return rows


def _month_sections() -> list[dict[str, object]]:
    """The sections of the month: one at the edge, one beyond, one worse than class V, one with room."""
    said = (("W1", "", 3), ("W2", "near", 3), ("W3", "beyond", 4), ("W4", "worst", 6), ("W6", "", 2))
    names = {code: (name, county) for _, county, _, code, name, _, _ in SITES}
    rows: list[dict[str, object]] = []
    for span, period in (("month", "2026-05"), ("year", "2026-01/2026-05")):
        for code, edge, now in said:
            name, county = names[code]
            head = {
                "section": code,
                "section_name": name,
                "county_name": county,
                "period": period,
                "span": span,
                "target_class": 3,
            }
            rows.append({
                **head, "parameter": "", "class_now": now, "edge": edge, "chance": {"": 0.9, "near": 0.5, "beyond": 0.25, "worst": 0.0}[edge], "chance_n": 4,
                "intensity": Dec("1.62") if code == "W3" else None, "text": f"{name}目前{['Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ', 'Ⅴ', '劣Ⅴ'][now - 1]}类，氨氮剩余 6 天均值须 ≤ 0.82" if edge else "", "note": "",
            })  # fmt: skip
            for parameter, label, limit, mean in (
                ("nh3n", "氨氮", "1.0", "1.04"),
                ("codmn", "高锰酸盐指数", "6", "3.4"),
                ("do", "溶解氧", "5", "9.12"),
            ):
                rows.append({
                    **head, "parameter": parameter, "parameter_name": label, "limit": Dec(limit), "bound": "ge" if parameter == "do" else "le", "mean": Dec(mean),
                    "done": 25 if span == "month" else 5, "remaining": 6 if span == "month" else 7, "unit": "mg/L", "how": "automatic" if span == "month" else "months",
                    "state": "open" if parameter == "nh3n" else "safe", "allowed": Dec("0.82") if parameter == "nh3n" else None, "exact": "41/50", "inclusive": True,
                    "text": "剩余 6 天均值 ≤ 0.82" if parameter == "nh3n" else "",
                })  # fmt: skip
    return rows


def _splits() -> list[dict[str, object]]:
    """The allowance of the first target by month and by county."""
    months = [
        (f"2026-{month:02d}", f"2026-{month:02d}：30 天均值 ≤ {value}", value)
        for month, value in (
            (6, "28.10"),
            (7, "22.40"),
            (8, "23.90"),
            (9, "30.20"),
            (10, "41.70"),
            (11, "53.30"),
            (12, "58.60"),
        )
    ]
    counties = [
        ("990101", "云东县：均值 ≤ 36.20", "36.20"),
        ("990102", "云西区：均值 ≤ 38.10", "38.10"),
        ("990103", "泽南县：均值 ≤ 36.40", "36.40"),
    ]
    return [
        {
            "target_id": "T-yz-001",
            "kind": "mean",
            "rule": "strict",
            "state": "open",
            "done": 151,
            "remaining": 30,
            "allowed": Dec(value),
            "exact": value.replace(".", "") + "/100",
            "inclusive": True,
            "unit": "ug/m3",
            "text": words,
            "part": part,
        }
        for part, words, value in (*months, *counties)
    ]


def _forecast_scores() -> list[dict[str, object]]:
    """How two issuers did, a day to four days ahead."""
    return [
        {
            "issuer": issuer,
            "scope": CITY,
            "parameter": "aqi",
            "lead": lead,
            "n": 120,
            "level_accuracy": Dec(best - 6 * lead),
            "primary_accuracy": Dec("71.7"),
            "threat_score": Dec("33.3"),
            "bias": Dec("-4.2"),
            "first_day": date(2026, 1, 1),
            "last_day": AS_OF,
        }
        for issuer, best in (("市气象台", 80), ("blend", 88))
        for lead in (1, 2, 3, 4)
    ]


def _shares() -> list[dict[str, object]]:
    """By what the allowance of the first target is split."""
    return [
        {"target_id": "T-yz-001", "dimension": dimension, "part": part, "part_name": name, "share": Dec(share), "exact": share, "profile": profile}
        for dimension, part, name, share, profile in (
            ("month", "2026-06", "2026-06", "14.0", "last"), ("month", "2026-07", "2026-07", "14.5", "last"),
            ("county", "990101", "云东县", "41.2", "population"), ("county", "990102", "云西区", "58.8", "population"),
        )
    ]  # fmt: skip


def _ahead() -> dict[str, list[dict[str, object]]]:
    """What is still open today and this month, the forecasts and the weather apart from effort."""
    forecasts: list[dict[str, object]] = [
        {
            "issuer": issuer,
            "site": CITY,
            "parameter": "aqi",
            "made_on": AS_OF - timedelta(back),
            "day": AS_OF + timedelta(n),
            "value": Dec(70 + n),
            "low": Dec(55 + 10 * n - back),
            "high": Dec(85 + 10 * n),
            "level_low": 2,
            "level_high": 2 if n < 2 else 3,
            "primary": "o3_8h",
        }
        for issuer, back in (("市气象台", 0), ("blend", 1), ("blend", 0))
        for n in range(1, 6)
    ]
    return {
        "today": _today(),
        "month_sections": _month_sections(),
        "forecasts": forecasts,
        "forecast_scores": _forecast_scores(),
        "county_shares": _shares(),
    }


@cache
def sample_results() -> Results:
    """The whole made campaign, made once."""
    site_days, city_days = _air()
    rows = {
        "progress": _progress(), "series": _series(), "values": _values(), "sites": _sites(), "hours": _hours(),
        "air_site_days": site_days, "air_city_days": city_days, "water_months": _water(), **_readings(), **_reference(), **_outlook(), **_ahead(),
    }  # fmt: skip
    rows["quota"] = [*rows["quota"], *_splits()]
    chances = {row["target_id"]: row["probability"] for row in rows["outlook"] if row["chosen"]}
    rows["progress"] = [{**row, "probability": chances.get(row["target_id"])} for row in rows["progress"]]
    run = {
        "campaign": "云泽市污染防治攻坚战", "campaign_en": "Yunze pollution-control campaign", "region": CITY, "region_name": "云泽市",
        "as_of": AS_OF.isoformat(), "built_at": "2026-06-01T08:30:00", "sample": True, "version": "0.1.0",
        "heads": {"observation": "9f2c"}, "counts": {"observations": 1234567}, "notes": [],
    }  # fmt: skip
    return Results({name: _table(name, found) for name, found in rows.items()}, run)
