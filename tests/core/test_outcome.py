"""Failures are retried with back-off, at once when their input changes."""

from reconciler.core.outcome import Failure, failed


def again(times: int) -> Failure:
    failure = failed(None, "no", "a", 0)
    for _ in range(times - 1):
        failure = failed(failure, "no", "a", 0)
    return failure


def test_the_same_input_waits_twice_as_long_each_time_up_to_five_minutes() -> None:
    assert [again(n).retry_at for n in (1, 2, 3, 4, 10)] == [5, 10, 20, 40, 300]


def test_another_input_is_tried_at_once() -> None:
    failure = again(4)
    assert failure.waits("a", 39)
    assert not failure.waits("a", 41)
    assert not failure.waits("b", 0)


def test_another_input_starts_counting_again() -> None:
    assert failed(again(4), "no", "b", 0).attempts == 1
