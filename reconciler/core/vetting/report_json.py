"""The report for programs: one JSON object, and SARIF 2.1.0 for code scanning."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from reconciler.core.annotations import SARIF_SCHEMA
from reconciler.core.problem import escaped
from reconciler.core.vetting.bump import Fixed
from reconciler.core.vetting.finding import Finding, Level, Rule, abilities
from reconciler.core.vetting.report import Report

_SARIF_LEVELS: Mapping[Level, str] = {"block": "error", "warn": "warning", "info": "note"}


def as_json(report: Report) -> str:
    """The stable shape: see docs/vetting.md."""
    vetting = report.vetting
    own = vetting.profile
    value: dict[str, Any] = {
        "slug": own.slug,
        "version": own.version,
        "verdict": vetting.verdict,
        "findings": [
            finding_json(finding) | ({} if new is None else {"new": new})
            for finding, new in report.listed
        ],
        "capabilities": abilities(own.facts),
        "behaviour": vetting.behaviour.as_json() if vetting.behaviour else {},
        "kind": own.kind,
        "tree_sha256": own.tree_sha256,
        "accepted": [
            finding_json(item.finding)
            | {
                "because": item.acceptance.because,
                "until": item.acceptance.until,
                "by": list(item.acceptance.by),
            }
            for item in vetting.accepted
        ],
        "syntax": vetting.syntax.php if vetting.syntax else None,
        "lane": {
            "colour": report.lane.colour,
            "reviewers": report.lane.reviewers,
            "reasons": list(report.lane.reasons),
        },
        "public": {
            "since": report.outside.public.since or None,
            "said_by": report.outside.public.said_by,
            "days": report.outside.public.days,
        },
        "holes": [_hole(hole) for hole in report.outside.holes],
        "change": _change(report),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding in the report's shape."""
    special = f": {escaped(finding.detail)}" if finding.detail else ""
    return {
        "code": finding.code,
        "level": finding.level,
        "file": finding.file,
        "line": finding.line,
        "excerpt": finding.excerpt,
        "why": f"{finding.rule.summary}{special}. {finding.rule.why}",
        "fix": finding.rule.fix,
        "mark": finding.mark,
    }


def _change(report: Report) -> dict[str, Any] | None:
    bump = report.bump
    if bump is None:
        return None
    return {
        "from": bump.before.profile.version,
        "who": [{"what": m.what, "before": m.before, "after": m.after} for m in bump.who],
        "gained": dict(bump.more),
        "lost": dict(bump.less),
        "files": [
            {
                "path": c.path,
                "how": c.how,
                "added": c.added,
                "removed": c.removed,
                "reason": c.reason,
            }
            for c in bump.changes
        ],
        "fixes": [_hole(fix) for fix in bump.fixes],
    }


def _hole(hole: Fixed) -> dict[str, str]:
    return {"id": hole.id, "title": hole.title, "severity": hole.severity}


def as_sarif(report: Report, folder: str = "") -> str:
    """A SARIF log; `folder` is where the package lies in the repository, "" where it does not.

    Accepted findings are in it, as suppressed ones.
    """
    findings = [
        *((finding, new, None) for finding, new in report.listed),
        *((item.finding, False if report.bump else None, item) for item in report.vetting.accepted),
    ]
    rules = sorted({f.code: f.rule for f, _, _ in findings}.items())
    index = {code: number for number, (code, _) in enumerate(rules)}
    results = []
    for finding, new, accepted in findings:
        result = _result(finding, index[finding.code], folder)
        if new is not None:
            result["baselineState"] = "new" if new else "unchanged"
        if accepted is not None:
            because = escaped(accepted.acceptance.because)
            result["suppressions"] = [
                {"kind": "external", "status": "accepted", "justification": because}
            ]
        results.append(result)
    driver = {
        "name": "wpaas",
        "informationUri": "https://wpaas.invalid/docs/vetting.md",
        "rules": [_rule(rule) for _, rule in rules],
    }
    log = {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "helpUri": f"https://wpaas.invalid/docs/vetting.md#{rule.code}",
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
        "properties": {"tags": [rule.family]},
    }


def _result(finding: Finding, rule: int, folder: str) -> dict[str, Any]:
    special = f": {_message(finding.detail)}" if finding.detail else ""
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _SARIF_LEVELS[finding.level],
        "message": {"text": f"{finding.rule.summary}{special}. {finding.rule.fix}"},
        "partialFingerprints": {"wpaasMark/v1": finding.mark},
    }
    path = "/".join(filter(None, (folder.strip("/"), finding.file)))
    if path:
        physical: dict[str, Any] = {
            "artifactLocation": {"uri": quote(path, errors="surrogateescape")}
        }
        if finding.file:
            physical["region"] = {"startLine": finding.line, "snippet": {"text": finding.excerpt}}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _message(text: str) -> str:
    """Brackets make links in a SARIF message (3.11.6)."""
    plain = escaped(text).replace("\\", "\\\\")
    return plain.replace("[", "\\[").replace("]", "\\]")
