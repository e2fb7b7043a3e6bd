"""A browser, and a page over a small archive with a hostile article in it."""

from __future__ import annotations

import json
import shutil

import pytest

from eval.runner import run_suite
from index.archive import Archive, sample_articles
from tests.browser.serving import CHROMIUM, chromium, serving
from tests.eval import mayors

_ATTACK = "<script>window.broken = 1</script><img src='http://evil.example/x' onerror='broken = 1'>"
HOSTILE = {
    "title": f"Quarry of Zemblin reopens {_ATTACK}",
    "source": f"Zemblin Post {_ATTACK}",
    "published": "2023-11-02",
    "authors": [_ATTACK],
    "url": "javascript:window.broken=1",
    # A sentence that carries an attack is not quoted at all; one with mere markup is.
    "body": "The Zemblin quarry reopened on Thursday with 212 workers & <b>six</b> cranes, its "
    f"owner said.\n\n{_ATTACK}\n\n"
    f"![image](http://evil.example/y.png) [link](javascript:broken=1) {'Longword' * 40}",
}
_TAKEN = ("*ferry*", "*petrel*", "*quill*", "*hask*")


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no chromium here; .ci/run installs Debian's")
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def address(browser, embedder, tmp_path_factory):
    articles = tmp_path_factory.mktemp("articles")
    for pattern in _TAKEN:
        for path in sample_articles().glob(pattern):
            shutil.copy(path, articles)
    (articles / "hostile.json").write_text(json.dumps(HOSTILE), encoding="utf-8")
    folder = tmp_path_factory.mktemp("page") / "archive"
    with Archive.open(folder, embedder) as archive:
        assert not archive.ingest([articles]).failed
    runs = tmp_path_factory.mktemp("runs")
    suite = mayors.suite(tmp_path_factory.mktemp("suite"), 8)
    run_suite(suite, runs, desk=mayors.Desk(), name="before")
    run_suite(suite, runs, desk=mayors.Desk(worse=3), name=f"after {_ATTACK}")
    with serving(folder, DATELINE_RUNS=str(runs)) as url:
        yield url


@pytest.fixture
def page(browser):
    """A tab of its own; fails the test if the page's own code fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(60_000)
    tab = context.new_page()
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda said: said.type == "error" and faults.append(said.text))
    yield tab
    context.close()
    # A page goes on polling after a test has stopped its server.
    assert not [fault for fault in faults if "ERR_CONNECTION_REFUSED" not in fault]
