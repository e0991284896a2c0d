"""A bad commit changes nothing but what is good in it; the next good commit is applied."""

import pytest

from demo.engines import versions
from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES, NEW_SITE

pytestmark = pytest.mark.e2e
SITE, OTHER = FIRST_SITES
DEEP = '{"name":' * 100_000


def reported(stage: Stage, revision: str) -> set[str]:
    """Codes of the errors that the daemon reports for a commit."""
    status = stage.status()
    revisions, problems = status.get("revisions"), status.get("problems")
    if not isinstance(revisions, dict) or revisions.get("observed") != revision:
        return set()
    assert isinstance(problems, list)
    return {problem["code"] for problem in problems if problem["severity"] == "error"}


@pytest.fixture
def settled(stage: Stage) -> Stage:
    """The stage with nothing left to do, and put right again afterwards."""
    stage.until_applied(stage.repository.head(), 120)
    return stage


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (f"sites/{SITE}.json", "{ not json", "json-syntax"),
        (f"sites/{SITE}.json", DEEP, "file-too-large"),
        (f"sites/{SITE}.json", '{"name": "a", "name": "b"}', "duplicate-key"),
        (f"sites/{SITE}.json", '{"name": 5}', "wrong-type"),
        ("plugins-allowlist.yaml", "", "allowlist-missing"),
        ("plugins-allowlist.yaml", "packages: &a [*a]", "yaml-feature"),
        ("platform.yaml", "domain: [", "yaml-syntax"),
    ],
    ids=lambda value: value if len(value) < 40 else "deep",
)
def test_a_bad_file_is_reported_and_changes_nothing(
    settled: Stage, path: str, text: str, code: str
) -> None:
    engine = settled.context.engines[0]
    good = (settled.repository.clone / path).read_text()
    before = versions(engine)
    settled.repository.write(path, text)
    bad = settled.repository.commit(f"A bad {path}")
    found = wait_until("the problem is reported", lambda: reported(settled, bad), 30)
    assert code in found
    assert versions(engine) == before
    assert settled.is_up(SITE)
    settled.repository.write(path, good)
    settled.until_applied(settled.repository.commit("Put it right"), 60)
    assert versions(engine) == before


def test_an_empty_fleet_is_an_error_and_never_a_deletion(settled: Stage) -> None:
    engine = settled.context.engines[0]
    folder = settled.repository.clone / "sites"
    good = {path.name: path.read_text() for path in folder.glob("*.json")}
    before = versions(engine)
    settled.repository.remove([f"sites/{name}" for name in good])
    bad = settled.repository.commit("Remove everything")
    found = wait_until("the problem is reported", lambda: reported(settled, bad), 30)
    assert "no-sites" in found
    assert versions(engine) == before
    for name, text in good.items():
        settled.repository.write(f"sites/{name}", text)
    settled.until_applied(settled.repository.commit("Put them back"), 60)
    assert versions(engine) == before


def test_removing_most_sites_is_refused_with_the_numbers(settled: Stage) -> None:
    engine = settled.context.engines[0]
    folder = settled.repository.clone / "sites"
    for name in {NEW_SITE, "night-owls"} - {path.stem for path in folder.glob("*.json")}:
        settled.repository.add_site(name)
    settled.until_applied(settled.repository.commit("A fleet of four"), 120)
    good = {p.name: p.read_text() for p in folder.glob("*.json") if p.stem != SITE}
    before = versions(engine)
    settled.repository.remove([f"sites/{name}" for name in good])
    settled.repository.commit("Keep one site")
    refused = wait_until("the refusal is reported", lambda: settled.status().get("refused"), 60)
    assert "allowed" in str(refused)
    assert versions(engine) == before
    for name, text in good.items():
        settled.repository.write(f"sites/{name}", text)
    settled.until_applied(settled.repository.commit("Put them back"), 60)


def test_a_removed_site_is_gone_and_comes_back_with_its_content(settled: Stage) -> None:
    text = (settled.repository.clone / f"sites/{OTHER}.json").read_text()
    settled.repository.remove([f"sites/{OTHER}.json"])
    settled.until_applied(settled.repository.commit("The tea house closes"), 60)
    wait_until("it is refused", lambda: not settled.page(OTHER), 10)
    wait_until("its webheads are gone", lambda: not settled.webheads(OTHER), 60)
    settled.repository.write(f"sites/{OTHER}.json", text)
    settled.until_applied(settled.repository.commit("It opens again"), 60)
    settled.until_live(OTHER, 60)
