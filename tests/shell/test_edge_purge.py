"""Until when an edge shows what it keeps: purges, hosts that move, webheads that are away; and its own end."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from containers import Container, Start, docker, until
from scripted import KEPT, TABLE, Seen, ask, deaf, page, webhead

from reconciler.core.derive import Secret
from reconciler.shell.edge import Edge


@pytest.fixture(scope="module")
def edge(keeping_edge: Container) -> Container:
    return keeping_edge


@pytest.fixture
def edge_of(start: Start, edge_files: list[str]) -> Callable[[str], Container]:
    """Makes an edge of the test's own, which knows the host NAME.localhost of the site NAME-club alone."""

    def made(name: str) -> Container:
        token = ("edge-token", secrets.token_urlsafe(32))
        edge = start("edge", (8080, 2020), token, "--dns=127.0.0.1", *edge_files)
        Edge(Secret(edge.secret)).push(edge.address(2020), {f"{name}.localhost": f"{name}-club"})
        return edge

    return made


def purge(edge: Container, keys: str, site: str = "chess-club") -> str:
    """What Varnish's own door says."""
    lines = f"PURGE / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nX-Wpaas-Site: {site}\\r\\nXkey: {keys}\\r\\n\\r\\n"
    script = f"exec 3<>/dev/tcp/127.0.0.1/6081; printf '{lines}' >&3; head -1 <&3"
    return docker("exec", edge.name, "bash", "-c", script)


def test_a_purge_takes_the_pages_with_its_keys_and_no_others(edge: Container) -> None:
    one, two = page(KEPT, "key=post-77+list"), page(KEPT, "key=post-78+list")
    huge = page(KEPT, "key=" + "+".join(f"post-{n}" for n in range(1000, 1800)))
    paths = (one, two, huge)

    def words(host: str = "chess-club.localhost") -> list[str]:
        return [ask(edge, path, host=host).word for path in paths]

    before, other = words(), words("tea.example.org")
    assert purge(edge, "post-77").startswith("HTTP/1.1 200 purged 2")
    after = words()
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, True, False]
    purge(edge, "list post-9")
    assert [a == b for a, b in zip(after, words(), strict=True)] == [False, False, False]
    assert words("tea.example.org") == other
    last = words()
    purge(edge, "site", "tea-house")
    assert words() == last
    assert words("tea.example.org") != other
    for bad in ('a"b', "", "a|b"):
        assert " 400 " in purge(edge, bad)


def test_a_host_that_left_or_moved_shows_no_page_of_before(edge: Container) -> None:
    path, edges, address = page(KEPT), Edge(Secret(edge.secret)), edge.address(2020)
    chess, tea = ask(edge, path), ask(edge, path, host="tea.example.org")
    try:
        edges.push(address, {"chess-club.localhost": "chess-club"})
        assert ask(edge, path, host="tea.example.org").status == 421
        edges.push(address, {"chess-club.localhost": "chess-club", "tea.example.org": "chess-club"})
        assert ask(edge, path, host="tea.example.org").body.startswith("chess-club|")
        assert ask(edge, path).word == chess.word, "the others' pages stay"
        edges.push(address, {"chess-club.localhost": "tea-house"})
        assert ask(edge, path).body.startswith("tea-house|")
    finally:
        edges.push(address, TABLE)
    assert ask(edge, path, host="tea.example.org").word != tea.word


def test_the_reconciler_purges_a_site(edge: Container) -> None:
    path = page(KEPT)
    first, tea = ask(edge, path), ask(edge, path, host="tea.example.org")
    edges = Edge(Secret(edge.secret))
    assert edges.purge([edge.address(2020), "127.0.0.1:1"], "chess-club") == ["127.0.0.1:1"]
    assert ask(edge, path).word != first.word
    assert ask(edge, path, host="tea.example.org").word == tea.word
    assert Edge(Secret("wrong")).purge([edge.address(2020)], "tea-house") == [edge.address(2020)]
    assert ask(edge, path, host="tea.example.org").word == tea.word


def test_an_old_page_is_shown_while_no_new_one_can_be_had(
    edge_of: Callable[[str], Container], platform_image: Callable[[str], str], docker_network: str
) -> None:
    edge = edge_of("old")
    # Older than the 60 s for which it is shown anyway: made so by its own word.
    path, never = "/?cc=public,s-maxage=1", "/never?cc=public,s-maxage=1"

    def old(path: str = path) -> Seen:
        return ask(edge, path, host="old.localhost")

    image = platform_image("edge")
    with webhead("old-club", docker_network, image):
        until("it answers", lambda: old().status == 200)
        first = old()
    with deaf("old-club", docker_network, image):
        until("it is old", lambda: int(old().headers["age"]) > 63, 80)
        shown = [old() for _ in range(5)]
        assert {(seen.status, seen.word) for seen in shown} == {(200, first.word)}
        assert old(never).status == 503
    with webhead("old-club", docker_network, image):
        until("a new one is shown", lambda: old().word != first.word, 20)
        until("others too", lambda: old(never).status == 200, 20)


def test_visitors_who_wait_for_one_page_are_told_together_that_there_is_none(
    edge_of: Callable[[str], Container], platform_image: Callable[[str], str], docker_network: str
) -> None:
    edge = edge_of("new")
    with (
        deaf("new-club", docker_network, platform_image("edge")),
        ThreadPoolExecutor(max_workers=4) as visitors,
    ):
        path = page(KEPT)
        seen = list(visitors.map(lambda _: ask(edge, path, host="new.localhost"), range(4)))
    assert [one.status for one in seen] == [503] * 4
    said = sorted(one.headers["x-cache"].partition(",")[0] for one in seen)
    assert said == ["hit", "hit", "hit", "miss"]


def test_what_a_webhead_itself_says_of_a_failure_is_one_visitors(
    edge_of: Callable[[str], Container], platform_image: Callable[[str], str], docker_network: str
) -> None:
    """A plugin that shuts somebody out does so with 503, and names his address."""
    edge = edge_of("shut")
    with webhead("shut-club", docker_network, platform_image("edge")):
        path = page(KEPT, "status=503")

        def seen() -> Seen:
            return ask(edge, path, host="shut.localhost")

        until("it answers itself", lambda: bool(seen().word))
        first, second = seen(), seen()
    assert (first.status, second.status) == (503, 503)
    assert first.word != second.word


def test_guessing_passwords_is_slowed_for_one_address(edge: Container) -> None:
    statuses = [ask(edge, "/wp-login.php", method="POST", body="").status for _ in range(35)]
    assert statuses == [200] * 30 + [429] * 5
    assert ask(edge, "/wp-login.php").status == 200
    assert ask(edge, "/xmlrpc.php", method="POST", body="").status == 429


@pytest.mark.parametrize("program", ["caddy", "varnishd"])
def test_an_edge_with_one_program_left_ends(
    start: Start, edge_files: list[str], program: str
) -> None:
    token = ("edge-token", secrets.token_urlsafe(32))
    edge = start("edge", (8080,), token, "--dns=127.0.0.1", *edge_files)
    script = (
        f'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" != {program} ] || kill -9 ${{p##*/}}; done'
    )
    docker("exec", edge.name, "bash", "-c", script)
    assert docker("wait", edge.name, timeout_s=10) == "1"
