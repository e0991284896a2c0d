"""What is looked for in PHP, by the name of the function, method or class that is called."""

from types import ModuleType
from typing import Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Check
from reconciler.core.vetting.php.checks import (
    callbacks,
    clock,
    cron,
    database,
    execution,
    files,
    hooks,
    layout,
    network,
    obfuscation,
    output,
    platform,
    statelessness,
    updates,
    uploads,
    users,
)

_MODULES: Final = (
    execution,
    callbacks,
    output,
    obfuscation,
    clock,
    files,
    uploads,
    statelessness,
    database,
    hooks,
    users,
    network,
    updates,
    cron,
    platform,
)


def _gathered(table: str) -> dict[str, tuple[Check, ...]]:
    gathered: dict[str, tuple[Check, ...]] = {}
    for module in _MODULES:
        checks: dict[str, Check] = getattr(module, table)
        for name, check in checks.items():
            gathered[name] = (*gathered.get(name, ()), check)
    return gathered


def _rules(*modules: ModuleType) -> tuple[Rule, ...]:
    return tuple(rule for module in modules for rule in module.RULES)


FUNCTIONS: Final = _gathered("FUNCTIONS")
METHODS: Final = _gathered("METHODS")
CLASSES: Final = _gathered("CLASSES")
RULES: Final[tuple[Rule, ...]] = _rules(*_MODULES, layout)
