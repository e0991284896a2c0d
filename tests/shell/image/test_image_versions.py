"""Our order of versions is that of the PHP which ships, for the table and for 3,000 odd ones."""

import json
import random
from pathlib import Path

from webheads import Webhead

from reconciler.core.versions import compare

TABLE = Path(__file__).parents[2] / "core" / "versions.tsv"
ATOMS = ["0", "1", "2", "10", "01", ".", ".", ".", "-", "_", "+", "a", "b", "alpha", "beta", "rc",
         "RC", "dev", "pl", "p", "#", "x", "~", " ", "rev", "99999999999999999999", "é"]  # fmt: skip


def test_versions_are_in_the_order_of_the_php_that_ships(webhead: Webhead) -> None:
    chance = random.Random(1)  # noqa: S311 - the same each time
    odd = ["".join(chance.choices(ATOMS, k=chance.randint(1, 7))) for _ in range(6_000)]
    pairs = [(one, other) for one, _, other in
             (line.rsplit("\t", 2) for line in TABLE.read_text("utf-8").splitlines())]  # fmt: skip
    pairs += zip(odd[::2], odd[1::2], strict=True)
    text = json.dumps(json.dumps(pairs, ensure_ascii=True)).replace("$", r"\$")
    code = f"echo json_encode(array_map(fn($p) => version_compare(...$p), json_decode({text})));"
    theirs = json.loads(webhead.php(code))
    assert len(theirs) == len(pairs)
    assert [(pair, compare(*pair)) for pair in pairs] == list(zip(pairs, theirs, strict=True))
