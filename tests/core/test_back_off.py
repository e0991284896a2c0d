"""How long the daemon waits after failed loops."""

from reconciler.daemon.follow import back_off_s


def test_the_wait_doubles_and_ends_at_eight_intervals_or_a_minute() -> None:
    assert [back_off_s(n, 1) for n in (1, 2, 3, 4, 5, 50)] == [1, 2, 4, 8, 8, 8]
    assert [back_off_s(n, 30) for n in (1, 6, 7, 50)] == [1, 32, 60, 60]


def test_a_quick_poll_is_never_a_busy_loop() -> None:
    assert back_off_s(50, 0.01) == 1
