"""Ask a suite's questions, score what comes back, and leave a run; or go on with one.

Each question is written as it finishes. One that failed is written as an error: it counts as
unscored, never as wrong, and is asked again when the run is resumed.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assistant.answer import Answer, iso
from eval import provenance, report, stats
from eval.attribution import cause, right
from eval.judge import Judge, LLMJudge, RuleJudge
from eval.metrics import Metric
from eval.metrics.retrieval import documents, judged
from eval.run import Record, Run, aggregate, read_facts, read_records, write_json
from eval.sample import Dataset, Outcome, Sample, names
from eval.suite import Suite, load_suite
from index.article import Article, Passage
from index.errors import ArchiveMismatch, DatelineError, LLMError, UsageError
from index.text import clip

if TYPE_CHECKING:
    from index.archive import Progress

# What a system under test may fail with; anything else is a fault of ours, and stops the run.
FAILURES = (DatelineError, OSError, RuntimeError, ValueError)
# A language model that fails is asked again, after so many seconds.
WAITS = (2.0, 10.0)
# Of what was read, passages and characters kept for the report.
_KEPT, _KEPT_CHARACTERS = 3, 300


class Desk(Protocol):
    """A system under test: `assistant.Assistant`, or anything that answers like it."""

    @property
    def model(self) -> str:
        """What writes the answers."""
        ...

    def ask(
        self, question: str, *, history: Sequence[tuple[str, str]] = ..., as_of: date | None = ...
    ) -> Answer:
        """Answer a question from the archive."""
        ...

    def search(self, question: str, k: int = ..., *, as_of: date | None = ...) -> list[Passage]:
        """The k best passages, best first."""
        ...

    def read(
        self, question: str, articles: Sequence[Article], *, as_of: date | None = ...
    ) -> Answer:
        """Answer from the given articles only."""
        ...

    def choose(
        self, question: str, choices: Sequence[str], *, as_of: date | None = ...
    ) -> int | None:
        """The index of the right choice."""
        ...


@dataclass(frozen=True)
class Options:
    """How a run is made.

    Attributes:
        data: where the dataset is, if not where the suite says.
        name: what the run is called.
        limit: ask only the first so many questions.
        llm: the language model that answers, or "" for none.
        judge: the language model that judges, or "" for rules.
        jobs: questions asked at a time.
        rate: questions a minute at the most, 0 for no limit.
    """

    data: str = ""
    name: str = ""
    limit: int | None = None
    llm: str = ""
    judge: str = ""
    jobs: int = 1
    rate: float = 0.0


OnProgress = Callable[[str, int, int | None], None]
"""Told of each step: the stage, how much of it is done, and of how much."""


def _silent(_stage: str, _done: int, _total: int | None) -> None:
    """Report progress to nobody."""


def run_suite(
    suite: Suite | str | Path,
    runs: str | Path,
    *,
    desk: Desk | None = None,
    judge: Judge | str = "",
    on_progress: OnProgress = _silent,
    **chosen: Any,
) -> Run:
    """Run a suite, and leave a folder in `runs`.

    Args:
        suite: or its name, or its file.
        runs: the folder that runs are kept in, with the archives built for them.
        desk: the system under test; by default an `Assistant` over the suite's articles.
        judge: decides what citations support: a language model's name, or any `Judge`; by default
            rules.
        on_progress: told of each step.
        chosen: as in `Options`.

    Raises:
        UsageError: the suite, its data or an option cannot be used.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    options = Options(judge=judge, **chosen) if isinstance(judge, str) else Options(**chosen)
    dataset = asked(suite, options)
    folder = begin(suite, dataset, Path(runs).expanduser(), options)
    judge = _judge(options) if isinstance(judge, str) else judge
    return _ask_and_finish(folder, suite, dataset, desk, judge, on_progress)


def resume(
    folder: str | Path,
    *,
    desk: Desk | None = None,
    judge: Judge | None = None,
    on_progress: OnProgress = _silent,
) -> Run:
    """Go on with a run: what is unfinished or failed is asked, then all is summed up.

    Raises:
        UsageError: the folder is no run, or the suite or its questions changed since it was begun.
    """
    folder = Path(folder).expanduser()
    facts = read_facts(folder)
    options = Options(**facts["options"])
    suite = load_suite(facts["suite_file"])
    dataset = asked(suite, options)
    if any(facts[name] != digest for name, digest in _digests(suite, dataset).items()):
        raise UsageError(
            f"The suite of {folder}, or its questions, changed since it was begun: start a new run."
        )
    facts.setdefault("resumed", []).append({"at": _now(), "git": provenance.git()})
    write_json(folder / "run.json", facts)
    judge = judge or _judge(options)
    return _ask_and_finish(folder, suite, dataset, desk, judge, on_progress)


def asked(suite: Suite, options: Options) -> Dataset:
    """The questions a run asks, and the articles it asks them of."""
    dataset = suite.load(options.data)
    return Dataset(dataset.samples[: options.limit], dataset.corpus)


def begin(suite: Suite, dataset: Dataset, runs: Path, options: Options, **facts: Any) -> Path:
    """Make the folder of a run, with a `run.json` that says all that is known before it runs."""
    name = "".join(c if c.isalnum() or c in "-." else "-" for c in options.name)
    stem = "_".join(filter(None, [f"{datetime.now():%Y%m%d-%H%M%S}", suite.name, name]))
    number = 1
    while (folder := runs / (stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    data = str(Path(options.data).expanduser().absolute()) if options.data else ""
    about = {
        "suite": suite.name,
        "version": suite.version,
        "suite_file": str(suite.file.absolute()),
        "name": options.name,
        "started": _now(),
        "options": asdict(options) | {"data": data},
        "seed": stats.SEED,
        "gates": [asdict(gate) for gate in suite.gates],
    }
    folder.mkdir(parents=True)
    everything = about | _digests(suite, dataset) | facts | provenance.environment()
    write_json(folder / "run.json", everything)
    return folder


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _digests(suite: Suite, dataset: Dataset) -> dict[str, str]:
    return {
        "declared": provenance.digest([repr(suite)]),
        "questions": provenance.digest(map(repr, dataset.samples)),
    }


def _ask_and_finish(
    folder: Path,
    suite: Suite,
    dataset: Dataset,
    desk: Desk | None,
    judge: Judge,
    on_progress: OnProgress,
) -> Run:
    facts = read_facts(folder)
    options = Options(**facts["options"])
    metrics = suite.measures(judge)
    finished = {record["id"] for record in read_records(folder) if not record["error"]}
    todo = [(n, s) for n, s in enumerate(dataset.samples) if s.id not in finished]
    clock = time.monotonic()
    if todo:
        with _opened(suite, dataset, folder.parent, options, desk, on_progress, facts) as system:
            trial = Trial(system, suite, metrics, options.rate)
            facts |= {"model": system.model} | _described(system)
            with (folder / "samples.jsonl").open("a", encoding="utf-8") as file:
                file.write("\n")  # ends a line that a kill left half-written
                for done, record in enumerate(_each(trial, todo, options.jobs), 1):
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
                    file.flush()
                    on_progress("asking", len(finished) + done, len(dataset.samples))
    facts["seconds"] = round(facts.get("seconds", 0) + time.monotonic() - clock, 1)
    return finish(folder, facts, suite, metrics)


def finish(folder: Path, facts: dict[str, Any], suite: Suite, metrics: Sequence[Metric]) -> Run:
    """Sum a run up, and write all that is made of its questions."""
    records = read_records(folder)
    facts["metrics"] = {
        metric.name: {
            "about": metric.about,
            "higher_is_better": metric.higher_is_better,
            "judge": metric.judge,
        }
        for metric in metrics
    }
    facts["tokens"] = {
        kind: sum(record["tokens"].get(kind, 0) for record in records)
        for kind in sorted({kind for record in records for kind in record["tokens"]})
    }
    facts["retries"] = sum(record["attempts"] - 1 for record in records)
    write_json(folder / "run.json", facts)
    results = aggregate(records, list(facts["metrics"]), suite.slices)
    write_json(folder / "results.json", results)
    run = Run(folder, facts, tuple(records), results)
    report.write(run)
    return run


class Trial:
    """Puts one question to a system and scores what comes back. Called from several threads.

    Args:
        desk: the system.
        suite: says how deep to rank and what belongs together.
        metrics: what to score; a part of an outcome that none looks at is not asked for.
        rate: questions a minute at the most, 0 for no limit.
    """

    def __init__(self, desk: Desk, suite: Suite, metrics: Sequence[Metric], rate: float) -> None:
        self._desk = desk
        self._suite = suite
        self._metrics = metrics
        self._parts = {metric.of for metric in metrics}
        self._seconds_apart = 60 / rate if rate else 0.0
        self._next = 0.0
        self._lock = threading.Lock()
        self._days = {
            name: article.published for article in _articles(desk) for name in names(article)
        }

    def __call__(self, n: int, sample: Sample) -> Record:
        """The record of a question; `n` is its place in the dataset."""
        attempts = 0
        while True:
            self._wait_for_turn()
            attempts += 1
            clock = time.monotonic()
            try:
                outcome = self._ask(sample)
                seconds = time.monotonic() - clock
                record = describe(
                    n, sample, outcome, self._metrics, self._suite, self._held(sample)
                )
            except FAILURES as error:
                if isinstance(error, LLMError) and attempts <= len(WAITS):
                    time.sleep(WAITS[attempts - 1])
                    continue
                seconds = time.monotonic() - clock
                record = describe(n, sample, Outcome(), self._metrics, self._suite)
                record["error"] = str(error) or repr(error)
            return record | {"attempts": attempts, "seconds": round(seconds, 4)}

    def _ask(self, sample: Sample) -> Outcome:
        desk, day = self._desk, sample.as_of
        if sample.articles:
            return Outcome(desk.read(sample.question, sample.articles, as_of=day))
        answer = ranking = choice = None
        if "answer" in self._parts or sample.history:
            answer = desk.ask(sample.question, history=sample.history, as_of=day)
        if answer and sample.history:
            # Only within the dialogue is the question whole: what that search found is ranked.
            ranking = answer.passages
        elif "ranking" in self._parts:
            ranking = tuple(desk.search(sample.question, self._suite.depth, as_of=day))
        if "choice" in self._parts and sample.choices:
            picked = desk.choose(sample.question, sample.choices, as_of=day)
            choice = () if picked is None else (picked,)
        return Outcome(answer, ranking, choice)

    def _held(self, sample: Sample) -> set[str] | None:
        """Of the names the sample's evidence goes by, those of articles it may see."""
        if sample.articles or not self._days:
            return None
        return {
            e.article
            for e in sample.evidence
            if e.article in self._days
            and (self._days[e.article] or date.min) <= (sample.as_of or date.max)
        }

    def _wait_for_turn(self) -> None:
        with self._lock:
            pause = max(self._next - time.monotonic(), 0.0)
            self._next = time.monotonic() + pause + self._seconds_apart
        time.sleep(pause)


def describe(
    n: int,
    sample: Sample,
    outcome: Outcome,
    metrics: Sequence[Metric],
    suite: Suite,
    held: set[str] | None = None,
) -> Record:
    """The record of a question: what was asked, what came back, and its scores."""
    answer = outcome.answer
    return {
        "n": n,
        "id": sample.id,
        "question": sample.question,
        "history": [list(turn) for turn in sample.history],
        "as_of": iso(sample.as_of),
        "tags": list(sample.tags),
        "cluster": _cluster(sample, suite.cluster),
        "gold": [list(part) for part in sample.wanted],
        "unanswerable": sample.unanswerable,
        "evidence": [{"article": e.article, "quote": e.quote} for e in sample.evidence],
        "scores": {metric.name: metric.score(sample, outcome) for metric in metrics},
        "right": right(sample, outcome),
        "cause": cause(sample, outcome, held),
        "sure": _sure(answer) if answer and not answer.abstained else None,
        "answer": answer.to_dict() if answer else None,
        "choices": list(sample.choices),
        "choice": None if outcome.choice is None else list(outcome.choice),
        "read": [_told(passage) for passage in (answer.passages[:_KEPT] if answer else ())],
        "tokens": answer.tokens if answer else {},
        "trec": _trec(sample, outcome),
        "error": "",
        "attempts": 1,
        "seconds": 0.0,
    }


def _sure(answer: Answer) -> float | None:
    """The answer's own confidence, else how near the nearest passage read is to the question."""
    confidence: float | None = getattr(answer, "confidence", None)
    if confidence is not None:
        return confidence
    return max((p.similarity for p in answer.passages if p.similarity), default=None)


def _told(passage: Passage) -> dict[str, Any]:
    article = passage.article
    return {
        "title": article.title,
        "source": article.source,
        "published": iso(article.published),
        "text": clip(passage.text, _KEPT_CHARACTERS),
    }


def _trec(sample: Sample, outcome: Outcome) -> dict[str, Any]:
    """Qrels and ranking over articles and over gold quotes, for what can be scored so."""
    if outcome.ranking is None:
        return {}
    return {
        level: {
            "qrels": judged(sample, by_quote=by_quote),
            "run": documents(sample, outcome.ranking, by_quote=by_quote),
        }
        for level, by_quote in (("article", False), ("passage", True))
        if judged(sample, by_quote=by_quote)
    }


def _cluster(sample: Sample, by: str) -> str:
    if by == "week" and sample.as_of:
        year, week, _ = sample.as_of.isocalendar()
        return f"{year}-W{week:02}"
    if by == "article" and sample.evidence:
        return sample.evidence[0].article
    return sample.id


def _each(trial: Trial, todo: Sequence[tuple[int, Sample]], jobs: int) -> Iterator[Record]:
    """The records, as they finish."""
    pool = ThreadPoolExecutor(jobs)
    try:
        futures = [pool.submit(trial, n, sample) for n, sample in todo]
        yield from (future.result() for future in as_completed(futures))
    finally:
        pool.shutdown(cancel_futures=True)


def _judge(options: Options) -> Judge:
    if not options.judge:
        return RuleJudge()
    from assistant import llm, settings

    return LLMJudge(llm.connect(settings.load(llm=options.judge)))


@contextmanager
def _opened(
    suite: Suite,
    dataset: Dataset,
    runs: Path,
    options: Options,
    desk: Desk | None,
    on_progress: OnProgress,
    facts: dict[str, Any],
) -> Iterator[Desk]:
    """The system under test; without one given, an assistant over the suite's articles.

    The archive of a corpus is built once, and kept beside the runs under its contents' digest.
    What of the corpus cannot be read is told in the facts.
    """
    if desk is not None:
        yield desk
        return
    from assistant.desk import Assistant
    from assistant.settings import load
    from index.chunk import CHUNKING

    # What a model fails at is unscored: never answered without it, as the page may be set to do.
    settings = load(llm=options.llm, fallback=False)
    if suite.archive:
        with Assistant.open(suite.archive, settings) as system:
            yield system
        return
    made_of = [provenance.file_digest(dataset.corpus), CHUNKING, settings.embedder]
    folder = runs / ".archives" / provenance.digest(made_of)

    def show(progress: Progress) -> None:
        on_progress(progress.stage, progress.done, progress.total)

    try:
        opened = Assistant.open(folder, settings, create=True)
    except ArchiveMismatch:
        # Made by another version; it holds nothing but a copy of the corpus, so it is made again.
        shutil.rmtree(folder)
        opened = Assistant.open(folder, settings, create=True)
    with opened as system:
        ingested = system.archive.ingest(dataset.corpus, show)
        facts["unread"] = [str(error) for error in ingested.failed]
        yield system


def _articles(desk: Desk) -> list[Article]:
    """The articles of a system that shows its archive; none of another."""
    archive = getattr(desk, "archive", None)
    return archive.articles() if archive else []


def _described(desk: Desk) -> dict[str, Any]:
    """The archive and settings of a system, in short; the key of a language model is no part."""
    settings = getattr(desk, "settings", None)
    embedder = getattr(getattr(desk, "archive", None), "embedder", None)
    facts: dict[str, Any] = {"archive": provenance.fingerprint(_articles(desk))}
    if embedder is not None:
        facts["embedder"] = provenance.model(embedder)
    if settings is not None:
        facts["settings"] = provenance.digest(
            [settings.model_dump_json(exclude={"archive", "llm_api_key"})]
        )
    return facts
