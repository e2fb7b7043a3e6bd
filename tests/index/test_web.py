"""Pages and feeds become articles; what a hostile or broken server sends is told, and ends."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest

from index.article import Article
from index.errors import ReadError
from index.read import read, walk, web

STORY = "The harbour reopened on Friday. Ships had waited for nine days, the harbour master said."
MORE = "It was the longest closure in a decade, and the third this year, the port's records show. "
LONG = f"<p>{STORY}</p>" + "".join(f"<p>{n} more. {MORE * 3}</p>" for n in range(5))


def page(title="Port open", body=LONG, head=""):
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    ).encode()


class Site(ThreadingHTTPServer):
    """A web server of the tests' own: what it answers by path, and what it was asked."""

    daemon_threads = True

    def __init__(self, host="127.0.0.1", port=0):
        super().__init__((host, port), _Handler)
        self.pages, self.asked, self.agents = {}, [], set()
        self.stopping = threading.Event()

    def __getitem__(self, path):
        return f"http://{self.server_address[0]}:{self.server_address[1]}{path}"

    def __setitem__(self, path, answer):
        self.pages[path] = answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.agents.add(self.headers["User-Agent"])
        answer = self.server.pages.get(self.path, 404)
        if callable(answer):
            answer(self)
        elif isinstance(answer, int):
            self.send(b"", status=answer)
        elif isinstance(answer, str):
            self.send(b"", status=302, Location=answer)
        else:
            self.send(answer)

    def send(self, body, status=200, **headers):
        self.send_response(status)
        headers = {"Content-Type": "text/html", "Content-Length": str(len(body))} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def handle(self):
        with suppress(OSError):  # the reader hung up, as it should
            super().handle()


@contextmanager
def serving(host="127.0.0.1", port=0, tls=None):
    site = Site(host, port)
    if tls:
        site.socket = tls.wrap_socket(site.socket, server_side=True)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        site.stopping.set()
        site.shutdown()
        site.server_close()
        thread.join()


@pytest.fixture
def site():
    with serving() as opened:
        yield opened


def only(url, **options):
    (article,) = read(url, allow_private=True, **options)
    assert isinstance(article, Article), article
    return article


def reason(url, **options):
    (error,) = read(url, **({"allow_private": True} | options))
    assert isinstance(error, ReadError), error
    assert error.path == url
    return error.reason


def typed(kind, body):
    return lambda handler: handler.send(body, Content_Type=kind)


class TestPages:
    def test_title_author_outlet_date_and_text(self, site):
        site["/1"] = page(
            head='<meta property="og:site_name" content="Quay"><meta name="author" '
            'content="Ann Lee"><meta property="article:published_time" content="2023-10-28">'
        )
        article = only(site["/1"])
        assert (article.title, article.source, article.authors) == (
            "Port open",
            "Quay",
            ("Ann Lee",),
        )
        assert article.published == date(2023, 10, 28)
        assert article.body.startswith(STORY)
        assert (article.url, article.path) == (site["/1"], None)

    def test_says_who_it_is(self, site):
        site["/1"] = page()
        only(site["/1"])
        (agent,) = site.agents
        assert agent.startswith("Dateline/")

    def test_identity_is_the_final_canonical_address_without_its_fragment(self, site):
        site["/old"] = "/new?from=old"
        site["/new?from=old"] = page(head=f'<link rel="canonical" href="{site["/new"]}#top">')
        assert only(site["/old#part"]).url == site["/new"]

    def test_a_page_cannot_take_the_place_of_another_sites_article(self, site):
        site["/1"] = page(head='<link rel="canonical" href="https://quay.example/1">')
        assert only(site["/1"]).url == site["/1"]

    @pytest.mark.parametrize("declared", ["header", "page"])
    def test_the_declared_encoding_is_believed(self, site, declared):
        body = "<p>Порт открылся в пятницу, сообщила администрация порта в Галифаксе.</p>" * 3
        head = '<meta charset="windows-1251">' if declared == "page" else ""
        kind = "text/html" + ("; charset=windows-1251" if declared == "header" else "")
        content = page("Порт открыт", body, head).decode().encode("cp1251")
        site["/1"] = typed(kind, content)
        assert "администрация" in only(site["/1"]).body

    def test_unpacked_gzip(self, site):
        site["/1"] = lambda h: h.send(gzip.compress(page()), Content_Encoding="gzip")
        assert STORY in only(site["/1"]).body

    def test_walk_gives_addresses_beside_files(self, tmp_path):
        (tmp_path / "a.txt").write_text(STORY)
        found = list(walk(["https://quay.example/1", tmp_path]))
        assert found == ["https://quay.example/1", tmp_path / "a.txt"]


RSS = """<?xml version="1.0"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Quay</title>
{items}</channel></rss>"""


def rss(*items):
    text = "".join(f"<item>{item}</item>" for item in items)
    return typed("application/rss+xml", RSS.format(items=text).encode())


class TestFeeds:
    def test_an_entrys_own_whole_text_is_used_and_its_page_not_fetched(self, site):
        site["/feed"] = rss(
            f"<title>Port open</title><link>{site['/1']}#top</link><author>Ann Lee</author>"
            "<pubDate>Fri, 27 Oct 2023 23:30:00 -0500</pubDate>"
            f"<description>Short.</description><content:encoded><![CDATA[{LONG}]]>"
            "</content:encoded>"
        )
        article = only(site["/feed"])
        assert (article.title, article.source, article.authors) == (
            "Port open",
            "Quay",
            ("Ann Lee",),
        )
        assert article.published == date(2023, 10, 27), "the outlet's own day"
        assert article.body.startswith(f"{STORY}\n\n0 more. {MORE}")
        assert article.url == site["/1"]
        assert "/1" not in site.asked

    def test_a_summarys_page_is_fetched_and_the_feed_fills_what_it_lacks(self, site):
        site["/1"] = page()
        site["/feed"] = rss(
            "<title>Other</title><link>/1</link><pubDate>Fri, 27 Oct 2023 09:00:00 GMT</pubDate>"
            f"<description>{STORY}</description>"
        )
        article = only(site["/feed"])
        assert article.title == "Port open", "the page's own title comes first"
        assert (article.source, article.published) == ("Quay", date(2023, 10, 27))
        assert article.url == site["/1"]

    def test_text_that_is_cut_off_is_not_taken_for_the_whole(self, site):
        site["/1"] = page(body=LONG + "<p>The last line of the story is here, in the page.</p>")
        cut = LONG.removesuffix("</p>") + " […]</p>"
        site["/feed"] = rss(f"<link>/1</link><description><![CDATA[{cut}]]></description>")
        assert only(site["/feed"]).body.endswith("in the page.")

    def test_atom_with_relative_links(self, site):
        site["/blog/feed"] = typed(
            "text/xml",
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>Quay</title><entry>'
            '<title>Port open</title><link href="1"/><updated>2023-10-28T09:00:00Z</updated>'
            f'<author><name>Ann Lee</name></author><id>x</id><content type="xhtml">'
            f'<div xmlns="http://www.w3.org/1999/xhtml">{LONG}</div></content></entry></feed>'.encode(),
        )
        article = only(site["/blog/feed"])
        assert (article.url, article.source) == (site["/blog/1"], "Quay")
        assert (article.published, article.authors) == (date(2023, 10, 28), ("Ann Lee",))

    def test_a_feed_cannot_speak_for_another_site(self, site):
        with serving("127.0.0.2") as other:
            other["/1"] = page("The true story")
            site["/feed"] = rss(
                f"<title>False</title><link>{other['/1']}</link>"
                f"<content:encoded><![CDATA[{LONG}]]></content:encoded>"
            )
            assert only(site["/feed"]).title == "The true story"

    def test_an_entry_without_a_link_keeps_its_identity_by_its_id(self, site):
        item = f"<guid isPermaLink='false'>42</guid><description>{STORY}</description>"
        site["/feed"] = rss(item)
        first = only(site["/feed"])
        assert (first.url, first.path) == (None, site["/feed#42"])
        site["/feed"] = rss(item.replace("nine", "ten"))
        assert only(site["/feed"]).id == first.id

    def test_an_entry_that_fails_is_told_and_the_rest_goes_in(self, site):
        site["/2"] = page()
        site["/feed"] = rss("<link>/1</link>", "<link>/2</link>", "<title>None</title>")
        error, article, nothing = read(site["/feed"], allow_private=True)
        assert (error.path, "404" in error.reason) == (site["/1"], True)
        assert article.url == site["/2"]
        assert "neither text nor a link" in nothing.reason

    def test_a_long_feed_is_read_up_to_its_limit_and_that_is_told(self, site, monkeypatch):
        monkeypatch.setattr(web, "ENTRIES", 3)
        site["/feed"] = rss(
            *(f"<guid>{n}</guid><description>{STORY}</description>" for n in range(5))
        )
        *articles, error = read(site["/feed"], allow_private=True)
        assert len(articles) == 3
        assert "5 entries, of which the first 3" in error.reason

    def test_sloppy_xml_is_read_all_the_same(self, site):
        site["/feed"] = rss(
            "<title>A & B < C</title><guid isPermaLink='false'>1</guid>"
            f"<description>{STORY}</description>"
        )
        assert only(site["/feed"]).body == STORY

    def test_what_is_no_feed_is_told(self, site):
        site["/feed"] = typed("application/rss+xml", b"<<<< not xml at all")
        assert "the feed is damaged" in reason(site["/feed"])

    @pytest.mark.parametrize("declared", ["header", "feed"])
    def test_the_declared_encoding_is_believed(self, site, declared):
        story = "Порт открылся в пятницу, сообщила администрация."
        item = f"<guid isPermaLink='false'>1</guid><description>{story}</description>"
        text = RSS.format(items=f"<item>{item}</item>")
        if declared == "feed":
            text = text.replace('"1.0"?', '"1.0" encoding="windows-1251"?')
        kind = "application/rss+xml" + ("; charset=windows-1251" if declared == "header" else "")
        site["/feed"] = typed(kind, text.encode("cp1251"))
        assert "администрация" in only(site["/feed"]).body

    def test_what_would_hold_the_parser_up_is_taken_out_or_refused(self, site):
        attributes = " ".join(f"a{n}='b'" for n in range(50_000))
        item = f"<guid isPermaLink='false'>1</guid><description>{STORY}</description>"
        site["/1"] = rss(item + f"<media {attributes}></media>")
        site["/2"] = rss("<item>" * 300_000)
        assert only(site["/1"]).body == STORY
        assert "elements" in reason(site["/2"])

    def test_a_feed_that_lists_feeds_ends(self, site):
        site["/feed"] = rss(f"<link>{site['/feed']}</link>")
        assert "this is a feed" in reason(site["/feed"])

    def test_entities_that_grow_are_not_grown(self, site):
        names = "abcdefghij"
        bomb = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names))
        site["/feed"] = typed(
            "application/rss+xml",
            f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "{STORY}">{bomb}'
            '<!ENTITY file SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item>'
            "<guid>1</guid><description>&j; &file;</description></item></channel></rss>".encode(),
        )
        for found in read(site["/feed"], allow_private=True):
            text = found.reason if isinstance(found, ReadError) else found.body
            assert len(text) < 10_000 and "root:" not in text


class TestServersFaults:
    @pytest.mark.parametrize("status", [404, 410, 429, 500, 503])
    def test_the_status_is_told(self, site, status):
        site["/1"] = status
        assert f"the server answered {status}" in reason(site["/1"])

    def test_another_kind_of_document(self, site):
        site["/1"] = typed("video/mp4", b"0" * 10_000)
        assert "neither a page nor a feed, but video/mp4" in reason(site["/1"])

    def test_no_article_and_nothing_at_all(self, site):
        site["/1"], site["/2"] = page(body=""), b""
        assert "no article found" in reason(site["/1"])
        assert "empty" in reason(site["/2"])

    def test_nobody_there(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            assert "nothing answers" in reason(f"http://127.0.0.1:{port}/")

    def test_a_body_without_an_end(self, site):
        def endless(handler):
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html")
            handler.end_headers()
            while not handler.server.stopping.is_set():
                handler.wfile.write(b"<p>More.</p>" * 1000)

        site["/1"] = endless
        assert "larger than the limit" in reason(site["/1"], limit=2**20)

    def test_a_length_that_lies(self, site):
        def short(handler):
            handler.send(page(), Content_Length="99999")
            handler.close_connection = True

        site["/1"] = short
        assert "broke off" in reason(site["/1"])

    def test_a_gzip_bomb_stops_at_the_limit(self, site, monkeypatch):
        grown = []
        bomb = gzip.compress(bytes(2**26))
        real = zlib.decompressobj

        class Counting:
            def __init__(self, **options):
                self.real = real(**options)

            def decompress(self, *args):
                grown.append(len(out := self.real.decompress(*args)))
                return out

        monkeypatch.setattr(web.zlib, "decompressobj", Counting)
        site["/1"] = lambda h: h.send(bomb, Content_Encoding="gzip")
        assert "larger than the limit" in reason(site["/1"], limit=2**20)
        assert sum(grown) == 2**20 + 1

    @pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip", "deflate"])
    def test_packings_that_were_not_asked_for(self, site, packing):
        site["/1"] = lambda h: h.send(page(), Content_Encoding=packing)
        assert f"packed as {packing}" in reason(site["/1"])

    def test_gzip_that_is_none_or_cut_off(self, site):
        site["/1"] = lambda h: h.send(page(), Content_Encoding="gzip")
        site["/2"] = lambda h: h.send(gzip.compress(page())[:-20], Content_Encoding="gzip")
        assert "damaged" in reason(site["/1"])
        assert "cut off" in reason(site["/2"])

    def test_silence(self, site, monkeypatch):
        monkeypatch.setattr(web, "READ_SECONDS", 0.3)
        site["/1"] = lambda handler: handler.server.stopping.wait()
        assert "nothing came for 0.3 seconds" in reason(site["/1"])

    @pytest.mark.parametrize("part", ["headers", "body"])
    def test_a_trickle_has_a_deadline(self, site, monkeypatch, part):
        monkeypatch.setattr(web, "TOTAL_SECONDS", 0.6)

        def trickle(handler):
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html")
            if part == "body":
                handler.end_headers()
            handler.flush_headers()
            while not handler.server.stopping.wait(0.05):
                handler.wfile.write(b"x")

        site["/1"] = trickle
        assert "not done within 0.6 seconds" in reason(site["/1"])


class TestRedirects:
    def test_a_loop_ends(self, site):
        site["/1"], site["/2"] = "/2", "/1"
        assert f"redirected more than {web.REDIRECTS} times" in reason(site["/1"])
        assert len([path for path in site.asked if path in ("/1", "/2")]) == web.REDIRECTS + 1

    @pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/"])
    def test_to_another_scheme(self, site, target):
        site["/1"] = target
        assert "not an http or https address" in reason(site["/1"])

    def test_to_nonsense(self, site):
        site["/1"] = "http://[oops"
        reason(site["/1"])


class TestRobots:
    @pytest.mark.parametrize(
        ("rules", "allowed"),
        [
            ("User-agent: *\nDisallow: /", False),
            ("User-agent: dateline\nDisallow: /news/*.html$", False),
            ("User-agent: *\nDisallow: /\n\nUser-agent: Dateline\nAllow: /", True),
            ("User-agent: otherbot\nDisallow: /", True),
            ("User-agent: *\nDisallow: /\nAllow: /news/", True),
            ("<html>not rules</html>", True),
        ],
    )
    def test_are_held_to(self, site, rules, allowed):
        site["/robots.txt"], site["/news/1.html"] = typed("text/plain", rules.encode()), page()
        if allowed:
            only(site["/news/1.html"])
        else:
            assert "robots.txt" in reason(site["/news/1.html"])
            assert site.asked == ["/robots.txt"]

    def test_are_asked_once_a_site_and_before_each_redirect(self, site):
        site["/robots.txt"] = typed("text/plain", b"User-agent: *\nDisallow: /private")
        site["/1"], site["/private"] = "/private", page()
        assert "robots.txt" in reason(site["/1"])
        assert site.asked == ["/robots.txt", "/1"]

    def test_a_fault_of_the_server_forbids_all(self, site):
        site["/robots.txt"], site["/1"] = 503, page()
        assert "503" in reason(site["/1"])
        assert site.asked == ["/robots.txt"]


class TestAddresses:
    """Nothing that only this machine can reach is read, unless that is allowed."""

    @pytest.mark.parametrize(
        "host",
        [
            "localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0", "0.0.0.0",
            "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
            "192.0.0.192", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1",
            "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1]", "[fc00::1]",
            "[fec0::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]",
            "[::127.0.0.1]", "[2001:db8::1]", "[2001:0:7f00:1::]",
        ],
    )  # fmt: skip
    def test_private_and_reserved_ones_are_refused(self, host):
        assert "is not a public address" in reason(f"http://{host}/", allow_private=False)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
    def test_public_ones_are_not(self, address):
        assert web._is_public(address)

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://quay.example/1", "file:///etc/passwd", "http://", "https:///1", "gopher://x/",
            "http://0177.0.0.1/", "http://[::1", "http://a b/", "http://a..b/",
            "http://" + "a" * 300 + "/", "http://x:99999/", "data://text", "http://\x00/",
        ],
    )  # fmt: skip
    def test_addresses_that_are_none_are_told(self, url):
        assert reason(url, allow_private=False)

    def test_a_password_is_refused_and_not_repeated_to_a_server(self, site):
        url = site["/1"].replace("://", "://ann:secret@")
        assert "take them out" in reason(url)
        assert site.asked == []

    def test_a_name_is_refused_if_one_of_its_addresses_is_private(self, site, monkeypatch):
        resolve(monkeypatch, lambda: ["8.8.8.8", "127.0.0.1"])
        port = site.server_address[1]
        assert "127.0.0.1" in reason(f"http://quay.example:{port}/", allow_private=False)
        assert site.asked == []

    def test_a_redirect_to_a_private_address_is_refused(self, site, monkeypatch):
        monkeypatch.setattr(web, "_is_public", lambda address: address == "127.0.0.2")
        with serving("127.0.0.2") as public:
            public["/1"], site["/secret"] = site["/secret"], page()
            assert "is not a public address" in reason(public["/1"], allow_private=False)
        assert site.asked == []

    def test_a_name_that_changes_its_address_after_the_check_gains_nothing(self, site, monkeypatch):
        monkeypatch.setattr(web, "_is_public", lambda address: address == "127.0.0.2")
        with serving("127.0.0.2", site.server_address[1]) as public:
            public["/robots.txt"], public["/1"], site["/1"] = b"", page("Public"), page("Secret")
            answers = iter([["127.0.0.2"], ["127.0.0.2"]])  # for the robots, for the page
            resolve(monkeypatch, lambda: next(answers, ["127.0.0.1"]))
            url = f"http://quay.example:{site.server_address[1]}/1"
            (article,) = read(url, allow_private=False)
            assert (article.title, article.url) == ("Public", url)
            assert "is not a public address" in reason(url, allow_private=False), "checked anew"
        assert site.asked == []

    def test_the_next_address_of_a_name_is_tried_where_one_does_not_answer(self, site, monkeypatch):
        resolve(monkeypatch, lambda: ["127.0.0.9", "127.0.0.1"])
        site["/1"] = page()
        assert only(f"http://quay.example:{site.server_address[1]}/1").title == "Port open"


def resolve(monkeypatch, addresses):
    """Let every name have these addresses."""
    monkeypatch.setattr(web, "_resolve", lambda _: addresses())


class TestSecureConnections:
    @pytest.fixture
    def certificate(self, tmp_path):
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "quay.example")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("quay.example")]), False)
            .sign(key, hashes.SHA256())
        )
        path = tmp_path / "certificate.pem"
        path.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return path

    @pytest.fixture
    def secure(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with serving(tls=context) as opened:
            opened["/1"] = page()
            yield opened

    def test_a_certificate_nobody_vouches_for_is_refused(self, secure, monkeypatch):
        resolve(monkeypatch, lambda: ["127.0.0.1"])
        url = f"https://quay.example:{secure.server_address[1]}/1"
        assert "no secure connection: self-signed certificate" in reason(url)

    def test_it_is_held_against_the_name_not_the_address(self, secure, certificate, monkeypatch):
        monkeypatch.setattr("certifi.where", lambda: str(certificate))
        resolve(monkeypatch, lambda: ["127.0.0.1"])
        port = secure.server_address[1]
        assert only(f"https://quay.example:{port}/1").title == "Port open"
        assert "no secure connection: Hostname mismatch" in reason(
            f"https://other.example:{port}/1"
        )

    def test_plain_text_where_tls_was_expected(self, site):
        assert "no secure connection" in reason(site["/1"].replace("http:", "https:"))
