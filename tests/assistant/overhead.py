"""What the chain adds to a language model: `python -m tests.assistant.overhead [--times 50]`.

With `--archive FOLDER --questions FILE` it checks answers from that archive's passages.

A scripted server, over a real socket, says four characters at once and four more every 20 ms.
Printed in milliseconds, median and 95th percentile: to the first piece from the model alone, by
llama-index's own `stream_chat`; to the first text from the chain, from when its passages are found;
from when the server sends its first piece until the chain has passed it on; and the
processor's time to check an answer of four sentences that cite two passages each, to another
question every time, of the built-in ones where no others are given.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from llama_index.core.base.llms.types import ChatMessage

from assistant import llm
from assistant.answer import Found
from assistant.cite import resolve
from assistant.desk import Assistant
from assistant.orders import told
from assistant.settings import Settings
from eval.suite import load_suite
from index.archive import Archive, sample_articles
from index.embed import SentenceEmbedder
from tests.assistant.scripted import Reply, server

QUESTION = "Why did Gregor Pellew resign?"
REPLY = Reply("Gregor Pellew resigned over payments to his brother-in-law. [1]", size=4, pause=0.02)


def four_sentences(passages):
    """The passages' own words in another order, so that none is a verbatim quote."""
    said = (passage.text.split(".")[0].split() for passage in passages[:4])
    return " ".join(
        f"{' '.join(words[1:])} {words[0]} [{n}][{n + 1}]." for n, words in enumerate(said, 1)
    )


def questions(file):
    """The questions in a file of JSON lines, or the built-in ones."""
    if file is None:
        return [sample.question for sample in load_suite("newsroom").load("").samples]
    return [json.loads(line)["question"] for line in file.read_text().splitlines()]


def checked(archive, questions, times):
    """Seconds of the processor to check an answer to each of so many questions."""
    taken = []
    for question in itertools.islice(itertools.cycle(questions), times):
        query = archive.query(question, as_of=archive.holdings().last)
        passages = archive.search(query, 8)
        for passage in passages:
            told(passage)  # what is planted in its article is known since the prompt was written
        answer = four_sentences(passages)
        begun = time.thread_time()
        resolve(answer, passages, query)
        taken.append(time.thread_time() - begun)
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--questions", type=Path)
    given = parser.parse_args()
    times = given.times
    alone, chain, passing = [], [], []
    with tempfile.TemporaryDirectory() as folder, server() as script:
        archive = Archive.open(folder, SentenceEmbedder())
        archive.ingest([sample_articles()])
        with Assistant(archive, Settings(llm=script.url)) as desk:
            script.enqueue(*[REPLY] * (2 * times + 2))
            desk.ask(QUESTION)
            messages = [ChatMessage(**message) for message in script.requests[0][1]["messages"]]
            (writer,) = llm.writers(desk.settings).values()
            list(writer.llm.stream_chat(messages))
            for _ in range(times):
                events = desk.stream(QUESTION)
                found = next(time.perf_counter() for event in events if isinstance(event, Found))
                came = next(time.perf_counter() for event in events if isinstance(event, str))
                chain.append(came - found)
                passing.append(came - script.sent[0])
                list(events)
                begun = time.perf_counter()
                pieces = writer.llm.stream_chat(messages)
                alone.append(next(time.perf_counter() for piece in pieces if piece.delta) - begun)
                list(pieces)
            checking = checked(archive, questions(None), times)
    if given.archive:
        with Archive.open(given.archive, create=False) as archive:
            checking = checked(archive, questions(given.questions), times)
    added = np.median(chain) - np.median(alone)
    taken = {"the model alone": alone, "the chain": chain, "passing on": passing}
    for what, seconds in (taken | {"checking": checking}).items():
        middle, slow = np.quantile(seconds, (0.5, 0.95)) * 1000
        print(f"{what:16} {middle:6.1f} {slow:6.1f}")
    print(f"{'added':16} {added * 1000:6.1f}")


if __name__ == "__main__":
    main()
