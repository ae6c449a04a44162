"""What the documentation says is what the code does."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from pathlib import Path

import click
import pytest

from elyra_neurodesk.cli.main import Session
from elyra_neurodesk.errors import all_errors
from tests.support.documented import Documented, all_documented, command_of

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


OURS = [found for found in all_documented() if found.words[0] == "elyra-neurodesk"]


@pytest.mark.parametrize("found", OURS, ids=lambda found: f"{found.page}:{found.line}: {found.text}")
def test_every_documented_command_exists_with_its_options(found: Documented) -> None:
    command, arguments = command_of(found.words[1:])
    if "--help" in arguments or found.is_mention:
        arguments = [word for word in arguments if word.startswith("--") and word != "--help"]
    try:
        command.make_context(str(command.name), list(arguments), obj=Session())
    except click.BadParameter:
        # placeholders stand for numbers and files; a sentence may leave out what is needed
        assert not found.block, found
    except click.UsageError as problem:
        pytest.fail(f"{found}: {problem.format_message()}")


def test_the_readme_has_its_commands() -> None:
    here = {found.text for found in OURS if found.page == "README.md"}
    assert {"elyra-neurodesk local up", "elyra-neurodesk runs show latest"} <= here
    assert len(here) >= 20


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
