"""Suites: what is measured, on which questions, over which articles, declared in a YAML file.

::

    name: newsroom                # letters, digits, dots, dashes
    version: 1                    # raised when numbers stop being comparable
    about: The built-in suite.    # one line, for `dateline eval list`
    dataset: own                  # a format of `eval.datasets`, or package.module:function
    data: newsroom/questions.jsonl  # beside this file; left out, it is given with --data
    corpus: [sample, newsroom/injected]  # articles; left out, the dataset's own; or
    archive: ~/archive            # an archive as it stands
    as_of: 2023-12-10             # for questions that have no day of their own
    depth: 50                     # passages ranked for retrieval measures
    cluster: article              # what is resampled together: article, week or question
    metrics: [containment, passage.nDCG@10]
    slices: [temporal, conflict]  # tags; left out, all of them
    gates:                        # what `dateline eval gate` holds a change to
      - {metric: containment, margin: 0.05, min: 0.5}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from eval import datasets
from eval.judge import Judge, RuleJudge
from eval.metrics import Metric, find
from eval.sample import Dataset
from index.errors import UsageError

CLUSTERS = ("article", "week", "question")
# The sample archive's articles, as a suite's corpus names them.
SAMPLE = "sample"


@dataclass(frozen=True)
class Gate:
    """What a change may not do to a metric.

    Attributes:
        metric: one of the suite's.
        margin: the largest loss that may pass, in the metric's own unit.
        min: its mean may not be below this.
        max: its mean may not be above this.
    """

    metric: str
    margin: float = 0.05
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Suite:
    """A suite as declared; the module's own text says what each field means."""

    name: str
    version: int
    dataset: str
    metrics: tuple[str, ...]
    about: str = ""
    data: Path | None = None
    corpus: tuple[Path, ...] = ()
    archive: Path | None = None
    as_of: date | None = None
    depth: int = 50
    cluster: str = "question"
    slices: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    file: Path = Path()

    def load(self, data: str | Path | None = None) -> Dataset:
        """The suite's questions and articles.

        Args:
            data: where the dataset is; by default where the suite says.

        Raises:
            UsageError: neither says, or the data cannot be used.
        """
        path = Path(data).expanduser() if data else self.data
        if path is None:
            raise UsageError(
                f"The suite {self.name!r} is measured on data that does not come with Dateline: "
                "give its file or folder with --data."
            )
        dataset = datasets.load(self.dataset, path)
        samples = tuple(replace(s, as_of=s.as_of or self.as_of) for s in dataset.samples)
        return Dataset(samples, self.corpus or dataset.corpus)

    def measures(self, judge: Judge | None = None) -> list[Metric]:
        """The suite's metrics, resting on a judge where they need one (rules by default)."""
        return [find(name, judge or RuleJudge()) for name in self.metrics]


def built_in() -> list[str]:
    """The names of the suites that come with Dateline."""
    files = resources.files("eval").joinpath("suites").iterdir()
    return sorted(f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml"))


def load_suite(suite: str | Path) -> Suite:
    """Read a suite by its built-in name or its file, and check all it declares.

    Raises:
        UsageError: there is none, or something in it is wrong; the message names file and line.
    """
    if str(suite) in built_in():
        path = Path(str(resources.files("eval") / "suites" / f"{suite}.yaml"))
    else:
        path = Path(suite).expanduser()
    if not path.is_file():
        raise UsageError(
            f"There is no suite {str(suite)!r}: name one of {', '.join(built_in())}, or a file."
        )
    declared, lines = _parse(path)

    def wrong(key: str, what: str) -> UsageError:
        return UsageError(f"{path}:{lines.get(key, 1)}: {what}")

    known = [field.name for field in fields(Suite) if field.name != "file"]
    for key in declared:
        if key not in known:
            raise wrong(key, f"unknown key {key!r}; known are {', '.join(known)}.")
    for key in ("name", "version", "dataset", "metrics"):
        if key not in declared:
            raise wrong(key, f"the key {key!r} is missing.")
    values: dict[str, Any] = {}
    for key, value in declared.items():
        try:
            values[key] = _CHECKS[key](value, path.parent)
        except (TypeError, ValueError) as error:
            raise wrong(key, f"{key}: {error}.") from error
    found = Suite(**values, file=path)
    for name in found.metrics:
        try:
            find(name, RuleJudge())
        except UsageError as error:
            raise wrong("metrics", str(error)) from error
    for gate in found.gates:
        if gate.metric not in found.metrics:
            raise wrong("gates", f"gates: {gate.metric!r} is not one of the suite's metrics.")
    if found.archive and found.corpus:
        raise wrong("archive", "archive and corpus: a suite has one or the other.")
    return found


def _parse(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """The top level of a YAML file, and the line each of its keys stands on."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        declared = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}:{line}: not YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not YAML: {error}.") from error
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{path}:1: a suite is a list of keys, as in `name: newsroom`.")
    lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
    return {str(key): value for key, value in declared.items()}, lines


# What a key's value must be: each takes it and the suite's folder, and says what is wrong.


def _text(value: Any, _: Path) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _name(value: Any, folder: Path) -> str:
    if not re.fullmatch(r"[\w.-]+", _text(value, folder)):
        raise ValueError(f"{value!r} has other characters than letters, digits, dots and dashes")
    return str(value)


def _count(value: Any, _: Path) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} is not a whole number from 1")
    return value


def _texts(value: Any, folder: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise TypeError(f"{value!r} is not a list of names")
    return tuple(_text(item, folder) for item in value)


def _day(value: Any, _: Path) -> date:
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is not a day, as in 2023-12-10")
    return value


def _path(value: Any, folder: Path) -> Path:
    path = folder / Path(_text(value, folder)).expanduser()
    if not path.exists():
        raise ValueError(f"there is no {path}")
    return path


def _articles(value: Any, folder: Path) -> tuple[Path, ...]:
    sample = Path(str(resources.files("index") / "sample"))
    return tuple(
        sample if name == SAMPLE else _path(name, folder) for name in _texts(value, folder)
    )


def _cluster(value: Any, _: Path) -> str:
    if value not in CLUSTERS:
        raise ValueError(f"{value!r} is none of {', '.join(CLUSTERS)}")
    return str(value)


def _gates(value: Any, _: Path) -> tuple[Gate, ...]:
    return tuple(_gate(item) for item in _each(value))


def _gate(item: Any) -> Gate:
    known = [field.name for field in fields(Gate)]
    if not isinstance(item, dict) or "metric" not in item or set(item) - set(known):
        raise TypeError(f"{item!r} is not a gate: it has a metric, and may have {known[1:]}")
    for key in known[1:]:
        limit = item.get(key)
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float)):
            raise TypeError(f"{key} {limit!r} is not a number")
    return Gate(**item)


def _each(value: Any) -> Iterator[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    yield from value


_CHECKS: dict[str, Callable[[Any, Path], Any]] = {
    "name": _name,
    "version": _count,
    "about": _text,
    "dataset": _text,
    "data": _path,
    "corpus": _articles,
    "archive": _path,
    "as_of": _day,
    "depth": _count,
    "cluster": _cluster,
    "metrics": _texts,
    "slices": _texts,
    "gates": _gates,
}
