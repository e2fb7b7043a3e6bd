"""HTML with no way to forget the escaping, and the three things that a click in it can do.

`tag` escapes every string that is not `Html` already, so what comes from articles, language models
and users can only ever be text. All of it is one line without a blank one in it: the chat takes a
message for Markdown, and in Markdown a block of HTML lasts until a blank line. The chat's sanitiser
drops `data-` and `aria-` attributes, so none is used: a button's `name` is the event that page.js
sends to the server, and its `value` what goes with it; a form's likewise, with its fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | bool) -> Html:
    """An HTML element; what is not `Html` is escaped.

    Args:
        name: the element's, and its classes, as in "p.note".
        children: text and elements.
        attributes: by name, `_` standing for `-`, a last one dropped; True for one without a
            value, False for none.
    """
    name, *classes = name.split(".")
    given = {"class": " ".join(classes), **attributes} if classes else attributes
    written = "".join(
        f" {_name(key)}" if value is True else f' {_name(key)}="{_escaped(str(value))}"'
        for key, value in given.items()
        if value is not False
    )
    end = "" if name in ("input", "br") else f"</{name}>"
    return Html(f"<{name}{written}>{join(children)}{end}")


def join(children: Iterable[str], separator: str = "") -> Html:
    """The text and elements that say something, one after the other."""
    parts = (child if isinstance(child, Html) else _escaped(child) for child in children if child)
    return Html(_escaped(separator).join(parts))


def button(kind: str, event: str, /, *children: str, title: str = "", **sent: Any) -> Html:
    """A button that sends an event.

    Args:
        kind: the element and its classes after "button", as in ".plain".
        event: its name; page.js lists them.
        children: text and elements.
        title: what a pointer at it is told, where that is more than the text.
        sent: what goes with it, as JSON.
    """
    told = {"title": title} if title else {}
    return tag(
        f"button{kind}", *children, type="button", name=event, value=json.dumps(sent), **told
    )


def form(kind: str, event: str, /, *children: str, **sent: str | int) -> Html:
    """A form that sends an event with its fields, and with what else is given."""
    hidden = [tag("input", type="hidden", name=name, value=value) for name, value in sent.items()]
    return tag(f"form{kind}", *hidden, *children, name=event)


def field(label: str, name: str, value: str = "", type_: str = "text", **attributes: str) -> Html:
    """A labelled field of a form."""
    return tag(
        "label", tag("span", label), tag("input", name=name, type=type_, value=value, **attributes)
    )


def unseen(text: str) -> Html:
    """Text for screen readers."""
    return tag("span.unseen", text)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _escaped(text: str) -> str:
    return escape(text).replace("\r", "&#13;").replace("\n", "&#10;")
