"""Why a question was missed: the first stage, from archive to wording, that lost the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from eval.metrics.answers import containment, multiple_choice
from eval.sample import Outcome, Sample, reached
from eval.text import share
from index.article import Passage

NOT_IN_ARCHIVE = "not in the archive"
NOT_RETRIEVED = "not retrieved"
NOT_READ = "retrieved, ranked below what was read"
NOT_USED = "read, not used"
UNSUPPORTED = "unsupported"
WRONG_REFUSAL = "wrong refusal"
WRONG_FORM = "wrong form"
NOT_REFUSED = "answered the unanswerable"

CAUSES = (
    NOT_IN_ARCHIVE, NOT_RETRIEVED, NOT_READ, NOT_USED, UNSUPPORTED, WRONG_REFUSAL, WRONG_FORM,
    NOT_REFUSED,
)  # fmt: skip

# Where only a ranking is asked for, evidence must be among the first of this many passages.
RANKED_HIGH = 10


def right(sample: Sample, outcome: Outcome) -> bool | None:
    """Whether a question was answered rightly; None where it cannot be told.

    The unanswerable by abstaining; others by saying all parts of the answer, else by picking the
    right choice, else by ranking the evidence among the first ten passages.
    """
    if sample.unanswerable:
        return outcome.answer.abstained if outcome.answer else None
    for score in (containment(sample, outcome), multiple_choice(sample, outcome)):
        if score is not None:
            return score == 1
    if outcome.ranking is not None and sample.evidence:
        return _holds(sample, outcome.ranking[:RANKED_HIGH])
    return None


def cause(sample: Sample, outcome: Outcome, held: Collection[str] | None) -> str | None:
    """Why a question was missed, or None if it was not.

    Args:
        sample: the question.
        outcome: what came of it.
        held: what evidence may call the articles that can be seen on the day asked, or None where
            that is not known.
    """
    if right(sample, outcome) is not False:
        return None
    answer = outcome.answer
    if sample.unanswerable:
        return NOT_REFUSED
    if held is not None and sample.evidence and not any(e.article in held for e in sample.evidence):
        return NOT_IN_ARCHIVE
    if outcome.ranking is not None and not _holds(sample, outcome.ranking):
        return NOT_RETRIEVED if sample.evidence else NOT_IN_ARCHIVE
    if answer is None:
        return NOT_READ if outcome.choice is None else NOT_USED
    if answer.passages and not _holds(sample, answer.passages):
        return NOT_IN_ARCHIVE if sample.articles else NOT_READ
    if answer.abstained:
        return WRONG_REFUSAL
    cited = [Passage(c.article, c.start, c.end) for c in answer.citations]
    if not _holds(sample, cited):
        return NOT_USED
    if any(sentence.support == "unsupported" for sentence in answer.sentences):
        return UNSUPPORTED
    return WRONG_FORM


def _holds(sample: Sample, passages: Iterable[Passage]) -> bool:
    """Whether the passages hold what is needed: of an answer in parts all quotes, else some.

    Where no quotes are known the answer's own words are looked for; without an answer, the article.
    """
    passages = list(passages)
    quoted = [evidence for evidence in sample.evidence if evidence.quote]
    if sample.wanted and not quoted:
        return share(sample.wanted, "\n".join(p.text for p in passages)) == 1
    needed = all if sample.parts else any
    return needed(reached(evidence, passages) for evidence in quoted or sample.evidence)
