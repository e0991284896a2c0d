"""Reports word by word, and the shapes that programs read."""

import json
from pathlib import Path
from typing import Any

import pytest
from cases_of_reports import CASES, alone, shown
from packages import essentials, plugin

from reconciler.core.vetting.behaviour import Behaviour
from reconciler.core.vetting.deed import Deed
from reconciler.core.vetting.report_html import as_html
from reconciler.core.vetting.report_json import as_json, as_sarif
from reconciler.core.vetting.report_markdown import as_markdown
from reconciler.core.vetting.report_text import as_text, first_screen
from reconciler.core.vetting.vet import vet

HERE = Path(__file__).parent / "reports"


@pytest.mark.parametrize("name", CASES)
def test_the_text_reads_so(name: str) -> None:
    assert as_text(CASES[name]()) == (HERE / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["bad", "ran", "sold-author"])
def test_the_comment_reads_so(name: str) -> None:
    assert as_markdown(CASES[name]()) == (HERE / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_the_first_screen_is_one_screen(name: str) -> None:
    lines = first_screen(CASES[name]())
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 150


def test_a_good_package_takes_few_words() -> None:
    assert len(as_text(CASES["good"]()).splitlines()) <= 8


def test_another_maker_comes_first_and_what_is_new_is_on_the_first_screen() -> None:
    lines = first_screen(CASES["sold-author"]())
    assert lines[1] == "WHO!     author changed: Nils B. → Bright Apps Ltd"
    assert any("+ host t.bright.example   inc/stats.php:2" in line for line in lines)
    assert "lane red, 2 reviewers" in "\n".join(lines)


def test_what_a_run_showed_stands_below_where_the_first_screen_cuts_it() -> None:
    names = [f"option_{n}" for n in range(40)]
    candidate = plugin()
    short, long = (
        as_text(shown(vet(candidate, {}, ran)))
        for ran in (
            Behaviour(now=(Deed("option", "one"),)),
            Behaviour(now=tuple(Deed("option", name) for name in names)),
        )
    )
    assert "when it ran" not in short
    below = long.partition("\nwhen it ran\n")[2]
    assert all(name in below for name in names)


def test_what_a_new_package_can_do_stands_below_where_the_first_screen_cuts_it() -> None:
    hosts = [f"h{n}.example" for n in range(9)]
    calls = "<?php\n" + "".join(f"wp_remote_get('https://{host}/');\n" for host in hosts)
    below = as_text(alone({"inc/a.php": calls})).partition("\nwhat it can do\n")[2]
    assert f"  host: {', '.join(hosts)}\n" in below
    assert "what it can do" not in as_text(CASES["good"]())


FINDING = {"code", "level", "file", "line", "excerpt", "why", "fix"}


@pytest.mark.parametrize("name", CASES)
def test_json_has_its_stable_shape(name: str) -> None:
    value = json.loads(as_json(CASES[name]()))
    assert list(value)[:6] == [
        "slug", "version", "verdict", "findings", "capabilities", "behaviour",
    ]  # fmt: skip
    assert value["verdict"] in {"pass", "warn", "block"}
    assert all(set(finding) >= FINDING for finding in value["findings"])


def test_json_says_what_is_new_in_a_bump() -> None:
    value = json.loads(as_json(CASES["sold-author"]()))
    assert value["change"]["gained"] == {"host": ["t.bright.example"]}
    assert [(f["code"], f["new"]) for f in value["findings"] if f["level"] == "block"] == [
        ("host-not-granted", True)
    ]


TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
# The essentials of the OASIS schema sarif-schema-2.1.0.json: what consumers refuse a log without.
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "informationUri": {"type": "string", "format": "uri"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "help": TEXT,
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message"],
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "baselineState": {
                                    "enum": ["new", "unchanged", "updated", "absent"]
                                },
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                                "suppressions": {
                                    "type": "array",
                                    "items": {
                                        "required": ["kind"],
                                        "properties": {
                                            "kind": {"enum": ["inSource", "external"]},
                                            "status": {
                                                "enum": ["accepted", "underReview", "rejected"]
                                            },
                                        },
                                    },
                                },
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "properties": {
                                                            "uri": {
                                                                "type": "string",
                                                                "pattern": "^[A-Za-z0-9%._~/-]+$",
                                                            }
                                                        }
                                                    },
                                                    "region": {
                                                        "properties": {
                                                            "startLine": {
                                                                "type": "integer",
                                                                "minimum": 1,
                                                            },
                                                            "snippet": TEXT,
                                                        }
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("name", CASES)
def test_sarif_has_what_its_readers_need(name: str) -> None:
    log = json.loads(as_sarif(CASES[name](), "image/plugins/event-list"))
    essentials(log, SARIF)
    run = log["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_points_into_the_repository_and_marks_what_is_accepted() -> None:
    log = json.loads(as_sarif(CASES["honest-bump"](), "image/plugins/event-list"))
    (result,) = [r for r in log["runs"][0]["results"] if r["ruleId"] == "nested-archive"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "image/plugins/event-list/data/sample.zip"
    assert result["suppressions"][0]["status"] == "accepted"
    assert result["baselineState"] == "unchanged"


def test_html_fetches_nothing_and_runs_nothing() -> None:
    page = as_html(CASES["sold-author"]())
    assert "default-src 'none'" in page
    for word in ("<script", "<link", "<img", "src=", "href=", "@import", "url("):
        assert word not in page
