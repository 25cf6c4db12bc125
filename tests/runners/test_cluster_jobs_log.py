"""Which lines of a container's log are new, whatever the times of its lines and the moments of the looks."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from runners.jobs.kubernetes.podlog import LOST, Position, fresh
from tests.runners.fake_kube import BEGAN, FakeKube, stamp

TIMES = st.lists(st.floats(0, 6).map(lambda at: round(at, 1)), min_size=1, max_size=40)


def line(at: float, text: bytes) -> bytes:
    return stamp(BEGAN + timedelta(seconds=at)) + b" " + text


@given(times=TIMES, swaps=st.sets(st.integers(0, 38)), looks=st.sets(st.integers(0, 40)))
def test_every_line_is_taken_once_and_in_order(times: list[float], swaps: set[int], looks: set[int]) -> None:
    kube, position, taken = FakeKube(), Position(), b""
    ordered = sorted(times)
    for number in swaps:  # two streams are noted out of order, by less than the margin
        if number + 1 < len(ordered) and ordered[number + 1] - ordered[number] < 1:
            ordered[number], ordered[number + 1] = ordered[number + 1], ordered[number]
    texts = [f"line {number % 3}\n".encode() for number in range(len(ordered))]
    for number, (at, text) in enumerate(zip(ordered, texts, strict=True)):
        kube.says("pod", text, at)
        if number in looks or number == len(ordered) - 1:
            new, position = fresh(kube.log("", "pod", "test", position.since, 1 << 20), position, whole=False)
            taken += new

    assert taken == b"".join(texts)


def test_a_log_that_the_node_began_anew_says_that_lines_are_missing() -> None:
    _, position = fresh(line(1.0, b"one\n") + line(1.1, b"two\n"), Position(), whole=False)

    new, position = fresh(line(5.0, b"nine\n"), position, whole=False)
    assert new == LOST + b"nine\n"

    new, _ = fresh(line(5.0, b"nine\n") + line(5.1, b"ten\n"), position, whole=False)
    assert new == b"ten\n"


def test_an_answer_that_was_cut_goes_on_where_it_ended() -> None:
    whole = b"".join(line(number, f"{number}\n".encode()) for number in range(9))
    cut = whole[: len(whole) // 2]

    first, position = fresh(cut, Position(), whole=True, cut=True)
    rest = b"".join(line(number, f"{number}\n".encode()) for number in range(9) if number >= 4 - 3)
    assert position.since == "2026-11-24T12:00:01Z"
    second, _ = fresh(rest, position, whole=True)

    assert first + second == b"".join(f"{number}\n".encode() for number in range(9))


def test_a_second_with_more_lines_than_one_answer_is_left_out_and_says_so() -> None:
    loud = b"".join(line(1.0, b"x\n") for _ in range(50))
    _, position = fresh(loud, Position(), whole=False, cut=True)

    new, position = fresh(loud, position, whole=False, cut=True)

    assert (new, position) == (LOST, Position("2026-11-24T12:00:02Z"))


def test_a_line_that_has_no_time_goes_on_where_the_one_before_ended() -> None:
    new, _ = fresh(line(1.0, b"begins\n") + b"goes on\n" + line(2.0, b"next\n"), Position(), whole=False)

    assert new == b"begins\ngoes on\nnext\n"
