"""One file walked once: its statements in order, branches side by side, each function summed up once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reconciler.core.vetting.finding import LEVELS, Ability, Fact, Finding, Level, Rule, found
from reconciler.core.vetting.php.function import Effect, Function, Judge, Sink, passed
from reconciler.core.vetting.php.parts import Class, Hooked, Names, printable
from reconciler.core.vetting.php.value import (
    CLEAN,
    FIRST_PARAMETER,
    MAX_PARAMETERS,
    NUMBER,
    PARAMETERS,
    REQUEST,
    UNKNOWN,
    Value,
    merged,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 150
# Statements and calls that are followed; the largest file of WordPress takes 9,000.
MAX_STEPS = 100_000
MAX_SINKS = 60
MAX_FACTS = 2_000
MAX_FINDINGS = 500

Evaluate = Callable[["Run", "Node"], Value]
Execute = Callable[["Run", "Node"], bool]


class Run:
    """The state of the walk. `here`: the function walked now; the file's own code is one too."""

    def __init__(
        self,
        path: str,
        data: bytes,
        leaves: Mapping[int, Evaluate],
        evaluators: Mapping[int, Evaluate],
        executors: Mapping[int, Execute],
        root: Node,
    ) -> None:
        self.path = path
        self.data = data
        self.root = root
        self._leaves = leaves
        self._evaluators = evaluators
        self._executors = executors
        self.names = Names()
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, Class] = {}
        self.constants: dict[str, Value] = {}
        self.declared: list[str] = []
        self.hooked: list[Hooked] = []
        self.main = Function(name="", owner="", body=None, parameters=())
        self.here = self.main
        self.within: Class | None = None
        self.env: dict[str, Value] = {}
        self.globals = self.env
        self.checked: set[str] = set()
        self.guards: set[str] = set()
        self.extracted = 0
        self.loops = 0
        self.gotos = 0
        self.branched = 0
        self.cli = False
        # What most files have not, and what then needs not be looked for at each statement.
        self.echoes_shortly = b"<?=" in data
        # What was read of a literal's bytes: most stand in a file more than once.
        self.literals: dict[bytes, Value] = {}
        self.resolved: dict[bytes, str] = {}
        self.asks_for_cli = b"WP_CLI" in data or b"sapi" in data.lower()
        self.called = ""
        self.depth = 0
        self.steps = 0
        self.exceeded = ""
        self._findings: dict[tuple[str, int], Finding] = {}
        self._facts: dict[tuple[str, str], Fact] = {}

    # What is said

    def report(
        self, rule: Rule, node: Node, detail: str = "", *, level: Level | None = None
    ) -> None:
        """Say that `rule` applies here; said twice of one place, the worse counts."""
        key = (rule.code, node.start_byte)
        finding = found(
            rule,
            self.path,
            node.start_point[0] + 1,
            self.data[node.start_byte : min(node.end_byte, node.start_byte + 640)].decode(
                "utf-8", "replace"
            ),
            detail=printable(detail),
            level=level,
        )
        before = self._findings.get(key)
        if before is None:
            if len(self._findings) < MAX_FINDINGS or finding.level == "block":
                self._findings[key] = finding
        elif LEVELS.index(finding.level) < LEVELS.index(before.level):
            self._findings[key] = finding

    def fact(self, ability: Ability, value: str, node: Node) -> None:
        """Say that the package can do something; the first place counts."""
        plain = printable(value)
        key = (ability, plain)
        if plain and key not in self._facts and len(self._facts) < MAX_FACTS:
            self._facts[key] = Fact(ability, plain, self.path, node.start_point[0] + 1)

    def sink(self, judge: Judge, value: Value, node: Node) -> None:
        """A value reaches a place that matters: judged now, and again for each caller."""
        judge(self, value, node)
        if value.taint & PARAMETERS and len(self.here.sinks) < MAX_SINKS:
            self.here.sinks.append(Sink(judge, value, node))

    def effect(self, effect: Effect, node: Node) -> None:
        """The function that is walked changes something."""
        self.here.effects.setdefault(effect, node)

    @property
    def findings(self) -> list[Finding]:
        """Everything said so far."""
        return list(self._findings.values())

    @property
    def facts(self) -> list[Fact]:
        """Every ability seen so far."""
        return list(self._facts.values())

    def source(self, node: Node) -> bytes:
        """The bytes of a node. The node's own `text` is a hundred times slower."""
        return self.data[node.start_byte : node.end_byte]

    def text(self, node: Node) -> str:
        """The source of a node. Bytes that are no UTF-8 survive as surrogates."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "surrogateescape")

    # Walking

    def value(self, node: Node) -> Value:
        """What is known of an expression; what its parts do is noted on the way."""
        number = node.kind_id
        leaf = self._leaves.get(number)
        if leaf is not None:
            return leaf(self, node)
        evaluate = self._evaluators.get(number)
        depth = self.depth
        if depth >= MAX_DEPTH:
            self.exceeded = "nested too deeply"
            return UNKNOWN
        self.depth = depth + 1
        if evaluate is None:
            answer = UNKNOWN
            for child in node.named_children:
                self.value(child)
        else:
            answer = evaluate(self, node)
        self.depth = depth
        return answer

    def execute(self, node: Node) -> bool:
        """Walk a statement. True where nothing behind it runs: it returns, throws or exits."""
        execute = self._executors.get(node.kind_id)
        if execute is None:
            self.value(node)
            return False
        depth = self.depth
        self.steps += 1
        if depth >= MAX_DEPTH or self.steps >= MAX_STEPS:
            self.exceeded = "nested too deeply" if depth >= MAX_DEPTH else "too much to follow"
            return False
        self.depth = depth + 1
        ends = execute(self, node)
        self.depth = depth
        return ends

    def block(self, node: Node) -> bool:
        """Walk what a block holds; code behind a return is walked too, for it may be a label's."""
        ends = False
        for child in node.named_children:
            ends = self.execute(child) or ends
        return ends

    def branch(self, *ways: Callable[[], bool]) -> bool:
        """Walk ways that exclude each other; afterwards any of them may have been taken."""
        before = self.env
        after: list[dict[str, Value]] = []
        self.branched += 1
        for way in ways:
            self.env = dict(before)
            if not way():
                after.append(self.env)
        self.branched -= 1
        if not after:
            self.env = before
            return True
        self.env = merged(after)
        if before is self.globals:
            self.globals = self.env
        return False

    def summed(self, function: Function) -> Function:
        """The function with what is to know about it."""
        if function.stage == "new" and function.body is not None:
            self._walk(function, self.parameters_of(function))
        return function

    def walked_with(self, function: Function, arguments: list[Value]) -> Value:
        """What the function returns for these arguments."""
        copy = Function(function.name, function.owner, function.body, function.parameters)
        copy.captured = function.captured
        env = self.parameters_of(function)
        for parameter, argument in zip(function.parameters, arguments, strict=False):
            env[parameter.name] = argument
        function.stage, stage = "open", function.stage
        self._walk(copy, env)
        function.stage = stage
        return copy.result

    def parameters_of(self, function: Function) -> dict[str, Value]:
        """Variables that a call of the function finds, its parameters unknown."""
        env = dict(function.captured)
        for number, parameter in enumerate(function.parameters[:MAX_PARAMETERS]):
            if parameter.type == "wp_rest_request":
                env[parameter.name] = Value(None, REQUEST, 0, None, "rest")
            elif parameter.type in {"int", "float", "bool"}:
                env[parameter.name] = NUMBER
            elif parameter.type:
                env[parameter.name] = Value(
                    None, 1 << (FIRST_PARAMETER + number), 0, None, f"new {parameter.type}"
                )
            else:
                env[parameter.name] = Value(None, 1 << (FIRST_PARAMETER + number))
        return env

    def _walk(self, function: Function, env: dict[str, Value]) -> None:
        if function.body is None:
            return
        function.stage = "open"
        kept = (
            self.here, self.env, self.checked, self.guards, self.extracted, self.within, self.loops,
            self.branched,
        )  # fmt: skip
        self.here, self.env = function, env
        self.checked, self.guards, self.extracted, self.loops, self.branched = set(), set(), 0, 0, 0
        self.within = self.classes.get(function.owner)
        cli, self.cli = self.cli, self.cli or (self.within is not None and self.within.is_command)
        if function.body.type in {"compound_statement", "colon_block"}:
            self.execute(function.body)
        else:
            function.returns = self.value(function.body)
        (
            self.here, self.env, self.checked, self.guards, self.extracted, self.within, self.loops,
            self.branched,
        ) = kept  # fmt: skip
        self.cli = cli
        function.stage = "done"

    def call(self, function: Function, arguments: list[Value]) -> Value:
        """Call a function of this file: judge what reaches its sinks, and answer what it returns."""
        self.steps += 1
        self.summed(function)
        self.here.callees.add(function)
        for sink in function.sinks:
            value = passed(sink.value, arguments)
            if value.taint != sink.value.taint:
                self.sink(sink.judge, value, sink.node)
        answer = function.result
        dependent = answer.taint & PARAMETERS
        if (
            dependent
            and arguments
            and function.stage == "done"
            and self.depth < MAX_DEPTH // 2
            and self.steps < MAX_STEPS
            and function.is_small
            and all(one.known is not None for one in arguments)
        ):
            return self.walked_with(function, arguments)
        return passed(answer, arguments) if dependent else answer

    def mark_checked(self, text: str) -> None:
        """The expression with this source was compared with a list or a form."""
        self.checked.add(text)
        name = text.removeprefix("$")
        value = self.env.get(name)
        if value is not None:
            self.env[name] = Value(
                value.text, value.taint, CLEAN, value.items, value.kind, value.function
            )
