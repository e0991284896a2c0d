"""The analysis of PHP, and the rules it may answer with."""

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php import PhpReport
from reconciler.shell.vetting import RULES

PHP_RULES: tuple[Rule, ...] = (*RULES,)


def analyse_php(path: str, data: bytes) -> PhpReport:
    return PhpReport((), (), ())
