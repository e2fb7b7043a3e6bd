"""How the page's own events are sent: none is part of the API, none shows Gradio's spinner."""

from __future__ import annotations

from typing import Any

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# In no queue: what only reads or rearranges waits for no answer.
INSTANT: dict[str, Any] = {"queue": False, **HIDDEN}
