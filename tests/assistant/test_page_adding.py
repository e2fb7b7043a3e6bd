"""Articles added from the page: each file is told of, and none is left behind."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace

import pytest

from assistant.page import adding
from index.errors import UsageError
from tests.assistant.test_render import HOSTILE, Page

NEWS = {
    "title": "Orrin lighthouse keeper retires",
    "source": "Orrin Herald",
    "published": "2023-11-20",
    "body": "Tamsin Orlo, keeper of the Orrin lighthouse for 41 years, retired on Sunday.",
}


@pytest.fixture
def desk(archive):
    return SimpleNamespace(archive=archive, settings=SimpleNamespace(max_file_mb=1))


def uploaded(folder, name="news.json", **changes):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(NEWS | changes), encoding="utf-8")
    return str(path)


def told(added):
    return Page(adding.report(added)).text


def test_each_file_is_told_of_and_none_is_left_lying(desk, tmp_path):
    (tmp_path / "up").mkdir()
    empty = tmp_path / "up" / "empty.txt"
    empty.write_text("", encoding="utf-8")
    *_, last = adding.files(desk, [uploaded(tmp_path / "up"), str(empty)])
    assert "news.json 1 article added" in told(last)
    assert "empty.txt not read: " in told(last)
    assert len(desk.archive.articles()) == 1
    assert not list((tmp_path / "up").iterdir())
    assert not list((desk.archive.folder / "uploads").iterdir())


def test_a_file_of_the_same_name_is_a_new_version_of_its_article(desk, tmp_path):
    for folder, body, said in (
        ("a", NEWS["body"], "added"),
        ("b", NEWS["body"], "already there"),
        ("c", "Tamsin Orlo will stay after all.", "updated"),
    ):
        *_, last = adding.files(desk, [uploaded(tmp_path / folder, body=body)])
        assert f"1 article {said}" in told(last)
    (article,) = desk.archive.articles()
    assert article.body == "Tamsin Orlo will stay after all."


def test_a_file_that_is_too_large_is_not_read(desk, tmp_path):
    *_, last = adding.files(desk, [uploaded(tmp_path / "up", body="word " * 300_000)])
    assert "not read" in told(last)
    assert not desk.archive.articles()


def test_what_was_uploaded_is_read_even_if_nobody_listens_any_more(desk, tmp_path):
    paths = [uploaded(tmp_path / "up", f"{n}.json", title=f"News {n}") for n in range(3)]
    done = threading.Event()
    ingest = desk.archive.ingest

    def counted(*given, **named):
        report = ingest(*given, **named)
        if report.articles == len(paths):
            done.set()
        return report

    desk.archive.ingest = counted
    listening = adding.files(desk, paths)
    next(listening)
    listening.close()
    assert done.wait(60)


@pytest.mark.parametrize("address", ["/etc/passwd", "file:///etc/passwd", "", "ftp://a.example"])
def test_only_web_addresses_are_read(desk, address):
    with pytest.raises(UsageError, match="not a web address"):
        adding.address(desk, address)


def test_the_servers_own_network_is_not_read(desk):
    *_, last = adding.address(desk, "http://127.0.0.1:9/")
    assert "not read" in told(last)


def test_a_hostile_name_is_only_text():
    page = Page(adding.report([adding.Added(HOSTILE, error=HOSTILE)]))
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
