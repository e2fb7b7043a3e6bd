"""Whether the answer is right."""

from __future__ import annotations

from collections import Counter

from eval.judge import Judge
from eval.metrics.retrieval import answerable
from eval.sample import Outcome, Sample
from eval.text import normalised, share, squad, stands


def said(outcome: Outcome) -> str:
    """The answer's sentences without citation marks; nothing for an abstention."""
    return " ".join(s.text for s in outcome.answer.sentences) if outcome.answer else ""


def containment(sample: Sample, outcome: Outcome) -> float | None:
    """The share of the answer's parts that are said, in any of their spellings.

    For a simple answer 1 or 0; an abstention says none. ALCE calls it exact-match recall (Gao, Yen,
    Yu and Chen, EMNLP 2023, §3.2).
    """
    if outcome.answer is None or not sample.wanted:
        return None
    return share(sample.wanted, said(outcome))


def sentence_containment(sample: Sample, outcome: Outcome, *, k: int) -> float | None:
    """Whether the normalised answer stands in the first k sentences; over the answerable."""
    if outcome.answer is None or not answerable(sample):
        return None
    text = normalised(" ".join(s.text for s in outcome.answer.sentences[:k]))
    found = [any(stands(normalised(alias), text) for alias in part) for part in sample.wanted]
    return sum(found) / len(found)


def exact_match(sample: Sample, outcome: Outcome) -> float | None:
    """Whether the answer is the gold answer and no more, by SQuAD's normalisation.

    Source: Rajpurkar et al., "SQuAD", EMNLP 2016, §6.1. The best of the spellings counts.
    """
    if outcome.answer is None or not sample.answers or _all_but(sample):
        return None
    return float(any(squad(said(outcome)) == squad(answer) for answer in sample.answers))


def f1(sample: Sample, outcome: Outcome) -> float | None:
    """Harmonic mean of precision and recall over the words shared with the gold answer.

    With c words in common, of p said and g gold: 2c / (p + g). The best of the spellings counts.
    Source: Rajpurkar et al., "SQuAD", EMNLP 2016, §6.1.
    """
    if outcome.answer is None or not sample.answers or _all_but(sample):
        return None
    return max(_overlap(said(outcome), answer) for answer in sample.answers)


def short_answer(sample: Sample, outcome: Outcome) -> float | None:
    """Whether the short answer is right: its F1 is half or more; over those that have one."""
    if not (outcome.answer and outcome.answer.short_answer and sample.answers):
        return None
    short = outcome.answer.short_answer
    return float(max(_overlap(short, answer) for answer in sample.answers) >= 0.5)


def _overlap(one: str, other: str) -> float:
    words, gold = (Counter(squad(text).split()) for text in (one, other))
    total = words.total() + gold.total()
    return 2 * (words & gold).total() / total if total else 1.0


def _all_but(sample: Sample) -> bool:
    """Whether "which of these … except?" is asked: RealTimeQA's scorer leaves those out too."""
    return "except" in sample.question.strip().lower()[-10:]


def multiple_choice(sample: Sample, outcome: Outcome) -> float | None:
    """Whether just the right choices were picked; picking none is wrong."""
    if outcome.choice is None or not sample.right_choices:
        return None
    return float(frozenset(outcome.choice) == sample.right_choices)


def correctness(sample: Sample, outcome: Outcome, *, judge: Judge) -> float | None:
    """Whether a language model finds the gold answer in what was said; needs such a judge.

    Source: Zheng et al., "Judging LLM-as-a-judge with MT-Bench and Chatbot Arena", NeurIPS 2023,
    §3.1, reference-guided grading.
    """
    if outcome.answer is None or not sample.wanted:
        return None
    verdict = judge.agrees(sample, said(outcome))
    return None if verdict is None else float(verdict)
