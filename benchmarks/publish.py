"""An author publishes: until each node's edge shows the post, and each webhead asked itself."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from benchmarks.arena import Arena, until_idle
from benchmarks.figure import Figure, Group, Target
from benchmarks.settings import WATCH
from demo.author import Author
from demo.engines import Webhead, docker
from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES, SITE_DEADLINE_S

SITE = FIRST_SITES[0]


def publish_seen(arena: Arena, rounds: int) -> list[Figure]:
    """From the answer to the author to the last of three edges, which kept the front page as it was,
    and of two webheads, whose look starts with that answer too. The store is asked as visitors do."""
    stage = arena.stage
    until_idle(stage)
    author = Author(stage.http, stage.host(SITE))
    author.log_in(stage.wpaas("site", "login", SITE).strip())
    seconds = []
    for _ in range(rounds):
        for address in _edges(stage):
            wait_until("the page is kept", lambda a=address: _kept(stage, a), SITE_DEADLINE_S)  # type: ignore[misc] # mypy cannot infer bound defaults
        title = f"Published {secrets.token_hex(6)}"
        webheads = stage.webheads(SITE)
        author.publish(title, "For everyone")
        seconds.append(_seen_after(stage, webheads, title))
    return [
        Figure(
            name="publish-seen",
            unit="s",
            target=Target(sign="<=", limit=1),
            ours=seconds,
            peer=[],
        )
    ]


def _edges(stage: Stage) -> list[str]:
    return [address for _name, address in stage.context.nodes]


def _host(stage: Stage) -> str:
    return f"{stage.host(SITE)}:{stage.port}"


def _page(stage: Stage, address: str) -> requests.Response:
    return requests.get(f"http://{address}/", headers={"Host": _host(stage)}, timeout=10)


def _kept(stage: Stage, address: str) -> bool:
    return _page(stage, address).headers.get("X-Cache", "").startswith("hit")


def _seen_after(stage: Stage, webheads: list[Webhead], title: str) -> float:
    began = time.time()

    def at_edge(address: str) -> float:
        wait_until("the post", lambda: title in _page(stage, address).text, SITE_DEADLINE_S)
        return time.time()

    def at_webhead(webhead: Webhead) -> float:
        engine = stage.engines[webhead.node]
        arguments = ("php", "-r", WATCH, "--", _host(stage), title)
        return float(docker(engine, "exec", webhead.id, *arguments))

    with ThreadPoolExecutor(len(_edges(stage)) + len(webheads)) as pool:
        seen = [pool.submit(at_edge, address) for address in _edges(stage)]
        seen += [pool.submit(at_webhead, webhead) for webhead in webheads]
        return max(one.result() for one in seen) - began


GROUPS = (Group(names=("publish-seen",), measure=publish_seen),)
