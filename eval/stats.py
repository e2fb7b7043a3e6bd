"""How sure a number is, and whether two differ: intervals, paired tests, and what they could see.

Questions about one article, or of one week, rise and fall together: they are resampled together,
as clusters, or every interval would be too narrow. All draws are seeded: the same scores give the
same numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 20231210
RESAMPLES = 4999
# The level of tests and intervals, and the power that a detectable effect is stated at.
ALPHA, POWER = 0.05, 0.8

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Two systems on the same questions, one metric.

    Attributes:
        n: questions that both have scored.
        clusters: how many groups of questions that can be taken for independent.
        before: the first system's mean.
        after: the second's.
        low: the 95% interval of after - before starts here.
        high: and ends here.
        p: two-sided, of no difference.
        detectable: the smallest true difference found four times in five.
        test: which test gave p.
    """

    n: int
    clusters: int
    before: float
    after: float
    low: float
    high: float
    p: float
    detectable: float
    test: str

    @property
    def change(self) -> float:
        """After - before."""
        return self.after - self.before


def wilson(successes: float, n: int) -> tuple[float, float]:
    """The 95% score interval of a proportion (Wilson, JASA 22, 1927, p. 210)."""
    from scipy.stats import norm

    z = float(norm.ppf(1 - ALPHA / 2))
    p = successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * ((p * (1 - p) + z * z / (4 * n)) / n) ** 0.5 / (1 + z * z / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def interval(scores: Sequence[float], clusters: Sequence[Hashable]) -> tuple[float, float]:
    """The 95% interval of a mean: Wilson's for yes and no, else a bootstrap over clusters.

    Yes and no in clusters of several questions are bootstrapped too, unless all are alike: then
    there is nothing to resample, and Wilson's stands over the clusters. One cluster tells nothing
    of others: its interval is all that can be.
    """
    yes_no = all(score in (0, 1) for score in scores)
    groups = len(set(clusters))
    if yes_no and (groups == len(scores) or len(set(scores)) == 1):
        return wilson(scores[0] * groups if groups < len(scores) else sum(scores), groups)
    least = 0.0 if min(scores) >= 0 else -1.0
    return _bootstrap(*_sums(np.asarray(scores, dtype=float), clusters), least)


def paired(
    before: Mapping[str, float], after: Mapping[str, float], clusters: Mapping[str, Hashable]
) -> Difference | None:
    """Compare two systems on the questions both have scored; None if there is none.

    Yes and no on independent questions: McNemar's exact test (Psychometrika 12, 1947, p. 153).
    Otherwise a permutation test that swaps the systems cluster by cluster. The interval is a
    bootstrap over clusters.

    Args:
        before: scores by question.
        after: scores by question.
        clusters: the cluster of each question.
    """
    from scipy.stats import binomtest, permutation_test

    both = sorted(before.keys() & after.keys())
    if not both:
        return None
    one = np.array([before[key] for key in both], dtype=float)
    two = np.array([after[key] for key in both], dtype=float)
    sums, counts = _sums(two - one, [clusters[key] for key in both])
    yes_no = bool(np.isin([one, two], (0, 1)).all())
    if not np.any(sums):
        p, test = 1.0, "none: no difference"
    elif len(sums) == 1:
        p, test = 1.0, "none: one cluster"
    elif yes_no and len(sums) == len(both):
        gained, lost = int((sums > 0).sum()), int((sums < 0).sum())
        p, test = float(binomtest(gained, gained + lost).pvalue), "McNemar, exact"
    else:
        p = float(
            permutation_test(
                (sums, np.zeros_like(sums)),
                lambda x, y, axis: (x - y).sum(axis=axis),
                permutation_type="samples",
                vectorized=True,
                n_resamples=RESAMPLES,
                rng=np.random.default_rng(SEED),
            ).pvalue
        )
        test = f"permutation over {len(sums)} clusters"
    low, high = _bootstrap(sums, counts, -1.0)
    return Difference(
        n=len(both),
        clusters=len(sums),
        before=float(one.mean()),
        after=float(two.mean()),
        low=low,
        high=high,
        p=min(p, 1.0),
        detectable=detectable(sums, len(both)),
        test=test,
    )


def detectable(sums: Floats, n: int) -> float:
    """The smallest true difference of means that a test at 5% finds with a power of 80%.

    (z_.975 + z_.8) times the standard error of the clusters' sums of differences. One more
    differing question is added to what was seen (after Agresti and Min, Statistics in Medicine 24,
    2005, p. 729): ten questions without a difference are no proof that there is none.

    Args:
        sums: for each cluster, the sum of its questions' differences.
        n: questions in all.
    """
    from scipy.stats import norm

    z = float(norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER))
    return z * float(np.sqrt((sums**2).sum() + 1)) / n


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values made safe for asking several questions at once.

    Source: Holm, Scandinavian Journal of Statistics 6, 1979, pp. 65-70.
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    ordered = sorted(range(len(p_values)), key=lambda i: p_values[i])
    for rank, i in enumerate(ordered):
        highest = max(highest, min((len(p_values) - rank) * p_values[i], 1.0))
        adjusted[i] = highest
    return adjusted


def _sums(values: Floats, clusters: Sequence[Hashable]) -> tuple[Floats, Floats]:
    """Each cluster's sum and size, in the order the clusters first appear."""
    numbers = {cluster: i for i, cluster in enumerate(dict.fromkeys(clusters))}
    place = np.array([numbers[cluster] for cluster in clusters])
    sums, counts = np.zeros(len(numbers)), np.zeros(len(numbers))
    np.add.at(sums, place, values)
    np.add.at(counts, place, 1)
    return sums, counts


def _bootstrap(sums: Floats, counts: Floats, least: float) -> tuple[float, float]:
    """The percentile interval of sum / count over resampled clusters; of one, from `least` to 1.

    Efron, Annals of Statistics 7, 1979; clusters drawn whole: Field and Welsh, JRSS B 69, 2007.
    """
    from scipy.stats import bootstrap

    if len(sums) < 2:
        return least, 1.0

    def mean_of(totals: Any, sizes: Any, axis: int) -> Any:
        return totals.sum(axis=axis) / sizes.sum(axis=axis)

    found = bootstrap(
        (sums, counts),
        mean_of,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=1 - ALPHA,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(found.low), float(found.high)
