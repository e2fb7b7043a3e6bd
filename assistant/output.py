"""What a language model may say: no link but an article's own, and none of its instructions.

Applied twice: to the text as it streams (`Gate`), and to the whole of it before it is cited.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from assistant.orders import unseen
from index.text import sentences

# Words in a row that make a sentence an echo of the instructions, and not chance.
_ECHO = 7

_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\s?(?:\(\s*<?[^()\n]*>?\s*\)|\[[^\[\]\d\n]+\])")
_DEFINED = re.compile(r"^[ \t]*\[[^\]\n]+\]:.*$", re.M)
_MARKUP = re.compile(r"<[a-zA-Z/!?|][^<>\n]*>?|!\[[^\]\n]*\]?")
_DOMAIN = (
    r"(?:[\w-]+\.)+(?:com|net|org|info|biz|io|co|gov|edu|dev|app|site|online|top|xyz|link|click|ru"
    r"|cn|de|uk|eu|fr|example|test|invalid|onion|tk|me|ly|ai|tv|shop|store|zip|mov|cloud|live|pro|cc"
    r"|su|pw|icu|vip|page|gg|jp|nl|pl|ch|se|ca|au|br)\b"
)
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_NUMERIC = rf"(?<![\d.v])(?:{_BYTE}\.){{3}}{_BYTE}(?!\.?\d)"
_URL = re.compile(
    rf"(?:\b[a-z][a-z0-9+.-]*:\s?//\S*|\b(?:javascript|data|vbscript|file|mailto)\s?:\s?\S+"
    rf"|\bwww\.\S+|(?:\b{_DOMAIN}|{_NUMERIC})(?:[/?#:]\S*)?)",
    re.I,
)
_HOST = re.compile(r"^(?:\w+://)?(?:www\.)?([^/?#:]+)")
_CODED = re.compile(r"(?<![\w+/])(?=[A-Za-z+/]*\d|[a-z]*[A-Z])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/])")
# Of the wide forms that Chinese and Japanese are written with, or that only look like a dot.
_WIDE = re.compile(r"\S*[！-～。｡]\S*")
# What may still become a mark, a link, a tag, an entity or an address.
_OPEN = re.compile(
    r"(?:!?\[[^\[\]\n]{0,300}(?:\](?:\([^()\n]{0,300}(?:\)\S*)?)?)?|【[^】\n]{0,40}|\(\d{0,3}|<[^<>\n]{0,300}"
    r"|\S*(?:[:/@.]|www)\S*|\S*[！-～。｡](?:[!-~！-～]\S*)?|&[#\w]{0,10}|\bh(?:t(?:tp?s?)?)?|\bww?|!)\Z",
    re.I,
)


def clean(text: str, links: Iterable[str] = ()) -> str:
    """A text without what a model may not say.

    Args:
        text: as the model wrote it.
        links: the addresses that may stay, with the names of their hosts: those of the articles it
            was given.
    """
    own = {name for link in links for name in (link, *_HOST.findall(link.lower()))}
    text = _LINK.sub(_inner, unseen(unescaped(text)))
    text = _MARKUP.sub("", _DEFINED.sub("", text))

    def kept(address: re.Match[str]) -> str:
        said = address[0].rstrip(".,;:!?)]”\"'")
        return address[0] if {said, said.lower().removeprefix("www.")} & own else ""

    return _CODED.sub("", _URL.sub(kept, _WIDE.sub(_narrow, text)))


def unescaped(text: str) -> str:
    """A text with what HTML's entities stand for in their place, however often it was escaped."""
    while (plain := html.unescape(text)) != text:
        text = plain
    return text


def _narrow(match: re.Match[str]) -> str:
    """A word of wide characters in narrow ones, if it has an address."""
    plain = unicodedata.normalize("NFKC", match[0]).replace("。", ".")
    return plain if _URL.search(plain) else match[0]


def _inner(match: re.Match[str]) -> str:
    """The words of a link, or the number of a mark; nothing of a picture."""
    if match[0].startswith("!"):
        return ""
    return f"[{match[1]}]" if match[1].strip().isdigit() else match[1]


def without_echoes(text: str, rules: str) -> str:
    """A text without the sentences that repeat its instructions.

    Args:
        text: as the model wrote it.
        rules: the instructions.
    """
    known = _runs(rules)
    kept = []
    for start, end in sentences(text):
        flat = f" {_flat(text[start:end])} "
        if not any(run in flat for run in known):
            kept.append(text[start:end])
    return "".join(kept)


@lru_cache(maxsize=8)
def _runs(rules: str) -> frozenset[str]:
    """All the runs of so many words in the instructions; a shorter sentence of them is one run."""
    found = set()
    for line in rules.splitlines():
        for start, end in sentences(line):
            words = _flat(line[start:end]).split()
            most = max(len(words) - _ECHO, 0)
            found |= {" ".join(words[i : i + _ECHO]) for i in range(most + 1)}
    return frozenset(f" {run} " for run in found if run.count(" ") > 3)


def _flat(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


class Gate:
    """Passes a model's text on as it comes, less what it may not say.

    Only what may still become a mark, a link, a tag or an echo of the instructions is held back,
    until it is clear what it is.
    """

    def __init__(self, links: Iterable[str] = (), rules: str = "") -> None:
        self._links = frozenset(links)
        self._rules = rules
        self._flat = f" {_flat(rules)} "
        self._held = ""
        self._word = ""
        self._begun = ""

    def push(self, piece: str) -> str:
        """What can be shown, now that a piece has come."""
        text = self._held + piece
        whole, entity = re.split(r"((?:&[#\w]{0,10})?)\Z", text, maxsplit=1)[:2]
        self._held = unescaped(whole) + entity
        match = _OPEN.search(self._word + self._held)
        open_from = match.start() - len(self._word) if match else len(self._held)
        return self._pass(max(min(open_from, self._echo()), 0))

    def end(self) -> str:
        """What is left to show at the end."""
        return self._pass(len(self._held))

    def _echo(self) -> int:
        """Where words begin, at the end of what is held, that stand in the instructions too."""
        text = self._begun + self._held
        words = list(re.finditer(r"\w+", text))
        for word in words[:-2]:
            if f" {_flat(text[word.start() :])}" in self._flat:
                return max(word.start() - len(self._begun), 0)
        return len(self._held)

    def _pass(self, until: int) -> str:
        ready, self._held = self._held[:until], self._held[until:]
        # An address may begin in what was passed on: of "Acme" and then ".com/x" nothing follows.
        if self._rules:
            # A sentence may have begun to be shown before it proved to be an echo.
            ready = without_echoes(self._begun + ready, self._rules).removeprefix(self._begun)
        shown = clean(self._word + ready, self._links).removeprefix(self._word)
        said = self._word + shown
        self._word = "" if said[-1:].isspace() else said[-80:].split(" ")[-1]
        self._begun = re.split(r"(?<=[.!?])\s", self._begun + shown)[-1]
        return shown
