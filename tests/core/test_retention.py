"""Which images leave the registry: the plan's text, given history and what runs."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.retention import (
    KEEP_HEALTHY,
    Made,
    from_json,
    removals,
    to_json,
    with_current,
    with_healthy,
    without,
)


def made(*words: str) -> tuple[Made, ...]:
    """ "a1" is image a on base 1; "a1+" was healthy."""
    return tuple(Made(digest=w[0], base=w[1], healthy=w.endswith("+")) for w in words)


def text(history: tuple[Made, ...], *used: str) -> list[str]:
    return [str(operation) for operation in removals(history, frozenset(used))]


CAUSE = "no site runs it, and 3 newer ones were healthy"


def test_what_no_site_runs_goes_and_the_last_three_healthy_ones_stay() -> None:
    history = made("a1+", "b1+", "c1+", "d1+", "e1+")
    assert text(history, "e") == [
        f"platform: delete image wpaas/wordpress@a, {CAUSE}",
        f"platform: delete image wpaas/wordpress@b, {CAUSE}",
    ]


def test_an_image_that_some_site_still_runs_stays_however_old() -> None:
    history = made("a1+", "b1+", "c1+", "d1+", "e1+")
    assert text(history, "a", "e") == [f"platform: delete image wpaas/wordpress@b, {CAUSE}"]


def test_one_that_was_never_healthy_goes_unless_it_is_the_newest() -> None:
    history = made("a1", "b1+", "c1+", "d1+", "e1")
    assert text(history, "d") == [f"platform: delete image wpaas/wordpress@a, {CAUSE}"]


def test_before_three_were_healthy_nothing_goes() -> None:
    assert text(made("a1+", "b1", "c1+", "d1"), "d") == []
    assert text((), "d") == []


def test_a_base_goes_with_the_last_image_on_it() -> None:
    history = made("a1+", "b1+", "c2+", "d2+", "e2+")
    assert text(history, "e")[-1] == "platform: delete image wpaas/base@1, no image is built on it"
    assert not any("base" in line for line in text(history, "a", "e"))


def test_what_went_is_forgotten_and_the_rest_is_remembered() -> None:
    history = made("a1+", "b1+", "c2+", "d2+", "e2+")
    left = without(history, removals(history, frozenset("e")))
    assert left == made("c2+", "d2+", "e2+")
    assert from_json(to_json(left)) == left
    assert from_json([{"digest": "x"}]) == ()


def test_an_image_that_is_used_again_is_the_newest_again() -> None:
    history = with_current(made("a1+", "b1"), "a", "1")
    assert history == made("b1", "a1+")
    assert with_healthy(with_current((), "a", "1"), "a") == made("a1+")


HISTORIES = st.lists(
    st.builds(lambda d, b, h: Made(digest=d, base=b, healthy=h), st.sampled_from("abcdefghij"),
              st.sampled_from("123"), st.booleans()),
    unique_by=lambda one: one.digest,
)  # fmt: skip


@given(HISTORIES, st.frozensets(st.sampled_from("abcdefghij")))
def test_what_runs_and_what_one_would_go_back_to_never_goes(
    history: list[Made], used: frozenset[str]
) -> None:
    gone = {operation.name.partition("@")[2] for operation in removals(history, used)}
    kept = [one for one in history if one.digest not in gone]
    healthy = [one for one in history if one.healthy]
    assert not gone & used
    assert set(healthy[-KEEP_HEALTHY:]) <= set(kept)
    assert not gone & {one.base for one in kept}
    again = removals(kept, used)
    assert again == ()
