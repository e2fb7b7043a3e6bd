"""Article body in, passage boundaries out: whole sentences, within the embedder's window."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from index.text import WORD, sentences

# About a paragraph or two of news: BENCHMARKS are stated in passages of this size.
PASSAGE_WORDS = 150

# Names the way bodies are cut; stored with an archive, so that a change is noticed on opening.
CHUNKING = f"sentences-{PASSAGE_WORDS}w"

TokenStarts = Callable[[str], list[int]]


def passages(
    body: str, token_starts: TokenStarts, room: int, most_words: int = PASSAGE_WORDS
) -> list[tuple[int, int]]:
    """Cut a body into passages that tile it: joined by offsets they give the body back.

    A passage is the longest run of whole sentences of at most `most_words` words and `room`
    tokens; a sentence longer than that is cut at white space, and a word longer than that
    anywhere. The last two passages are levelled so that no stub of a sentence stands alone.

    Args:
        body: any Unicode text; an empty one has no passages.
        token_starts: gives the offset of each token of a text in the embedder's vocabulary.
        room: tokens a passage may have, the heading and special tokens already taken off.
        most_words: words a passage may have.

    Returns:
        (start, end) character offsets, in order, without gap or overlap.
    """
    tokens = token_starts(body)
    word_starts = [match.start() for match in WORD.finditer(body)]

    def fits(start: int, end: int) -> bool:
        return (
            bisect_left(tokens, end) - bisect_left(tokens, start) <= room
            and bisect_left(word_starts, end) - bisect_left(word_starts, start) <= most_words
        )

    def fits_alone(start: int, end: int) -> bool:
        return len(token_starts(body[start:end])) <= room

    pieces = [part for start, end in sentences(body) for part in _split(body, start, end, fits)]
    spans: list[tuple[int, int]] = []
    for start, end in pieces:
        if spans and fits(spans[-1][0], end):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    spans = _level(spans, [start for start, _ in pieces], fits)
    # A word cut in two can make more tokens than it was: only then is the passage measured again.
    return [
        part
        for start, end in spans
        for part in (
            _split(body, start, end, fits_alone)
            if _inside_word(body, start) or _inside_word(body, end)
            else [(start, end)]
        )
    ]


def _inside_word(body: str, cut: int) -> bool:
    return 0 < cut < len(body) and not (body[cut - 1].isspace() or body[cut].isspace())


Fits = Callable[[int, int], bool]


def _split(body: str, start: int, end: int, fits: Fits) -> list[tuple[int, int]]:
    """Halve a stretch, at white space where there is any near its middle, until each part fits."""
    if end - start <= 1 or fits(start, end):
        return [(start, end)]
    middle = (start + end) // 2
    reach = (end - start) // 4
    spaces = [i for i in range(middle - reach, middle + reach) if body[i].isspace()]
    cut = min(spaces, key=lambda i: abs(i - middle)) + 1 if spaces else middle
    return _split(body, start, cut, fits) + _split(body, cut, end, fits)


def _level(spans: list[tuple[int, int]], starts: list[int], fits: Fits) -> list[tuple[int, int]]:
    """Move whole sentences from the last passage but one to the last, until they are of a size."""
    if len(spans) < 2:
        return spans
    (first, _), (_, end) = spans[-2:]
    cuts = [cut for cut in starts if first < cut < end and fits(first, cut) and fits(cut, end)]
    if not cuts:
        return spans
    cut = min(cuts, key=lambda cut: abs((cut - first) - (end - cut)))
    return [*spans[:-2], (first, cut), (cut, end)]
