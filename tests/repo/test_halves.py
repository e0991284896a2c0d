"""`make test` shares the tests out in two halves, each in one process."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKER = re.compile(r"^\[(gw\d)\]", re.MULTILINE)


def test_all_that_is_not_the_product_runs_in_one_process() -> None:
    command = next(
        line for line in (ROOT / "tests/run").read_text().splitlines() if "-m pytest" in line
    )
    options = re.findall(r"-n 2 --dist \w+", command)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options[0].split(), "--verbose", "-p", "no:cacheprovider",
         "tests/core/test_domains.py", "tests/repo/test_behaviours.py"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    workers = WORKER.findall(done.stdout)
    assert len(workers) == 4, done.stdout + done.stderr
    assert len(set(workers)) == 1
