"""What is asked of a scratch site, step by step: plain data, which a client in the network carries out."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from reconciler.core.vetting.deed import Deed

Step = dict[str, Any]
"""`path`, `who`, `wanted` (of the recorder), `form`, `nonce`, `keep`, `follow`; or `snapshot`. See client.php."""

ROUNDS = 5
MOST_OWN = 20
AUTHOR = {"log": "author", "pwd": "vetting-author", "testcookie": ""}
FRONT, POST, ADMIN, REST = "/", "/?p=1", "/wp-admin/index.php", "/wp-json/"
NONCE = "/wp-admin/admin-ajax.php?action=rest-nonce"
DOOR = "/wp-admin/admin-post.php?action=wpaas_vetting"
COSTLY = (("front page", FRONT, "visitor"), ("dashboard", ADMIN, "admin"))
SEARCH_BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
WITHOUT = {"without": 1}


def arrive(token: str) -> list[Step]:
    """Log both people in; the administrator by a one-time link, as the product does."""
    author = {k: v for k, v in AUTHOR.items() if v}
    return [
        {"path": f"/wp-login.php?wpaas-login={token}", "who": "admin", "token": token}
        | {"wanted": WITHOUT},
        {"path": "/wp-login.php", "who": "author", "form": author, "wanted": WITHOUT},
        {"path": NONCE, "who": "admin", "keep": 1, "wanted": WITHOUT},
    ]


def sights(**wanted: int) -> list[Step]:
    """The pages that every site has, each telling what can be reached."""
    told = {"surface": 1, **wanted}
    return [
        {"path": FRONT, "who": "visitor", "wanted": told},
        {"path": ADMIN, "who": "admin", "wanted": told},
        {"path": REST, "who": "admin", "wanted": told},
        {"path": POST, "who": "visitor", "follow": 1, "wanted": wanted},
        {"path": "/?s=hello", "who": "visitor", "wanted": wanted},
        {"path": "/feed/", "who": "visitor", "wanted": wanted},
        {"path": "/wp-login.php", "who": "visitor", "wanted": wanted},
        {"path": FRONT, "who": "visitor", "agent": SEARCH_BOT, "wanted": wanted},
        {"path": ADMIN, "who": "author", "wanted": wanted},
        {"path": "/wp-admin/profile.php", "who": "author", "wanted": wanted},
        {"path": "/wp-admin/plugins.php", "who": "admin", "wanted": wanted},
        {"path": "/wp-admin/users.php", "who": "admin", "wanted": wanted},
        {"path": "/wp-admin/edit.php", "who": "author", "wanted": wanted},
        {"path": "/wp-admin/post-new.php", "who": "author", "wanted": wanted},
        {"path": "/wp-json/wp/v2/posts", "who": "visitor", "wanted": wanted},
    ]


def do(what: str, **wanted: int) -> Step:
    """One of the recorder's doors: activate, deactivate, uninstall, cron."""
    return {"path": DOOR, "who": "admin", "wanted": {"do": what, **wanted}}


def snapshot() -> Step:
    """What stands in the database."""
    return {"snapshot": 1}


def end(**wanted: int) -> list[Step]:
    """What comes last of a visit: scheduled events, what a visitor sees then, and a snapshot."""
    return [
        do("cron", **wanted),
        {"path": FRONT, "who": "visitor", "wanted": wanted},
        snapshot(),
    ]


def leave() -> list[Step]:
    """Deactivate and uninstall it; the front page after that, and a snapshot."""
    front = {"path": FRONT, "who": "visitor", "wanted": {}}
    return [do("deactivate"), front, do("uninstall"), front, snapshot()]


def pairs() -> list[Step]:
    """Each page that costs are measured of, without and with the package, turn by turn."""
    return [
        {"path": path, "who": who, "wanted": wanted}
        for _ in range(ROUNDS)
        for _, path, who in COSTLY
        for wanted in (WITHOUT, {})
    ]


def own_places(deeds: Sequence[Deed], nonce: str, **wanted: int) -> list[Step]:
    """The package's own pages, routes and ajax actions, read by those who can reach them; and a post
    with its shortcodes and blocks.
    """
    steps: list[Step] = []
    for deed in _first(deeds, "page"):
        path = f"/wp-admin/{deed.value}"
        steps += [{"path": path, "who": who, "wanted": wanted} for who in ("admin", "author")]
    for deed in _first(deeds, "route"):
        methods, _, path = deed.value.removeprefix("open ").partition(" ")
        if "GET" in methods.split(","):
            path = f"/wp-json{plain_route(path)}"
            steps.append({"path": path, "who": "visitor", "wanted": wanted})
            steps.append({"path": path, "who": "admin", "nonce": nonce, "wanted": wanted})
    for deed in _first(deeds, "ajax"):
        action = deed.value.removeprefix("nopriv_")
        who = "visitor" if deed.value.startswith("nopriv_") else "author"
        path = f"/wp-admin/admin-ajax.php?action={action}"
        steps.append({"path": path, "who": who, "wanted": wanted})
    inserts = [f"[{deed.value}]" for deed in _first(deeds, "shortcode")]
    inserts += [f"<!-- wp:{deed.value} /-->" for deed in _first(deeds, "block")]
    if inserts:
        content: dict[str, Any] = {**wanted, "content": "\n\n".join(inserts)}
        steps.append({"path": POST, "who": "visitor", "follow": 1, "wanted": content})
    return steps


def pictured(deeds: Sequence[Deed], tokens: Sequence[str]) -> list[tuple[str, str]]:
    """(name, path) of what pictures are made of, a one-time link for each page of the admin."""
    pages = [("dashboard", "index.php")]
    pages += [(f"page-{n}", deed.value) for n, deed in enumerate(_first(deeds, "page"), 1)]
    links = [
        (name, f"/wp-login.php?wpaas-login={token}&page-after={quote(page, safe='')}")
        for (name, page), token in zip(pages, tokens, strict=False)
    ]
    return [("front", FRONT), *links]


def plain_route(pattern: str) -> str:
    """A route's pattern with 1 for each of its parameters."""
    out, depth = "", 0
    for character in pattern:
        if character == "(":
            out += "1" if depth == 0 else ""
            depth += 1
        elif character == ")":
            depth -= 1
        elif depth == 0:
            out += character
    return out.replace("?", "").replace("+", "")


def _first(deeds: Sequence[Deed], kind: str) -> list[Deed]:
    return sorted(deed for deed in deeds if deed.kind == kind)[:MOST_OWN]
