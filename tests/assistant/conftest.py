"""What the tests of the assistant share."""

from __future__ import annotations

import pytest

from tests.assistant.scripted import server


@pytest.fixture
def model():
    """A scripted language model behind an OpenAI-compatible server."""
    with server() as script:
        yield script
