from __future__ import annotations

import pytest

from elyra_neurodesk.bootstrapper.guard.kernel.shell import commands, ignores_failure, places


def read(text: str) -> list[tuple[str, str]]:
    return [(item.name, item.place) for item in commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bet a b", [("bet", "plain")]),
        ("bet a | tee log", [("bet", "piped"), ("tee", "plain")]),
        ("bet a |& tee log", [("bet", "piped"), ("tee", "plain")]),
        ("bet a || true", [("bet", "handled"), ("true", "plain")]),
        ("bet a | tee log || true", [("bet", "handled"), ("tee", "handled"), ("true", "plain")]),
        ("bet a | tee log || exit 1", [("bet", "piped"), ("tee", "handled"), ("exit", "plain")]),
        ("bet a && fast b", [("bet", "chained"), ("fast", "plain")]),
        ("bet a && fast b || echo no", [("bet", "handled"), ("fast", "handled"), ("echo", "plain")]),
        ("! bet a", [("bet", "handled")]),
        ("if bet a; then fast b; fi", [("bet", "handled"), ("fast", "plain")]),
        ("until bet a\ndo sleep 1\ndone", [("bet", "handled"), ("sleep", "plain")]),
        ("for x in bet fast; do flirt $x; done", [("flirt", "plain")]),
        ("FSLOUTPUTTYPE=NIFTI bet a > log 2>&1", [("bet", "plain")]),
        ("bet a &> log; echo done", [("bet", "plain"), ("echo", "plain")]),
        ("(cd x; bet a) | cat", [("cd", "plain"), ("bet", "plain"), ("cat", "plain")]),
        ("n=$(fslnvols a | head) || true", [("fslnvols", "handled"), ("head", "handled"), ("true", "plain")]),
        ("echo `fslnvols a`", [("echo", "plain"), ("fslnvols", "plain")]),
    ],
)
def test_each_command_is_read_with_what_becomes_of_its_failure(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert sorted(read(text)) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    [
        "# bet a",
        "echo 'bet a | b'",
        'echo "bet; b"',
        "cat <<EOF\nbet a\nEOF",
        "cat <<'X'\nbet | a\nX\n",
        "echo \\;bet",
    ],
)
def test_comments_strings_and_here_documents_hold_no_commands(text: str) -> None:
    assert "bet" not in [name for name, _ in read(text)]


def test_lines_are_counted_over_here_documents_and_continuations() -> None:
    text = "echo a \\\n  b\ncat <<EOF\n1\n2\nEOF\nbet x"
    assert {item.name: item.line for item in commands(text)} == {"echo": 1, "cat": 3, "bet": 7}


def test_a_text_given_to_a_shell_is_read_and_a_login_shell_notes_nothing() -> None:
    assert places("bash -lc 'ml fsl; bet a; true'", "bet") == {"chained"}
    assert places("bash -c 'bet a; true'", "bet") == {"plain"}
    assert places("bash -c 'bet a' || true", "bet") == {"handled"}


def test_a_command_is_found_by_its_path() -> None:
    assert places("/cvmfs/x/containers/fsl_1/bet a | cat", "bet") == {"piped"}
    assert places("bet a | cat", "/cvmfs/x/containers/fsl_1/bet") == {"piped"}


def test_a_failure_that_does_not_matter_is_known_by_or_true() -> None:
    assert ignores_failure("sh run.sh || true")
    assert not ignores_failure("sh run.sh || truecolor")


@pytest.mark.parametrize(
    "text", ["'", '"', "$(", "`", "<<", "a <<EOF", "((", "${", "|", "&&", "\\", ")", "$((1+2))"]
)
def test_text_that_is_not_shell_raises_nothing(text: str) -> None:
    assert isinstance(commands(text), list)
