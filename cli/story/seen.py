"""What was seen of one release, and whether it is what the demo promises."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ..client import Json
from .crowd import NOBODY, Tally
from .shop import Commit

DECIDED_WITHIN, GONE_WITHIN = 45.0, 2.0  # seconds
RAMP = (10, 25, 50)
LEFT = re.compile(r"(\S+) from (\d+) % to \d+ %")  # how the journal tells that a share was raised


@dataclass(slots=True)
class Seen:
    """One release from its push to its end."""

    commit: Commit
    found: Json = field(default_factory=dict)  # as the API showed it last
    weights: dict[str, list[tuple[float, int]]] = field(default_factory=dict)  # seconds since its push, percent
    decided: float | None = None  # when going back was decided, on the clock

    def look(self, found: Json) -> None:
        """Take in where it is now; a share is written down when it changes."""
        self.found = found
        began = seconds_of(found["created_at"])
        for target in found["targets"]:
            line = self.weights.setdefault(target["cluster"], [])
            if not line or line[-1][1] != target["share"]:
                line.append((round(time.time() - began, 1), target["share"]))

    def hear(self, event: Json) -> None:
        """Take in a line of its journal. It also tells of shares that came and went between two looks."""
        if event["kind"] == "undo" and self.decided is None:
            self.decided = seconds_of(event["at"])
        if left := LEFT.match(event["text"]):
            for cluster in left[1].split("+"):
                self._was_at(cluster, int(left[2]), seconds_of(event["at"]))

    def _was_at(self, cluster: str, share: int, at: float) -> None:
        line = self.weights.setdefault(cluster, [])
        if share not in [known for _, known in line]:
            line.append((round(at - seconds_of(self.found["created_at"]), 1), share))
            line.sort()

    @property
    def version(self) -> str:
        """As the shop tells its buyers."""
        return str(self.found.get("version", NOBODY))

    @property
    def state(self) -> str:
        return str(self.found.get("state", "unknown"))

    @property
    def seconds(self) -> float:
        """From the push to its end."""
        if not self.found.get("ended_at"):
            return 0.0
        return round(seconds_of(self.found["ended_at"]) - seconds_of(self.found["created_at"]), 1)

    def first_failure_to_decision(self, tally: Tally) -> float | None:
        """From its first failing answer at any buyer to the decision to take it back."""
        failing = [tally.of(cluster, self.version).first_failed for cluster in tally.counts]
        firsts = [at for at in failing if at is not None]
        return None if self.decided is None or not firsts else round(self.decided - min(firsts), 2)

    def decision_to_zero(self, tally: Tally) -> float | None:
        """From that decision to the last answer of it that any buyer got: finer and stricter than a gateway's word."""
        lasts = [at for cluster in tally.counts if (at := tally.of(cluster, self.version).last) is not None]
        return None if self.decided is None or not lasts else round(max(0.0, max(lasts) - self.decided), 2)

    def report(self, tally: Tally) -> Json:
        """For the file."""
        return {
            "version": self.commit.name,
            "commit": self.commit.hash,
            "digest": self.found.get("digest", ""),
            "state": self.state,
            "seconds": self.seconds,
            "clusters": {
                cluster: {
                    "weights": [list(one) for one in self.weights.get(cluster, [])],
                    "requests": tally.requests(cluster, self.version),
                    "failed": tally.failed(cluster, self.version),
                }
                for cluster in tally.counts
            },
            "first_failure_to_decision": self.first_failure_to_decision(tally),
            "decision_to_zero": self.decision_to_zero(tally),
        }


def shortfalls(releases: list[Seen], tally: Tally) -> Iterator[str]:
    """Everything that is not as promised, in a sentence each."""
    if [one.commit.name for one in releases] != ["v1", "v2", "v3"]:
        yield "the story did not come to its end"
        return
    first, good, bad = releases
    for one in (first, good):
        yield from _not_good(one, tally)
    for cluster in tally.counts:
        if missing := set(RAMP) - {share for _, share in good.weights.get(cluster, [])}:
            yield f"v2 was not seen at {', '.join(f'{share} %' for share in sorted(missing))} in {cluster}"
    yield from _not_taken_back(bad, tally)


def _not_good(one: Seen, tally: Tally) -> Iterator[str]:
    if one.state != "live":
        yield f"{one.commit.name} is {one.state}, not live"
    for cluster in tally.counts:
        if failed := tally.failed(cluster, one.version):
            yield f"{failed} requests to {one.commit.name} failed in {cluster}"
        if not tally.requests(cluster, one.version):
            yield f"no buyer met {one.commit.name} in {cluster}"


def _not_taken_back(one: Seen, tally: Tally) -> Iterator[str]:
    name = one.commit.name
    if (one.state, one.found.get("reason")) != ("rolled back", "harmed"):
        yield f"{name} is {one.state} ({one.found.get('reason')}), not rolled back for harm"
    decision, gone = one.first_failure_to_decision(tally), one.decision_to_zero(tally)
    if decision is None or decision > DECIDED_WITHIN:
        yield f"{name} was decided {decision} s after its first failing answer, not within {DECIDED_WITHIN:.0f} s"
    if gone is None or gone > GONE_WITHIN:
        yield f"{name} was gone {gone} s after the decision, not within {GONE_WITHIN:.0f} s"
    for cluster in list(tally.counts)[1:]:
        if served := tally.of(cluster, one.version).requests:
            yield f"{name} answered {served} requests in {cluster}, where it never should have been"


def seconds_of(moment: str) -> float:
    """A time of the API as seconds of the clock."""
    return datetime.fromisoformat(moment).timestamp()
