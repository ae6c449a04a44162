from __future__ import annotations

import pytest

from elyra_neurodesk.bootstrapper.guard.kernel import lines


@pytest.mark.parametrize(
    "line",
    [
        "FATAL:   container creation failed: mount hook function failure",
        "\x1b[31mFATAL:  \x1b[0m could not open image /x.simg: no such file",
        "ABORT  : Retval = 255",
        "FATAL  : user namespaces are not allowed",
    ],
)
def test_apptainers_last_words_are_known(line: str) -> None:
    assert lines.fatal(f"starting\n{line}\r\ndone\n")


@pytest.mark.parametrize(
    "line",
    [
        "FATAL: my own",
        "fatal:   x",
        "a FATAL:   x",
        "FATAL:   ",
        "WARNING: underlay of /etc/localtime",
        "FATAL",
    ],
)
def test_what_only_looks_like_it_is_left_alone(line: str) -> None:
    assert lines.fatal(line) == []


def test_a_line_that_the_source_itself_contains_does_not_count() -> None:
    assert lines.fatal("FATAL:   made up", 'echo "FATAL:   made up"') == []


def test_errors_of_apptainer_and_of_a_tools_own_scripts_are_known() -> None:
    found = lines.errors(
        "ERROR  : Could not write info to setgroups: Permission denied\n"
        "ERROR:   no image\n"
        "/opt/fsl/bin/fsl_anat: line 12: bc: command not found\n"
        "ERROR: mine\n"
    )
    assert len(found) == 3


def test_what_a_shell_does_not_find_is_read_with_name_and_line() -> None:
    output = (
        "/usr/bin/sh: 1: bet: not found\nsh: 12: fast: not found\nbash: flirt: command not found\n"
        "bash: line 3: susan: command not found\nls: x: not found"
    )
    assert [(item.name, item.line) for item in lines.missing(output)] == [
        ("bet", 1),
        ("fast", 12),
        ("flirt", 0),
        ("susan", 3),
    ]


def test_the_tail_has_no_empty_lines_and_no_colours() -> None:
    assert lines.tail("a\n\n\x1b[1mb\x1b[0m\rc\n \n", 2) == ["b", "c"]
