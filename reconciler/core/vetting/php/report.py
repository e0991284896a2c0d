"""What the judgement of one PHP file is: pure, so that it is kept by the file's digest."""

from dataclasses import dataclass

from reconciler.core.vetting.finding import Fact, Finding


@dataclass(frozen=True, slots=True)
class PhpReport:
    """Everything one PHP file says on its own. `names`: global functions, classes, constants."""

    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    names: tuple[str, ...]
