"""The house in order: what no other tool checks."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 310
FORBIDDEN_WORDS = ("../shared", "pypi.org", "registry.npmjs", "deb.debian.org", "/work/")


def tracked(*suffixes: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", tracked(".py", ".php", ".c", ".sh"), ids=relative)
def test_no_source_file_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_nothing_names_a_package_host_or_a_place_of_this_machine() -> None:
    this = Path(__file__)
    found = [
        f"{relative(path)}: {word}"
        for path in tracked(
            ".py", ".php", ".c", ".sh", ".md", ".yml", ".yaml", ".toml", ".json", ".lock", ""
        )
        if path != this
        for word in FORBIDDEN_WORDS
        if word in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []


def test_what_the_user_fixed_is_at_the_top_level() -> None:
    for name in (
        "pyproject.toml",
        "reconciler",
        "schemas",
        "image",
        "sites",
        "plugins-allowlist.yaml",
        "tests",
        ".github",
    ):
        assert (ROOT / name).exists(), name


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        named = set(re.findall(r"`make ([a-z-]+)", text)) | set(
            re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)
        )
        assert named <= targets, f"{document}: {named - targets}"


def test_every_command_that_the_readme_names_exists() -> None:
    help_text = subprocess.run(
        [str(ROOT / ".venv/bin/wpaas"), "--help"], capture_output=True, text=True, check=True
    ).stdout
    named = set(re.findall(r"(?:`|bin/)wpaas ([a-z]+)", (ROOT / "README.md").read_text("utf-8")))
    assert named
    for command in named:
        assert re.search(rf"^\s+{command}\b", help_text, re.MULTILINE), command


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=relative)
def test_workflows_have_few_rights_and_run_our_own_commands(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    targets = (ROOT / "Makefile").read_text()
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            for name in re.findall(r"make (?:--directory \S+ )?(\S+)", step.get("run", "")):
                assert re.search(
                    rf"^{re.escape(name)}:|\.PHONY:.* {re.escape(name)}\b",
                    targets.replace("$(VENV)", ".venv"),
                    re.MULTILINE,
                ), name


def test_the_lock_names_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "--index-url" not in text
    assert "http" not in text
    assert text.count("--hash=sha256:") > text.count("==")


def test_help_is_quick_because_heavy_imports_wait() -> None:
    code = "import sys, reconciler.cli; print(' '.join(sys.modules))"
    loaded = subprocess.run(
        [str(ROOT / ".venv/bin/python"), "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {
        "docker",
        "git",
        "jsonschema",
        "requests",
        "pymysql",
        "watchdog",
        "tree_sitter",
    } & set(loaded)
