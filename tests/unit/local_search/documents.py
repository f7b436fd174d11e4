"""Documents for tests, as small as they can be: PDF, Word, PowerPoint, and hostile ones."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pypdf import PdfReader, PdfWriter

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
MEGABYTE = 1024 * 1024


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text on every page."""
    streams = [f"BT /F1 18 Tf 40 700 Td ({words}) Tj ET".encode() for words in pages]
    return pdf_of_streams([(stream, b"") for stream in streams])


def pdf_of_streams(streams: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A PDF with a page per content stream, each with more entries for its dictionary."""
    kids = " ".join(f"{3 + 2 * place} 0 R" for place in range(len(streams)))
    font = 3 + 2 * len(streams)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
    ]
    for place, (data, entries) in enumerate(streams):
        page = (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
            f" /Contents {4 + 2 * place} 0 R /Resources << /Font << /F1 {font} 0 R >> >> >>"
        )
        head = b"<< /Length %d %s >>\nstream\n" % (len(data), entries)
        objects += [page.encode(), head + data + b"\nendstream"]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    body, places = b"%PDF-1.4\n", list[int]()
    for number, inside in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, inside)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + head + trailer


def locked_pdf(words: str, *, password: str) -> bytes:
    """A PDF that opens with ``password``; with "" it only forbids to be changed."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf(words))))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def inflating_pdf(megabytes: int, filler: bytes = b" ") -> bytes:
    """A PDF whose one page unpacks to so much."""
    packer = zlib.compressobj(9)
    block = filler * (MEGABYTE // len(filler))
    packed = b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()
    return pdf_of_streams([(packed, b"/Filter /FlateDecode")])


def archive(parts: Mapping[str, bytes]) -> bytes:
    """A zip archive, the same at any time of day."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as writer:
        for name, data in parts.items():
            writer.writestr(ZipInfo(name), data, ZIP_DEFLATED)
    return made.getvalue()


def word_xml(body: str) -> bytes:
    """The main part of a Word document."""
    return f"<?xml version='1.0'?><w:document {W}><w:body>{body}</w:body></w:document>".encode()


def docx(*paragraphs: str) -> bytes:
    """A Word document of plain paragraphs."""
    body = "".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in paragraphs)
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": word_xml(body)})


def pptx(*slides: str) -> bytes:
    """A presentation; more than nine slides show whether they are ordered by number."""
    text = "<a:p><a:r><a:t>{}</a:t></a:r></a:p>"
    return archive(
        {
            f"ppt/slides/slide{number}.xml": f"<x {A}>{text.format(words)}</x>".encode()
            for number, words in enumerate(slides, 1)
        }
    )


def inflating_docx(megabytes: int) -> bytes:
    """A Word document whose text unpacks to so much."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as writer, writer.open("word/document.xml", "w") as part:
        start, end = word_xml("<w:p><w:r><w:t>|</w:t></w:r></w:p>").split(b"|")
        part.write(start)
        for _ in range(megabytes):
            part.write(b"a" * MEGABYTE)
        part.write(end)
    return made.getvalue()


ENTITIES = archive(
    {
        "word/document.xml": (
            b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
            b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>' + word_xml("<w:t>&c;</w:t>")[21:]
        )
    }
)
"""A Word document with nested entities, "a billion laughs"."""

OUTSIDE = archive(
    {
        "word/document.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        + word_xml("<w:t>&a;</w:t>")[21:]
    }
)
"""A Word document that asks for a file of the machine that reads it."""
