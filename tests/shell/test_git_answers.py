"""What git says, read from recorded answers."""

import pytest

from reconciler.shell.git_answers import (
    Commit,
    Entry,
    candidates,
    complaint,
    fix_for,
    to_commit,
    to_contents,
    to_entries,
    to_refs,
)

A, B = "a" * 40, "b" * 40


def test_a_commit_without_parents_and_with_odd_names() -> None:
    said = f"{A}\0\0Zoë\x001700000000\0A subject"
    expected = Commit(sha=A, parents=(), author="Zoë", subject="A subject", committed_at=1700000000)
    assert to_commit(said) == expected


def test_entries_carry_modes_and_sizes() -> None:
    said = (
        f"100644 blob {A}      12\tsites/a.json\0"
        f"120000 blob {B}      99999999\tsites/l.json\0"
        f"160000 commit {B}       -\tsites/m\0"
        f"100644 blob {B} 99999999\tsites/big.json\0"
    )
    assert to_entries(said.encode()) == [
        Entry("sites/a.json", "100644", A, oversized=False),
        Entry("sites/l.json", "120000", B, oversized=True),
        Entry("sites/m", "160000", B, oversized=False),
        Entry("sites/big.json", "100644", B, oversized=True),
    ]


def test_nothing_below_the_paths_is_no_entry() -> None:
    assert to_entries(b"") == []


def test_contents_may_hold_newlines_and_be_empty() -> None:
    said = f"{A} blob 3\n\n\n\n\n{B} blob 0\n\n".encode()
    assert to_contents(said, [A, B]) == {A: b"\n\n\n", B: b""}


@pytest.mark.parametrize(
    "said", [f"{A} missing\n", f"{A} tree 0\n\n", f"{B} blob 0\n\n", f"{A} blob 10\nshort\n", ""]
)
def test_a_missing_or_short_object_is_an_error(said: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        to_contents(said.encode(), [A])


def test_refs_are_read_and_warnings_skipped() -> None:
    said = f"warning: redirecting\n{A}\trefs/heads/main\n{B}\trefs/x/refs/heads/main\n"
    found = {"refs/heads/main": A, "refs/x/refs/heads/main": B}
    assert dict(to_refs(said.encode())) == found


def test_a_branch_comes_before_a_tag() -> None:
    assert candidates("v1") == ("refs/heads/v1", "refs/tags/v1^{}", "refs/tags/v1")
    assert candidates("refs/heads/v1") == ("refs/heads/v1",)
    assert candidates("refs/tags/v1") == ("refs/tags/v1^{}", "refs/tags/v1")


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Host key verification failed.\nfatal: Could not read from remote", "ssh-keyscan"),
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            "another key",
        ),
        ("git@h: Permission denied (publickey).", "credentials file"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", "0600"),
        ("server certificate verification failed. CAfile: none CRLfile: none", "`trust`"),
        ("SSL certificate problem: unable to get local issuer certificate", "`trust`"),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", "reach its server"),
        ("ssh: connect to host h port 22: Connection refused", "reach its server"),
        ("error: cannot run ssh: No such file or directory", "openssh-client"),
        ("fatal: repository 'https://h/f/' not found", "may you read it"),
        ("fatal: '/f' does not appear to be a git repository", "may you read it"),
        ("fatal: something new", ""),
    ],
)
def test_a_complaint_comes_with_what_to_do(said: str, word: str) -> None:
    fix = fix_for(said)
    assert word in fix
    assert bool(fix) == bool(word)


def test_a_complaint_is_told_without_gits_general_advice() -> None:
    said = (
        b"fatal: '/f' does not appear to be a git repository\n"
        b"fatal: Could not read from remote repository.\n\n"
        b"Please make sure you have the correct access rights\nand the repository exists.\n"
    )
    assert complaint(said) == "fatal: '/f' does not appear to be a git repository"
