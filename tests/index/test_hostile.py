"""Whatever bytes a folder holds, reading it ends in articles or reasons: no traceback, no hang.

`python -m tests.index.test_hostile` prints how many bad inputs were tried, and the peak memory.
"""

# ruff: noqa: E501 - the inputs read best one after another

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import zlib
from pathlib import Path

MEMORY = 2**30
SECONDS = 60  # what one file may take on a machine busy with other things; most take milliseconds

STORY = (
    "The harbour reopened on Friday. Ships had waited for nine days, the harbour master said. "
    "Le président est arrivé à Genève mardi, où les délégués étaient déjà réunis. "
)
PAGE = f"""<!doctype html><html><head><title>Port open</title><meta property="og:site_name"
content="Quay"><script type="application/ld+json">{{"@type": "NewsArticle", "author":
{{"name": "Ann Lee"}}, "datePublished": "2023-10-28"}}</script></head><body><article>
<h1>Port open</h1>{f"<p>{STORY}</p>" * 3}</article></body></html>"""
RECORD = {"title": "Port open", "text": STORY * 3, "date": "2023-10-28", "authors": ["Ann Lee"]}


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of objects numbered from 1, the first its catalog."""
    out, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R %s >>\n" % (
        len(objects) + 1, table, len(objects) + 1, trailer
    ) + b"startxref\n%d\n%%%%EOF" % len(out)  # fmt: skip


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
SHEET = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 900 200] /Contents 4 0 R"
    b" /Resources << /Font << /F1 5 0 R >> /XObject << /X 4 0 R >> >> >>"
)
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def deflated(content: bytes, entries: bytes = b"") -> bytes:
    return stream(zlib.compress(content, 9), b"/Filter /FlateDecode " + entries)


TEXT = stream(f"BT /F1 8 Tf 20 100 Td ({STORY.split('. ')[0]}.) Tj ET".encode())
GOOD_PDF = pdf(CATALOG, PAGES, SHEET, TEXT, FONT)

GOOD = {
    "a.txt": f"date 2023-10-28 (Quay) -- {STORY}".encode(),
    "a.md": f"---\ntitle: Port open\ndate: 2023-10-28\nauthors: [Ann Lee]\n---\n\n{STORY}".encode(),
    "a.html": PAGE.encode(),
    "a.json": json.dumps([RECORD] * 3).encode(),
    "a.jsonl": "\n".join(json.dumps(RECORD | {"id": n}) for n in range(5)).encode(),
    "a.pdf": GOOD_PDF,
    "b.txt": STORY.encode("utf-16"),
    "b.txt.gz": gzip.compress(STORY.encode() * 9),
    "b.txt.xz": lzma.compress(STORY.encode() * 9),
    "b.jsonl.xz": lzma.compress("\n".join([json.dumps(RECORD)] * 50).encode()),
}


def broken(chance: random.Random):
    """Every good file cut off, and with bytes changed, put in and taken out."""
    for name, content in GOOD.items():
        for n in range(12):
            yield f"cut-{n}-{name}", content[: chance.randrange(len(content))]
        for n in range(14):
            bad = bytearray(content)
            for _ in range(chance.choice([1, 3, 30])):
                at = chance.randrange(len(bad))
                bad[at : at + chance.choice([0, 1, 1, 9])] = chance.randbytes(
                    chance.choice([0, 1, 1])
                )
            yield f"bad-{n}-{name}", bytes(bad)


def misnamed(chance: random.Random):
    """Noise, and one kind of file under the name of another."""
    suffixes = [".txt", ".md", ".html", ".json", ".jsonl", ".pdf", ".gz", ".xz", ".pdf.gz", ""]
    for suffix in suffixes:
        for size in (1, 40, 5000):
            yield f"noise-{size}{suffix}", chance.randbytes(size)
        for name, content in GOOD.items():
            yield f"named-{name.replace('.', '-')}{suffix}", content
    for n, magic in enumerate(
        [b"PK\x03\x04", b"\x7fELF", b"%PDF-", b"<html", b"\xfd7zXZ\x00", b"\x1f\x8b"]
    ):
        yield f"magic-{n}.txt", magic + chance.randbytes(200)


def encodings(chance: random.Random):
    names = """cp1250 cp1251 cp1252 cp1253 cp1255 cp1256 latin-1 iso8859-2 iso8859-5 koi8-r mac-roman
    cp437 cp500 utf-7 utf-16 utf-16-le utf-16-be utf-32 utf-32-le gb18030 big5 shift_jis euc-jp
    euc-kr iso2022-jp hz utf-8-sig""".split()
    for name in names:
        for suffix, text in ((".txt", STORY * 3), (".md", GOOD["a.md"].decode()), (".html", PAGE)):
            yield f"{name}{suffix}", text.encode(name, "replace")
        text = json.dumps([RECORD], ensure_ascii=False)
        yield f"{name}.json", text.encode(name, "replace")
    yield "mixed.txt", STORY.encode() + STORY.encode("latin-1") + STORY.encode("utf-16")
    for n, bom in enumerate(
        [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"]
    ):
        yield f"bom-{n}.txt", bom
        yield f"bom-{n}.json", bom + b"{}"
        yield f"bom-{n}-odd.md", bom + chance.randbytes(33)


def numbers_and_dates(chance: random.Random):
    days = """NaN Infinity -Infinity 1e308 -1e308 1e999 -1 0 1 99999999999999999999 2e9 1e11 1e18 true
    false [] {} [1] "" " " "0000-00-00" "2023-02-30" "9999-99-99" "99999-01-01" "-2023-01-01" "now"
    "2023-10-27T99:99:99Z" "1/1/1" "١٢/١٠/٢٠٢٣" "2023-10-27T00:00:00+99:99" "Fri, 31 Feb 2023"
    "00000000000" "9999999999999" "0/0/0" "\\u0000" "\\ud800" "::::" "1e5" "12 12 12 12" "A.D. 1"
    "10:10 UTC+999999999999" "2023-W99-9" "²⁰²³-¹⁰-²⁷" "1,5" "a.m." "32nd of May" """.split()
    days += ["1" * 4000, "1" * 5000, '"%s"' % ("1" * 10_000), '"%s"' % ("1 " * 50_000)]
    days += ["[" * 300 + "]" * 300, '"%s"' % ("x" * 10**6), '{"a":' * 300 + "1" + "}" * 300]
    for n, day in enumerate(days):
        yield f"day-{n}.json", f'{{"text": {json.dumps(STORY)}, "date": {day}}}'.encode()
        yield f"day-{n}.md", f"---\ndate: {day}\n---\n{STORY}".encode()
    for n in range(20):
        noise = "".join(chance.choices("0123456789-/:.,TZ+ aApPmM", k=chance.randrange(1, 30)))
        yield f"noise-day-{n}.json", json.dumps({"text": STORY, "date": noise}).encode()


def records(chance: random.Random):
    story = json.dumps(STORY)
    wild = [
        "null", "true", "0", '""', "[]", "{}", "[[]]", "[null]", "[1, 2]", '{"articles": null}',
        '{"articles": [[]]}', '{"articles": {}}', '{"text": null}', '{"text": 5}', '{"text": [1]}',
        f'{{"text": {story}, "text": 1}}', f'{{"text": 1, "text": {story}}}', "{", "[", '"', "[,]",
        f'{{"text": {story},}}', f"{{'text': {story}}}", f'{{"text": {story}, "title": NaN}}',
        f'{{"text": {story}, "title": {{"name": {{"name": []}}}}}}',
        f'{{"text": {story}, "title": "\\ud800", "url": "https://q.example/\\udfff", "id": "\\ud800"}}',
        f'{{"text": {story}, "source": "\\u0000", "authors": "\\u0000"}}',
        f'{{"text": {story}, "authors": {"[" * 400 + "]" * 400}}}',
        f'{{"text": {story}, "authors": {chr(123)}"name": {"[" * 990 + "]" * 990}}}}}',
        f'{{"text": {story}, "authors": [null, 1, true, {{}}, [[]], {{"name": 7}}]}}',
        f'{{"text": {story}, "authors": "Ann{" " * 200_000}Lee"}}',
        f'{{"text": {story}, "url": "http://[::1"}}', f'{{"text": {story}, "url": ["http://a/"]}}',
        f'{{"text": {story}, "id": {"1" * 4300}}}', f'{{"text": {story}, "id": {"1" * 4301}}}',
        f'{{"text": {story}, "id": {{"a": [1]}}}}', f'{{"": {story}, "text": {story}, "x": 1e999}}',
        f'[{{"text": {story}}}] trailing', f'{{"text": {story}}} {{"text": {story}}}',
        f'{{"text": "{"a" * 3_000_000}"}}', f'{{"text": "{". " * 500_000}a"}}',
        '{"text": "%s"}' % ("\\u0000" * 1000), '{"text": "%s"}' % ("\\ud83d\\ude00" * 1000),
        '{"text": "%s"}' % ("\\ud800" * 1000), "[" * 100_000, "[" * 990 + "]" * 990,
        '{"a":' * 100_000, '{"a":' * 900 + "1" + "}" * 900, "[" + "9" * 100_000 + "]", "-", "\\u0000",
        "[" + "[]," * 20_000_000 + "[]]", "[" + '"ab",' * 12_000_000 + "0]", "[1.5" * 1,
        "[" + "{}," * 200_000 + "{}]", '{"data": [' + "0," * 1_000_000 + "0]}",
    ]  # fmt: skip
    for n, text in enumerate(wild):
        yield f"wild-{n}.json", text.encode("utf-8", "surrogatepass")
        if len(text) < 1_000_000:
            yield f"wild-{n}.jsonl", text.encode("utf-8", "surrogatepass")
    exported = {"format": "dateline-article-1", "title": "Port open", "body": STORY}
    for n, change in enumerate([
        {"title": 5}, {"title": ""}, {"body": None}, {"body": ""}, {"body": "\ud800"}, {"source": {}},
        {"published": 5}, {"published": "soon"}, {"authors": 5}, {"authors": "Ann"}, {"authors": [[1]]},
        {"authors": ["\udfff"]}, {"url": 5}, {"url": "javascript:x"}, {"url": "http://[::1"}, {"path": []},
        {"title_made": []}, {"related": {"a": 1}}, {"credits": [None]}, {"format": []}, {"id": {}},
    ]):  # fmt: skip
        yield f"exported-{n}.jsonl", json.dumps(exported | change).encode()
    yield "newlines.jsonl", b"\n" * 1_000_000
    yield "cr.jsonl", b"\r".join([json.dumps(RECORD).encode()] * 3)
    yield "long.jsonl", b'{"text": "' + b"a" * 70_000_000
    yield "errors.jsonl", b"{\n" * 20_000


def front_matter(chance: random.Random):
    laughs = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    merges = "m0: &m0 {x: 1}\n" + "".join(
        f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 9)
    )
    wild = [
        laughs, laughs + "authors: *a11\n", laughs + "date: *a11\n", laughs + "title: *a11", merges,
        "authors: &a [*a]", "? [a, b]\n: 1", "? {a: b}\n: 1", "{a: b}: c", "- a\n- b", "just words",
        "5", "title: !!python/object/apply:os.system [id]", "title: !!python/name:os.system",
        "title: !<tag:x> y", "title: !!binary aGk=", "title: !!binary ===", "title: !!set {a, b}",
        "title: !!omap [a: 1]", "title: !!timestamp soon", "date: !!int soon", "date: !!float soon",
        "date: 0x" + "f" * 20_000, "title: 0x" + "f" * 20_000, "0x" + "f" * 20_000 + ": 1",
        "date: " + "1:" * 3000 + "1", "date: 0b" + "1" * 60_000, "date: .nan", "date: -.inf",
        "date: 2023-13-45", "date: 0000-01-01", "date: 2023-10-27T25:00:00", "title: \x07",
        "title: \ud800", "title: [open", "title: 'open", "title: |", "title: >\n  x", "\ttitle: x",
        "title: *nobody", "&a title: x", "%YAML 9.9\n---\ntitle: x", "title: " + "[" * 20_000,
        "title: " + "{a: " * 20_000, "- " * 20_000, "title: " + "x" * 3_000_000,
        "".join(f"k{n}: {n}\n" for n in range(100_000)), "authors: Ann" + " " * 200_000 + "Lee",
        "null: x", "true: x", "1: x", "2023-10-27: x", "title: null", "text: x", "url: javascript:x",
    ]  # fmt: skip
    for n, matter in enumerate(wild):
        text = f"---\n{matter}\n---\n{STORY}"
        yield f"matter-{n}.md", text.encode("utf-8", "surrogatepass")
    yield "unclosed.md", f"---\ntitle: x\n{STORY}".encode()
    yield "only.md", b"---\n---\n"
    yield "rules.md", b"---\n" * 100_000


def texts(chance: random.Random):
    spaces = b" " * 1_000_000
    wild = [
        b"", b" ", b"\n", b"\0", b"\0" * 100_000, b"\x00a" * 1000, b"\x1b[31m" * 500, b"a", b".",
        b"#", b"# ", b"#" + spaces, b"#" + spaces + b"x", spaces + b"x", b"\n" * 1_000_000 + b"x",
        b" \n" * 500_000 + b"x", b"a" * 20_000_000, b"a b " * 5_000_000, b". " * 500_000,
        b"a. " * 1_000_000, b"\r" * 100_000 + b"x", b"--" * 100_000, b"(" * 100_000 + b"a",
        b"Reporting by " * 50_000, b"Reporting by x" + b" )" * 100_000, b"Earlier:" + spaces + b"x",
        b"date 2023-10-28 (" + b"x" * 100_000, b"date 9999-99-99 (Quay) -- text.",
        b"\n\ndate 2023-10-28 (Quay) --" * 20_000, b"date 2023-10-28 (Quay) --" + spaces,
        "😀".encode() + b"a " * 30_000_000, "\u202e".encode() * 1000, "é".encode() * 5_000_000,
        "́".encode() * 100_000, b"\xf0\x9f" * 10_000, b"\xed\xa0\x80" * 1000, b"\xff" * 300_000,
        b"\x80\x81\xfe" * 100_000, b"Mr. " * 300_000, b'"' * 500_000, b"e.g. " * 200_000,
        b"a\n\n" * 1_000_000, b"x" * 70_000_000, b"Ann and " * 100_000, b"1. " * 300_000,
        b"- \n" * 300_000, b"--- \n" * 100_000, b"\x0c" * 1000, "\u2028".encode() * 100_000 + b"a",
    ]  # fmt: skip
    for n, content in enumerate(wild):
        yield f"text-{n}.txt", content
        if len(content) < 2_000_000:
            yield f"text-{n}.md", content


def pages(chance: random.Random):
    prose = f"<p>{STORY}</p>" * 3
    wild = [
        "<html>", "<html></html>", "<!doctype html>", "<html>" + "<" * 200_000, "<html>" + ">" * 200_000,
        "<div>" * 200_000 + prose, "<p>" * 200_000 + prose, "<b>" * 50_000 + prose,
        "<table><tr><td>" * 30_000 + prose, "<ul><li>" * 50_000 + prose, "<svg>" * 100_000,
        "<a href='" + "x" * 5_000_000 + f"'>{prose}", "<p " + "a='b' " * 500_000 + f">{prose}",
        "<p " + " ".join(f"a{n}='b'" for n in range(100_000)) + f">{prose}", "<p>" + "&amp;" * 1_000_000,
        "<p>" + "&#x1f600;" * 200_000, "<p>&#0;&#xd800;&#x110000;&#99999999999;&bogus;" + prose,
        "<!doctype html [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><p>&b;" + prose,
        "<!DOCTYPE html [" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 20)) + "]><p>&a19;",
        "<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'>" + prose,
        "<?xml version='1.0' encoding='bogus'?><html>" + prose, "<meta charset='bogus'>" + prose,
        "<meta charset='utf-16'>" + prose, "<meta charset='undefined'>é" + prose, "<html><!--" + "-" * 500_000,
        "<html><!--" * 100_000, "<script>" * 50_000 + prose, "<style>" + "x" * 5_000_000, "<title>" * 50_000 + prose,
        f"<title>{'x' * 2_000_000}</title>{prose}", f"<meta property='og:title' content='{'x' * 2_000_000}'>{prose}",
        f"<meta name=author content='{'Ann and ' * 50_000}'>{prose}", f"<meta name=date content='{'1' * 100_000}'>{prose}",
        f"<script type='application/ld+json'>{'[' * 100_000}</script>{prose}",
        "<script type='application/ld+json'>" + '{"a":' * 5000 + "1" + "}" * 5000 + "</script>" + prose,
        f"<script type='application/ld+json'>{{'datePublished': NaN}}</script>{prose}",
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "author": {"[" * 500 + "]" * 500}}}</script>{prose}',
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": [], "author": 5, "publisher": []}}</script>{prose}',
        f"<base href='http://[::1'><link rel=canonical href='http://[::1'>{prose}",
        f"<link rel=canonical href='javascript:alert(1)'>{prose}", f"<time datetime='9999-99-99'>{prose}",
        "<p>" + STORY * 20_000, prose * 3000, "<br>" * 300_000 + prose, f"<p>{'x' * 10_000_000}</p>",
        "<p>" + "<b>x</b>" * 200_000, "<frameset>" * 10_000, "<form>" * 10_000 + "<input>" * 10_000, "\0<html>" + prose,
        "<html>" + "\0" * 1000 + prose, "<p>" * 10 + "\ud800" + prose, "<li>x" * 200_000, "<td>" * 200_000,
        "<div><p>" + STORY + "</p></div>" * 100_000, "<template>" * 5000 + prose, "<math><mi>" * 20_000,
    ]  # fmt: skip
    for n, page in enumerate(wild):
        yield f"page-{n}.html", page.encode("utf-8", "surrogatepass")
    for n, unit in enumerate(["<p>x</p>", "<a b=c>", "<p>One line of text, more or less.</p>"]):
        yield f"page-large-{n}.html", f"<html>{unit * (60_000_000 // len(unit))}".encode()


def packed(chance: random.Random):
    zeros = bytes(2**20)

    def many(compressor, times, unit=zeros):
        return b"".join([*(compressor.compress(unit) for _ in range(times)), compressor.flush()])

    gz = many(zlib.compressobj(1, wbits=31), 200)
    text = many(zlib.compressobj(1, wbits=31), 100, b"a b. " * 200_000)
    xz = many(lzma.LZMACompressor(preset=0), 200)
    for suffix in (".txt", ".json", ".jsonl", ".html", ".md"):
        yield f"bomb{suffix}.gz", gz
        yield f"bomb{suffix}.xz", xz
        yield f"bomb-text{suffix}.gz", text
    yield "twice.txt.gz", gzip.compress(gz)
    yield "members.txt.gz", gzip.compress(b"") * 20_000
    yield "streams.txt.xz", lzma.compress(b"") * 20_000
    yield "tail.txt.gz", gzip.compress(STORY.encode()) + b"tail"
    yield "tail.txt.xz", lzma.compress(STORY.encode()) + b"tail"
    yield "padded.txt.gz", gzip.compress(STORY.encode()) + bytes(100_000)
    yield "named.txt.gz", b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 5_000_000
    yield "alone.txt.xz", lzma.compress(STORY.encode(), format=lzma.FORMAT_ALONE)
    yield "dictionary.txt.xz", hungry(lzma.compress(STORY.encode()))
    yield "dictionary-late.txt.xz", lzma.compress(STORY.encode()) + hungry(lzma.compress(b"x"))
    alone = bytearray(lzma.compress(STORY.encode(), format=lzma.FORMAT_ALONE))
    alone[1:5] = b"\xff\xff\xff\xff"
    yield "dictionary-alone.txt.xz", bytes(alone)
    yield "zip.txt", b"PK\x03\x04" + chance.randbytes(500)
    yield "zip.gz", gzip.compress(b"PK\x03\x04" + bytes(100))


def hungry(xz: bytes) -> bytes:
    """An xz stream that asks its reader for a dictionary of 4 GB."""
    size = (xz[12] + 1) * 4
    header = bytearray(xz[12 : 12 + size - 4])
    header[header.index(b"\x21\x01") + 2] = 40
    return xz[:12] + bytes(header) + zlib.crc32(header).to_bytes(4, "little") + xz[12 + size :]


def documents(chance: random.Random):
    good = [CATALOG, PAGES, SHEET, TEXT, FONT]

    def but(number, content):
        return pdf(*good[: number - 1], content, *good[number:])

    yield "kids-loop.pdf", but(2, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>")
    yield "kids-many.pdf", but(2, b"<< /Type /Pages /Kids [%s] /Count 9 >>" % (b"3 0 R " * 2_000))
    yield "kids-none.pdf", but(2, b"<< /Type /Pages /Kids [99 0 R] /Count 1 >>")
    yield "kids-word.pdf", but(2, b"<< /Type /Pages /Kids /None /Count -1 >>")
    yield "count.pdf", but(2, b"<< /Type /Pages /Kids [3 0 R] /Count 999999999 >>")
    yield "parent-loop.pdf", but(3, b"<< /Type /Page /Parent 3 0 R /Contents 4 0 R >>")
    yield "self.pdf", but(4, b"4 0 R")
    yield "contents-loop.pdf", but(4, b"[4 0 R 4 0 R]")
    yield "contents-many.pdf", but(4, b"[%s]" % (b"5 0 R " * 50_000))
    yield (
        "form-loop.pdf",
        but(
            4,
            stream(
                b"/X Do", b"/Type /XObject /Subtype /Form /Resources << /XObject << /X 4 0 R >> >>"
            ),
        ),
    )
    yield "bomb.pdf", but(4, deflated(bytes(150_000_000)))
    yield "bomb-text.pdf", but(4, deflated(b"BT /F1 8 Tf (spam) Tj ET\n" * 300_000))
    twice = zlib.compress(zlib.compress(bytes(100_000_000), 9), 9)
    yield "bomb-twice.pdf", but(4, stream(twice, b"/Filter [/FlateDecode /FlateDecode]"))
    yield "filters.pdf", but(4, stream(b"x", b"/Filter [%s]" % (b"/ASCIIHexDecode " * 5000)))
    yield "length.pdf", but(4, TEXT.replace(b"/Length ", b"/Length 9999999"))
    yield "length-loop.pdf", but(4, b"<< /Length 4 0 R >>\nstream\nx\nendstream")
    yield "arrays.pdf", but(4, stream(b"[" * 100_000))
    yield "dictionaries.pdf", but(5, b"<< /A " * 20_000)
    yield "nested.pdf", but(3, b"[" * 5000 + b"]" * 5000)
    yield "numbers.pdf", but(4, stream(b"BT /F1 1e999 Tf 9" + b"9" * 100_000 + b" 1 Td (x) Tj ET"))
    yield "strings.pdf", but(4, stream(b"BT /F1 8 Tf (" + b"(" * 100_000 + b") Tj ET"))
    yield "save.pdf", but(4, stream(b"q " * 500_000))
    yield "spaces.pdf", but(4, stream(b"BT /F1 8 Tf (" + b" " * 500_000 + b"x) Tj ET"))
    yield (
        "lines.pdf",
        but(4, stream(b"BT /F1 8 Tf 20 100 Td " + b"(word ) Tj T* " * 20_000 + b"ET")),
    )
    cmap = b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange %s endbfrange endcmap"
    unicode = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 6 0 R >>"
    )
    for n, span in enumerate(
        [b"<00000000> <FFFFFFFF> <0000>", b"<0000> <FFFF> <0000>", b"<00> <> []"]
    ):
        yield f"cmap-{n}.pdf", pdf(*good[:4], unicode, stream(cmap % span))
    yield "previous-loop.pdf", pdf(*good, trailer=b"/Prev 9")
    yield (
        "previous-self.pdf",
        GOOD_PDF.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % GOOD_PDF.index(b"xref")),
    )
    yield "root-loop.pdf", pdf(b"1 0 R")
    yield "root-none.pdf", GOOD_PDF.replace(b"/Root 1 0 R", b"")
    yield "size.pdf", GOOD_PDF.replace(b"xref\n0 6", b"xref\n0 999999999")
    yield "start.pdf", GOOD_PDF.replace(b"startxref\n", b"startxref\n9999999999999")
    yield (
        "information.pdf",
        pdf(*good, b"<< /Title 5 /CreationDate (D:99999999) >>", trailer=b"/Info 6 0 R"),
    )
    yield "information-loop.pdf", pdf(*good, b"6 0 R", trailer=b"/Info 6 0 R")
    yield (
        "date.pdf",
        pdf(*good, b"<< /Title [] /CreationDate [] /Author << >> >>", trailer=b"/Info 6 0 R"),
    )
    yield "encrypt.pdf", pdf(*good, b"<< /Filter /Standard /V 9 /R 9 >>", trailer=b"/Encrypt 6 0 R")
    yield "encrypt-loop.pdf", pdf(*good, b"6 0 R", trailer=b"/Encrypt 6 0 R")
    packed = stream(b"1 0 2 9 " + b"<< /A 2 0 R >> " * 2, b"/Type /ObjStm /N 99999999 /First 8")
    yield "objects.pdf", pdf(*good, packed)
    yield (
        "objects-extends.pdf",
        pdf(*good, stream(b"1 0 ", b"/Type /ObjStm /N 1 /First 4 /Extends 6 0 R")),
    )
    for name, algorithm in (("rc4", "RC4-128"), ("aes", "AES-256")):
        from pypdf import PdfWriter

        writer, out = PdfWriter(), io.BytesIO()
        writer.add_blank_page(200, 200)
        writer.encrypt("secret", algorithm=algorithm)
        writer.write(out)
        yield f"locked-{name}.pdf", out.getvalue()
        yield f"locked-cut-{name}.pdf", out.getvalue()[:-300]


FAMILIES = (
    broken, misnamed, encodings, numbers_and_dates, records, front_matter, texts, pages, packed, documents,
)  # fmt: skip


def generate(folder: Path) -> int:
    """Write all bad inputs under a folder, the same each time; how many there are."""
    count = 0
    for family in FAMILIES:
        here = folder / family.__name__
        here.mkdir()
        for name, content in family(random.Random(family.__name__)):
            (here / name).write_bytes(content)
            count += 1
    return count + oddities(folder / "oddities")


def oddities(folder: Path) -> int:
    """What is no file at all, cannot be opened, or has a name that is no text."""
    folder.mkdir()
    os.mkfifo(folder / "pipe.txt")
    unix = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder)  # a socket's address must be short
    unix.bind("socket.txt")
    unix.close()
    os.chdir(here)
    for name in ("zero", "full", "urandom", "tty"):
        (folder / f"{name}.txt").symlink_to(f"/dev/{name}")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "one.txt").symlink_to("two.txt")
    (folder / "two.txt").symlink_to("one.txt")
    (folder / "gone.txt").symlink_to("nowhere")
    (folder / "up").symlink_to("..")
    (folder / "locked.txt").write_text(STORY)
    (folder / "locked.txt").chmod(0)
    (folder / "shut").mkdir()
    (folder / "shut" / "a.txt").write_text(STORY)
    (folder / "shut").chmod(0)
    (folder / "folder.txt").mkdir()
    names = [
        b"caf\xe9.txt",
        b"\xff\xfe.json",
        b"new\nline.txt",
        b"tab\t.md",
        b"\x1b[31m.txt",
        b"a" * 251 + b".txt",
    ]
    names += [
        b"-rf.txt",
        b"%s%n.txt",
        b"$(id).txt",
        "\u202etxt.exe.txt".encode(),
        b"....txt",
        b"a.",
        b" .txt",
    ]
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(STORY)
    deep = os.open(folder, os.O_RDONLY)
    for _ in range(3000):  # longer than any path may be
        os.mkdir("d", dir_fd=deep)
        below = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    return 16 + len(names)


def child(folder: Path) -> None:
    """Read all of a folder in little memory; a line of JSON for each of its files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from dataclasses import asdict
    from time import process_time

    from index.errors import ReadError
    from index.read import read, walk

    given = [
        folder,
        "no such file",
        "a" * 5000,
        "\0",
        "\ud800",
        "https://",
        "x://y",
        "http://\ud800/",
    ]
    for path in walk(given):
        signal.alarm(SECONDS)
        start, articles, reasons, fault = process_time(), 0, [], ""
        try:
            for found in [path] if isinstance(path, ReadError) else read(path):
                if isinstance(found, ReadError):
                    f"{found.path} {found}".encode()
                    reasons.append(found.reason)
                else:
                    assert found.body.strip() and found.title.strip()
                    assert found.id and found.content_hash and found.text_hash
                    json.dumps(asdict(found), ensure_ascii=False, default=str).encode()
                    articles += 1
            assert all(reasons) and all(len(reason) < 500 for reason in reasons), (
                "no reason, or endless"
            )
        except Exception:  # noqa: BLE001 - whatever it is, the test is to show it
            fault = traceback.format_exc()
        memory = _peak_memory()
        name = path.path if isinstance(path, ReadError) else str(path)
        line = [ascii(name), articles, reasons[:1], fault, process_time() - start, memory]
        print(json.dumps(line), flush=True)
    signal.alarm(0)


def _peak_memory() -> float:
    """The most megabytes this process has held; not its parent's, as getrusage may tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tried(folder: Path):
    """Generate the bad inputs and read them in a process of their own."""
    folder.mkdir()
    count = generate(folder)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.index.test_hostile", str(folder)],
            capture_output=True, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    finally:
        (folder / "oddities" / "shut").chmod(0o700)
        subprocess.run(["rm", "-rf", folder], check=True)
    return count, [json.loads(line) for line in done.stdout.splitlines()], done


def test_bad_inputs_end_in_articles_or_reasons(tmp_path):
    count, read, done = tried(tmp_path / "bad")
    faults = [f"{name}\n{fault}" for name, _, _, fault, _, _ in read if fault]
    assert not faults, "\n".join(faults)
    assert done.returncode == 0, f"it ended with {done.returncode} after {read[-1]}\n{done.stderr}"
    assert not done.stderr
    assert count >= 500
    assert len(read) >= count, "each is told of"
    assert all(articles or reasons for _, articles, reasons, *_ in read)
    assert max(memory for *_, memory in read) < MEMORY / 2**20


if __name__ == "__main__":
    if sys.argv[1:]:
        child(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as place:
            count, read, done = tried(Path(place) / "bad")
        print(f"bad inputs tried: {count}")
        print(f"ended in articles: {sum(articles > 0 for _, articles, *_ in read)}")
        print(f"ended in a reason: {sum(bool(reasons) for _, _, reasons, *_ in read)}")
        print(f"ended in a traceback: {sum(bool(fault) for _, _, _, fault, *_ in read)}")
        print(f"peak memory: {max(memory for *_, memory in read):.0f} MB")
        print(f"slowest: {max((seconds, name) for name, *_, seconds, _ in read)} s")
