"""Kayenta's rule (NetflixACAJudge-v1.0), written anew from its description: Mann-Whitney on points in time.

A metric is High if the lower end of the 98 % interval of the shift (canary − baseline) is above a quarter of the
Hodges-Lehmann estimate, and the ratio of the means is at least 1. The interval's end is found by a root search over the
shift; a test of "is the end above d" is the same as one rank test at the shift d, which is what is done here.
"""

import numpy as np

TOLERANCE, QUANTILE = 0.25, 2.3263478740408408  # constants of its code; 99 % of a normal distribution


AT_ONCE = 100  # lives, so that their pairs fit into memory


def high(canary: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """For each life (row) of points (columns): is the canary's metric labelled High?"""
    parts = range(0, len(canary), AT_ONCE)
    return np.concatenate([_high(canary[at : at + AT_ONCE], baseline[at : at + AT_ONCE]) for at in parts])


def _high(canary: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    differences = canary[:, :, None] - baseline[:, None, :]
    estimate = np.median(differences.reshape(len(canary), -1), axis=1)
    same = np.all(np.sort(canary, axis=1) == np.sort(baseline, axis=1), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = canary.mean(axis=1) / baseline.mean(axis=1)
    shifted = canary - (TOLERANCE * np.abs(estimate))[:, None]
    return ~same & (z_of(shifted, baseline) > QUANTILE) & ~(ratio < 1.0)


def z_of(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The rank-sum statistic with continuity and tie correction, against "not higher"; 0 where all values are equal."""
    n, m = one.shape[1], other.shape[1]
    pairs = one[:, :, None] - other[:, None, :]
    wins = (pairs > 0).sum(axis=(1, 2)) + 0.5 * (pairs == 0).sum(axis=(1, 2))
    pooled = np.concatenate([one, other], axis=1)
    equal = (pooled[:, :, None] == pooled[:, None, :]).sum(axis=2)
    ties = (equal**2 - 1).sum(axis=1) / ((n + m) * (n + m - 1))
    variance = n * m / 12 * (n + m + 1 - ties)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 0, (wins - n * m / 2 - 0.5) / np.sqrt(variance), 0.0)
