"""Every kind of file people have becomes articles; what cannot be read is told, with its reason."""

from __future__ import annotations

import gzip
import json
import lzma
import os
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter

from index.article import Article
from index.errors import ReadError
from index.read import read, walk
from index.read.fields import names, parse_day, web_address

STORY = "The harbour reopened on Friday. Ships had waited for nine days, the harbour master said."


def only(path, **options):
    (article,) = read(path, **options)
    assert isinstance(article, Article), article
    return article


def reason(path, **options):
    *_, error = read(path, **options)
    assert isinstance(error, ReadError)
    assert error.path == str(path)
    return error.reason


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class TestWireText:
    def test_the_dateline_gives_date_and_outlet_and_is_not_in_the_body(self, tmp_path):
        article = only(write(tmp_path, "a.txt", f" date 2023-10-27 (Halyard Wire) -- {STORY}"))
        assert article.published == date(2023, 10, 27)
        assert article.source == "Halyard Wire"
        assert article.body == STORY

    def test_a_missing_title_is_made_from_the_first_sentence_and_marked(self, tmp_path):
        article = only(write(tmp_path, "a.txt", f"date 2023-10-27 (Halyard Wire) -- {STORY}"))
        assert article.title == "The harbour reopened on Friday."
        assert article.title_made

    def test_cross_links_and_credits_are_metadata(self, tmp_path):
        credit = "--With assistance from Ann Lee and Bo Ek."
        text = f"{STORY}\n\nEarlier: Harbour To Stay Shut\n\nMore.\n\n{credit}\n"
        article = only(write(tmp_path, "a.txt", text))
        assert article.related == ("Harbour To Stay Shut",)
        assert article.credits == ("Ann Lee", "Bo Ek")
        assert article.body == f"{STORY}\n\nMore."

    def test_several_stories_in_one_file(self, tmp_path):
        first, second = (
            f"date 2023-10-27 (Halyard Wire) -- {STORY}",
            "date 2023-10-28 (Quay) -- It shut.",
        )
        text = f"{first}\n\n {second}"
        first, second = read(write(tmp_path, "a.txt", text))
        assert (first.source, second.source) == ("Halyard Wire", "Quay")
        assert first.id != second.id

    def test_the_seed_article(self, seed):
        article = only(seed)
        assert (article.published, article.source) == (date(2023, 10, 27), "Bloomberg")
        assert article.body.startswith("US and Chinese officials have agreed in principle")
        assert article.body.endswith("US strategy as one of “containment.”")
        assert "Earlier:" not in article.body
        assert "Courtney McBride" in article.credits


class TestFrontMatter:
    def test_fields_under_their_many_names(self, tmp_path):
        text = (
            "---\nheadline: Port open\noutlet: Quay\npublish_date: 2023-10-28\n"
            f"byline: By Ann Lee and Bo Ek\nlink: https://quay.example/1\n---\n\n{STORY}"
        )
        article = only(write(tmp_path, "a.md", text))
        assert article == Article(
            title="Port open",
            body=STORY,
            source="Quay",
            published=date(2023, 10, 28),
            authors=("Ann Lee", "Bo Ek"),
            url="https://quay.example/1",
            path=str(tmp_path / "a.md"),
        )

    def test_bad_yaml_is_told_with_its_line(self, tmp_path):
        path = write(tmp_path, "a.md", f"---\nsource: Quay\ntitle: [open\n---\n{STORY}")
        assert reason(path).startswith("line 3: the front matter is not valid YAML")

    def test_aliases_are_refused(self, tmp_path):
        path = write(tmp_path, "a.md", f"---\nauthor: &a Ann\neditor: *a\n---\n{STORY}")
        assert "not valid YAML" in reason(path)

    @pytest.mark.parametrize(
        "day",
        ["2023-10-27T23:59:00+02:00", "2023-10-27 23:59:00 -0800", "27.10.2023", "1698364800"],
    )
    def test_a_date_is_the_outlets_own_day(self, tmp_path, day):
        article = only(write(tmp_path, "a.md", f"---\ndate: {day}\n---\n{STORY}"))
        assert article.published == date(2023, 10, 27)

    def test_a_date_that_is_none_is_told(self, tmp_path):
        path = write(tmp_path, "a.md", f"---\ndate: soon\n---\n{STORY}")
        assert "'soon' is not understood" in reason(path)


class TestHtml:
    def test_title_author_outlet_and_date(self, tmp_path):
        page = f"""<!doctype html><html><head><title>Port open | Quay</title>
        <meta property="og:title" content="Port open"><meta property="og:site_name" content="Quay">
        <meta name="author" content="Ann Lee">
        <meta property="article:published_time" content="2023-10-28T09:00:00Z"></head>
        <body><nav><a href="/">Home</a></nav><article><h1>Port open</h1>
        <p>{STORY}</p><p>{"It was the longest closure in a decade. " * 5}</p>
        </article></body></html>"""
        article = only(write(tmp_path, "a.html", page))
        assert article.title == "Port open"
        assert (article.source, article.authors) == ("Quay", ("Ann Lee",))
        assert article.published == date(2023, 10, 28)
        assert STORY in article.body and "Home" not in article.body

    def test_metadata_for_search_engines(self, tmp_path):
        data = {
            "@context": "https://schema.org",
            "@graph": [
                {
                    "@type": "NewsArticle",
                    "headline": "Port open",
                    "datePublished": "2023-10-28T23:30:00-05:00",
                    "dateModified": "2023-11-02",
                    "author": [{"name": "Ann Lee"}, {"name": "Bo Ek"}],
                    "publisher": {"@type": "NewsMediaOrganization", "name": "The Quay"},
                }
            ],
        }
        page = (
            '<!doctype html><html ⚡><head><link rel="canonical" href="https://quay.example/1">'
            f'<title>Port open</title><script type="application/ld+json">{json.dumps(data)}'
            f"</script></head><body><amp-sidebar>Menu</amp-sidebar><article><p>{STORY}</p>"
            f"<p>{'It was the longest closure in a decade. ' * 5}</p></article></body></html>"
        )
        article = only(write(tmp_path, "a.html", page))
        assert (article.title, article.source) == ("Port open", "The Quay")
        assert (article.published, article.authors) == (date(2023, 10, 28), ("Ann Lee", "Bo Ek"))
        assert article.url == "https://quay.example/1"
        assert "Menu" not in article.body

    @pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252"])
    def test_the_declared_encoding_is_believed(self, tmp_path, declared):
        page = (
            f"<html><head><meta charset={declared}></head><body><article>\n<p>Café – “{STORY}”</p>"
        )
        assert "Café – “The" in only(write(tmp_path, "a.html", page.encode("cp1252"))).body

    def test_a_tag_that_would_hold_the_parser_up_loses_its_attributes(self, tmp_path):
        attributes = " ".join(f"a{n}='>'" for n in range(50_000))
        page = f"<html><body><article {attributes}><p>{STORY}</p>"
        assert only(write(tmp_path, "a.html", page)).body == STORY

    def test_a_page_without_an_article(self, tmp_path):
        page = "<html><body><nav><a href='/'>Home</a><a href='/s'>Sport</a></nav></body></html>"
        assert "no article found" in reason(write(tmp_path, "a.html", page))


class TestRecords:
    @pytest.mark.parametrize("body", ["text", "body", "content"])
    @pytest.mark.parametrize("day", ["published", "published_at", "publish_date", "date"])
    def test_field_names_people_use(self, tmp_path, body, day):
        record = {"headline": "Port open", body: STORY, day: "2023-10-28T08:00:00Z"}
        article = only(write(tmp_path, "a.json", json.dumps(record)))
        assert (article.title, article.body) == ("Port open", STORY)
        assert article.published == date(2023, 10, 28)

    def test_a_list_and_a_list_in_an_object(self, tmp_path):
        records = [{"text": STORY, "url": f"https://quay.example/{n}"} for n in range(3)]
        for document in (records, {"status": "ok", "articles": records}):
            assert len(list(read(write(tmp_path, "a.json", json.dumps(document))))) == 3

    @pytest.mark.parametrize(
        ("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress)]
    )
    def test_json_lines_packed_or_not(self, tmp_path, suffix, pack):
        lines = "\n".join(json.dumps({"text": f"{STORY} {n}"}) for n in range(5))
        articles = list(read(write(tmp_path, f"a.jsonl{suffix}", pack(lines.encode()))))
        assert len({article.id for article in articles}) == 5

    def test_a_bad_line_is_told_and_the_rest_goes_in(self, tmp_path):
        lines = [json.dumps({"text": STORY}), "{not json", json.dumps({"title": "no text"}), "[1]"]
        path = write(tmp_path, "a.jsonl", "\n".join([*lines, json.dumps({"text": "And more."})]))
        found = list(read(path))
        errors = [one.reason for one in found if isinstance(one, ReadError)]
        assert sum(isinstance(one, Article) for one in found) == 2
        assert [error.split(":")[0] for error in errors] == ["line 2", "line 3", "line 4"]

    @pytest.mark.parametrize(
        "wrap",
        [
            lambda record: {"hits": {"hits": [{"_id": "7", "_source": record}]}},
            lambda record: [{"_id": "7", "_source": record}],
            lambda record: {"response": {"docs": 0, "results": [record | {"id": 7}]}},
        ],
    )
    def test_records_as_search_engines_wrap_them(self, tmp_path, wrap):
        record = {"headline": "Port open", "body": STORY}
        article = only(write(tmp_path, "a.json", json.dumps(wrap(record))))
        assert (article.title, article.body) == ("Port open", STORY)
        assert article.path.endswith("a.json#7")

    def test_markup_in_a_record_is_not_text(self, tmp_path):
        record = {
            "title": {"rendered": "Port &amp; harbour"},
            "content": {"rendered": f"<p>{STORY}</p>\n<p>It had been <b>shut</b> since May.</p>"},
        }
        article = only(write(tmp_path, "a.json", json.dumps([record])))
        assert article.title == "Port & harbour"
        assert article.body == f"{STORY}\n\nIt had been shut since May."

    def test_json_lines_in_utf_16(self, tmp_path):
        lines = "\n".join(json.dumps({"text": f"{STORY} {n}"}) for n in range(3))
        assert len(list(read(write(tmp_path, "a.jsonl", lines.encode("utf-16"))))) == 3

    def test_a_fault_in_every_line_is_not_told_for_every_line(self, tmp_path):
        lines = ["{"] * 5000 + [json.dumps({"text": STORY})]
        *errors, last = read(write(tmp_path, "a.jsonl", "\n".join(lines)))
        assert sum(isinstance(error, ReadError) for error in errors) == 100
        assert isinstance(errors[-1], Article), "what is sound after them still goes in"
        assert "4,900 more faults" in last.reason

    def test_a_file_without_records_is_told(self, tmp_path):
        assert "no article in it" in reason(write(tmp_path, "a.json", "[]"))

    def test_nesting_too_deep_is_told(self, tmp_path):
        assert "nested too deeply" in reason(write(tmp_path, "a.json", "[" * 100_000))

    def test_lone_surrogates_do_not_stop_an_article(self, tmp_path):
        article = only(write(tmp_path, "a.json", '{"text": "The \\ud800 mayor spoke on Friday."}'))
        article.body.encode()

    def test_the_public_news_set_is_read_as_it_is(self):
        from tests.conftest import SHARED

        path = SHARED / "data" / "realtimeqa" / "2024q4" / "articles.jsonl.xz"
        if not path.exists():
            pytest.skip("the public data is not beside this checkout")
        articles = list(read(path))
        assert len({article.id for article in articles if isinstance(article, Article)}) == 2359
        assert not [error for error in articles if isinstance(error, ReadError)]


class TestPdf:
    def test_a_scan_and_a_locked_file_are_told_apart(self, tmp_path):
        scan, locked = PdfWriter(), PdfWriter()
        scan.add_blank_page(200, 200)
        scan.write(tmp_path / "scan.pdf")
        locked.add_blank_page(200, 200)
        locked.encrypt("secret", algorithm="RC4-128")
        locked.write(tmp_path / "locked.pdf")
        assert "run OCR" in reason(tmp_path / "scan.pdf")
        assert "encrypted" in reason(tmp_path / "locked.pdf")
        assert "damaged" in reason(write(tmp_path, "bad.pdf", b"%PDF-1.4 nothing"))

    def test_text_with_title_and_date(self, tmp_path):
        article = only(write(tmp_path, "a.pdf", pdf_of(STORY)))
        assert article.body == STORY
        assert article.title == "Port open"
        assert article.published == date(2023, 10, 28)


def pdf_of(text):
    """A PDF with one line of text, made by hand."""
    stream = f"BT /F1 8 Tf 20 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 900 200] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title (Port open) /CreationDate (D:20231028090000Z) >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + (
        b"xref\n0 7\n0000000000 65535 f \n%strailer << /Size 7 /Root 1 0 R /Info 6 0 R >>\n"
        b"startxref\n%d\n%%%%EOF" % (table, len(out))
    )


class TestEncodings:
    @pytest.mark.parametrize(
        ("encoding", "text"),
        [
            ("utf-8", "Le président est arrivé à Genève mardi, selon le ministère."),
            ("utf-8-sig", "Le président est arrivé à Genève mardi, selon le ministère."),
            ("utf-16", "Le président est arrivé à Genève mardi, selon le ministère."),
            ("utf-16-le", "The president arrived on Tuesday, the ministry said."),
            (
                "latin-1",
                "Le président est arrivé à Genève mardi, où les délégués étaient déjà réunis.",
            ),
            ("cp1251", "Президент прибыл во вторник, сообщило министерство иностранных дел."),
            (
                "shift_jis",
                "大統領は火曜日にジュネーブに到着したと外務省は述べた。会議は三日間続く。",
            ),
        ],
    )
    def test_detected_not_assumed(self, tmp_path, encoding, text):
        assert only(write(tmp_path, "a.txt", text.encode(encoding))).body == text


class TestWhatCannotBeRead:
    def test_is_told_with_its_reason(self, tmp_path):
        packed = gzip.compress(STORY.encode() * 100)
        cases = {
            "empty.txt": (b"", "the file is empty"),
            "blank.txt": (b" \n\n ", "the file is empty"),
            "noise.txt": (bytes(range(256)) * 20, "the file is binary"),
            "picture.txt": (b"\x89PNG\r\n\x1a\n" + bytes(50), "a picture"),
            "cut.txt.gz": (packed[: len(packed) // 2], "truncated"),
            "bad.txt.xz": (b"\xfd7zXZ\x00" + b"nonsense", "damaged"),
            "notpacked.txt.gz": (STORY.encode(), "damaged"),
            "letter.docx": (b"PK\x03\x04....", "zip or office file"),
            "sheet.csv": (b"a,b\n1,2", "unknown kind of file (.csv)"),
            "marks.txt": (b"--- *** ---", "nothing to answer from"),
        }
        for name, (content, expected) in cases.items():
            assert expected in reason(write(tmp_path, name, content)), name

    def test_over_the_size_limit(self, tmp_path):
        big = STORY.encode() * 2000
        assert "larger than the limit" in reason(write(tmp_path, "a.txt", big), limit=10_000)
        bomb = write(tmp_path, "b.txt.xz", lzma.compress(bytes(50) + b"a" * 10**7))
        assert "larger than the limit" in reason(bomb, limit=10_000) or "binary" in reason(bomb)

    def test_what_unpacks_without_end(self, tmp_path):
        path = write(tmp_path, "a.jsonl.xz", lzma.compress(b"{}" + b"\n" * 10**7))
        assert "more than 200 times its size" in reason(path, limit=10_000)

    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "a.txt")
        assert "a pipe or a device" in reason(tmp_path / "a.txt")

    def test_a_name_that_is_no_text_is_written_so_that_it_can_be_stored(self, tmp_path):
        path = tmp_path / os.fsdecode(b"caf\xe9.txt")
        path.write_text(STORY)
        (found,) = walk([tmp_path])
        article = only(found)
        assert article.path == str(tmp_path / "caf\\udce9.txt")
        assert article.id

    def test_a_truncated_archive_gives_what_stands_before_the_damage(self, tmp_path):
        lines = "\n".join(json.dumps({"text": f"{STORY} {n * 7919}"}) for n in range(2000)).encode()
        packed = gzip.compress(lines)
        found = list(read(write(tmp_path, "a.jsonl.gz", packed[: len(packed) // 2])))
        assert isinstance(found[0], Article) and isinstance(found[-1], ReadError)
        assert "truncated" in found[-1].reason

    @given(
        st.binary(max_size=400),
        st.sampled_from([".txt", ".md", ".json", ".jsonl", ".html", ".pdf", ".gz", ".xz"]),
    )
    def test_no_bytes_get_a_traceback(self, tmp_path_factory, content, suffix):
        path = tmp_path_factory.mktemp("any") / f"a{suffix}"
        path.write_bytes(content)
        assert all(isinstance(one, (Article, ReadError)) for one in read(path))


class TestWalk:
    def test_a_loop_of_links_ends_and_each_file_comes_once(self, tmp_path):
        (tmp_path / "sub").mkdir()
        path = write(tmp_path, "a.txt", STORY)
        (tmp_path / "sub" / "loop").symlink_to(tmp_path)
        (tmp_path / "again.txt").symlink_to(path)
        (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
        write(tmp_path, ".hidden.txt", STORY)
        found = list(walk([tmp_path, tmp_path]))
        assert [one for one in found if not isinstance(one, ReadError)] == [path]
        assert [one.reason for one in found if isinstance(one, ReadError)] == [
            "a link that leads nowhere"
        ]

    def test_a_missing_path_is_told(self, tmp_path):
        (error,) = walk([tmp_path / "none"])
        assert error.reason == "no such file or folder"


class TestFields:
    @pytest.mark.parametrize(
        ("value", "day"),
        [
            ("2023-10-27", date(2023, 10, 27)),
            ("2023-10-27T23:59:00+02:00", date(2023, 10, 27)),
            ("Fri, 27 Oct 2023 09:00:00 GMT", date(2023, 10, 27)),
            ("October 27, 2023", date(2023, 10, 27)),
            ("27/10/2023", date(2023, 10, 27)),
            (1698400000, date(2023, 10, 27)),
            ("1698400000000", date(2023, 10, 27)),
            ("October 2023", None),
            ("2023", None),
            ("soon", None),
            ("2023-02-30", None),
        ],
    )
    def test_days(self, value, day):
        assert parse_day(value) == day

    def test_names(self):
        assert names("By Ann Lee, Bo Ek and Cy Oz") == ("Ann Lee", "Bo Ek", "Cy Oz")
        assert names([{"name": "Ann Lee"}, "Bo Ek"]) == ("Ann Lee", "Bo Ek")

    def test_only_web_addresses_become_links(self):
        assert web_address("https://quay.example/1") == "https://quay.example/1"
        for value in ("javascript:alert(1)", "file:///etc/passwd", "//x", "https://", 3):
            assert web_address(value) is None
