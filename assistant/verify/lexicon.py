"""Words that say the same in news, and words that exclude each other: `lexicon.txt`.

Each of its lines is one matter: words in a group say the same, and groups between bars exclude each
other. Only what can be told without knowing the case is there: "cut" is no opposite of "offered".
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from importlib import resources

from index.text import stems


def same(stem: str) -> frozenset[str]:
    """The stems that say the same as a stem, itself among them."""
    return _tables()[0].get(stem, frozenset((stem,)))


@lru_cache(maxsize=8192)
def opposed(stem: str) -> frozenset[str]:
    """The stems that exclude a stem: "rise" has "fall" and "drop", "harm" has "unharm"."""
    turned = stem.removeprefix("un") if stem.startswith("un") else f"un{stem}"
    return _tables()[1].get(stem, frozenset()) | {turned}


@lru_cache(maxsize=8192)
def of_one_matter(stem: str) -> frozenset[str]:
    """The stems that say the same as a stem, and those that exclude it."""
    return same(stem) | opposed(stem)


def polar(stem: str) -> bool:
    """Whether a stem is of a word that others exclude: one that cannot be left to the context."""
    return bool(_tables()[1].get(stem))


@cache
def _tables() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """By stem: what says the same, and what excludes it."""
    like: defaultdict[str, set[str]] = defaultdict(set)
    unlike: defaultdict[str, set[str]] = defaultdict(set)
    text = resources.files("assistant.verify").joinpath("lexicon.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        groups = [set(stems(group)) for group in line.split("|")]
        for group in groups:
            others = set().union(*groups) - group
            for stem in group:
                like[stem] |= group
                unlike[stem] |= others
    return (
        {stem: frozenset(found) for stem, found in like.items()},
        {stem: frozenset(found - like[stem]) for stem, found in unlike.items()},
    )
