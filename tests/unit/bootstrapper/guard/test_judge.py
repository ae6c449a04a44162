from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.bootstrapper.guard.kernel.judge import ShellRun, is_answer, judge
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note
from tests.support.neurodesk_tree import Tool, make_tree

BET = "/cvmfs/n/containers/fsl_6.0.7_20240101/bet"


def codes(
    text: str, status: int = 0, output: str = "", notes: tuple[Note, ...] = (), **more: Any
) -> list[tuple[str, str]]:
    found = judge(ShellRun(text, status, output, notes, **more))
    return [(item["code"].removeprefix("ND-GUARD-"), item["severity"]) for item in found]


def note(kind: str, status: int, command: str, line: int = 1, source: str = "bash") -> Note:
    return Note(kind, "1", status, line, command, source)


def test_a_failing_text_is_a_finding_with_its_last_line() -> None:
    found = judge(ShellRun("bet a b", 1, "reading a\nbet: cannot open a\n", line=3))
    assert found[0]["message"] == "`bet a b` ended with exit status 1: bet: cannot open a"
    assert (found[0]["code"], found[0]["line"]) == ("ND-GUARD-002", 3)


def test_of_several_lines_the_one_that_decided_is_named() -> None:
    assert judge(ShellRun("echo a\nls /x\n", 2))[0]["command"] == "ls /x"
    assert judge(ShellRun("set -e\nls /x\necho b\n", 2))[0]["command"] == "set -e …"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("grep x file", 1),
        ("cat file | grep x", 1),
        ("which bet", 1),
        ("[ -f x ] && echo yes", 1),
        ("diff a b", 1),
        ("zcat x | head", 141),
        ("zcat x", -13),
    ],
)
def test_an_answer_and_an_early_end_of_a_pipe_are_no_failures(text: str, status: int) -> None:
    assert is_answer(text, status)
    assert codes(text, status) == []


@pytest.mark.parametrize(
    ("text", "status"), [("grep x nofile", 2), ("bet a", 1), ("cat x | bet", 1), ("bet", -11)]
)
def test_other_statuses_are_failures(text: str, status: int) -> None:
    assert codes(text, status) == [("002", "error")]


@pytest.mark.parametrize(
    "text", ["bet a; echo b", "bet a | tee b", "bet a && echo b; echo c", "bash -lc 'bet; true'"]
)
def test_what_sh_did_not_find_is_a_finding_unless_handled(text: str) -> None:
    assert codes(text, output="/bin/sh: 1: bet: not found") == [("005", "error")]


@pytest.mark.parametrize("text", ["bet a || true", "if bet; then echo; fi", "! bet", "bet | cat || :"])
def test_what_the_text_handles_is_left_alone(text: str) -> None:
    assert codes(text, output="/bin/sh: 1: bet: not found") == []
    assert codes(text, notes=(note("tool", 1, BET),)) == []


def test_bash_itself_notes_what_nothing_handled() -> None:
    both = (note("missing", 127, "bet a"), note("failed", 127, "bet a"))
    assert codes("bet a; echo b", notes=both, bash=True) == [("005", "error")]
    assert codes("f() { bet a; }; f || true", notes=both[:1], bash=True) == []
    assert codes("bet a | cat", notes=both[:1], bash=True) == [("005", "error")]


def test_the_line_of_a_script_cell_is_that_of_the_cell() -> None:
    failed = (note("failed", 127, "bet a", line=2),)
    assert judge(ShellRun("echo\nbet a\necho", 0, "", failed, True, line=2))[0]["line"] == 3


def test_what_fails_after_set_plus_e_is_a_warning_unless_its_status_is_read() -> None:
    failed = (note("failed", 127, "bet a", line=2),)
    assert codes("set +e\nbet a\ntrue", notes=failed, bash=True) == [("005", "warning")]
    assert codes("set +e\nbet a\nstatus=$?\ntrue", notes=failed, bash=True) == []
    assert codes("set +e\nset -e\nbet a\ntrue", notes=(note("failed", 127, "bet a", 3),), bash=True) == [
        ("005", "error")
    ]


@pytest.mark.parametrize("bash", [True, False])
def test_a_tool_that_fails_in_a_pipe_is_a_finding(bash: bool) -> None:
    assert codes("bet a | tee log", notes=(note("tool", 1, BET),), bash=bash) == [("006", "error")]
    assert codes("bet a | tee log || true", notes=(note("tool", 1, BET),), bash=bash) == []
    assert codes("bet a | head -1", notes=(note("tool", 141, BET),), bash=bash) == []


def test_a_tool_that_somebody_else_called_is_a_warning() -> None:
    assert codes("python pipeline.py", notes=(note("tool", 1, BET),)) == [("006", "warning")]


def test_a_failure_in_a_script_that_the_text_ignores_is_a_warning() -> None:
    failed = (note("failed", 127, "bet a", source="run.sh"),)
    assert codes("bash run.sh", notes=failed) == [("005", "error")]
    assert codes("bash run.sh || true", notes=failed) == [("005", "warning")]


def test_a_retired_tool_fails_whatever_the_text_does_about_it() -> None:
    assert codes("bet a || true", notes=(note("retired", 0, BET),)) == [("003", "error")]


def test_failure_lines_count_only_when_a_tool_ran() -> None:
    fatal = "FATAL:   container creation failed"
    assert codes("bet a", output=fatal, notes=(note("tool", 0, BET),)) == [("004", "error")]
    assert codes("bet a", output="ERROR  : no such", notes=(note("tool", 0, BET),)) == [("004", "warning")]
    assert codes("cat log", output=fatal) == []
    assert codes("bet a || true", output=fatal, notes=(note("tool", 255, BET),)) == []


def test_a_cell_that_looks_at_the_status_gets_warnings_only() -> None:
    found = codes("bet a | tee log", notes=(note("tool", 1, BET),), observed=True)
    assert found == [("006", "warning")]


def test_a_module_command_in_an_escape_gets_the_right_hint() -> None:
    found = judge(ShellRun("module load fsl", 127, "/bin/sh: 1: module: not found"))
    assert "await module.load" in found[0]["hint"]


def test_a_module_load_in_bash_that_failed_is_a_load_without_effect() -> None:
    assert codes("ml nope; true", notes=(note("failed", 1, "ml nope"),), bash=True) == [("001", "error")]


def test_a_neurodesk_tool_without_arguments_is_asked_for_its_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_tree(tmp_path, [Tool("fsl", "6.0.7.16", "20250131", {"bet": "exit 1"})])
    (tmp_path / "own").mkdir()
    own = tmp_path / "own/run_all"
    own.write_text("#!/bin/sh\nexit 1\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{root}/containers/fsl_6.0.7.16_20250131:{own.parent}")
    assert codes("bet", 1, notes=(note("tool", 1, f"{root}/containers/fsl_6.0.7.16_20250131/bet"),)) == []
    assert codes("recon-all --help", 1) == []
    assert codes("bet -h", 125) == []
    assert codes("bet", 127) == [("002", "error")]
    assert codes("run_all", 1) == [("002", "error")]
    assert codes("bet; run_all", 1) == [("002", "error")]
