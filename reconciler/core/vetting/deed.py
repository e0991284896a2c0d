"""One thing that a package was seen doing, and what it costs a page."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "ajax",  # an action, as `nopriv_NAME` where visitors may call it
    "block",
    "broken",  # a page that does not answer, or not to its end
    "cron",  # a hook; amount: seconds between two runs, 0 for once
    "deprecated",
    "fatal",
    "host",  # asked for; note: how it was seen
    "link",  # a host to which a visitor's page leads or from which it loads
    "lost",  # something of others that is gone
    "mail",
    "notice",
    "option",  # amount: bytes that every page loads, 0 where it is not loaded
    "page",  # of the admin
    "post",  # type and state; amount: how many came
    "post type",
    "refused",  # WordPress does not activate it; the reason
    "role",
    "route",  # `METHODS /path`, with `open ` in front where no permission is asked for
    "setting",  # of WordPress, and changed
    "shortcode",
    "table",
    "temp",  # a file in the webhead's own memory
    "upload",
    "user",
    "user meta",
    "warning",
    "write",  # a path that it tried and that cannot be written
]


@dataclass(frozen=True, slots=True, order=True)
class Deed:
    """`value` names it as grants do; `file` and `line` are the package's, "" and 1 where not known."""

    kind: Kind
    value: str
    file: str = ""
    line: int = 1
    note: str = ""
    amount: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What a page takes more with the package than without it, told by some pairs of requests."""

    page: str
    added_ms: float
    added_kb: int
    added_queries: int
