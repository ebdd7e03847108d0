"""Averages: their confidence intervals, and whether they reach a target."""

from math import sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)
# two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom
T = (
    12.7062,
    4.3027,
    3.1824,
    2.7764,
    2.5706,
    2.4469,
    2.3646,
    2.3060,
    2.2622,
    2.2281,
    2.2010,
    2.1788,
    2.1604,
    2.1448,
    2.1314,
    2.1199,
    2.1098,
    2.1009,
    2.0930,
    2.0860,
    2.0796,
    2.0739,
    2.0687,
    2.0639,
    2.0595,
    2.0555,
    2.0518,
    2.0484,
    2.0452,
    2.0423,
)


def _quantile(freedom):
    """Return the quantile beyond the table, by the expansion of Student's t in 1/freedom."""
    first = (Z**3 + Z) / 4
    second = (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96
    # the terms left out are smaller than 0.0001
    return Z + first / freedom + second / freedom**2


def confidence_interval(mean, deviation, n):
    """Return the 95 % confidence interval of an average on a scale from 0 to 100.

    :param float mean: the average
    :param float deviation: standard deviation of the sample
    :param int n: how many values were averaged
    :return: ``(low, high)``; ``None`` with fewer than two values, which say nothing about spread
    """
    if n < 2:
        return None
    freedom = n - 1
    quantile = T[freedom - 1] if freedom <= len(T) else _quantile(freedom)
    margin = quantile * deviation / sqrt(n)
    return max(mean - margin, 0.0), min(mean + margin, 100.0)


def reaches(value, target):
    """Whether an average reaches a target: as it is, not as it is shown.

    What computing with fractions makes of the last places doesn't count.
    """
    return round(value - target, 6) >= 0
