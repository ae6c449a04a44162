"""The recipes of CONTRIBUTING.md work as they are written."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = {
    title: BLOCK.findall(text)
    for title, text in re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
COPIED = ("elyra_neurodesk", "docs", "tests/support", "tests/unit", "tests/conftest.py", "tests/__init__.py")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the recipes change and run."""
    for name in (*COPIED, "pyproject.toml", "README.md", "CONTRIBUTING.md"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


def apply(folder: Path, kind: str, path: str, text: str) -> None:
    """Write a new file, or change one as a diff without line numbers says."""
    file = folder / path
    if kind != "diff":
        assert not file.exists(), path
        file.write_text(text, "utf-8")
        return
    lines = text.splitlines(keepends=True)
    assert all(line[0] in " +-" for line in lines), path
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    content = file.read_text("utf-8")
    assert content.count(before) == 1, f"{path} has {content.count(before)} times:\n{before}"
    file.write_text(content.replace(before, after), "utf-8")


def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a recipe's command with this Python, on the copy's package."""
    program, *arguments = shlex.split(line)
    module = ["-m", "pytest", "-p", "no:cacheprovider"] if program == "pytest" else []
    assert module or program == "python", line
    return subprocess.run(
        [sys.executable, *module, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_is_a_recipe_for_each_thing_that_people_add() -> None:
    assert list(RECIPES) == [
        f"Add {thing}" for thing in ("a patch", "a check", "a command", "a tool node", "an error")
    ]


@pytest.mark.parametrize("title", [pytest.param(t, marks=pytest.mark.xdist_group(t)) for t in RECIPES])
def test_a_recipe_leads_to_passing_tests(copy: Path, title: str) -> None:
    commands = []
    for kind, path, text in RECIPES[title]:
        if kind == "sh":
            commands += text.splitlines()
        else:
            apply(copy, kind, path, text)
    assert commands
    new = [path for kind, path, _ in RECIPES[title] if kind == "python"]
    for command in ("check --quiet", "format --diff --quiet"):
        commands.append(f"python -m ruff {command} --no-cache {' '.join(new) or 'docs'}")
    for line in commands:
        done = run(copy, line)
        assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"


def test_every_file_and_target_that_is_named_exists() -> None:
    prose = BLOCK.sub("", PAGE)
    made = {path for blocks in RECIPES.values() for kind, path, _ in blocks if kind == "python"}
    named = set(re.findall(r"`((?:docs|elyra_neurodesk|tests|tools)/[\w./-]+)`", prose))
    named |= set(re.findall(r"\]\(([^)#:]+)\)", prose))
    assert len(named) >= 8
    for path in named - made:
        assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in " ".join(re.findall(r"`make ([a-z -]+)`", prose)).split():
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
