"""What the documentation says is what the code does."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from pathlib import Path

import pytest

from elyra_neurodesk.errors import all_errors

ROOT = Path(__file__).parents[2]
generated = runpy.run_path(str(ROOT / "docs/generate.py"))


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    made: dict[str, str] = generated["pages"]()
    return made


@pytest.mark.parametrize("name", ["errors.md", "cli.md", "runtime-configuration.md"])
def test_a_generated_page_is_up_to_date(pages: dict[str, str], name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == pages[name], "run: python docs/generate.py"


def test_no_two_errors_share_a_code(pages: dict[str, str]) -> None:
    codes = Counter(error.code for error in set(all_errors()) if "code" in vars(error))
    assert [code for code, count in codes.items() if count > 1] == []
    assert all(re.fullmatch(r"ND-[A-Z]+-\d{3}", code) for code in codes)


def test_every_command_of_the_readme_exists() -> None:
    from click.testing import CliRunner

    from elyra_neurodesk.cli.main import Session, cli

    text = (ROOT / "README.md").read_text("utf-8")
    groups = "local|runs|submit|export|check|modules"
    commands = set(re.findall(rf"`(?:elyra-neurodesk )?((?:{groups})(?: [a-z]+)?)", text))
    assert len(commands) >= 8
    for command in commands:
        shown = CliRunner().invoke(cli, [*command.split(), "--help"], obj=Session())
        assert shown.exit_code == 0, f"README: {command}: {shown.output}"


def test_the_readme_counts_the_seeded_failures() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    wrong, right = (len(list((ROOT / "tests/seeded" / kind).iterdir())) for kind in ("wrong", "right"))
    assert f"has {wrong} notebooks and scripts that are silently wrong" in text
    assert f"and {right} that look much" in text


def test_every_file_and_target_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).exists(), link
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make ([a-z]+)$", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
