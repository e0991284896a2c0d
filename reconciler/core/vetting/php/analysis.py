"""One PHP file judged from its bytes alone; the same bytes give the same report, on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.finding import found, in_order
from reconciler.core.vetting.php.checks.hooks import judge_hooks
from reconciler.core.vetting.php.checks.layout import (
    UNREADABLE,
    end_of_code,
    judge_broken,
    judge_tail,
    judge_text,
    judge_unwalked,
)
from reconciler.core.vetting.php.declarations import declare
from reconciler.core.vetting.php.expressions import EVALUATORS, LEAVES
from reconciler.core.vetting.php.grammar import MAX_BYTES, parse
from reconciler.core.vetting.php.report import PhpReport
from reconciler.core.vetting.php.run import Run
from reconciler.core.vetting.php.statements import EXECUTORS

if TYPE_CHECKING:
    from tree_sitter import Node


def analyse_php(path: str, data: bytes) -> PhpReport:
    """What the file at `path` (below the package's folder) does. Never raises, whatever `data` is.

    Nothing but the arguments counts, so that the report can be kept by their digest and made in
    another process.
    """
    tree = parse(data)
    if tree is None:
        why = f"over {MAX_BYTES} bytes" if len(data) > MAX_BYTES else "takes too long to read"
        finding = found(UNREADABLE, path, 1, data[:640].decode("utf-8", "replace"), detail=why)
        return PhpReport(findings=(finding,), facts=(), names=())
    end = end_of_code(data, tree.root_node)
    code, tail = data[:end], data[end:]
    if tail:
        tree = parse(code) or tree
    root = tree.root_node
    run = Run(path, code, LEAVES, EVALUATORS, EXECUTORS, root)
    _walk(run, root)
    judge_text(run, root)
    judge_tail(run, root, tail)
    if root.has_error:
        judge_broken(run, root)
    if run.exceeded:
        judge_unwalked(run, root, run.exceeded)
    return PhpReport(
        findings=tuple(sorted(run.findings, key=in_order)),
        facts=tuple(sorted(run.facts)),
        names=tuple(sorted(set(run.declared))),
    )


def _walk(run: Run, root: Node) -> None:
    declare(run, root)
    run.block(root)
    for function in list(run.functions.values()):
        run.summed(function)
    for owner in list(run.classes.values()):
        constructor = owner.methods.get("__construct")
        if constructor is not None:
            run.summed(constructor)
    for owner in list(run.classes.values()):
        for method in list(owner.methods.values()):
            run.summed(method)
    judge_hooks(run)
