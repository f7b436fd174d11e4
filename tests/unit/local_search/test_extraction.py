"""The text that comes out of a file, or the reason why none does."""

from __future__ import annotations

from io import BytesIO

import pytest
from tests.unit.local_search import documents
from tests.unit.local_search.documents import archive, docx, pdf, pptx, word_xml

from retinue.local.contents import FAULTS, Inspector
from retinue.local.search.extraction import Unreadable, text_of
from retinue.local.search.extraction.markup import visible_text

RUN = "<w:r><w:t>{}</w:t></w:r>"
TABLE = (
    "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
)
CHOICE = (
    "<mc:AlternateContent xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'>"
    "<mc:Choice><w:r><w:t>new</w:t></w:r></mc:Choice>"
    "<mc:Fallback><w:r><w:t>old</w:t></w:r></mc:Fallback></mc:AlternateContent>"
)


def str_or_bytes(value: str | bytes) -> str:
    """Names of cases: documents have none, and some differ from run to run."""
    return value if isinstance(value, str) else "bytes"


def extracted(name: str, content: bytes) -> str:
    """What the platform does with an upload: look at it, keep it, and extract later."""
    inspector = Inspector(name)
    inspector.feed(content)
    encoding, fault = inspector.verdict()
    if fault is not None:
        raise Unreadable(fault)
    return text_of(BytesIO(content), filename=name, encoding=encoding)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", "snow ☃".encode(), "snow ☃"),
        ("a.txt", "\ufeffmarked".encode(), "marked"),
        ("a.txt", "wide ☃".encode("utf-16"), "wide ☃"),
        ("a.md", b"# Title\n\n*text*", "# Title\n\n*text*"),
        ("a.py", b"def f():\n    return 1\n", "def f():\n    return 1\n"),
        ("a.json", b'{"a": [1, 2]}', '{"a": [1, 2]}'),
        ("a.csv", b"name,age\nAda,36\n", "name,age\nAda,36\n"),
    ],
)
def test_text_stays_as_it_is(name: str, content: bytes, text: str) -> None:
    assert extracted(name, content) == text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one <b>bold</b>\n  word</p>", "one bold word"),
        ("<title>T</title><style>p {}</style><script>f('<p>')</script><p>x</p>", "T\n\nx"),
        ("<p>a &amp; b &lt; c &#9731;</p>", "a & b < c ☃"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        ("<pre>  x\n    y</pre>", "x\n    y"),
        ("<p>before<template><p>hidden</p></template> after", "before after"),
        ("<p>never closed", "never closed"),
        ("<!-- no --><p>yes</p>", "yes"),
        ("<p>a<br/>b</p>", "a\nb"),
        ("<p>a</p></script><p>b</p>", "a\n\nb"),
        ("<p title='a > b' class=don't>x</p>y", "x\n\ny"),
        ("<SCRIPT>if (a<b) '<p>no</p>'</Script ><p>yes", "yes"),
        ("<svg><text>no</text></svg><p>yes</p>", "yes"),
        ("3 < 4 and 5 > 4, <3", "3 < 4 and 5 > 4, <3"),
        ("before<script>never closed", "before"),
        ("before<!-- never closed <p>no</p>", "before"),
        ("before<a href='never closed>no", "before"),
        ("<?xml version='1.0'?><!DOCTYPE html><p>x", "x"),
        ("<svg class='i'/>x<br/>y", "x\ny"),
    ],
)
def test_the_visible_text_of_a_page(page: str, text: str) -> None:
    assert extracted("a.html", page.encode()) == text


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "<a b='", "<!--", "</", "<?", "<script>", "<svg>", "<![CDATA[", "&", "=", "<pre>"],
)
def test_no_page_takes_for_ever(piece: str) -> None:
    """The standard library's parser takes minutes for some of these: no clock is needed."""
    page = "<html>" + piece * 50_000 + "<pre>" + " " * 200_000
    assert len(visible_text(page)) < 2 * len(page)


def test_a_page_is_known_by_its_first_words() -> None:
    assert extracted("a.txt", b"<!DOCTYPE html><html><p>x</p>") == "x"
    assert extracted("a.txt", b"see <b>this</b>") == "see <b>this</b>"


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.pdf", pdf("Hello there"), "Hello there"),
        ("a.pdf", pdf("First page", "Second page"), "First page\n\nSecond page"),
        ("a.pdf", documents.locked_pdf("Read me", password=""), "Read me"),
        ("a.bin", pdf("Known by its first bytes"), "Known by its first bytes"),
        ("a.docx", docx("One.", "Two &amp; three."), "One.\nTwo & three."),
        (
            "a.docx",
            archive({"word/document.xml": word_xml(RUN.format("a") + "<w:r><w:tab/></w:r>b")}),
            "a",
        ),
        ("a.docx", archive({"word/document.xml": word_xml(TABLE)}), "a\n\tb\n\t"),
        ("a.docx", archive({"word/document.xml": word_xml(CHOICE)}), "new"),
        (
            "a.docx",
            archive(
                {
                    "word/document.xml": word_xml(RUN.format("text")),
                    "word/footnotes.xml": word_xml(RUN.format("note")),
                }
            ),
            "text\nnote",
        ),
        ("a.pptx", pptx(*"abcdefghijk"), "\n\n".join("abcdefghijk")),
    ],
    ids=str_or_bytes,
)
def test_documents(name: str, content: bytes, text: str) -> None:
    assert extracted(name, content).strip() == text.strip()


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.txt", b"", "invalid_file"),
        ("a.txt", b" \n\t ", "no_text"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00", "unsupported_file"),
        ("a.zip", archive({"a.txt": b"x"}), "unsupported_file"),
        ("a.xlsx", archive({"xl/workbook.xml": b"<x/>"}), "other_document"),
        ("a.docx", archive({"other.xml": b"<x/>"}), "other_document"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 more", "old_office"),
        ("a.pdf", documents.locked_pdf("Secret", password="key"), "encrypted"),
        ("a.pdf", b"%PDF-1.7 \xff\xfe\x00", "damaged"),
        ("a.pdf", pdf("cut off")[:120], "damaged"),
        ("a.pdf", pdf(""), "no_text"),
        ("a.docx", docx("cut off")[:60], "damaged"),
        ("a.docx", archive({"word/document.xml": b"<w:not xml"}), "damaged"),
        ("a.docx", archive({"word/document.xml": word_xml("")}), "no_text"),
        ("a.docx", archive({"word/document.xml": word_xml("<w:x>" * 5000)}), "damaged"),
        ("a.docx", documents.ENTITIES, "entities"),
        ("a.docx", documents.OUTSIDE, "entities"),
        ("a.docx", documents.inflating_docx(50), "bomb"),
    ],
    ids=str_or_bytes,
)
def test_what_gives_no_text_says_why(name: str, content: bytes, fault: str) -> None:
    with pytest.raises(Unreadable) as caught:
        extracted(name, content)
    assert caught.value.fault == fault
    code, message = FAULTS[fault]
    assert code in {"invalid_file", "unsupported_file"}
    assert message.endswith(".")


def test_a_broken_page_does_not_lose_the_others() -> None:
    streams = [(b"BT /F1 9 Tf (kept) Tj ET", b""), (b"(((", b"/Filter /Unknown")]
    assert extracted("a.pdf", documents.pdf_of_streams(streams)).strip() == "kept"


def test_halves_of_surrogate_pairs_are_no_text() -> None:
    text = extracted("a.html", b"<p>a&#xD800;b&#0;c</p>")
    assert text.encode()
    assert text[0] + text[-1] == "ac"


def test_an_enormous_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retinue.local.search.extraction.limits.TEXT_BYTES", 1000)
    assert extracted("a.txt", b"a" * 1000)
    with pytest.raises(Unreadable, match="too_long"):
        extracted("a.txt", b"a" * 1001)
    with pytest.raises(Unreadable, match="too_long"):
        extracted("a.docx", docx("a" * 1001))
    with pytest.raises(Unreadable, match="too_long"):
        extracted("a.pdf", pdf("a" * 600, "b" * 600))
