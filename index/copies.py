"""Copies: the same report carried twice, by other outlets or at other addresses, with small edits.

A copy may have another headline, dateline, spelling or quotation marks, credits, a paragraph put
in, sentences cut, a changed figure, or its end cut off. A follow-up that repeats the background, a
rival's own report of the event and a templated story (weather, markets, results) are no copies.

What tells them apart is, first, how much of the shorter body stands in the longer *and* how alike
the two begin: a shortened copy keeps the beginning, which is just what a follow-up replaces. And
then the figures: a copy keeps them, in a templated story they are what is new.

Measured on 257 hand-labelled pairs of our own articles, 133 of them no copies: precision 99/99 and
recall 99/101 on the pairs that the thresholds were chosen by, 23/23 and 23/23 on those written
after them (shingles of three words for four came later; with four, recall there was 18/23) ::

    python -m pytest tests/index/test_copies.py -s

In 9,570 articles of a real news crawl, which also guided the thresholds, 50 pairs were found
besides pages with nothing but a notice; by hand, 6 of them are no copies but updates and lists.
What is missed is a report cut by half *and* rewritten or begun anew. The same text is always a
copy, be it only a cookie notice.

An article's signature is made once and kept with it; its bands are kept as rows of a table of
(band, article_id), indexed by band. The copies of an article are then ::

    near = SELECT DISTINCT article_id FROM bands WHERE band IN (…the bands of its signature)
    copies = [other for other in near if is_copy(signature, signatures[other])]
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.text import HAN

_SEED = 1
_HASHES = 128
_SHINGLE = 3
_LEAD = 80

# A band is shared where all its hashes agree: with 16 bands of 2, bodies of likeness 0.3 share one
# in 78 cases of 100, of 0.4 in 94, of 0.1 in 15; and their beginnings have 16 more.
_BANDS, _ROWS = 16, 2

# What of the shorter body must stand in the longer; and that and what their beginnings share,
# added: over 1, as neither may do it alone. A body that is all beginning is held to more.
_CONTAINED = 0.6
_COPY, _COPY_OF_SHORT = 1.05, 1.6

# Of a body over ten times as long too few hashes are left to measure the shorter by.
_TOO_LONG = 10

# Fewer figures than these say nothing when they differ: it may be a correction.
_SOME_FIGURES = 8
_SAME_FIGURES = 0.55

SCHEME = f"1-{_HASHES}-{_SHINGLE}-{_LEAD}-{_BANDS}x{_ROWS}"
"""Names how signatures and bands are made: those made by another scheme must be made anew."""

_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")


class _Sketch(NamedTuple):
    """A set of strings: how many they are, and their MinHash."""

    size: int
    hashes: NDArray[np.uint32]


def signature(body: str) -> bytes:
    """What is kept of a body to know its copies by: 1,548 bytes, the same on every machine.

    It holds three MinHashes (Broder 1997, by `datasketch`) and the sizes of the sets they stand
    for: three-word shingles of the body, those of its first 80 words, and its figures, each with
    the word before it. Case, punctuation and typography do not count.
    """
    text = re.sub("['’]", "", unicodedata.normalize("NFKC", body).casefold())
    words = _WORD.findall(text)
    figures = {" ".join(pair) for pair in pairwise(words) if _figure(pair[1])}
    sketches = [_sketch(_shingles(words)), _sketch(_shingles(words[:_LEAD])), _sketch(figures)]
    sizes = np.array([sketch.size for sketch in sketches])
    return b"".join(part.astype("<u4").tobytes() for part in (sizes, *(s.hashes for s in sketches)))


def bands(signature: bytes) -> list[str]:
    """The keys of a signature, 32 of 14 characters; none for an empty body.

    Two copies nearly always have a key in common, and other articles seldom do (locality-sensitive
    hashing, Indyk and Motwani 1998). Half the keys are of the body, half of its beginning.
    """
    body, lead, _ = _sketches(signature)
    return [
        f"{part}{band:x}{hashlib.sha256(hashes.tobytes()).hexdigest()[:12]}"
        for part, sketch in (("b", body), ("l", lead))
        if sketch.size
        for band, hashes in enumerate(sketch.hashes[: _BANDS * _ROWS].reshape(_BANDS, _ROWS))
    ]


def likeness(one: bytes, other: bytes) -> float:
    """How alike two bodies are, from 0 to 1: the Jaccard index of their shingles.

    Estimated from the signatures, with a standard error of at most 0.045; 0 for an empty body.
    """
    return _jaccard(_sketches(one)[0], _sketches(other)[0])


def is_copy(one: bytes, other: bytes) -> bool:
    """Whether two signatures are of one report carried twice; a body without words is no copy."""
    (body, lead, figures), (body2, lead2, figures2) = _sketches(one), _sketches(other)
    shorter, longer = sorted((body.size, body2.size))
    contained = _containment(body, body2)
    needed = _COPY if shorter > _LEAD else _COPY_OF_SHORT
    if longer > shorter * _TOO_LONG or contained < _CONTAINED:
        return False
    if contained + _containment(lead, lead2) < needed:
        return False
    few = min(figures.size, figures2.size) < _SOME_FIGURES
    return few or _containment(figures, figures2) >= _SAME_FIGURES


def leaders(signatures: Sequence[bytes]) -> list[int]:
    """For each signature the place of the first that it is a copy of: its own if there is none.

    A copy of one that is itself a copy is its leader's only where it is also a copy of that.
    """
    bodies = [_sketches(one)[0] for one in signatures]
    sizes = np.array([body.size for body in bodies])
    hashes = np.array([body.hashes for body in bodies]).reshape(-1, _HASHES)
    jaccards = (hashes[:, None] == hashes).mean(axis=2)
    shared = jaccards / (1 + jaccards) * (sizes[:, None] + sizes)
    near = shared >= _CONTAINED * np.minimum(sizes[:, None], sizes)
    found: list[int] = []
    for place, signature in enumerate(signatures):
        copied = (
            other
            for other in np.flatnonzero(near[place, :place]).tolist()
            if found[other] == other and is_copy(signatures[other], signature)
        )
        found.append(next(copied, place))
    return found


def _figure(word: str) -> bool:
    return not word.isalpha() and any(character.isdigit() for character in word)


def _shingles(words: list[str]) -> set[str]:
    """Every three words in a row; all the words, where there are fewer."""
    starts = range(max(len(words) - _SHINGLE + 1, 1) if words else 0)
    return {" ".join(words[start : start + _SHINGLE]) for start in starts}


def _sketch(strings: Iterable[str]) -> _Sketch:
    from datasketch import MinHash  # half a second, and telling copies apart needs none of it

    encoded = [string.encode() for string in strings]
    minhash = MinHash(_HASHES, seed=_SEED, scheme="affine32")
    minhash.update_batch(encoded)
    return _Sketch(len(encoded), minhash.hashvalues)


def _sketches(signature: bytes) -> list[_Sketch]:
    """The sketches of the body, of its beginning and of its figures."""
    values = np.frombuffer(signature, "<u4")
    return [
        _Sketch(int(size), hashes)
        for size, hashes in zip(values[:3], values[3:].reshape(3, _HASHES), strict=True)
    ]


def _jaccard(one: _Sketch, other: _Sketch) -> float:
    return float(np.mean(one.hashes == other.hashes)) if one.size and other.size else 0.0


def _containment(one: _Sketch, other: _Sketch) -> float:
    """How much of the smaller set stands in the larger, from 0 to 1."""
    jaccard = _jaccard(one, other)
    shared = jaccard / (1 + jaccard) * (one.size + other.size)
    return min(shared / min(one.size, other.size), 1.0) if jaccard else 0.0
