"""The order in which icon requests are taken, and how many of one host at once."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.icon_queue import CONNECTIONS_PER_HOST, STREAMS_PER_HOST, HostKey, HostQueue

A, B = ("a.example", 443), ("b.example", 443)


def queue_of(*requests: tuple[HostKey, str]) -> HostQueue[str]:
    queue: HostQueue[str] = HostQueue()
    for host, name in requests:
        queue.add(host, name, name)
    return queue


def take_all(queue: HostQueue[str], now: float = 0.0) -> list[str]:
    return list(iter(lambda: queue.take(now), None))


def test_the_last_asked_is_first_whatever_its_host() -> None:
    queue = queue_of((A, "1"), (B, "2"), (A, "3"), (B, "4"))
    queue.prefer(A, "1")
    queue.prefer(A, "gone")
    assert len(queue) == 4
    assert take_all(queue) == ["1", "4", "3", "2"]
    assert len(queue) == 0


def test_a_host_has_six_at_once_and_holds_up_no_other() -> None:
    queue = queue_of((B, "b"), *((A, str(n)) for n in range(20)))
    assert take_all(queue) == ["19", "18", "17", "16", "15", "14", "b"]
    queue.release(A)
    queue.add(A, "last", "last")
    assert take_all(queue) == ["last"]
    queue.release(A)
    assert take_all(queue) == ["13"]


def test_a_host_with_http2_has_more_at_once_also_the_next_time() -> None:
    queue = queue_of(*((A, str(n)) for n in range(100)))
    taken = take_all(queue)
    assert len(taken) == CONNECTIONS_PER_HOST
    queue.speaks_http2(A)
    taken += take_all(queue)
    assert len(taken) == STREAMS_PER_HOST
    queue.drop(lambda name: True)
    for _ in taken:
        queue.release(A)
    for n in range(100):
        queue.add(A, str(n), str(n))
    assert len(take_all(queue)) == STREAMS_PER_HOST


def test_a_paused_host_waits_and_others_go_on() -> None:
    queue = queue_of((A, "a1"), (B, "b1"), (A, "a2"))
    assert queue.take(0.0) == "a2"
    queue.pause(A, 5.0)
    queue.pause(A, 3.0)
    queue.release(A)
    assert take_all(queue, 1.0) == ["b1"]
    assert take_all(queue, 4.0) == []
    assert take_all(queue, 5.0) == ["a1"]


def test_a_pause_holds_for_what_is_asked_later() -> None:
    queue = queue_of((A, "a1"))
    assert queue.take(0.0) == "a1"
    queue.pause(A, 5.0)
    queue.release(A)
    queue.add(A, "a2", "a2")
    assert queue.take(4.9) is None
    assert queue.take(5.0) == "a2"


def test_what_is_dropped_never_comes() -> None:
    queue = queue_of((A, "1"), (B, "2"), (A, "3"))
    assert queue.drop(lambda name: name == "3") == ["3"]
    assert take_all(queue) == ["2", "1"]
    assert queue.drop(lambda name: True) == []


def test_asking_twice_is_asking_once() -> None:
    queue = queue_of((A, "1"), (A, "2"), (A, "1"))
    assert take_all(queue) == ["1", "2"]


@pytest.mark.parametrize("hosts", [1, 20_000])
def test_twenty_thousand_of_any_number_of_hosts_are_soon_through(hosts: int) -> None:
    queue: HostQueue[int] = HostQueue()
    keys = [(f"{n}.example", 443) for n in range(hosts)]
    for n in range(20_000):
        queue.add(keys[n % hosts], str(n), n)
    taken = []
    while (n := queue.take(0.0)) is not None:
        taken.append(n)
        queue.release(keys[n % hosts])
    assert taken == list(reversed(range(20_000)))


_REQUESTS = st.tuples(st.sampled_from([A, B]), st.integers(0, 9))
_STEPS = st.one_of(
    st.tuples(st.just("add"), _REQUESTS),
    st.tuples(st.just("prefer"), _REQUESTS),
    st.tuples(st.just("drop"), st.sets(st.integers(0, 9))),
    st.tuples(st.just("take"), st.none()),
    st.tuples(st.just("release"), st.none()),
    st.tuples(st.just("pause"), st.sampled_from([A, B])),
)


@given(st.lists(_STEPS, max_size=80))
def test_any_steps_give_what_a_plain_list_gives(steps: list[tuple[str, object]]) -> None:
    queue: HostQueue[tuple[HostKey, str]] = HostQueue()
    waiting: list[tuple[HostKey, str]] = []
    under_way: list[HostKey] = []
    paused: dict[HostKey, float] = {}
    for now, (step, value) in zip(itertools.count(1.0), steps, strict=False):
        if step in ("add", "prefer"):
            assert isinstance(value, tuple)
            request = (value[0], str(value[1]))
            if step == "add" or request in waiting:
                waiting = [other for other in waiting if other != request] + [request]
            getattr(queue, step)(*request, *([request] if step == "add" else []))
        elif step == "drop":
            assert isinstance(value, set)
            names = {str(number) for number in value}
            gone = [name for _, name in waiting if name in names]
            assert sorted(queue.drop(names.__contains__)) == sorted(gone)
            waiting = [request for request in waiting if request[1] not in names]
        elif step == "take":
            free = [
                (host, name)
                for host, name in waiting
                if under_way.count(host) < CONNECTIONS_PER_HOST and paused.get(host, 0.0) <= now
            ]
            expected = free[-1] if free else None
            assert queue.take(now) == expected
            if expected is not None:
                waiting.remove(expected)
                under_way.append(expected[0])
        elif step == "release" and under_way:
            queue.release(under_way.pop())
        elif step == "pause" and value in under_way:
            assert isinstance(value, tuple)
            queue.pause(value, now + 5.5)
            paused[value] = now + 5.5
        assert len(queue) == len(waiting)
