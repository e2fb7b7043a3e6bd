from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

# Read here: no DATELINE_* variable is left when a test runs.
DATA = Path(
    os.environ.get("DATELINE_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data")
)


@pytest.fixture
def public_data() -> Path:
    """Other people's datasets, by path; what needs them is skipped where they are not."""
    if not DATA.is_dir():
        pytest.skip("public data is not here: set DATELINE_DATA")
    return DATA
