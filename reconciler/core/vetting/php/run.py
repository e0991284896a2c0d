"""One file walked once: its statements in order, branches side by side, each function summed up once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.core.vetting.finding import LEVELS, Ability, Fact, Finding, Level, Rule, found
from reconciler.core.vetting.php.function import Effect, Function, Judge, Sink, passed
from reconciler.core.vetting.php.value import (
    CLEAN,
    FIRST_PARAMETER,
    HOLE,
    MAX_PARAMETERS,
    NUMBER,
    PARAMETERS,
    REQUEST,
    UNKNOWN,
    Value,
    either,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 150
MAX_STEPS = 600_000
MAX_SINKS = 60
MAX_FACT_CHARS = 200
MAX_FACTS = 2_000
MAX_FINDINGS = 500

Evaluate = Callable[["Run", "Node"], Value]
Execute = Callable[["Run", "Node"], bool]


@dataclass(slots=True, eq=False)
class Class:
    """A class of the file. `pending`: constants and defaults that nobody has asked for yet."""

    name: str
    parent: str
    methods: dict[str, Function] = field(default_factory=dict)
    constants: dict[str, Value] = field(default_factory=dict)
    properties: dict[str, Value] = field(default_factory=dict)
    pending: dict[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hooked:
    """A callback given to WordPress. `what`: the hook, `ajax …` or `route METHODS …`."""

    kind: str
    what: str
    callback: Value
    node: Node
    extra: Value


@dataclass(slots=True)
class Names:
    """How names of this file resolve."""

    namespace: str = ""
    classes: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)


class Run:
    """The state of the walk. `here`: the function walked now; the file's own code is one too."""

    def __init__(
        self,
        path: str,
        data: bytes,
        evaluators: Mapping[int, Evaluate],
        executors: Mapping[int, Execute],
        root: Node,
    ) -> None:
        self.path = path
        self.data = data
        self.root = root
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
            detail=_plain(detail),
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
        plain = _plain(value)
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
        evaluate = self._evaluators.get(node.kind_id)
        self.steps += 1
        if self.depth >= MAX_DEPTH or self.steps >= MAX_STEPS:
            self.exceeded = "nested too deeply" if self.depth >= MAX_DEPTH else "too large"
            return UNKNOWN
        self.depth += 1
        if evaluate is None:
            answer = UNKNOWN
            for child in node.named_children:
                self.value(child)
        else:
            answer = evaluate(self, node)
        self.depth -= 1
        return answer

    def execute(self, node: Node) -> bool:
        """Walk a statement. True where nothing behind it runs: it returns, throws or exits."""
        execute = self._executors.get(node.kind_id)
        if execute is None:
            self.value(node)
            return False
        if self.depth >= MAX_DEPTH or self.steps >= MAX_STEPS:
            self.exceeded = "nested too deeply" if self.depth >= MAX_DEPTH else "too large"
            return False
        self.depth += 1
        ends = execute(self, node)
        self.depth -= 1
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
        self.env = _merged(after)
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
        if function.body.type in {"compound_statement", "colon_block"}:
            self.execute(function.body)
        else:
            function.returns = self.value(function.body)
        (
            self.here, self.env, self.checked, self.guards, self.extracted, self.within, self.loops,
            self.branched,
        ) = kept  # fmt: skip
        function.stage = "done"

    def call(self, function: Function, arguments: list[Value]) -> Value:
        """Call a function of this file: judge what reaches its sinks, and answer what it returns."""
        self.summed(function)
        self.here.callees.add(function)
        for sink in function.sinks:
            value = passed(sink.value, arguments)
            if value.taint != sink.value.taint:
                self.sink(sink.judge, value, sink.node)
        answer = function.result
        dependent = answer.taint & PARAMETERS
        if dependent and arguments and all(one.known is not None for one in arguments):
            if function.stage == "done" and self.depth < MAX_DEPTH // 2 and _small(function):
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


MAX_SMALL_BYTES = 3_000


def _small(function: Function) -> bool:
    body = function.body
    return body is not None and body.end_byte - body.start_byte < MAX_SMALL_BYTES


def _merged(ways: list[dict[str, Value]]) -> dict[str, Value]:
    first = ways[0]
    for other in ways[1:]:
        if other == first:
            continue
        for name, value in other.items():
            known = first.get(name)
            if known is not value:
                first[name] = value if known is None else either(known, value)
    return first


def _plain(text: str) -> str:
    """Fit to be stored and printed: holes as …, no bytes outside UTF-8, no control characters."""
    shown = text.replace(HOLE, "…").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    printable = "".join(c if c.isprintable() else " " for c in shown[:MAX_FACT_CHARS])
    return " ".join(printable.split())
