"""Whether the citations bear what is said.

Recall and precision are ALCE's (Gao, Yen, Yu and Chen, "Enabling large language models to generate
text with citations", EMNLP 2023, §3.3), with a named judge in the place of its entailment model.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from assistant.answer import Answer, Citation, Sentence
from eval.judge import Judge, Quote
from eval.sample import Outcome, Sample


def citation_recall(_sample: Sample, outcome: Outcome, *, judge: Judge) -> float | None:
    """The share of sentences that their citations, taken together, support.

    A sentence without citations is not supported.
    """
    answer = _answered(outcome)
    if answer is None:
        return None
    return _mean(_supports(judge, s, _cited(answer, s), answer.as_of) for s in answer.sentences)


def citation_precision(_sample: Sample, outcome: Outcome, *, judge: Judge) -> float | None:
    """The share of citations that bear something.

    A citation is irrelevant if it does not support its sentence alone and the sentence's other
    citations support it without it. It is precise if its sentence is supported by all of its
    citations, and it is not irrelevant. Each citation counts once for each sentence it stands at.
    An answer that cites nothing has no precision, where ALCE's script gives 0; its recall is 0.
    """
    answer = _answered(outcome)
    if answer is None:
        return None
    return _mean(
        verdict
        for sentence in answer.sentences
        for verdict in _precise(judge, sentence, _cited(answer, sentence), answer.as_of)
    )


def _precise(
    judge: Judge, sentence: Sentence, cited: list[Quote], as_of: date
) -> Iterable[bool | None]:
    together = _supports(judge, sentence, cited, as_of)
    for i, quote in enumerate(cited):
        if not together or len(cited) == 1 or _supports(judge, sentence, [quote], as_of):
            yield together
        else:
            others = _supports(judge, sentence, cited[:i] + cited[i + 1 :], as_of)
            yield None if others is None else not others


def faithfulness(_sample: Sample, outcome: Outcome, *, judge: Judge) -> float | None:
    """The share of sentences that what was read supports, cited or not.

    Source: Es et al., "RAGAS: automated evaluation of retrieval augmented generation", EACL 2024,
    §3, with sentences for its statements.
    """
    answer = _answered(outcome)
    if answer is None:
        return None
    read = [(passage.text, passage.article.published) for passage in answer.passages]
    return _mean(_supports(judge, s, read, answer.as_of) for s in answer.sentences)


def evidence_precision(sample: Sample, outcome: Outcome) -> float | None:
    """The share of citations that quote gold evidence: half of a gold quote, or its article."""
    citations = outcome.answer.citations if outcome.answer else ()
    if not citations or not sample.evidence:
        return None
    return _mean(any(_holds(c, sample, i) for i in range(len(sample.evidence))) for c in citations)


def evidence_recall(sample: Sample, outcome: Outcome) -> float | None:
    """The share of the gold evidence that is cited: half of a gold quote, or its article."""
    if outcome.answer is None or not outcome.answer.passages or not sample.evidence:
        return None
    citations = outcome.answer.citations
    return _mean(any(_holds(c, sample, i) for c in citations) for i in range(len(sample.evidence)))


def _holds(citation: Citation, sample: Sample, number: int) -> bool:
    return sample.evidence[number].within(citation.article, citation.start, citation.end)


def quote_validity(_sample: Sample, outcome: Outcome) -> float | None:
    """The share of citation marks that resolve to characters of an article.

    1 by construction here, so anything less is a fault; other systems' answers can fail it.
    """
    answer = _answered(outcome)
    if answer is None:
        return None
    by_number = {citation.n: citation for citation in answer.citations}
    marks = [n for sentence in answer.sentences for n in sentence.citations]
    return _mean(n in by_number and bool(by_number[n].quote.strip()) for n in marks)


def _answered(outcome: Outcome) -> Answer | None:
    """The answer, unless it abstained, or was given without reading and had nothing to cite."""
    answer = outcome.answer
    return answer if answer and answer.sentences and answer.passages else None


def _cited(answer: Answer, sentence: Sentence) -> list[Quote]:
    return [(c.quote, c.article.published) for c in answer.citations if c.n in sentence.citations]


def _supports(judge: Judge, sentence: Sentence, quotes: list[Quote], as_of: date) -> bool | None:
    return judge.supports(sentence.text, quotes, as_of) if quotes else False


def _mean(verdicts: Iterable[bool | None]) -> float | None:
    """The share of yes; None where there is nothing, or something could not be judged."""
    given = list(verdicts)
    if not given or None in given:
        return None
    return sum(map(bool, given)) / len(given)
