"""What all tests share: each runs offline, on state of its own, without the user's settings."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# A busy machine is no fault of the code.
hypothesis.settings.register_profile("any speed", deadline=None)
hypothesis.settings.load_profile("any speed")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    """No test sees the user's archive, settings or keys."""
    for name in list(os.environ):
        if name.startswith("DATELINE_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATELINE_ARCHIVE", str(tmp_path / "archive"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def embedder():
    """The bundled model, loaded once."""
    from index.embed import SentenceEmbedder

    return SentenceEmbedder()


@pytest.fixture(scope="session")
def sample(tmp_path_factory, embedder):
    """An assistant over the sample archive; read only."""
    from assistant.desk import Assistant
    from assistant.settings import Settings
    from index.archive import Archive, sample_articles

    archive = Archive.open(tmp_path_factory.mktemp("sample"), embedder)
    report = archive.ingest([sample_articles()])
    assert not report.failed
    with Assistant(archive, Settings(llm="")) as desk:
        yield desk


@pytest.fixture
def archive(tmp_path, embedder):
    """An empty archive."""
    from index.archive import Archive

    with Archive.open(tmp_path / "archive", embedder) as opened:
        yield opened


@pytest.fixture(scope="session")
def seed():
    """The real article users have; other people's text, so not in the project."""
    path = SHARED / "seed" / "biden-xi-2023-10-27.txt"
    if not path.exists():
        pytest.skip("the seed article is not beside this checkout")
    return path


def assert_quotes_stand(answer):
    """Every citation is verbatim, and every mark has its citation."""
    for citation in answer.citations:
        body = citation.article.body
        assert citation.quote and body[citation.start : citation.end] == citation.quote
    numbers = [n for sentence in answer.sentences for n in sentence.citations]
    assert set(numbers) == {citation.n for citation in answer.citations}
    assert list(dict.fromkeys(numbers)) == sorted(set(numbers)), "numbered in reading order"
