"""docs/why-did-my-job-fail.md names every code and exit status that there is, and none that there is not."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from importlib.resources import files
from pathlib import Path

import pytest

from elyra_neurodesk import bootstrapper
from elyra_neurodesk.bootstrapper import command, spec, undeclared
from elyra_neurodesk.check.report import CODES
from elyra_neurodesk.elyra_adapter.node_properties import NeurodeskKeepUndeclared, NeurodeskStrictness
from elyra_neurodesk.errors import all_errors
from elyra_neurodesk.runs import summary
from elyra_neurodesk.storage.errors import FETCHING, STORING, TaskStorageError

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "elyra_neurodesk"

# the classes register themselves when their modules are imported
for found in pkgutil.iter_modules(bootstrapper.__path__, f"{bootstrapper.__name__}."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
ERRORS = [
    error
    for error in all_errors()
    if error.__module__.startswith(bootstrapper.__name__) or issubclass(error, TaskStorageError)
]


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs/why-did-my-job-fail.md").read_text("utf-8")


def section(page: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


@pytest.mark.parametrize("area", ["GUARD", "CHECK"])
def test_every_code_of_guard_and_check_is_on_the_page_and_no_other(page: str, area: str) -> None:
    texts = [path.read_text("utf-8") for path in PACKAGE.rglob("*") if path.suffix in (".py", ".bash", ".R")]
    known = set(re.findall(rf"ND-{area}-\d{{3}}", "\n".join(texts)))
    assert known
    assert set(re.findall(rf"ND-{area}-\d{{3}}", page)) == known


def test_every_code_of_the_check_stands_with_its_severity_and_title(page: str) -> None:
    table = section(page, "The check before submitting")
    for code, kind in CODES.items():
        assert f"| {code} | {kind.severity}: {kind.title} | " in table, code


def test_the_exit_statuses_are_those_of_the_tasks(page: str) -> None:
    rows = re.findall(r"^\| (\d+) \|", section(page, "Exit statuses"), re.MULTILINE)
    raised = {error.exit_status for error in ERRORS} | {FETCHING, STORING}
    in_shell = {status for _, status in command.ERRORS.values()}
    assert in_shell
    assert {int(number) for number in rows} == raised | in_shell | {0}


def test_every_code_that_an_exit_status_names_has_that_status(page: str) -> None:
    statuses: dict[str, set[int]] = {}
    for error in ERRORS:
        statuses.setdefault(error.code, set()).add(error.exit_status)
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", section(page, "Exit statuses"), re.MULTILINE)
    for number, text in rows:
        for code in re.findall(r"ND-[A-Z]+-\d{3}", text):
            if not code.startswith("ND-START"):  # said by the container's shell script, before any Python
                assert int(number) in statuses[code], code


def test_the_states_are_those_that_commands_show(page: str) -> None:
    listed = set(re.findall(r"^\| ([A-Z]+) \|", section(page, "States"), re.MULTILINE))
    assert summary.ENDED - {"ERROR"} <= listed
    assert listed <= summary.ENDED | {"PENDING", "RUNNING"}


def test_fields_and_their_choices_are_those_of_the_editor(page: str) -> None:
    text = section(page, "How strict")
    schema = json.loads((files("elyra_neurodesk") / "elyra_adapter/neurodesk.json").read_text("utf-8"))
    fields = schema.get("properties", schema)
    for name in ("strict_modules", "preflight_check"):
        assert f"*{fields[name]['title']}* (`{name}`)" in text
        assert fields[name]["enum"] == ["error", "warn", "off"]
        assert fields[name]["default"] == "error"
    assert f"*{NeurodeskStrictness.property_display_name}*" in text


def test_the_limits_for_undeclared_files_are_those_of_the_code(page: str) -> None:
    text = section(page, "Undeclared files")
    limits = spec.KEEP_LIMITS
    amounts = f"{limits.file >> 20} MiB a file, {limits.task >> 20} MiB a task, {undeclared.MAX_KEPT:,} files"
    assert amounts in text
    assert f"*{NeurodeskKeepUndeclared.property_display_name}*" in text
    named = {name for name in re.findall(r"`(\.?[a-z_]+)`", text) if name.startswith((".", "__"))}
    assert named - {".netrc"} <= undeclared.JUNK_DIRECTORIES


def test_every_command_of_the_page_exists(page: str) -> None:
    from click.testing import CliRunner

    from elyra_neurodesk.cli.main import Session, cli

    commands = set(re.findall(r"elyra-neurodesk ((?:local|runs|modules) [a-z]+|submit|check)", page))
    assert len(commands) >= 7
    for line in commands:
        shown = CliRunner().invoke(cli, [*line.split(), "--help"], obj=Session())
        assert shown.exit_code == 0, f"{line}: {shown.output}"


def test_links_lead_somewhere(page: str) -> None:
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^## (.+)$", page, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", page):
        assert (
            target.removeprefix("#") in anchors
            if target.startswith("#")
            else (ROOT / "docs" / target).exists()
        )
