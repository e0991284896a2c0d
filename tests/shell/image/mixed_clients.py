"""A visitor and an author who ask an edge for the same pages in turn, and see whether one gets the other's."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from edges import Door, fetch

AUTHORS_SHARE = 40
PATHS = ("/", "/hello-world/", "/sample-page/", "/feed/", "/category/uncategorized/", "/?s=hello")


@dataclass(slots=True)
class Tally:
    """What the two saw."""

    kept: int = 0
    requests: int = 0
    wrong: list[str] = field(default_factory=list)


def client(door: Door, cookie: str, count: int, first: int) -> Callable[[], Tally]:
    """A visitor and an author, in turn over one connection, on the same pages."""

    def run() -> Tally:
        tally = Tally()
        with closing(door.connect()) as connection:
            for number in range(first, first + count):
                author = number % AUTHORS_SHARE == 0
                path = PATHS[number % len(PATHS)]
                page = fetch(connection, door.host, path, {"Cookie": cookie} if author else {})
                tally.requests += 1
                tally.kept += page.cache == "hit"
                html = "</html>" in page.text
                if page.status != 200 or (html and ("wpadminbar" in page.text) is not author):
                    tally.wrong.append(f"{path} {page.status} {page.cache} author={author}")
                if author and page.cache == "hit":
                    tally.wrong.append(f"{path} was answered from the store for an author")
        return tally

    return run
