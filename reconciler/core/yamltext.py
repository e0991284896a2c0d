"""Strict YAML with positions: the plain part of it, read from the parser's events.

A loader would turn 3.10 into 3.1, `no` into False and 341 bytes of aliases into 3.5 billion
leaves, and would keep the last of two equal keys. Nothing here builds a value that the file does
not hold literally: anchors, aliases, tags, merges and second documents are refused.
"""

import re
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from reconciler.core.bytestext import Places, decode
from reconciler.core.document import Document, Parsed, Position, child
from reconciler.core.problem import Problem, ProblemCode, shown

MAX_DEPTH = 8
MAX_VALUES = 50_000

# libyaml's parser where the wheel has it: ten times as fast, the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_WORDS = {"true": True, "false": False, "null": None, "": None}
# Words that one version of YAML or another reads as something else than text.
_AMBIGUOUS = re.compile(r"[yYnN~]|[-+]?0o[0-7]+|[-+]?[0-9][0-9_.:eE+-]*")


class _Broken(Exception):
    """Ends a parse; never leaves this file."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A mapping or list that is not closed yet; `key` is the mapping's key that waits."""

    pointer: str
    value: dict[str, Any] | list[Any]
    key: str | None = None
    doubled: bool = False


def parse_yaml(file: str, data: bytes, max_bytes: int) -> Parsed:
    """Parse one YAML file; nothing that can stand in `data` raises."""
    text = decode(file, data, max_bytes)
    if isinstance(text, Problem):
        return Parsed(None, (text,))
    reader = _Reader(file, text)
    try:
        value = reader.read()
    except _Broken as broken:
        return Parsed(None, (*reader.problems, broken.problem))
    document = Document(file, value, reader.values, reader.keys, reader.raw)
    return Parsed(document, tuple(reader.problems))


class _Reader:
    """One pass over one file's events; `problems` are those that let the pass go on."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.values: dict[str, Position] = {}
        self.keys: dict[str, Position] = {}
        self.raw: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.root: Any = None
        self.open: list[_Open] = []

    def read(self) -> Any:
        hidden = _UNPRINTABLE.search(self.text)
        if hidden is not None:
            at = Places(self.text).at(hidden.start())
            self.fail(
                "control-character", at, "a character that nobody sees", "remove it", hidden[0]
            )
        try:
            for event in yaml.parse(self.text, Loader=_LOADER):
                self.take(event)
        except yaml.MarkedYAMLError as e:
            mark = e.problem_mark or e.context_mark
            at = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
            what = shown(e.problem or "this cannot be read")
            self.fail(
                "yaml-syntax", at, f"this is not YAML: {what}", "check indentation and quotes"
            )
        except yaml.YAMLError:
            self.fail("yaml-syntax", Position(1, 1), "this is not YAML", "write it anew")
        return self.root

    def take(self, event: Any) -> None:
        at = Position(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.DocumentStartEvent():
                self.one_plain_document(event, at)
            case yaml.AliasEvent():
                self.fail("yaml-feature", at, f'the alias "*{event.anchor}"', "write the value out")
            case yaml.ScalarEvent() | yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self.node(event, at)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.open.pop()
            case _:
                pass  # the stream's and the documents' ends

    def one_plain_document(self, event: yaml.DocumentStartEvent, at: Position) -> None:
        if event.version or event.tags:
            self.fail("yaml-feature", at, "a directive (%…)", "remove the line")
        if self.values:
            self.fail("yaml-feature", at, "a second document", 'remove the line "---" and the rest')

    def node(self, event: Any, at: Position) -> None:
        if event.anchor is not None:
            self.fail("yaml-feature", at, f'the anchor "&{event.anchor}"', "remove it")
        if event.tag is not None:
            self.fail("yaml-feature", at, f'the tag "{shown(event.tag)}"', "remove it")
        parent = self.open[-1] if self.open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            self.key(parent, event, at)
            return
        pointer = self.pointer(parent)
        self.values[pointer] = at
        if len(self.values) > MAX_VALUES:
            self.fail("too-many-values", at, f"more than {MAX_VALUES} values", "shorten the file")
        if isinstance(event, yaml.ScalarEvent):
            self.put(parent, self.scalar(pointer, event, at))
            return
        if len(self.open) >= MAX_DEPTH:
            self.fail("too-deep", at, f"nested more than {MAX_DEPTH} deep", "flatten it")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.put(parent, value)
        self.open.append(_Open(pointer, value))

    def key(self, parent: _Open, event: Any, at: Position) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self.fail("yaml-feature", at, "a key that is no plain word", "write a word as the key")
        if event.value == "<<" and not event.style:
            self.fail("yaml-feature", at, 'the merge key "<<"', "write the values out")
        pointer = child(parent.pointer, event.value)
        if not event.style and _meaning(event.value) != event.value:
            self.unquoted(pointer, event.value, at)
        parent.key, parent.doubled = event.value, event.value in parent.value
        if parent.doubled:
            first = self.keys[pointer]
            self.note(
                "duplicate-key",
                pointer,
                at,
                f'the key "{shown(event.value)}" stands in line {first.line} and again here',
                "keep one of the two",
                event.value,
            )
            return
        self.keys[pointer] = at

    def pointer(self, parent: _Open | None) -> str:
        if parent is None:
            return ""
        if isinstance(parent.value, list):
            return child(parent.pointer, len(parent.value))
        # Below a doubled key nothing may take the first one's place.
        again = f"~again{len(self.values)}" if parent.doubled else ""
        return child(parent.pointer, parent.key or "") + again

    def put(self, parent: _Open | None, value: Any) -> None:
        if parent is None:
            self.root = value
        elif isinstance(parent.value, list):
            parent.value.append(value)
        else:
            if not parent.doubled:
                parent.value[parent.key or ""] = value
            parent.key = None

    def scalar(self, pointer: str, event: yaml.ScalarEvent, at: Position) -> Any:
        if event.style:  # quoted or in block form; libyaml says "", the other parser None
            return event.value
        value = _meaning(event.value)
        if value is _UNCLEAR:
            self.unquoted(pointer, event.value, at)
            return event.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.raw[pointer] = event.value
        return value

    def unquoted(self, pointer: str, text: str, at: Position) -> None:
        message = f'"{shown(text)}" without quotes is not text for every reader of YAML'
        self.note("unquoted-scalar", pointer, at, message, f'write "{shown(text)}"', text)

    def note(
        self, code: ProblemCode, pointer: str, at: Position, message: str, fix: str, value: str
    ) -> None:
        self.problems.append(
            Problem(
                code=code,
                file=self.file,
                line=at.line,
                column=at.column,
                pointer=pointer,
                value=shown(value),
                message=message,
                fix=fix,
            )
        )

    def fail(
        self, code: ProblemCode, at: Position, message: str, fix: str, value: str = ""
    ) -> NoReturn:
        if code == "yaml-feature":
            message = f"{message} is not allowed here"
        self.note(code, self.open[-1].pointer if self.open else "", at, message, fix, value)
        raise _Broken(self.problems.pop())


_UNCLEAR = object()


def reads_as_text(text: str) -> bool:
    """Whether every reader of YAML takes this for text where it stands without quotes."""
    return text != "" and _meaning(text) == text


def _meaning(text: str) -> Any:
    """What an unquoted scalar means, or _UNCLEAR where readers of YAML differ."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    others = [*resolvers.get(text[0], ()), *resolvers.get(None, ())]
    if _AMBIGUOUS.fullmatch(text) or any(rule.match(text) for _, rule in others):
        return _UNCLEAR
    return text
