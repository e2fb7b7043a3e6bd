"""Who may come in: users, sessions, proxies, and what is refused to everyone."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import bcrypt
import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from assistant.page import auth
from assistant.page.auth import AccessControl
from assistant.users import Users
from index.errors import UsageError

PASSWORD = "correct horse"
PAGE = {"accept": "text/html"}
LOCAL = ("localhost", "127.0.0.1", "::1")


async def inside(scope, receive, send):
    user = scope["state"].get("user")
    await PlainTextResponse(f"in as {user}")(scope, receive, send)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """Hashes that are not slow on purpose."""
    monkeypatch.setattr(bcrypt, "gensalt", partial(bcrypt.gensalt, 4))


@pytest.fixture
def users(tmp_path):
    users = Users(tmp_path / "users")
    users.add("ana", PASSWORD)
    return users


def client(address="127.0.0.1", base="http://localhost:7860", **options):
    return TestClient(
        AccessControl(inside, **options), base, client=(address, 5000), follow_redirects=False
    )


def log_in(at, name="ana", password=PASSWORD, **headers):
    return at.post("/login", data={"username": name, "password": password}, headers=headers)


# The users file


def test_a_password_is_kept_as_a_hash_that_only_the_owner_reads(users):
    assert PASSWORD not in users.path.read_text()
    assert users.path.read_text().startswith("ana:$2b$")
    assert users.path.stat().st_mode & 0o077 == 0
    assert users.check("ana", PASSWORD)
    assert not users.check("ana", PASSWORD + "x")
    assert not users.check("ben", PASSWORD)
    assert not users.check("", "")


@pytest.mark.parametrize(
    ("name", "password"),
    [("a:b", PASSWORD), ("", PASSWORD), ("a b", PASSWORD), ("ben", "short"), ("ben", "é" * 40)],
)
def test_a_name_or_password_that_cannot_be_is_refused(users, name, password):
    with pytest.raises(UsageError):
        users.add(name, password)
    assert set(users.hashes) == {"ana"}


def test_a_long_password_is_not_cut(users):
    users.add("ben", "b" * 72)
    assert users.check("ben", "b" * 72)
    assert not users.check("ben", "b" * 73)


def test_a_file_written_by_htpasswd_is_read_and_any_other_is_told(users):
    line = users.path.read_text().replace("$2b$", "$2y$")
    users.path.write_text("# The desk\n\n" + line + "ben:plain\n")
    with pytest.raises(UsageError, match=":4: not a name and its bcrypt hash"):
        users.check("ana", PASSWORD)
    users.path.write_text("# The desk\n\n" + line)
    assert users.check("ana", PASSWORD)


def test_the_command_takes_the_password_from_a_pipe(tmp_path):
    def dateline(*arguments, given=""):
        code = "from assistant.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, "users", *arguments, "--archive", str(tmp_path)],
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    assert dateline("add", "ana", given=PASSWORD + "\n").returncode == 0
    assert dateline("add", "ben", given="short\n").returncode == 2
    assert dateline("list").stdout == "ana\n"
    assert Users(tmp_path / "users").check("ana", PASSWORD)
    assert dateline("remove", "ana").returncode == 0
    assert dateline("remove", "ana").returncode == 2
    assert dateline("list").stdout == ""


# Logging in


def test_without_users_everyone_is_in_and_nobody_in_particular():
    assert client().get("/").text == "in as None"


def test_a_browser_logs_in_and_out(users):
    at = client(users=users)
    assert at.get("/", headers=PAGE).headers["location"] == "/login"
    assert 'name="password"' in at.get("/login", headers=PAGE).text
    wrong = log_in(at, password="wrong", **PAGE)
    assert wrong.status_code == 401 and "do not go together" in wrong.text
    right = log_in(at, **PAGE)
    assert (right.status_code, right.headers["location"]) == (303, "/")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    assert PASSWORD not in cookie
    assert at.get("/").text == "in as ana"
    kept = dict(at.cookies)
    assert at.get("/logout").text == "in as ana", "a link must not log out"
    assert at.post("/logout").status_code == 303
    for name, value in kept.items():
        at.cookies.set(name, value)
    assert at.get("/").status_code == 401, "the session itself has ended"


def test_a_session_ends_with_its_time_its_password_and_its_user(users, monkeypatch):
    at = client(users=users)
    cookie = {"cookie": log_in(at).headers["set-cookie"].partition(";")[0]}
    later = auth.time.time() + auth._SESSION + 1
    with monkeypatch.context() as clock:
        clock.setattr(auth.time, "time", lambda: later)
        assert at.get("/", headers=cookie).status_code == 401
    assert at.get("/", headers=cookie).status_code == 200
    users.add("ana", "another horse")
    assert at.get("/").status_code == 401
    log_in(at, password="another horse")
    assert at.get("/").status_code == 200
    users.remove("ana")
    assert at.get("/").status_code == 401


def test_a_program_sends_name_and_password(users, monkeypatch):
    at = client(users=users)
    asked = at.get("/")
    assert asked.status_code == 401 and "Basic" in asked.headers["www-authenticate"]
    checked = []
    check = users.check
    monkeypatch.setattr(users, "check", lambda *pair: checked.append(pair) or check(*pair))
    for _ in range(3):
        assert at.get("/", auth=("ana", PASSWORD)).text == "in as ana"
    assert len(checked) == 1, "a hash that is slow on purpose is not computed at each request"
    assert at.get("/", auth=("ana", "wrong")).status_code == 401
    for value in ("Basic", "Basic !!", "Basic /w==", "Bearer x"):
        assert at.get("/", headers={"authorization": value}).status_code == 401


def test_a_browser_is_not_asked_in_its_own_way(users):
    polled = client(users=users).get("/x", headers={"sec-fetch-site": "same-origin"})
    assert polled.status_code == 401 and "www-authenticate" not in polled.headers


def test_a_cookie_is_secure_where_the_page_is(users):
    at = client(users=users, proxies=["127.0.0.1"])
    assert "secure" in log_in(at, **{"x-forwarded-proto": "https"}).headers["set-cookie"].lower()
    other = client(users=users)
    said = log_in(other, **{"x-forwarded-proto": "https"}).headers["set-cookie"].lower()
    assert "secure" not in said


def test_attempts_are_few_by_user_and_by_address(users, monkeypatch):
    tried = []
    monkeypatch.setattr(users, "check", lambda *pair: tried.append(pair) or pair[1] == PASSWORD)
    at = client(users=users, proxies=["127.0.0.1"])

    def attempt(address, name, password="wrong"):
        return log_in(at, name, password, **{"x-forwarded-for": f"spoofed, {address}"}).status_code

    for n in range(auth._FAILURES):
        assert attempt(f"10.0.0.{n}", "ana", "wrong") == 401
    assert attempt("10.0.1.1", "ana", PASSWORD) == 429, "from anywhere"
    for n in range(auth._FAILURES):
        assert attempt("10.0.2.2", f"user{n}") == 401
    assert attempt("10.0.2.2", "somebody") == 429, "under any name"
    assert attempt("10.0.3.3", "somebody") == 401
    assert len(tried) == 2 * auth._FAILURES + 1, "what is refused is not even checked"
    now = auth.time.monotonic()
    monkeypatch.setattr(auth.time, "monotonic", lambda: now + auth._FORGIVEN + 1)
    assert attempt("10.0.2.2", "ana", PASSWORD) == 200


def test_logging_in_often_is_no_failure(users, monkeypatch):
    monkeypatch.setattr(users, "check", lambda *_: True)
    at = client(users=users)
    assert {log_in(at).status_code for _ in range(2 * auth._FAILURES)} == {200}


def test_what_is_typed_cannot_become_markup(users):
    said = log_in(client(users=users), '"><script>alert(1)</script>', **PAGE).text
    assert "<script>" not in said and "&lt;script&gt;" in said


# A proxy that logs in


def test_a_proxy_says_who_asks_and_nobody_else_can():
    options = {"header": "X-User", "proxies": ["10.0.0.1"]}
    said = {"x-user": "ana", "x-forwarded-for": "192.0.2.7"}
    assert client("10.0.0.1", **options).get("/", headers=said).text == "in as ana"
    for headers in ({}, {"x-user": ""}, {"x-user": " "}):
        refused = client("10.0.0.1", **options).get("/", headers=headers)
        assert refused.status_code == 401 and "did not say who" in refused.text
    for address in ("10.0.0.2", "127.0.0.1"):
        assert client(address, **options).get("/", headers=said).status_code == 401
        lied = {**said, "x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1"}
        assert client(address, **options).get("/", headers=lied).status_code == 401


def test_a_name_of_the_visitors_own_beside_the_proxys_is_nobodys():
    at = client("10.0.0.1", header="X-User", proxies=["10.0.0.1"])
    both = [("x-user", "ana"), ("x-user", "ben")]
    assert at.get("/", headers=both).status_code == 401


def test_health_is_open_and_nothing_else(users):
    at = client(users=users)
    assert at.get("/health").text == "in as None"
    for path in ("/config", "/gradio_api/mcp", "/api/ask", "/health/", "//health", "/assets/x.js"):
        assert at.get(path).status_code == 401, path
    assert at.post("/gradio_api/upload").status_code == 401


# What is refused to everyone


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:7860", True),
        ("127.0.0.1:7860", True),
        ("[::1]:7860", True),
        ("LOCALHOST", True),
        ("desk.example", True),
        ("evil.example:7860", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost@evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_only_its_own_names_reach_it(host, known):
    at = client(hosts=(*LOCAL, "desk.example"))
    answered = at.get("/health", headers={"host": host})
    assert answered.status_code == (200 if known else 421)
    assert known or "DATELINE_HOSTS" in answered.text


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://behind.example"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://localhost:7860"}, True),
        ({"origin": "http://localhost:7861"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
    ],
)
def test_another_site_cannot_make_a_browser_act(headers, sent):
    at = client()
    assert at.post("/x", headers=headers).status_code == (200 if sent else 403)
    assert at.get("/x", headers=headers).status_code == 200


def test_a_request_has_a_size_and_it_is_within_limits():
    at = client(max_file_mb=2)
    small, large = b"x" * 1000, b"x" * (9 * 2**20)
    assert at.post("/gradio_api/queue/join", content=small).status_code == 200
    assert at.post("/gradio_api/queue/join", content=large).status_code == 413
    assert at.post("/gradio_api/upload", content=large).status_code == 200
    assert at.post("/gradio_api/upload", content=large * 4).status_code == 413
    assert at.post("/gradio_api/upload", content=iter([small])).status_code == 411
    assert at.post("/x", headers={"content-length": "-1"}).status_code == 411


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=http://evil.example/",
        "/gradio_api/file=http://evil.example/",
        "/gradio_api/file=HTTPS%3A//evil.example/",
        "/gradio_api/file/http://evil.example/",
        "/gradio_api/file=file:///etc/passwd",
    ],
)
def test_it_fetches_nothing_for_others(path):
    assert client().get(path).status_code == 403


def test_nothing_speaks_websocket():
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client().websocket_connect("/gradio_api/queue/join"),
    ):
        pass
    assert refused.value.code == 1008
