"""What the job is told, and how its answer is read."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core import migration
from reconciler.core.derive import MasterKey
from reconciler.core.manifest import DEFAULT_SIZES, Limits, Platform, Site
from reconciler.core.model import Brought, ImageRef
from reconciler.core.site_objects import desired_site

PLATFORM = Platform(
    domain="localhost", public_scheme="http", public_port=8080, sizes=DEFAULT_SIZES, limits=Limits()
)
SITE = Site(
    name="chess-club", title="Chess", owners=("kim",), plugins=("kept", "new"), theme="blue"
)
WANTED = desired_site(SITE, PLATFORM, "image", MasterKey(b"k" * 32), "c0ffee")


def test_what_leaves_is_gone_from_the_request_and_nothing_new_is_in_it() -> None:
    found = Brought(schema=1, plugins={"old": "1", "kept": "2"}, theme="red")
    said = json.loads(migration.leaving_request(WANTED, found))
    assert (said["do"], said["versions"]) == ("migrate", {"kept": "2"})
    assert (said["settings"]["plugins"], said["settings"]["theme"]) == (["kept"], "red")


def test_an_answer_is_found_among_other_lines_and_says_what_is_left_to_do() -> None:
    said = {"end": "held", "stage": "plugin forms: activation", "error": "no room", "dump": "d1",
            "conflict": "wp_posts was written to by others since"}  # fmt: skip
    log = f'noise\nwpaas_x.1@node1 | wpaas-migrate {json.dumps(said)}\n{{"from": "wordpress"}}'
    answer = migration.answered(log)
    assert answer is not None
    assert str(answer) == (
        "plugin forms: activation: no room; not put back: wp_posts was written to by others since"
        " (its dump: private/dumps/d1)"
    )
    assert migration.answered("noise") is None
    assert migration.answered("wpaas-migrate {}") is None


def test_what_a_job_wrote_down_is_read_again() -> None:
    text = '{"format":1,"schema":60421,"wordpress":"6.8","plugins":{"forms":"1.0"},"theme":null}'
    assert migration.brought(text) == Brought(
        schema=60421, wordpress="6.8", plugins={"forms": "1.0"}, theme=None
    )
    assert migration.brought('{"schema":1,"plugins":[],"theme":2}') == Brought(schema=1)


def test_content_follows_an_address_that_moved_and_only_where_the_old_one_is_known() -> None:
    image = ImageRef(digest="sha256:0", tag="t", schema=1)
    have = Brought(schema=1, plugins={"kept": "", "new": ""}, theme="blue")
    before = replace(have, home="http://old.example")
    assert list(migration.causes(WANTED, before, image)) == [
        "address http://old.example → http://chess-club.localhost:8080: what links to the old one follows"
    ]
    assert list(migration.causes(WANTED, have, image)) == []
    same = replace(have, home=WANTED.home)
    assert list(migration.causes(WANTED, same, image)) == []


@given(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)).map(json.dumps)))  # fmt: skip
def test_a_site_may_write_anything_there(text: str) -> None:
    migration.brought(text)
    migration.answered(migration.ANSWER + text)
