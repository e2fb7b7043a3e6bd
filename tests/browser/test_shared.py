"""One page for several people: who may come in, and what they may and may not reach."""

from __future__ import annotations

import subprocess
from urllib.parse import urlsplit

import httpx
import pytest

from assistant.users import Users
from index.archive import Archive, sample_articles
from tests.browser.load import clients, run
from tests.browser.serving import COMMAND, ask, opened, serving

PASSWORD = "correct horse"
ANA, BEN = ("ana", PASSWORD), ("ben", PASSWORD)
QUESTION = "How many people died in the Grey Petrel ferry disaster?"
# Python runs this first, in the server's process; nothing but loopback can be reached from it.
GUARD = """
import socket

def guarded(connect):
    def only_loopback(self, address):
        local = self.family == socket.AF_UNIX or str(address[0]) in ("127.0.0.1", "::1")
        if not local:
            with open({log!r}, "a") as log:
                print(address, file=log)
            raise OSError(101, "Network is unreachable")
        return connect(self, address)
    return only_loopback

socket.socket.connect = guarded(socket.socket.connect)
socket.socket.connect_ex = guarded(socket.socket.connect_ex)
"""


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """Where the server's attempts to reach anything but loopback are written."""
    return tmp_path_factory.mktemp("guard") / "left"


@pytest.fixture(scope="module")
def folder(embedder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    with Archive.open(folder, embedder, create=True) as archive:
        archive.ingest([sample_articles()])
    users = Users(folder / "users")
    for name, password in (ANA, BEN):
        users.add(name, password)
    return folder


@pytest.fixture(scope="module")
def address(folder, left, tmp_path_factory):
    (left.parent / "sitecustomize.py").write_text(GUARD.format(log=str(left)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", str(left.parent), prepend=":")
        environment.setenv("DATELINE_MAX_FILE_MB", "1")
        environment.setenv("TMPDIR", str(tmp_path_factory.mktemp("uploads")))
        with serving(folder) as url:
            yield url


@pytest.fixture
def ana(address):
    with httpx.Client(base_url=address, auth=ANA, timeout=120) as client:
        yield client


# Where it listens


def test_it_does_not_listen_elsewhere_without_a_login(tmp_path):
    command = [*COMMAND, "--archive", str(tmp_path / "archive"), "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    for mend in ("dateline users add NAME", "DATELINE_AUTH_HEADER", "--without-login"):
        assert mend in done.stderr


def test_only_by_its_own_name_can_it_be_reached(ana):
    refused = ana.get("/", headers={"host": "rebound.example"})
    assert refused.status_code == 421 and "DATELINE_HOSTS" in refused.text


# Who comes in


def test_health_is_open_and_tells_no_secret(address, folder):
    told = httpx.get(f"{address}/health").json()
    assert told.pop("version")
    assert told == {"status": "ok", "articles": 78}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/gradio_api/info",
        "/gradio_api/mcp",
        "/gradio_api/queue/data?session_hash=x",
        "/gradio_api/file=x",
        "/gradio_api/startup-events",
        "/theme.css",
        "/api/openapi.json",
        "/monitoring",
    ],
)
def test_nobody_gets_anything_without_a_login(address, path):
    assert httpx.get(f"{address}{path}").status_code == 401
    assert httpx.post(f"{address}{path}", json={}).status_code == 401


@pytest.fixture
def visit(browser):
    """Opens the page as somebody who has not logged in."""
    contexts = []

    def visit(address):
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.goto(address)
        assert urlsplit(page.url).path == "/login"
        return page

    yield visit
    for context in contexts:
        context.close()


def log_in(page, name, password):
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


def test_a_reader_logs_in_asks_and_logs_out(visit, address):
    page = visit(address)
    log_in(page, "ana", "wrong horse")
    assert "do not go together" in page.inner_text("[role=alert]")
    assert page.input_value("[name=username]") == "ana"
    assert not page.input_value("[name=password]")
    log_in(page, *ANA)
    assert urlsplit(page.url).path == "/"
    page.wait_for_selector("#chat .welcome")
    ask(page, QUESTION)
    assert page.locator("#chat .answer").count() == 1
    with page.expect_navigation():
        page.click("#masthead >> text=Log out")
    assert urlsplit(page.url).path == "/login"
    page.goto(address)
    assert urlsplit(page.url).path == "/login"


def test_what_one_asked_the_other_does_not_see(visit, address):
    def listed(page):
        page.click("role=tab[name=Conversations]")
        page.wait_for_selector("#conversations :is(ol, .note)")
        return page.inner_text("#conversations")

    question = "How many people died in the Hask flood?"
    pages = {}
    for name, password in (ANA, BEN):
        pages[name] = visit(address)
        log_in(pages[name], name, password)
        pages[name].wait_for_selector("#chat .welcome")
    ask(pages["ana"], question)
    assert question in listed(opened(pages["ana"], address))
    assert question not in listed(opened(pages["ben"], address))
    assert question not in pages["ben"].content()


# What can be reached


@pytest.mark.parametrize("how", ["file=", "file/"])
@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "/proc/self/environ",
        "pyproject.toml",
        "{folder}/catalog.db",
        "{folder}/conversations.db",
        "{folder}/users",
        "{folder}/lock",
    ],
)
def test_no_file_of_the_server_can_be_fetched(ana, folder, how, path):
    asked = ana.get(f"/gradio_api/{how}{path.format(folder=folder)}")
    assert asked.status_code in (403, 404)
    assert "root:" not in asked.text and "SQLite" not in asked.text


def test_an_upload_within_the_limit_is_taken_and_only_then(ana, folder):
    small = ana.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 1000)})
    (path,) = small.json()
    assert ana.get(f"/gradio_api/file={path}").content == b"x" * 1000
    large = ana.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * (2**20 + 1))})
    assert large.status_code == 413
    huge = ana.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * (17 * 2**20))})
    assert huge.status_code == 413
    outside = ana.post("/gradio_api/upload", files={"files": ("../../a.txt", b"x")})
    assert str(path).rpartition("/")[0].rpartition("/")[0] in outside.json()[0]
    assert not list(folder.glob("**/a.txt"))


def test_nothing_watches_shares_or_counts(ana):
    told = ana.get("/config").json()
    assert not told["analytics_enabled"] and not told.get("space_id")
    for path in ("/monitoring", "/monitoring/summary", "/gradio_api/proxy=http://evil.example/"):
        assert ana.get(path).status_code == 403
    headers = ana.get("/").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_twenty_ask_at_once_and_each_gets_their_own_answers(address):
    asked = run(clients(address, 20, rounds=2, auth=ANA))
    assert len(asked) == 40
    assert not [one for one in asked if one.fault]


def test_the_server_reached_for_nothing_but_loopback(address, left):
    assert not left.exists(), left.read_text()
