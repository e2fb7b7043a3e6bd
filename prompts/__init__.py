"""Every prompt Dateline sends, as a file beside this one: read them, change them, diff them."""

from __future__ import annotations

from importlib import resources
from string import Template


def load(name: str) -> Template:
    """The prompt of a name, as a template whose `$names` the caller fills.

    Raises:
        FileNotFoundError: there is no prompt of that name.
    """
    text = resources.files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    return Template(text.strip())


def names() -> list[str]:
    """The names of all prompts."""
    files = resources.files(__name__).iterdir()
    return sorted(file.name.removesuffix(".md") for file in files if file.name.endswith(".md"))
