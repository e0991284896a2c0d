"""PHP judged without running it: one pure function over a file's bytes."""

from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.php.checks import RULES
from reconciler.core.vetting.php.report import PhpReport

__all__ = ["RULES", "PhpReport", "analyse_php"]
