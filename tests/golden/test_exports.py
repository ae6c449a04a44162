"""Pipelines compile to what they compiled to, as KFP packages and as Python DSL."""

from __future__ import annotations

from pathlib import Path

from tests.golden.compare import assert_golden
from tests.golden.conftest import Made
from tests.golden.support import SAME_LENGTH_SHA
from tests.support.equivalence import compile_dsl, resolved_tasks


def test_pipelines_compile_to_the_stored_packages_and_programs(made: Made) -> None:
    assert_golden("exports", made("exports"))


def test_every_program_compiles_to_its_package(made: Made, tmp_path: Path) -> None:
    texts = made("exports")
    programs = [name for name in texts if name.endswith(".py.txt")]
    assert programs
    for program in programs:
        package = texts[program.replace(".py.txt", ".yaml")]
        # the digest that it replaces needed no quotes
        package = package.replace(f"- {SAME_LENGTH_SHA}\n", f"- '{SAME_LENGTH_SHA}'\n")
        compiled = compile_dsl(texts[program], tmp_path)
        assert resolved_tasks(compiled) == resolved_tasks(package), program
