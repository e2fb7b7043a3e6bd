"""The chat page: a question in, an answer to check out, beside the articles it cites.

`conversation` says what there is to show, `render` turns it into HTML, `chat` lays the page out and
connects it, `server` serves it. Only this package imports Gradio.
"""

from assistant.page.chat import build
from assistant.page.server import serve

__all__ = ["build", "serve"]
