"""What a commit makes of the fleet: whatever stands in a file, nobody is deleted by it."""

from time import process_time

import pytest
from fleet_files import fleet_files, site_file
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.manifest import Site
from reconciler.shell.schemas import load_schemas

SCHEMAS = load_schemas()
fields = st.fixed_dictionaries(
    {},
    optional={
        key: st.none() | st.booleans() | st.integers() | st.text(max_size=12)
        | st.lists(st.text(max_size=8) | st.integers(), max_size=3)
        | st.dictionaries(st.sampled_from(["slug", "primary", "www", "size", "a"]), st.text(max_size=9))
        for key in ("title", "owners", "domains", "plugins", "theme", "replicas", "resources",
                    "locale", "timezone", "admins", "uploads", "name", "bogus")
    },
)  # fmt: skip


def codes(fleet: Compiled) -> list[str]:
    return [problem.code for problem in fleet.problems]


def test_a_site_s_file_becomes_a_site() -> None:
    data = site_file(
        "chess-club", title="Chess", tagline="Play", locale="de_DE", timezone="Europe/Berlin",
        theme="twentytwentyfive", plugins=[{"slug": "site-notice"}], admins=["amira"],
        domains={"primary": "chess.example", "aliases": ["schach.example"], "www": "redirect"},
        replicas=3, resources={"size": "large"}, uploads={"max_file_mb": 64}, secret_generation=2,
    )  # fmt: skip
    fleet = compile_fleet(fleet_files(chess_club=data), SCHEMAS)
    assert fleet.problems == ()
    assert fleet.sites["chess-club"] == Site(
        name="chess-club", title="Chess", tagline="Play", locale="de_DE", owners=("amira",),
        timezone="Europe/Berlin", theme="twentytwentyfive", plugins=("site-notice",),
        admins=("amira",), domains_primary="chess.example",
        domains_aliases=("schach.example", "www.chess.example"), replicas=3, size="large",
        upload_mb=64, secret_generation=2,
    )  # fmt: skip


def test_www_can_be_the_primary_domain() -> None:
    data = site_file("chess-club", domains={"primary": "chess.example", "www": "primary"})
    site = compile_fleet(fleet_files(chess_club=data), SCHEMAS).sites["chess-club"]
    assert (site.domains_primary, site.domains_aliases) == ("www.chess.example", ("chess.example",))


def test_on_a_single_node_one_webhead_is_what_leaving_it_out_means() -> None:
    blobs = fleet_files()
    text = b"domain: localhost\nnodes: 1\nsingle_node: true\n"
    blobs["platform.yaml"] = Blob("platform.yaml", "100644", text)
    assert compile_fleet(blobs, SCHEMAS).sites["tea-house"].replicas == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" * 10_000_000, "file-too-large"),
        (b"[" * 100_000, "file-too-large"),
        (b"[" * 20_000, "too-deep"),
        (b'{"name": "\xff"}', "encoding"),
        (b"\xef\xbb\xbf" + site_file("chess-club"), "encoding"),
        (site_file("chess-club").decode().encode("utf-16"), "encoding"),
        (b'{"name": "chess-club", "title": "\\ud800"}', "encoding"),
        (b"", "json-syntax"),
    ],
    ids=["10 MB", "100,000 deep", "20,000 deep", "not UTF-8", "BOM", "UTF-16", "half", "empty"],
)
def test_hostile_bytes_hold_their_site_and_no_other(data: bytes, code: str) -> None:
    fleet = compile_fleet(fleet_files(chess_club=data), SCHEMAS)
    assert (codes(fleet), fleet.held, list(fleet.sites)) == (
        [code],
        frozenset({"chess-club"}),
        ["tea-house"],
    )
    assert not fleet.shared_broken


def test_a_file_that_was_not_read_for_its_size_is_held() -> None:
    blobs = fleet_files()
    blobs["sites/chess-club.json"] = Blob("sites/chess-club.json", "100644", b"", oversized=True)
    fleet = compile_fleet(blobs, SCHEMAS)
    assert (codes(fleet), fleet.held) == (["file-too-large"], frozenset({"chess-club"}))


@given(
    st.binary(max_size=120)
    | fields.map(
        lambda extra: (
            site_file("chess-club", **extra) if "name" not in extra else repr(extra).encode()
        )
    )
)
def test_no_content_of_a_file_removes_its_site_or_touches_another(data: bytes) -> None:
    fleet = compile_fleet(fleet_files(chess_club=data), SCHEMAS)
    assert ("chess-club" in fleet.sites) != ("chess-club" in fleet.held)
    assert "tea-house" in fleet.sites
    assert not fleet.shared_broken
    assert ("chess-club" in fleet.held) == any(p.severity == "error" for p in fleet.problems)


@given(st.binary(max_size=120), st.sampled_from(["platform.yaml", "plugins-allowlist.yaml"]))
def test_no_content_of_a_shared_file_raises_or_removes(data: bytes, path: str) -> None:
    fleet = compile_fleet({**fleet_files(), path: Blob(path, "100644", data)}, SCHEMAS)
    assert {*fleet.sites, *fleet.held} == {"chess-club", "tea-house"}


@given(
    st.text(max_size=12).filter(lambda path: path not in ("README.md", ".gitkeep", ".gitignore")),
    st.sampled_from(["100644", "100755", "120000", "160000", "040000", "010000"]),
)
def test_no_entry_beside_the_sites_raises_or_is_overlooked(name: str, mode: str) -> None:
    path = f"sites/{name}"
    fleet = compile_fleet({**fleet_files(), path: Blob(path, mode, b"")}, SCHEMAS)
    assert fleet.problems
    assert {"chess-club", "tea-house"} <= {*fleet.sites, *fleet.held}
    assert not any("\ud800" <= c <= "\udfff" for problem in fleet.problems for c in str(problem))


@given(st.permutations(sorted(fleet_files(tea_house=b"{", chess_club=site_file("tea-house")))))
def test_the_order_of_files_does_not_matter(paths: list[str]) -> None:
    blobs = fleet_files(tea_house=b"{", chess_club=site_file("tea-house"))
    again = compile_fleet({path: blobs[path] for path in paths}, SCHEMAS)
    assert again == compile_fleet(blobs, SCHEMAS)


def test_who_has_a_domain_keeps_it_against_a_newcomer() -> None:
    claim = site_file("tea-house", domains={"primary": "chess.example"})
    routed = {"chess.example": "chess-club", "tea-house.localhost": "tea-house"}
    fleet = compile_fleet(fleet_files(tea_house=claim), SCHEMAS, routed)
    assert (list(fleet.sites), fleet.held) == (["chess-club"], frozenset({"tea-house"}))
    assert [(p.code, p.file) for p in fleet.problems] == [("domain-taken", "sites/tea-house.json")]


def test_who_has_a_domain_keeps_it_even_while_his_file_is_broken() -> None:
    claim = site_file("tea-house", domains={"primary": "chess.example"})
    files = fleet_files(tea_house=claim, chess_club=b"{")
    fleet = compile_fleet(files, SCHEMAS, {"chess.example": "chess-club"})
    assert fleet.held == {"chess-club", "tea-house"}


def test_a_domain_is_free_when_its_site_goes_in_the_same_commit() -> None:
    files = fleet_files(tea_house=site_file("tea-house", domains={"primary": "chess.example"}))
    del files["sites/chess-club.json"]
    fleet = compile_fleet(files, SCHEMAS, {"chess.example": "chess-club"})
    assert (list(fleet.sites), fleet.held) == (["tea-house"], frozenset())


def test_a_living_site_keeps_its_name_against_one_that_reads_alike() -> None:
    files = fleet_files(chessclub=site_file("chessclub"))
    fleet = compile_fleet(files, SCHEMAS, {"chess-club.localhost": "chess-club"})
    assert (list(fleet.sites), fleet.held) == (
        ["chess-club", "tea-house"],
        frozenset({"chessclub"}),
    )


def test_a_removed_file_is_a_removed_site() -> None:
    files = fleet_files()
    del files["sites/chess-club.json"]
    fleet = compile_fleet(files, SCHEMAS)
    assert (list(fleet.sites), fleet.held, fleet.problems) == (["tea-house"], frozenset(), ())


def test_a_mail_address_is_in_no_message() -> None:
    data = site_file("chess-club", owners=["amira@example.org"], theme="x@example.org")
    fleet = compile_fleet(fleet_files(chess_club=data), SCHEMAS)
    assert codes(fleet) == ["personal-data-in-git", "personal-data-in-git"]
    assert "amira@" not in "".join(map(str, fleet.problems)) + "".join(
        p.value for p in fleet.problems
    )


HEAVY = {
    "one long word": site_file("chess-club", notes="a" * 31_000),
    "at signs": site_file("chess-club", notes="a@" * 15_000),
    "a long domain": site_file("chess-club", domains={"primary": "ä" * 5_000 + ".example"}),
    "many domains": site_file("chess-club", domains={"primary": "a.b", "aliases": ["ä.b"] * 1_900}),
    "many plugins": site_file("chess-club", plugins=[f"site-notic{n}" for n in range(1_900)]),
    "many fields": site_file("chess-club", **{f"titel{n}": n for n in range(1_400)}),
    "many owners": site_file("chess-club", owners=["a"] * 1_900),
    "escapes": b'{"name": "' + b"\\u0061" * 5_000 + b'"}',
    "quotes": b'"' * 32_000,
    "backslashes": b'"' + b"\\" * 32_000,
    "blanks": b" " * 32_000,
}


@pytest.mark.parametrize("data", HEAVY.values(), ids=HEAVY)
def test_no_file_is_slow_to_judge(data: bytes) -> None:
    began = process_time()
    fleet = compile_fleet(fleet_files(chess_club=data), SCHEMAS)
    assert process_time() - began < 2
    assert "chess-club" in fleet.held
