"""The chat page: a question in, an answer to check out, beside the articles it cites.

`chat` lays the page out: `asking`, `library`, `history` and `evaluation` are its tabs, and the
article that `reading` opens stands beside them. `conversation` says what there is to show of a
question, `render` turns it into HTML, page.js sends what is clicked on in it. `server` serves it
all. Only this package imports Gradio.
"""

from assistant.page.chat import build
from assistant.page.server import serve

__all__ = ["build", "serve"]
