"""A plugin that behaves well, with one malicious line put in: it must be named."""

from pathlib import Path

import pytest
from mutations import GLOBAL, LINES

from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.php.grammar import parse

SAMPLES = Path(__file__).parent / "samples"
NOTICE = Path(__file__).parents[3] / "image" / "plugins" / "site-notice" / "site-notice.php"
EVENTS = SAMPLES / "event-list" / "event-list.php"
CARRIERS = {
    "site-notice": (NOTICE, "    $text = text();\n"),
    "event-list": (EVENTS, "    ob_start();\n"),
}


def _codes(source: str) -> set[str]:
    report = analyse_php("main.php", source.encode("utf-8", "surrogateescape"))
    return {finding.code for finding in report.findings if finding.level != "info"}


@pytest.mark.parametrize("path", [NOTICE, EVENTS], ids=["site-notice", "event-list"])
def test_a_plugin_that_behaves_well_is_not_found_fault_with(path: Path) -> None:
    assert _codes(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("kind", LINES)
def test_a_malicious_line_in_a_function_is_named(kind: str, carrier: str) -> None:
    path, anchor = CARRIERS[carrier]
    source = path.read_text(encoding="utf-8")
    assert source.count(anchor) == 1
    code, line = LINES[kind]
    assert code in _codes(source.replace(anchor, f"{anchor}    {line}\n"))


@pytest.mark.parametrize("kind", GLOBAL)
@pytest.mark.parametrize("path", [NOTICE, EVENTS], ids=["site-notice", "event-list"])
def test_a_malicious_line_at_the_end_is_named(kind: str, path: Path) -> None:
    code, line = GLOBAL[kind]
    assert code in _codes(path.read_text(encoding="utf-8") + "\n" + line + "\n")


def test_the_kinds_are_many() -> None:
    assert len(LINES) + len(GLOBAL) >= 100


@pytest.mark.parametrize("kind", LINES)
def test_comments_between_tokens_hide_nothing(kind: str) -> None:
    code, line = LINES[kind]
    source = NOTICE.read_text(encoding="utf-8")
    path, anchor = CARRIERS["site-notice"]
    assert path == NOTICE
    assert code in _codes(source.replace(anchor, f"{anchor}    {_commented(line)}\n"))


def _commented(line: str) -> str:
    """The line with a comment between each two tokens."""
    data = f"<?php {line}".encode("utf-8", "surrogateescape")
    tree = parse(data)
    assert tree is not None
    pieces: list[bytes] = []
    stack = list(reversed(tree.root_node.children[1:]))
    while stack:
        node = stack.pop()
        whole = node.type in {"string", "encapsed_string", "heredoc", "shell_command_expression"}
        whole = whole or node.type in {"variable_name", "cast_type", "qualified_name"}
        if node.child_count == 0 or whole:
            pieces.append(data[node.start_byte : node.end_byte])
        else:
            stack.extend(reversed(node.children))
    text = b"\n/* x */ ".join(pieces)
    assert b"/* x */" in text or len(pieces) == 1
    return text.decode("utf-8", "surrogateescape")
