"""One plan in six formats reads alike; each bad file has its numbered error. 格式。"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from tests.plans import sample

from qingce.catalog import load_catalog
from qingce.core.errors import DocumentError
from qingce.core.records import Reading
from qingce.plans import documents_in, read_document
from qingce.plans.formats import load
from qingce.plans.formats.numbering import chinese, numeral
from qingce.plans.formats.office import convert
from qingce.plans.formats.pdf import Line, paragraphs

CATALOG = load_catalog()


def meaning(reading: Reading) -> dict[str, object]:
    """What must not depend on the format."""
    return {
        "head": (
            reading.document.title,
            reading.document.issuer,
            reading.document.level,
            reading.document.date,
            reading.document.kind,
        ),
        "tree": [(c.path, c.title, c.level, c.battle) for c in reading.clauses],
        "targets": [
            (
                t.indicator,
                t.indicator_id,
                t.scope,
                t.comparator,
                t.value,
                t.unit,
                t.base_year,
                t.deadline,
                t.kind,
                t.clause.split("-", 2)[2],
            )
            for t in reading.targets
        ],
        "deadlines": [(d.date, d.kind) for d in reading.deadlines],
        "tasks": [
            (t.path, t.title, t.lead_units, t.support_units, t.responsible_units, t.measures) for t in reading.tasks
        ],
    }


def write(folder: Path, kind: str) -> Path:
    path = folder / f"plan.{kind}"
    if kind == "docx":
        return sample.as_docx(path)
    if kind == "gb":
        path = folder / "plan.txt"
        path.write_bytes(sample.as_text().encode("gb18030"))
        return path
    text = {"txt": sample.as_text, "md": sample.as_markdown, "html": sample.as_html}[kind]()
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return read_document(write(tmp_path_factory.mktemp("plain"), "txt"), CATALOG)


def test_the_sample_is_read_as_a_careful_officer_reads_it(plain: Reading) -> None:
    assert plain.document.title == sample.TITLE
    assert (plain.document.issuer, plain.document.level, plain.document.date) == (sample.ISSUER, "city", "2026-03-18")
    assert [c.path for c in plain.clauses] == [
        "一", "一/（一）", "一/（二）", "二", "二/（一）", "二/（二）", "二/（二）/1", "二/（二）/2", "三", "三/（一）", "三/（二）", "四", "四/（一）",  # noqa: E501
    ]  # fmt: skip
    assert len([t for t in plain.targets if t.kind in {"level", "class", "relative", "increment"}]) == 16
    tasks = {t.path: t for t in plain.tasks}
    assert tasks["二/（一）"].lead_units == ("市发展改革委",)
    assert tasks["二/（一）"].support_units == ("市生态环境局", "市住房城乡建设局")
    assert tasks["二/（二）/2"].responsible_units == ("市城管局", "各县政府")


@pytest.mark.parametrize("kind", ["md", "html", "docx", "gb"])
def test_the_same_plan_in_another_format(plain: Reading, tmp_path: Path, kind: str) -> None:
    assert meaning(read_document(write(tmp_path, kind), CATALOG)) == meaning(plain)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.prove
@pytest.mark.parametrize("kind", ["pdf", "doc"])
def test_the_same_plan_through_libreoffice(plain: Reading, tmp_path: Path, kind: str) -> None:
    path = convert(write(tmp_path, "docx"), tmp_path / "out", kind)
    assert meaning(read_document(path, CATALOG)) == meaning(plain)


def test_a_text_file_is_kept_as_it_is(tmp_path: Path) -> None:
    text = "一、目标\r\n到2027年，森林覆盖率达到41%。\r\n"
    path = tmp_path / "crlf.txt"
    path.write_bytes(text.encode())
    reading = read_document(path, CATALOG)
    assert reading.document.text == text
    target = reading.targets[0]
    assert text[target.start : target.end] == target.quote == "森林覆盖率达到41%"
    assert target.value_start == text.index("41%")


def test_word_accepts_changes_and_reads_boxes_notes_and_merged_cells(tmp_path: Path) -> None:
    cell = "<w:tc><w:tcPr>{}</w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    table = "<w:tbl><w:tr>{}{}</w:tr><w:tr>{}{}</w:tr></w:tbl>".format(
        cell.format('<w:vMerge w:val="restart"/>', "大气"), cell.format("", "任务甲"),
        cell.format("<w:vMerge/>", ""), cell.format("", "任务乙"),
    )  # fmt: skip
    changed = (
        "<w:p><w:r><w:t>到2027年，湿地保护率达到</w:t></w:r><w:del><w:r><w:delText>50</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>56</w:t></w:r></w:ins><w:r><w:t>%。</w:t></w:r></w:p>"
    )
    box = "<w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>文本框里的话。</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>"  # noqa: E501
    notes = (
        '<?xml version="1.0"?><w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:footnote w:id="2"><w:p><w:r><w:t>脚注的话。</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    text = load(sample.write_docx(tmp_path / "rich.docx", changed + box + table, footnotes=notes)).text
    assert text.split("\n") == [
        "到2027年，湿地保护率达到56%。",
        "",
        "文本框里的话。",
        "大气\t任务甲",
        "大气\t任务乙",
        "附注：脚注的话。",
    ]


@pytest.mark.parametrize(("number", "style", "shown"), [
    (12, "chineseCounting", "十二"), (3, "decimalEnclosedCircle", "③"), (4, "lowerRoman", "iv"), (2, "upperLetter", "B"), (7, "decimal", "7"), (1, "bullet", ""),  # noqa: E501
])  # fmt: skip
def test_numbers_of_word_as_they_are_shown(number: int, style: str, shown: str) -> None:
    assert numeral(number, style) == shown
    assert chinese(110) == "一百一十"


def test_a_restarted_list_begins_again(tmp_path: Path) -> None:
    numbering = sample._NUMBERING.replace(
        "</w:numbering>",
        '<w:num w:numId="8"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num></w:numbering>',  # noqa: E501
    )
    body = sample.paragraph_xml("甲", 1) + sample.paragraph_xml("乙", 1)
    body += sample.paragraph_xml("丙", 1).replace('numId w:val="7"', 'numId w:val="8"')
    assert load(sample.write_docx(tmp_path / "n.docx", body, numbering=numbering)).text.split("\n") == [
        "一、甲",
        "二、乙",
        "一、丙",
    ]


def test_a_web_table_is_filled_down_and_its_list_numbered(tmp_path: Path) -> None:
    path = tmp_path / "t.html"
    path.write_text(
        "<html><body><ol><li>甲</li><li>乙</li></ol><table><tr><td rowspan=2>水</td><td>任务一</td></tr><tr><td>任务二</td></tr></table></body></html>",  # noqa: E501
        encoding="utf-8",
    )
    assert load(path).text == "1.甲\n2.乙\n水\t任务一\n水\t任务二"


def test_lines_of_a_page_become_paragraphs() -> None:
    def line(text: str, y: float, *, x0: float = 90, x1: float = 500, page: int = 0) -> Line:
        return Line(text, x0, x1, y, y + 12, 12, page)

    lines = [
        line("一、加强治", 700, x0=114),
        line("理。", 680, x1=130),
        line("二、完成整", 660, x0=114),
        line("改。", 700, x1=130, page=1),
    ]
    assert paragraphs(lines) == "一、加强治理。\n二、完成整改。"


BAD = {
    "empty.txt": (b"  \n", "QC300"),
    "sheet.xlsx": (b"abc", "QC301"),
    "broken.docx": (b"PK\x03\x04 not a zip", "QC302"),
    "cut.docx": (b"nothing", "QC302"),
    "noise.txt": (b"\x00\x01\x02\xff\xfe\x80" * 40, "QC305"),
    "broken.pdf": (b"%PDF-1.7 garbage", "QC309"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_has_its_numbered_error(tmp_path: Path, name: str) -> None:
    data, code = BAD[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DocumentError, match=rf"^{code}: .*{name}"):
        read_document(path, CATALOG)


def test_a_missing_file_has_its_numbered_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="QC308.*none.txt"):  # noqa: RUF043
        read_document(tmp_path / "none.txt", CATALOG)


def pdf_with(path: Path, *, password: str = "", image: bool = False) -> Path:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(300, 300)
    if password:
        writer.encrypt(password)
    with path.open("wb") as stream:
        writer.write(stream)
    return path


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="QC303.*locked.pdf"):  # noqa: RUF043
        read_document(pdf_with(tmp_path / "locked.pdf", password="secret"), CATALOG)


def test_a_pdf_of_images_names_the_extra(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"QC304.*scan\.pdf.*qingce\[ocr\]"):
        read_document(pdf_with(tmp_path / "scan.pdf"), CATALOG)


def test_a_picture_names_the_extra(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(b"\x89PNG....")
    with pytest.raises(DocumentError, match=r"QC304.*page\.png.*qingce\[ocr\]"):
        read_document(path, CATALOG)


def test_an_old_format_without_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    path = tmp_path / "old.wps"
    path.write_bytes(b"\xd0\xcf\x11\xe0 old")
    with pytest.raises(DocumentError, match="QC306.*old.wps.*LibreOffice"):  # noqa: RUF043
        read_document(path, CATALOG)


def test_a_zip_and_a_folder_give_their_documents(tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    write(folder, "txt")
    write(folder, "docx")
    (folder / "~$plan.docx").write_bytes(b"lock")
    packed = tmp_path / "plans.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"计划/{file.name}")
    for path in (folder, packed):
        with documents_in(path) as files:
            assert [file.name for file in files] == ["plan.docx", "plan.txt"]
            assert load(files[1]).text == sample.as_text()
    with documents_in(folder / "plan.txt") as files:
        assert files == [folder / "plan.txt"]


def test_a_zip_that_leads_outside_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "bad.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../evil.txt", "x")
    with pytest.raises(DocumentError, match="QC307.*bad.zip"), documents_in(packed):  # noqa: RUF043
        pass


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.prove
def test_a_pdf_with_columns_headers_and_page_numbers(plain: Reading, tmp_path: Path) -> None:
    import docx
    from docx.oxml.ns import qn

    document = docx.Document()
    for line in sample.as_text().split("\n\n"):
        document.add_paragraph(line.strip())
    for _ in range(40):
        document.add_paragraph(
            "各县区要加强统筹协调，压实工作责任，定期调度通报，确保各项任务落到实处，不断提升治理能力。" * 3
        )
    section = document.sections[0]
    section.header.paragraphs[0].text = "青溪市人民政府公报"
    section.footer.paragraphs[0].text = "— 12 —"
    section._sectPr.xpath("./w:cols")[0].set(qn("w:num"), "2")
    document.save(str(tmp_path / "columns.docx"))
    reading = read_document(convert(tmp_path / "columns.docx", tmp_path / "out", "pdf"), CATALOG)
    assert "公报" not in reading.document.text
    assert "— 12 —" not in reading.document.text
    assert meaning(reading)["targets"] == meaning(plain)["targets"]
    assert [c.path for c in reading.clauses] == [c.path for c in plain.clauses]
