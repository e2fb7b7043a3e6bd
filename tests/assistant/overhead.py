"""What the chain adds to a language model: `python -m tests.assistant.overhead [--times 50]`.

A scripted server, over a real socket, says four characters at once and four more every 20 ms.
Printed in milliseconds, median and 95th percentile: to the first piece from the model alone, by
llama-index's own `stream_chat`; to the first text from the chain, from when its passages are found;
from when the server sends its first piece until the chain has passed it on; and the
processor's time to check an answer of four sentences that cite two passages each, to another of
the built-in questions every time.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time

import numpy as np
from llama_index.core.base.llms.types import ChatMessage

from assistant import llm
from assistant.answer import Found
from assistant.cite import resolve
from assistant.desk import Assistant
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    times = parser.parse_args().times
    alone, chain, passing, checking = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, server() as script:
        archive = Archive.open(folder, SentenceEmbedder())
        archive.ingest([sample_articles()])
        with Assistant(archive, Settings(llm=script.url)) as desk:
            script.enqueue(*[REPLY] * (2 * times + 2))
            desk.ask(QUESTION)
            messages = [ChatMessage(**message) for message in script.requests[0][1]["messages"]]
            (writer,) = llm.writers(desk.settings).values()
            list(writer.llm.stream_chat(messages))
            asked = load_suite("newsroom").load("").samples
            questions = itertools.cycle(sample.question for sample in asked)
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
                passages = desk.search(next(questions), 8)
                begun = time.thread_time()
                resolve(four_sentences(passages), passages, desk.query(QUESTION))
                checking.append(time.thread_time() - begun)
    added = np.median(chain) - np.median(alone)
    taken = {"the model alone": alone, "the chain": chain, "passing on": passing}
    for what, seconds in (taken | {"checking": checking}).items():
        middle, slow = np.quantile(seconds, (0.5, 0.95)) * 1000
        print(f"{what:16} {middle:6.1f} {slow:6.1f}")
    print(f"{'added':16} {added * 1000:6.1f}")


if __name__ == "__main__":
    main()
