"""Whatever is written to a service, in any order and by anybody, its traffic stays in safe hands."""

from contextlib import suppress
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import NeedsHuman, TryLater
from runners.clusters import moves
from runners.clusters.deadman import retreat, unfinished
from runners.clusters.desired import Service
from runners.ports import Fence, Workload

READY = {"a": 3, "b": 3}


@dataclass(frozen=True)
class Write:
    """One write of one release, or the guard (verb `guard`)."""

    verb: str
    release: int
    epoch: int
    slot: str
    number: int


VERBS = ("beat", "deploy", "route", "route", "promote", "scale", "settle", "guard")
WORDS = st.tuples(st.sampled_from(VERBS), st.sampled_from("ab"), st.sampled_from([0, 1, 10, 50, 100]))
TICKS = st.tuples(st.integers(1, 3), st.integers(1, 3), st.lists(WORDS, min_size=2, max_size=6))


def told(ticks: list[tuple[int, int, list[tuple[str, str, int]]]]) -> list[Write]:
    """Ticks of several releases and epochs, good and bad ones, as one list of writes; most begin with a beat."""
    return [
        Write(verb, release, epoch, slot, number)
        for release, epoch, words in ticks
        for verb, slot, number in [("beat", "a", 0), *words][release == epoch == 3 :]
    ]


def begun() -> Service:
    """A service with one release live and a canary of the next one."""
    service = Service()
    for release, slot, percent in ((1, "a", 100), (2, "b", 50)):
        for verb, number in (("beat", 0), ("deploy", 2), ("route", percent), ("promote", 0)):
            with suppress(NeedsHuman):  # the canary is not promoted yet
                service = after(service, Write(verb, release, 1, slot, number))
    return service


STORIES = st.lists(TICKS, min_size=3, max_size=7).map(told)


def after(service: Service, write: Write) -> Service:
    """The service after a write that may be refused."""
    fence = Fence(write.release, write.epoch)
    match write.verb:
        case "beat":
            return moves.beat(service, fence)
        case "deploy":
            content = Workload(f"sha256:{write.release}", f"v{write.release}", {})
            return moves.deploy(service, fence, write.slot, content, min(write.number, 3))
        case "route":
            return moves.route(service, fence, write.slot, write.number, READY)
        case "promote":
            return moves.promote(service, fence, write.slot)
        case "scale":
            return moves.scale(service, fence, write.slot, min(write.number, 3))
        case "settle":
            return moves.settle(service, fence, write.slot)
    return retreat(service, ready=3, late=0.0) if unfinished(service.anchor) else service


def lives(writes: list[Write]) -> list[tuple[Write, Service, Service]]:
    """Every write that was not refused, with the service before and after it."""
    service, story = begun(), []
    for write in writes:
        with suppress(TryLater, NeedsHuman):
            before, service = service, after(service, write)
            story.append((write, before, service))
    return story


@settings(max_examples=100, deadline=None)
@given(STORIES)
def test_weights_are_whole_and_only_where_replicas_are(writes: list[Write]) -> None:
    for _, _, service in lives(writes):
        assert sum(service.weights.values()) in (0, 100)
        assert all(slot.replicas > 0 for name, slot in service.slots.items() if service.weights[name] > 0)


@settings(max_examples=100, deadline=None)
@given(STORIES)
def test_a_marked_release_never_gets_more_traffic(writes: list[Write]) -> None:
    for write, before, service in lives(writes):
        if write.release in before.anchor.marks and before.anchor.stable and write.verb != "guard":
            canary = "b" if before.anchor.stable == "a" else "a"
            assert service.weights[canary] <= before.weights[canary]
            assert service.anchor.stable == before.anchor.stable or write.verb == "settle"


@settings(max_examples=100, deadline=None)
@given(STORIES)
def test_epochs_of_a_release_never_go_back(writes: list[Write]) -> None:
    for write, before, _ in lives(writes):
        if write.verb != "guard":
            assert write.epoch >= before.anchor.epochs.get(write.release, 0)


@settings(max_examples=100, deadline=None)
@given(STORIES)
def test_no_two_contents_share_a_generation(writes: list[Write]) -> None:
    seen = {slot.generation: slot.digest for slot in begun().slots.values()}
    for _, _, service in lives(writes):
        for slot in service.slots.values():
            assert seen.setdefault(slot.generation, slot.digest) == slot.digest


@settings(max_examples=100, deadline=None)
@given(
    STORIES, st.builds(Write, st.sampled_from(VERBS), st.integers(1, 3), st.just(3), st.sampled_from("ab"), st.just(10))
)
def test_a_write_repeated_changes_nothing_more(writes: list[Write], last: Write) -> None:
    story = lives([*writes, last, last])
    if len(story) >= 2 and story[-1][0] == story[-2][0] == last and last.verb not in ("beat", "guard"):
        assert story[-1][2] == story[-2][2]
