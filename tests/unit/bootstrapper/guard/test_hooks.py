"""guard.bash, guard.R and lmod.sh, each run by its own interpreter."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.guard.host import kernel_files
from elyra_neurodesk.bootstrapper.guard.kernel import notes
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note
from tests.support.neurodesk_tree import Tool, make_tree

SCRIPT = """\
nosuch1 a; echo one
x=$(nosuch2 "b c")
nosuch3 | cat
nosuch4 || true
if nosuch5; then :; fi
f() { nosuch6; echo in f; }
f
set -x
nosuch7
set +x
false; ls /nonexistent 2>/dev/null
yes | head -1
set -u; echo "${PIPESTATUS[@]} $?"
[[ -v BASH_ENV ]] && echo set
nosuch8 2>/dev/null
set -e
echo end
"""


@pytest.fixture
def guarded(tmp_path: Path) -> dict[str, str]:
    directory = kernel_files.write_kernel_files(tmp_path)
    clean = {name: value for name, value in os.environ.items() if name not in ("BASH_ENV", "R_PROFILE_USER")}
    return {**clean, **kernel_files.environment(directory, "error", clean, script=False)}


def run(command: list[str], environment: dict[str, str], cwd: Path) -> str:
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}{done.returncode}"


def noted(environment: dict[str, str]) -> list[Note]:
    return notes.read(environment[notes.NOTES])[0]


def test_a_bash_script_prints_and_ends_as_without_the_guard(guarded: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "s.sh").write_text(SCRIPT)
    plain = {**os.environ, "BASH_ENV": "/dev/null"}
    assert run(["bash", "s.sh"], guarded, tmp_path) == run(["bash", "s.sh"], plain, tmp_path)


def test_bash_notes_what_nothing_handles_and_what_is_not_found(
    guarded: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "s.sh").write_text(SCRIPT)
    run(["bash", "s.sh"], guarded, tmp_path)
    seen = noted(guarded)
    missing = [note.command.split()[0] for note in seen if note.kind == "missing"]
    assert missing == [f"nosuch{number}" for number in range(1, 9)]
    failed = {(note.command.split()[0], note.line) for note in seen if note.kind == "failed"}
    assert {("nosuch1", 1), ("nosuch2", 2), ("nosuch6", 6), ("nosuch7", 9), ("nosuch8", 15)} <= failed
    assert not {"nosuch3", "nosuch4", "nosuch5"} & {name for name, _ in failed}


def test_a_wrapper_notes_how_it_ended_even_in_a_pipe_of_sh(guarded: dict[str, str], tmp_path: Path) -> None:
    tools = [
        Tool("fsl", "1", "2", {"bet": "exit 3", "fast": "true"}),
        Tool("old", "1", "2", {"gone": ""}, retired=True),
    ]
    root = make_tree(tmp_path / "root", tools) / "containers"
    guarded["PATH"] = f"{root}/fsl_1_2:{root}/old_1_2:{guarded['PATH']}"
    guarded[notes.CALL] = "7"
    run(["/bin/sh", "-c", "bet | cat; fast; gone"], guarded, tmp_path)
    assert [(note.kind, note.status, Path(note.command).name, note.call) for note in noted(guarded)] == [
        ("tool", 3, "bet", "7"),
        ("tool", 0, "fast", "7"),
        ("retired", 0, "gone", "7"),
    ]


def test_the_users_own_bash_env_is_still_read(guarded: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "own").write_text("hello() { echo hello from own; }\n")
    guarded["NEURODESK_GUARD_BASH_ENV"] = str(tmp_path / "own")
    assert "hello from own" in run(["bash", "-c", "hello"], guarded, tmp_path)


@pytest.mark.skipif(not shutil.which("Rscript"), reason="no R")
def test_r_stops_where_the_result_is_dropped_and_nowhere_else(
    guarded: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".Rprofile").write_text("own <- 'profile read'\n")
    (tmp_path / "s.R").write_text(
        'print(own)\nprint(system("echo hi", intern = TRUE))\nstatus <- system("exit 3")\n'
        'if (system("nosuch 2>/dev/null") != 0) cat("handled\\n")\nsystem("grep zzz /dev/null")\n'
        'f <- function(x) { system(paste("exit", x)); 1 }\nf(0)\n'
        'for (i in 4) system("exit 4")\ncat("never\\n")\n'
    )
    text = run(["Rscript", "s.R"], guarded, tmp_path)
    assert "profile read" in text
    assert "handled" in text
    assert "Error: ND-GUARD-002: `exit 4` ended with exit status 4" in text
    assert "never" not in text
    assert [(note.kind, note.status) for note in noted(guarded)] == [
        ("rkept", 3),
        ("r", 127),
        ("rdropped", 4),
    ]


def test_lmods_stand_in_passes_everything_on_and_notes_a_refused_load(
    guarded: dict[str, str], tmp_path: Path
) -> None:
    lmod = tmp_path / "lmod"
    lmod.write_text('#!/bin/sh\necho "args: $*"\nexit 1\n')
    lmod.chmod(0o755)
    new = kernel_files.environment(tmp_path / "guard", "error", {"LMOD_CMD": str(lmod)}, script=True)
    assert new["NEURODESK_GUARD_LMOD"] == str(lmod)
    text = run([new["LMOD_CMD"], "python", "--terse", "load", "a/1", "b c"], {**guarded, **new}, tmp_path)
    assert text == "args: python --terse load a/1 b c\n1"
    assert [(note.kind, note.command) for note in noted(guarded)] == [("load", "a/1 b c")]
