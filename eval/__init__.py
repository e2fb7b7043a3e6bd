"""The evaluation harness: what Dateline finds, answers, cites, refuses and dates, measured.

::

    from eval import compare, load_suite, run_suite

    run = run_suite(load_suite("newsroom"), runs="runs")
    run.results["metrics"]["containment"]["mean"]
    run.frame()                                    # a pandas data frame, a row for each question

Reading order: `sample` (what is asked, what comes back), `metrics`, `datasets`, `suite`, `runner`,
`run` (what a run leaves), `stats`, `comparison`, `report`; `cli` is `dateline eval`. Importing this
package imports nothing else.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eval.comparison import compare, gate
    from eval.run import Run
    from eval.runner import resume, run_suite
    from eval.suite import Suite, load_suite

_HOMES = {
    "Run": "run",
    "Suite": "suite",
    "compare": "comparison",
    "gate": "comparison",
    "load_suite": "suite",
    "resume": "runner",
    "run_suite": "runner",
}

__all__ = ["Run", "Suite", "compare", "gate", "load_suite", "resume", "run_suite"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"eval.{_HOMES[name]}"), name)
