"""Whatever the bytes are, analysing them ends: in a report, in bounded work, and always the same one."""

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from mutations import GLOBAL, LINES
from php_pairs import PAIRS as CODE_PAIRS
from php_pairs_data import PAIRS as DATA_PAIRS

from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.php.grammar import MAX_BYTES

PAIRS = (*CODE_PAIRS, *DATA_PAIRS)

SNIPPETS = [
    *[wrong for _, wrong, _ in PAIRS],
    *[fine for _, _, fine in PAIRS],
    *[line for _, line in (*LINES.values(), *GLOBAL.values())],
]
TOKENS = (
    "(", ")", "[", "]", "{", "}", ";", "$", "'", '"', "<<<X\n", "\nX\n", "?>", "<?php ", "<?=", "\\", "::",
    "->", "=>", ",", ".", "...", "function ", "class A ", "new ", "fn() => ", "match", "eval", "`", "#",
    "/*", "*/", "//", "\n", "\0", "\udcff", "$this", "list", "static ", "use ", "namespace A;", "goto a;",
    "__halt_compiler();", "&", "@", "~", "!", "0x", "1e999", "'\\", '"\\x', '"\\u{', "${", "{$", "|>", "?->",
)  # fmt: skip


def _report(source: str) -> None:
    data = source.encode("utf-8", "surrogateescape")
    report = analyse_php("a/b.php", data)
    assert report == analyse_php("a/b.php", data)
    lines = data.count(b"\n") + 1
    for finding in report.findings:
        assert 1 <= finding.line <= lines
        finding.excerpt.encode("utf-8")
        finding.detail.encode("utf-8")
    for fact in report.facts:
        assert fact.value
        fact.value.encode("utf-8")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_report(data: bytes) -> None:
    _report(data.decode("utf-8", "surrogateescape"))
    _report("<?php " + data.decode("utf-8", "surrogateescape"))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(SNIPPETS), st.sampled_from(TOKENS)), max_size=14))
def test_any_mixture_of_php_ends_in_a_report(parts: list[str]) -> None:
    _report("<?php " + " ".join(parts))


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(SNIPPETS), st.integers(0, 400), st.integers(0, 40), st.sampled_from(TOKENS))
def test_php_with_a_piece_cut_out_or_put_in_ends_in_a_report(
    source: str, at: int, length: int, token: str
) -> None:
    _report("<?php " + source[:at] + source[at + length :])
    _report("<?php " + source[:at] + token + source[at:])


DEEP = {
    "brackets": "<?php $a = " + "[" * 20_000 + "]" * 20_000 + ";",
    "open brackets": "<?php $a = " + "(" * 90_000,
    "blocks": "<?php " + "{" * 5_000 + "}" * 5_000,
    "ifs": "<?php " + "if ($a) " * 5_000 + ";",
    "else ifs": "<?php if ($a) {}" + " elseif ($b) {}" * 5_000,
    "else if": "<?php if ($a) {}" + " else if ($b) {}" * 2_000,
    "concatenation": "<?php $a = 'a'" + " . 'b'" * 15_000 + ";",
    "methods": "<?php $a" + "->b()" * 10_000 + ";",
    "closures": "<?php " + "f(function () { " * 2_000,
    "ternaries": "<?php $a = " + "$b ? $c : (" * 2_000,
    "strings": "<?php " + "$a = \"{$b['c']}$d\";" * 4_000,
    "functions": "<?php "
    + "".join(f"function f{i}($x) {{ return f{i + 1}($x); }} " for i in range(1_500))
    + "f0($_GET['a']);",
    "calls of itself": "<?php function f($x) { return f(g($x)); } function g($x) { return f($x); } f('a'); g($_GET['a']);",
    "doubling": "<?php $a = str_repeat('a', 1000);" + "$a = $a . $a;" * 60,
    "repeat": "<?php $a = str_repeat(str_repeat('a', 99999), 99999); eval($a);",
    "bomb": "<?php eval(gzinflate(base64_decode('" + "7cEBDQAAAMKg909tDwcUAAAA" * 300 + "')));",
    "numbers": "<?php $a = 1e999 + " + "9" * 5_000 + "; chr(1e999); f(0x" + "f" * 5_000 + ");",
    "loops": "<?php " + "while ($a) { $b = $a; $a = $_GET[$b];" * 60 + "}" * 60,
    "branches": "<?php " + "if ($a) { $b = $_GET['c']; } else { $b = $d; }" * 2_000,
}


@pytest.mark.parametrize("kind", DEEP)
def test_what_is_deep_or_long_ends(kind: str) -> None:
    _report(DEEP[kind])


def test_code_too_deep_to_follow_is_said_to_be_unreadable() -> None:
    nested = "<?php $a = " + "f(" * 400 + "exec('id')" + ")" * 400 + ";"
    codes = {finding.code for finding in analyse_php("a.php", nested.encode()).findings}
    assert {"php-unreadable", "process-start"} <= codes


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<?php " + b"$a=array('x'=>1);" * 300_000, f"over {MAX_BYTES} bytes"),
        (b"<?php $a=" + b"[" * 400_000 + b"]" * 400_000 + b";", "takes too long to read"),
    ],
    ids=["5 MB on one line", "nested"],
)
def test_a_file_over_a_cap_is_one_finding_that_blocks(data: bytes, why: str) -> None:
    report = analyse_php("a.php", data)
    assert [(one.code, one.level, one.detail) for one in report.findings] == [
        ("php-unreadable", "block", why)
    ]
    assert report.facts == ()


def test_code_behind_the_end_of_the_script_is_data_and_said_so() -> None:
    packed = "<?php f(); __halt_compiler(); \x00\x01 binary <?php not code ((("
    report = analyse_php("a.php", packed.encode())
    assert {(one.code, one.level) for one in report.findings} == {("obfuscated-code", "warn")}


def test_a_name_inside_what_cannot_be_parsed_is_found_all_the_same() -> None:
    report = analyse_php(
        "a.php", b"<?php function ( { ]] EvAl ($_POST['x']); class { system ( 'id' "
    )
    assert {"php-unreadable", "php-eval", "process-start"} <= {one.code for one in report.findings}


def test_a_report_names_the_first_of_many_places_each_time() -> None:
    data = b"<?php eval($x);\n" + b"$a = $_0x1 + $_0x2 . f($_0x3);\n" * 40
    lines = {
        one.line
        for _ in range(20)
        for one in analyse_php("a.php", data).findings
        if one.code == "obfuscated-code"
    }
    assert lines == {2}
