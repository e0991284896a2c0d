"""The seven steps. Each returns one line of what was seen; each raises AssertionError where it was not."""

import re
from collections.abc import Callable, Iterator

from demo.author import Author, picture
from demo.engines import docker
from demo.load import load
from demo.stage import Stage, cluster_command, wait_until
from reconciler.core.names import service_name
from reconciler.core.tree import tree_sha256
from reconciler.shell.worktree import read_worktree

FIRST_SITES = ("chess-club", "tea-house")
NEW_SITE = "garden-club"
SITES = (*FIRST_SITES, NEW_SITE)
PLUGIN = "site-notice"
NEW_TITLE = "Chess club of Karlsruhe"
NOTICE = "wpaas-site-notice"
PLATFORM_DEADLINE_S = 300
SITE_DEADLINE_S = 120

Step = tuple[str, Callable[[Stage], str]]


def steps() -> Iterator[Step]:
    """Heading and action, in order; each builds on those before."""
    yield "two sites go live, each on two nodes", two_sites
    yield "a third site is added by a commit", third_site
    yield "a title is changed by a commit", new_title
    yield "a plugin is allowed, and one site uses it", allow_plugin
    yield "a commit with a mistake in one site, and a good change in another", mistake
    yield "an author publishes a post with a picture; every webhead is made again", remake
    yield "a node is killed under load, and comes back", kill_node


def two_sites(stage: Stage) -> str:
    """The fleet as shipped."""
    stage.until_applied(stage.repository.head(), PLATFORM_DEADLINE_S)
    for site in FIRST_SITES:
        stage.until_live(site, PLATFORM_DEADLINE_S)
    return "; ".join(f"{site} on {' '.join(sorted(stage.spread(site)))}" for site in FIRST_SITES)


def third_site(stage: Stage) -> str:
    """One new file, one commit."""
    stage.repository.add_site(NEW_SITE, title="Garden club", tagline="Everything grows")
    stage.repository.commit("Add the garden club")
    stage.until_live(NEW_SITE, SITE_DEADLINE_S)
    return f"{NEW_SITE} on {' '.join(sorted(stage.spread(NEW_SITE)))}"


def new_title(stage: Stage) -> str:
    """A live setting: no restart, no build."""
    site = FIRST_SITES[0]
    before = {webhead.id for webhead in stage.webheads(site)}
    stage.repository.change_site(site, lambda document: document.update(title=NEW_TITLE))
    stage.repository.commit("A fuller name for the chess club")
    wait_until("the new title is shown", lambda: NEW_TITLE in stage.page(site), SITE_DEADLINE_S)
    after = {webhead.id for webhead in stage.webheads(site)}
    assert after == before, "a webhead was restarted"
    return f"shown by the same {len(after)} webheads; nothing restarted, nothing built"


def allow_plugin(stage: Stage) -> str:
    """A vetted plugin enters the allowlist and one site's file; the image gets one layer."""
    site = FIRST_SITES[0]
    before = _image(stage, site)
    allow(stage, PLUGIN)
    stage.repository.change_site(site, lambda doc: doc.update(plugins=[{"slug": PLUGIN}]))
    stage.repository.commit("Allow site-notice; the chess club uses it")
    wait_until("the plugin's output is shown", lambda: NOTICE in stage.page(site), SITE_DEADLINE_S)
    after = wait_until(
        "the old webheads are gone", lambda: _only_image(stage, site, other_than=before), 60
    )
    for other in (FIRST_SITES[1], NEW_SITE):
        assert NOTICE not in stage.page(other), f"{other} shows the plugin too"
    return f"image {before[:12]} → {after[:12]}; its output is on {site} only"


def allow(stage: Stage, slug: str) -> None:
    """Add a plugin that lies in the repository to the allowlist, with the hash of its files."""
    folder = f"image/plugins/{slug}/"
    files = {
        path.removeprefix(folder): (blob.mode == "100755", blob.data)
        for path, blob in read_worktree(stage.repository.clone).items()
        if path.startswith(folder)
    }
    path = stage.repository.clone / "plugins-allowlist.yaml"
    entry = PACKAGE.format(slug=slug, path=folder.rstrip("/"), tree=tree_sha256(files))
    text = re.sub(r"^packages: \[\]$", "packages:", path.read_text(), flags=re.MULTILINE)
    stage.repository.write("plugins-allowlist.yaml", text.rstrip() + "\n" + entry)


PACKAGE = """\
  - slug: {slug}
    kind: plugin
    version: "1.0.0"
    source:
      path: {path}
    tree_sha256: "{tree}"
    license: GPL-2.0-or-later
    requires: {{php: "8.2", wp: "6.6"}}
    state: approved
    reviewed_by: [kim, ravi]
    reviewed_at: "2026-11-01"
    reason: "A notice for visitors; kept in this repository"
"""


def mistake(stage: Stage) -> str:
    """One bad site file and one good change in one commit."""
    site, other = FIRST_SITES
    before = stage.page(site)
    stage.repository.change_site(
        site, lambda doc: doc.update(title="Never shown", plugins=[{"slug": "site-notise"}])
    )
    stage.repository.change_site(other, lambda doc: doc.update(tagline="Open on Sundays too"))
    revision = stage.repository.commit("A typo for the chess club, a tagline for the tea house")
    wait_until(
        "the good change is shown",
        lambda: "Open on Sundays too" in stage.page(other),
        SITE_DEADLINE_S,
    )
    problems = wait_until("the mistake is reported", lambda: _problems(stage, revision), 30)
    assert NEW_TITLE in before
    after = stage.page(site)
    assert "Never shown" not in after, f"{site} changed"
    assert NEW_TITLE in after, f"{site} changed"
    assert NOTICE in after, f"{site} changed"
    stage.repository.change_site(
        site, lambda doc: doc.update(title=NEW_TITLE, plugins=[{"slug": PLUGIN}])
    )
    repaired = stage.repository.commit("Spell the plugin right")
    stage.until_applied(repaired, SITE_DEADLINE_S)
    first = problems[0]
    return f"{first['file']}:{first['line']}: {first['code']} {first['value']} (fix: {first['fix']}); {other} went live"


def _problems(stage: Stage, revision: str) -> list[dict[str, str]]:
    status = stage.status()
    revisions, problems = status.get("revisions"), status.get("problems")
    if not isinstance(revisions, dict) or revisions.get("observed") != revision:
        return []
    assert isinstance(problems, list)
    return [problem for problem in problems if problem["severity"] == "error"]


def remake(stage: Stage) -> str:
    """Content outlives its webheads: post, picture and log-in."""
    site = FIRST_SITES[0]
    author = Author(stage.http, stage.host(site))
    author.log_in(stage.wpaas("site", "login", site).strip())
    media = author.upload("gradient.png", picture())
    source = "/" + str(media["source_url"]).split("/", 3)[3]
    post = author.publish("Our first evening", f'<img src="{source}" alt="A gradient">')
    before = {webhead.id for webhead in stage.webheads(site)}
    _roll(stage, site)
    stage.until_all_new(site, before, SITE_DEADLINE_S)
    assert "Our first evening" in author.get(post).text, "the post is gone"
    assert author.get(source).content == picture(), "the picture is gone"
    assert author.is_logged_in(), "the author was logged out"
    return f"{len(before)} webheads replaced; post, picture and log-in are still there"


def kill_node(stage: Stage) -> str:
    """A node dies with everything on it. It holds no shared service, so its sites go on."""
    site, victim = FIRST_SITES[0], "node1"
    if victim not in stage.spread(site):
        # Its two webheads are on the other two nodes: rolled start-first, one can only go here.
        before = {webhead.id for webhead in stage.webheads(site)}
        _roll(stage, site)
        stage.until_all_new(site, before, SITE_DEADLINE_S)
    with load(stage.http, stage.host(site), per_second=10) as tally:
        cluster_command("kill", victim, "--name", stage.context.name)
        try:
            wait_until(
                f"{site} has two webheads again",
                lambda: len(stage.spread(site) - {victim}) >= 2,
                SITE_DEADLINE_S,
            )
        finally:
            cluster_command("revive", victim, "--name", stage.context.name)
    stage.until_live(site, SITE_DEADLINE_S)
    return f"{victim} died: {tally}; two webheads again; {victim} is back"


def _roll(stage: Stage, site: str) -> None:
    """Make every webhead again, as an operator would by hand."""
    update = ("service", "update", "--quiet", "--detach", "--force", service_name(site))
    docker(stage.context.engines[0], *update)


def _image(stage: Stage, site: str) -> str:
    images = {webhead.image for webhead in stage.webheads(site)}
    assert len(images) == 1, f"{site} runs {len(images)} images"
    return images.pop().rpartition("sha256:")[2]


def _only_image(stage: Stage, site: str, other_than: str) -> str:
    images = {webhead.image.rpartition("sha256:")[2] for webhead in stage.webheads(site)}
    return images.pop() if len(images) == 1 and other_than not in images else ""
