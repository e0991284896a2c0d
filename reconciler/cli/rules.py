"""docs/vetting.md, made from the rules: one place for their words. `python -m reconciler.cli.rules`."""

from collections.abc import Iterable

from reconciler.core.vetting.behaviour_rules import RULES as BEHAVIOUR_RULES
from reconciler.core.vetting.bump import RULES as BUMP_RULES
from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.vet import RULES as PACKAGE_RULES
from reconciler.sync.vetting import PHP_RULES

HEAD = """\
# What vetting looks for

`wpaas plugin vet` and `wpaas theme vet` judge a package by its files; nothing of it is executed without `--run`. PHP is
read as a tree (names resolved, constants folded, data followed from where it comes in to where it does
harm), bundled code included. This page is made from the rules themselves.

Levels: **block** keeps a package out, until two reviewers accept the finding with a reason and an end.
**warn** is to be read before approving; one reviewer may accept it. **info** is worth knowing. A finding
may stand at a lower level than its rule's where the place shows that it matters less. A **final** rule
has no known false alarm, and no exception.

An accepted finding is remembered by its code and its *mark*, eight digits made of the rule and the
snippet: white space and line numbers do not count, so that a bump shows only what is new. The same
snippet at more places than before is shown as `SPREAD`.

More than the allowlist grants (`network`, `cron`, `tables`, `routes`, `writes`) is a block. For a
package that has no entry yet it is a warning: it says what to decide on.

`--format json` is one object: `{"slug", "version", "verdict": "pass|warn|block", "findings": [{"code",
"level", "file", "line", "excerpt", "why", "fix", "mark"}], "capabilities": {ability: [value]},
"behaviour": {"now", "later", "later_days", "answered", "left", "incomplete", "measured"}, "kind", "tree_sha256", "accepted", "syntax", "lane": {"colour", "reviewers", "reasons"},
"public": {"since", "said_by": "directory|archive|repository|nobody", "days"}, "holes": [{"id", "title",
"severity"}], "change"}`; with `--against` each finding has `new`. Exit code: 0 pass or warn, 1 block.

Codes that begin with `behaviour-` come from `--run`: the package is used in the fleet's image, on a
scratch site without a way out, as visitor, author and administrator; then on a copy of that site with the
clock nine months on, and on another with answers from the hosts that it is granted. `behaviour` holds
what was seen, by kind; only `measured` differs from run to run.

How to decide is in [reviewing-plugins.md](reviewing-plugins.md).
"""


def document(rules: Iterable[Rule]) -> str:
    """The page: a section for each rule, in order of its code."""
    parts = [HEAD]
    for rule in sorted(set(rules), key=lambda rule: rule.code):
        level = f"{rule.level}, final" if rule.final else rule.level
        summary = rule.summary[:1].upper() + rule.summary[1:]
        parts.append(
            f"## {rule.code}\n{summary}. ({level}; {rule.family})\n\n{rule.why}\n\n"
            f"To mend it: {rule.fix[:1].lower() + rule.fix[1:].rstrip('.')}.\n"
        )
    return "\n".join(parts)


def rules() -> tuple[Rule, ...]:
    """All rules of vetting."""
    return (*PACKAGE_RULES, *BUMP_RULES, *PHP_RULES, *BEHAVIOUR_RULES)


if __name__ == "__main__":
    print(document(rules()), end="")
