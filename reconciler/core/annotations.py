"""Problems as annotations of a forge: one workflow command a line.

GitHub, "Workflow commands for GitHub Actions": a line end, and in properties a colon or comma too,
would end the command and begin one of a stranger's.
"""

from collections.abc import Iterable

from reconciler.core.problem import Problem

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""What annotations in SARIF say of themselves."""


def as_github(problems: Iterable[Problem]) -> str:
    """Annotations beside the lines of a pull request."""
    lines = []
    for problem in problems:
        place = f"file={_property(problem.file)},line={problem.line},col={problem.column}"
        text = _data(f"{problem.message}\nfix: {problem.fix}")
        lines.append(f"::{problem.severity} {place},title={problem.code}::{text}\n")
    return "".join(lines)


def notice(title: str, text: str) -> str:
    """A remark that stands beside no line."""
    return f"::notice title={_property(title)}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
