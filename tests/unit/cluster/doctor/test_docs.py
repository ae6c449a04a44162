"""docs/cluster.md has every check."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.cluster.doctor.checks import CHECKS
from elyra_neurodesk.cluster.doctor.model import Check

PAGE = Path(__file__).parents[4] / "docs" / "cluster.md"


def row(check: Check) -> str:
    level = "hint" if check.level == "ok" else check.level
    return f"| {check.category} | `{check.name}` | {check.holds} | {level} |"


def test_the_table_of_the_page_is_that_of_the_checks() -> None:
    lines = PAGE.read_text("utf-8").splitlines()
    begin = lines.index("| Category | Check | What is true when it is ok | Otherwise |") + 2
    end = next(number for number in range(begin, len(lines)) if not lines[number].startswith("|"))
    assert lines[begin:end] == [row(check) for check in CHECKS]


def test_names_are_given_once() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
