"""The plot: each version of the shop from its push to its end, with what people do on the way."""

import time
from collections.abc import Mapping

from ..client import Api, Json
from ..exits import Stop
from ..following import NOBODY
from ..up import Up
from .crowd import Crowd
from .people import APPROVERS, Person
from .seen import Seen
from .shop import Commit, report_push
from .telling import Teller

LOOK = 0.4  # seconds between two looks
APPEARS = 30.0  # seconds from a push to its release
LONGEST = 420.0  # seconds a release may take
WORTH_TELLING = 6.0  # seconds
SETTLED = 3.0  # seconds of buyers after a release, so that late answers are counted


class Plot:
    """Everything the story needs, and what was seen so far."""

    def __init__(self, parts: Up, admin: Api, people: Mapping[str, Person], crowd: Crowd, teller: Teller) -> None:
        self.parts, self.admin, self.people, self.crowd, self.teller = parts, admin, people, crowd, teller
        self.releases: list[Seen] = []
        self._event = 0
        self._held: float | None = None  # since when it waits without having been told
        self._agreed: set[tuple[int, str]] = set()

    def release(self, commit: Commit, secret: str) -> Seen:
        """Push a version and follow it to its end."""
        took = report_push(self.parts.web_url, secret, commit)
        self.teller.line(f"A signed webhook tells of it; accepted in {took:.0f} ms.", who=commit.name)
        seen = Seen(commit)
        self.releases.append(seen)
        self._await(seen)
        give_up = time.monotonic() + LONGEST
        while not seen.found["ended_at"]:
            if time.monotonic() > give_up:
                raise Stop(f"{commit.name} has not ended after {LONGEST:.0f} s: {seen.found['stands']}")
            self._round(seen)
            self._let_people_act(seen)
        self._hear_journal(seen)
        return seen

    def settle(self) -> None:
        """Let buyers go on for a moment: what was on its way arrives and is counted."""
        until = time.time() + SETTLED
        while self.crowd.tally.at < until:
            self._round(self.releases[-1])

    @property
    def live(self) -> Seen | None:
        """The version everybody has."""
        return next((one for one in reversed(self.releases) if one.state == "live"), None)

    def _round(self, seen: Seen) -> None:
        """One look at everything."""
        time.sleep(LOOK)
        for name in self.parts.look_after():
            self.teller.line(f"{name} ended and was started again", "yellow")
        if not self.crowd.hear(self._suspect):
            raise Stop(f"The shoppers ended; see {self.parts.home.logs / 'shopper.log'}")
        if seen.found:
            seen.look(self.admin.get(f"/releases/{seen.found['id']}"))
            self._hear_journal(seen)
            live = self.live
            name = live.commit.name if live and live is not seen else ""
            self.teller.now(self.crowd.doors, seen, name, self.crowd.tally)

    def _await(self, seen: Seen) -> None:
        give_up = time.monotonic() + APPEARS
        while not seen.found:
            self._round(seen)
            for found in self.admin.get("/releases", app="shop")["releases"]:
                if found["commit"] == seen.commit.hash:
                    seen.look(self.admin.get(f"/releases/{found['id']}"))
            if time.monotonic() > give_up:
                raise Stop(f"No release came of {seen.commit.name}; see {self.parts.home.logs}")

    def _hear_journal(self, seen: Seen) -> None:
        told = self.admin.get("/events", since=self._event, limit=500)
        self._event = told["next"]
        for event in told["events"]:
            if event["release"] == seen.found["id"]:
                seen.hear(event)
                self._tell(seen, event)
        if self._held is not None and time.monotonic() - self._held > WORTH_TELLING:
            self._held = None
            self.teller.line(seen.found["stands"], who=seen.commit.name)

    def _tell(self, seen: Seen, event: Json) -> None:
        """Moves are told at once; what it waits for is told when it lasts, or when somebody is needed."""
        holds = event["kind"] == "hold" and seen.found["who"] in NOBODY
        self._held = time.monotonic() if holds else None
        if event["text"] and not holds:
            self.teller.event(event, seen.commit.name)

    def _let_people_act(self, seen: Seen) -> None:
        """Whoever is asked says yes, one after the other."""
        found = seen.found
        if found["state"] != "running" or found["who"] in NOBODY:
            return
        for name in APPROVERS:
            if (found["id"], name) not in self._agreed and self.people[name].approve(found["id"]):
                self._agreed.add((found["id"], name))
                told = f"{name.capitalize()}, {self.people[name].role}, approves."
                self.teller.line(told, "green", who=seen.commit.name)
                return

    def _suspect(self, cluster: str) -> str:
        """Who has to answer for a failure without a version: see Tally.hear."""
        newest = self.releases[-1]
        shares = {target["cluster"]: target["share"] for target in newest.found.get("targets", [])}
        live = self.live
        return newest.version if live is None or shares.get(cluster) else live.version
