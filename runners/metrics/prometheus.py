"""Counters by slot from a Prometheus that scrapes the gateway of a cluster, or its replicas."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from math import inf

from pipeline.definition.selectors import Matcher, Selector, read
from pipeline.errors import TryLater
from pipeline.facts import Count
from runners.counted import USUAL, OwnSeries, SlotCounts

from . import promql
from .asking import Prometheus
from .conventions import OF_APP, Series
from .promql import Answer, Asked

OLDEST = 30.0  # seconds: a scrape that is longer ago says nothing of now
Words = Callable[[str], Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class PrometheusMetrics:
    """
    Counters of one cluster. `words` gives, for a service, what each slot that runs something is called where it is
    counted: slot → word → name (see `pipeline.definition.selectors`), in which `backend` is new with each content.

    The source of a count names the processes that counted it, and how often one of them began anew or lost a series
    within the last hour. So two counts with the same source differ by exactly the requests in between, and a restart,
    a missed scrape or another set of labels costs the time between two looks, never a wrong count.
    """

    prometheus: Prometheus
    series: Series
    words: Words
    where: Mapping[str, str]

    def read(
        self, cluster: str, service: str, counters: Collection[str] = (), own: OwnSeries = USUAL
    ) -> Mapping[str, SlotCounts]:
        """One question for both slots. A slot that runs nothing counts nothing."""
        series, named = _chosen(self.series, own), self.words(service)
        full = {slot: words for slot, words in named.items() if words}
        groups = {
            f"{slot}/{name}": group
            for slot, words in full.items()
            for name, group in self._groups(series, counters, words).items()
        }
        try:
            answers = promql.read(self.prometheus.ask(promql.query(groups)), groups) if groups else {}
            found = _Found(series, answers)
            return {
                slot: found.counts(slot, words["backend"], counters) if words else SlotCounts(Count())
                for slot, words in named.items()
            }
        except promql.Unusable as why:
            raise TryLater(f"the Prometheus at {self.prometheus.address} cannot be used: {why}") from why

    def _groups(self, series: Series, counters: Collection[str], words: Mapping[str, str]) -> dict[str, Asked]:
        here = [Matcher.exactly(label, value) for label, value in self.where.items()]

        def filled(selectors: Iterable[Selector]) -> tuple[str, ...]:
            return tuple(one.filled(words, here) for one in selectors)

        groups = {
            "requests": Asked(filled(series.requests), filled(series.watched)),
            "failed": Asked(filled(series.failed)),
        }
        if series.everyone:
            groups["everyone"] = Asked(filled(series.everyone))
        if series.buckets:
            groups["buckets"] = Asked(filled(series.buckets), edges=True)
        for counter in counters:
            one = filled([_of_app(counter)])
            groups[_named(counter)] = Asked(one, one)
        return groups


@dataclass(frozen=True, slots=True)
class _Found:
    """What was answered, by slot and group."""

    series: Series
    answers: Mapping[str, Answer]

    def counts(self, slot: str, backend: str, counters: Collection[str]) -> SlotCounts:
        requests, failed = self._usable(slot, "requests"), self._usable(slot, "failed")
        source = f"{backend}@{_mark(self._counting(slot))}"
        count = Count(source, requests.total, failed.total)
        known = [(name, self._counter(slot, name)) for name in counters]
        of_app = {
            name: replace(count, source=f"{source}+{_mark({name: one})}", bad=one.total) for name, one in known if one
        }
        return SlotCounts(count, self._buckets(slot), of_app, self._pods(requests, failed))

    def _pods(self, requests: Answer, failed: Answer) -> Mapping[str, Count]:
        """By process, where those that count are the pods themselves and not their gateway."""
        if self.series.shared:
            return {}
        named = {who: f"{who[1] or who[0]}@{_mark({'requests': requests.of(who)})}" for who in requests.sums}
        return {name: Count(name, requests.sums[who], failed.sums.get(who, 0)) for who, name in named.items()}

    def _usable(self, slot: str, name: str) -> Answer:
        answer = self.answers[f"{slot}/{name}"]
        if answer.wrong:
            raise promql.Unusable(answer.wrong)
        if answer.age > OLDEST:
            raise promql.Unusable(f"its latest scrape was {answer.age:.0f} s ago; scrape every 15 s or more often")
        return answer

    def _counting(self, slot: str) -> Mapping[str, Answer]:
        """Whose processes and new beginnings matter to this slot."""
        kinds = ("requests", "everyone") if self.series.shared else (f"{slot}/requests",)
        every = {name: one for name, one in self.answers.items() if name.endswith(kinds)}
        if (
            self.series.shared
            and not any(one.sums for one in every.values())
            and any(one.gone for one in every.values())
        ):
            raise promql.Unusable("the gateway's counters went away; is it still scraped?")
        return every

    def _buckets(self, slot: str) -> Mapping[float, int]:
        """None where the histogram is not whole."""
        answer = self.answers.get(f"{slot}/buckets", Answer())
        edges = {round(edge * self.series.unit, 9): count for edge, count in sorted(answer.edges.items())}
        whole = inf in edges and all(low <= high for low, high in pairwise(edges.values()))
        return edges if whole and not answer.wrong else {}

    def _counter(self, slot: str, name: str) -> Answer | None:
        """None: no slot has it, or it counts nothing. A slot that lacks what the other one has counted none of it."""
        both = [one for key, one in self.answers.items() if key.partition("/")[2] == _named(name)]
        answer = self.answers[f"{slot}/{_named(name)}"]
        usable = any(one.sums for one in both) and not answer.wrong and answer.age <= OLDEST
        return answer if usable else None


def _mark(answers: Mapping[str, Answer]) -> str:
    """A name for who counts and what happened to them."""
    told = json.dumps(sorted({mark for name, one in answers.items() for mark in one.history(name)}))
    return sha256(told.encode()).hexdigest()[:12]


def _named(counter: str) -> str:
    return f"counter-{sha256(counter.encode()).hexdigest()[:12]}"


def _chosen(series: Series, own: OwnSeries) -> Series:
    """What the app names itself goes before what is usual."""
    if own.buckets:
        series = replace(series, buckets=(read(own.buckets),), unit=1.0)
    if own.requests:
        requests, failed = (read(own.requests),), (read(own.failed),)
        series = replace(series, requests=requests, failed=failed, shared=False, apart=True)
    return series


def _of_app(counter: str) -> Selector:
    return read(counter) if "{" in counter else Selector(counter, OF_APP)
