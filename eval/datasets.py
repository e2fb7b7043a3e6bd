"""Datasets: Dateline's own JSON Lines, and public ones in the formats they are published in.

One function a format: a path in, a `Dataset` out. What is wrong with a file is told with its line.
Public data is read from where the user keeps it; none of it comes with Dateline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

from eval.metrics.retrieval import short
from eval.plugin import plugin
from eval.sample import Dataset, Evidence, Sample
from eval.text import normalised, stands
from index.article import Article
from index.errors import UsageError
from index.read import read
from index.read.fields import parse_day

# RGB's number of passages for a question, and the share of them that is noise.
RGB_PASSAGES, RGB_NOISE = 5, 0.6


def load(dataset: str, path: Path) -> Dataset:
    """Read a dataset.

    Args:
        dataset: a format below, `package.module:function`, or an entry point of the group
            `dateline.datasets`.
        path: the file or folder that holds it.

    Raises:
        UsageError: there is no such format or path, or the data is not in the format.
    """
    loader: Callable[[Path], Dataset] = FORMATS.get(dataset) or plugin(dataset, "dateline.datasets")
    if not path.exists():
        raise UsageError(f"There is no {path}: give the dataset's file or folder with --data.")
    loaded = loader(path)
    if not loaded.samples:
        raise UsageError(f"{path} holds no questions in the format {dataset!r}.")
    return loaded


# Dateline's own


def own(path: Path) -> Dataset:
    """Dateline's own JSON Lines, one question a line; a `Sample`'s fields by their names."""
    return Dataset(tuple(_own(record, where) for where, record in lines(path)))


def _own(record: dict[str, Any], where: str) -> Sample:
    known = [field.name for field in fields(Sample) if field.name != "articles"]
    if unknown := record.keys() - set(known):
        raise UsageError(
            f"{where}: unknown field {', '.join(sorted(unknown))}; known are {', '.join(known)}."
        )

    def texts(name: str) -> tuple[str, ...]:
        return _texts(record.get(name, []))

    try:
        return Sample(
            id=_text(record["id"]),
            question=_text(record["question"]),
            answers=texts("answers"),
            parts=tuple(_texts(part) for part in record.get("parts", [])),
            evidence=tuple(
                Evidence(_text(item["article"]), _text(item.get("quote", "")))
                for item in record.get("evidence", [])
            ),
            as_of=date.fromisoformat(record["as_of"]) if record.get("as_of") else None,
            unanswerable=bool(record.get("unanswerable", False)),
            tags=texts("tags"),
            stale_answers=texts("stale_answers"),
            history=tuple(
                (_text(turn["question"]), _text(turn["answer"]))
                for turn in record.get("history", [])
            ),
            choices=texts("choices"),
        )
    except KeyError as error:
        raise UsageError(f"{where}: the field {error.args[0]!r} is missing.") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise UsageError(f"{where}: {error}.") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list of texts")
    return tuple(map(_text, value))


# Public ones


def squad(path: Path) -> Dataset:
    """SQuAD and XQuAD: a paragraph is given with each question (Rajpurkar 2016, Artetxe 2020)."""
    samples = []
    for entry in _json(path).get("data", []):
        for paragraph in entry["paragraphs"]:
            article = Article(title=entry.get("title") or "", body=paragraph["context"])
            for item in paragraph["qas"]:
                answers = tuple(dict.fromkeys(answer["text"] for answer in item["answers"]))
                samples.append(
                    Sample(
                        id=item["id"],
                        question=item["question"],
                        answers=answers,
                        evidence=tuple(Evidence(article.id, text) for text in answers[:1]),
                        unanswerable=bool(item.get("is_impossible")),
                        articles=(article,),
                    )
                )
    return Dataset(tuple(samples))


def realtimeqa(path: Path) -> Dataset:
    """RealTime QA (Kasai et al., NeurIPS 2023): weekly news quizzes, each asked on its day.

    A folder of `questions.jsonl` beside `articles.jsonl`, or of the weekly `*_qa.jsonl` files as
    the project publishes them; or one such file. Evidence is those of a question's own articles
    in which its short answer stands: a question that has some is *answerable*.
    """
    folder = path if path.is_dir() else path.parent
    files = [path] if path.is_file() else sorted(folder.glob("questions.jsonl"))
    files = files or sorted(folder.glob("*_qa.jsonl"))
    corpus = tuple(sorted(folder.glob("articles.jsonl*")))
    texts = {
        article.url: normalised(article.body)
        for file in corpus
        for article in read(file)
        if isinstance(article, Article)
    }
    return Dataset(
        tuple(_quiz(record, where, texts) for file in files for where, record in lines(file)),
        corpus,
    )


def _quiz(record: dict[str, Any], where: str, texts: dict[str | None, str]) -> Sample:
    try:
        choices = tuple(record["choices"])
        if "question_id" in record:  # as published: gold is indexes of choices
            key, question = record["question_id"], record["question_sentence"]
            day, quiz = record["question_date"], record["question_source"]
            right = [choices[int(i)] for i in record["answer"] if int(i) < len(choices)]
        else:
            key, question, right = record["id"], record["question"], record["answers"]
            day, quiz = record["asked"], record.get("quiz", "")
    except KeyError as error:
        raise UsageError(f"{where}: the field {error.args[0]!r} is missing.") from error
    answers = tuple(" ".join(order) for order in permutations(right) if order)
    wanted = [normalised(answer) for answer in answers if short(answer)]
    evidence = tuple(
        Evidence(url)
        for url in record.get("article_urls", [])
        if any(stands(answer, texts.get(url, "")) for answer in wanted)
    )
    return Sample(
        id=key,
        question=question,
        answers=answers,
        parts=tuple((choice,) for choice in right) if len(right) > 1 else (),
        evidence=evidence,
        as_of=parse_day(day),
        tags=("answerable" if evidence else "not answerable", *([quiz] if quiz else [])),
        choices=choices,
    )


def multihop_rag(path: Path) -> Dataset:
    """MultiHop-RAG (Tang and Yang, COLM 2024): a folder of `corpus.json`, `MultiHopRAG.json`."""
    samples = tuple(
        Sample(
            id=str(number),
            question=item["query"],
            answers=() if item["question_type"] == "null_query" else (item["answer"],),
            evidence=tuple(
                Evidence(fact["url"], fact.get("fact", "")) for fact in item["evidence_list"]
            ),
            unanswerable=item["question_type"] == "null_query",
            tags=(item["question_type"],),
        )
        for number, item in enumerate(_json(path / "MultiHopRAG.json"))
    )
    return Dataset(samples, (path / "corpus.json",))


def rgb(path: Path) -> Dataset:
    """RGB (Chen et al., AAAI 2024): the same question over noise, no evidence and false evidence.

    Three samples a question: *noise* (its passages among 60% others), *rejection* (others only) and
    *counterfactual* (passages that say a false answer). The first passages of each kind are taken,
    where the authors draw at random, so that two runs read the same.
    """
    return Dataset(tuple(s for where, record in lines(path) for s in _rgb(record, where)))


def _rgb(record: dict[str, Any], where: str) -> Iterator[Sample]:
    try:
        key, question, answer = str(record["id"]), record["query"], record["answer"]
        positive, negative = _flat(record["positive"]), _flat(record["negative"])
    except KeyError as error:
        raise UsageError(f"{where}: the field {error.args[0]!r} is missing.") from error
    parts = [part if isinstance(part, list) else [part] for part in _listed(answer)]
    gold: dict[str, Any] = (
        {"answers": tuple(parts[0])}
        if len(parts) == 1
        else {"answers": (", ".join(p[0] for p in parts),), "parts": tuple(map(tuple, parts))}
    )
    noise = round(RGB_PASSAGES * RGB_NOISE)
    mixed = negative[:noise] + positive[: RGB_PASSAGES - noise]
    yield Sample(f"{key}-noise", question, articles=_given(mixed), tags=("noise",), **gold)
    if negative:
        others = _given(negative[:RGB_PASSAGES])
        yield Sample(
            f"{key}-rejection", question, unanswerable=True, articles=others, tags=("rejection",)
        )
    if false := _flat(record.get("positive_wrong", [])):
        yield Sample(
            f"{key}-counterfactual",
            question,
            stale_answers=tuple(_listed(record["fakeanswer"])),
            articles=_given(false[:RGB_PASSAGES]),
            tags=("counterfactual",),
            **gold,
        )


def _given(passages: Iterable[str]) -> tuple[Article, ...]:
    return tuple(Article(title="", body=text) for text in passages if text.strip())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _flat(value: list[Any]) -> list[str]:
    return [text for item in value for text in _listed(item)]


def trec(path: Path) -> Dataset:
    """A TREC or BEIR collection: retrieval only.

    A folder of `corpus.jsonl`, `queries.jsonl` and judgements: `qrels/test.tsv` (BEIR) or
    `qrels.txt` (TREC). Queries without a relevant document are left out, as BEIR does (Thakur et
    al., NeurIPS 2021).
    """
    found = [file for name in ("qrels/test.tsv", "qrels.txt") if (file := path / name).is_file()]
    if not found:
        raise UsageError(f"{path} has no judgements: neither qrels/test.tsv nor qrels.txt.")
    relevant: dict[str, list[Evidence]] = {}
    with found[0].open(encoding="utf-8") as judgements:
        for number, line in enumerate(judgements, 1):
            fields = line.split()
            if fields[:1] == ["query-id"] or not fields:
                continue
            if len(fields) not in (3, 4) or not fields[-1].lstrip("-").isdigit():
                raise UsageError(f"{found[0]}:{number}: not a judgement: query, document, grade.")
            if int(fields[-1]) > 0:
                evidence = Evidence(fields[-2], grade=int(fields[-1]))
                relevant.setdefault(fields[0], []).append(evidence)
    samples = tuple(
        Sample(str(record["_id"]), record["text"], evidence=tuple(relevant[str(record["_id"])]))
        for _, record in lines(path / "queries.jsonl")
        if str(record["_id"]) in relevant
    )
    return Dataset(samples, (path / "corpus.jsonl",))


FORMATS: dict[str, Callable[[Path], Dataset]] = {
    "own": own,
    "realtimeqa": realtimeqa,
    "squad": squad,
    "rgb": rgb,
    "multihop-rag": multihop_rag,
    "trec": trec,
}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from error


def lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON Lines file, each with `file:line`."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise UsageError(f"{where}: not JSON: {error.msg} at column {error.colno}.") from error
        if not isinstance(record, dict):
            raise UsageError(f"{where}: not an object with fields.")
        yield where, record
