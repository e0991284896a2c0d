"""Each check finds the smallest thing it is made for, and leaves the nearest good thing alone."""

import pytest
from php_pairs import PAIRS as CODE_PAIRS
from php_pairs_data import PAIRS as DATA_PAIRS

from reconciler.core.vetting.finding import LEVELS
from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.php.checks import RULES

PAIRS = (*CODE_PAIRS, *DATA_PAIRS)


def _levels(source: str) -> dict[str, str]:
    levels: dict[str, str] = {}
    for finding in analyse_php("inc/a.php", f"<?php {source}".encode()).findings:
        levels.setdefault(finding.code, finding.level)
    return levels


@pytest.mark.parametrize(("code", "wrong", "_fine"), PAIRS, ids=[p[0] for p in PAIRS])
def test_the_smallest_wrong_thing_is_found(code: str, wrong: str, _fine: str) -> None:
    rule = next(rule for rule in RULES if rule.code == code)
    assert _levels(wrong).get(code) == rule.level


@pytest.mark.parametrize(("code", "_wrong", "fine"), PAIRS, ids=[p[0] for p in PAIRS])
def test_the_nearest_good_thing_is_not(code: str, _wrong: str, fine: str) -> None:
    assert _levels(fine).get(code, "info") == "info"


def test_every_rule_that_judges_has_its_pair() -> None:
    # host-unknown only informs; its positive is among the facts.
    assert {rule.code for rule in RULES} - {"host-unknown"} == {pair[0] for pair in PAIRS}


def test_rules_are_told_apart_by_their_code() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    assert all(rule.level in LEVELS for rule in RULES)
    assert all(rule.summary and rule.why.endswith(".") and rule.fix.endswith(".") for rule in RULES)
