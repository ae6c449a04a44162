"""The command line's outer shell."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import click
import pytest

from elyra_neurodesk import __version__
from elyra_neurodesk.cli import main as shell
from elyra_neurodesk.errors import NeurodeskError

HEAVY = ("kfp", "elyra", "rich", "kubernetes", "requests", "minio", "yaml", "starlette", "urllib3")


class OutOfCoffee(NeurodeskError):
    code = "ND-TEST-001"
    hint = "Make some."
    exit_status = 17


def raising(problem: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise problem

    return command


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch):
    """Register a command `broken` that raises what the test says."""

    def register(problem: BaseException) -> None:
        module = type(sys)("broken_command")
        module.broken = raising(problem)
        monkeypatch.setitem(sys.modules, "broken_command", module)
        monkeypatch.setitem(shell.COMMANDS, "broken", shell.LazyCommand("broken_command", "broken", "Break."))

    return register


@pytest.mark.parametrize("name", list(shell.COMMANDS))
def test_the_tables_short_help_is_the_commands_own(name: str) -> None:
    lazy = shell.COMMANDS[name]
    try:
        command = getattr(import_module(lazy.module), lazy.attribute)
    except ModuleNotFoundError as problem:
        pytest.skip(f"not written yet: {problem.name}")
    assert command.get_short_help_str(limit=200) == lazy.help
    assert command.name == name


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["runs", "--help"], ["submit", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from elyra_neurodesk.cli.main import run; "
        f"status = run({arguments!r}); "
        f"print([name for name in {HEAVY!r} if name in sys.modules]); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(
        name in shown and lazy.help in " ".join(shown.split()) for name, lazy in shell.COMMANDS.items()
    )


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["--version"]) == 0
    assert capsys.readouterr().out == f"elyra-neurodesk {__version__}\n"


def test_an_error_of_ours_is_one_line_and_its_exit_status(broken, capsys: pytest.CaptureFixture[str]) -> None:
    broken(OutOfCoffee("the pot\nis empty"))
    assert shell.run(["broken"]) == 17
    assert capsys.readouterr() == ("", "ND-TEST-001: the pot is empty Make some.\n")


def test_any_other_error_is_one_line_that_names_debug(broken, capsys: pytest.CaptureFixture[str]) -> None:
    broken(ValueError("two\nlines"))
    assert shell.run(["broken"]) == 1
    assert capsys.readouterr() == ("", "ND-ERROR-000: two lines (ValueError); run again with --debug\n")


@pytest.mark.parametrize(("problem", "status"), [(ValueError("x"), 1), (OutOfCoffee("x"), 17)])
def test_debug_shows_the_traceback(
    broken, problem: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(problem)
    assert shell.run(["--debug", "broken"]) == status
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_130(broken, capsys: pytest.CaptureFixture[str]) -> None:
    broken(KeyboardInterrupt())
    assert shell.run(["broken"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_commands_exit_status_is_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    module = type(sys)("four_command")
    module.four = click.command()(lambda: 4)
    monkeypatch.setitem(sys.modules, "four_command", module)
    monkeypatch.setitem(shell.COMMANDS, "four", shell.LazyCommand("four_command", "four", "Four."))
    assert shell.run(["four"]) == 4


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["runs", "list", "--no-such-option"], ["runs", "show"]]
)
def test_wrong_usage_is_exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(arguments) == 2
    assert "Usage: elyra-neurodesk" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "logs", "latest", "--follow", "--json"],
        ["runs", "outputs", "latest", "--overwrite"],
        ["submit", "x.pipeline", "--timeout", "3"],
    ],
)
def test_options_that_need_or_exclude_each_other_say_so(arguments: list[str], capsys) -> None:
    assert shell.run(arguments) == 2
    assert "--" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = (
        "import sys; from elyra_neurodesk.cli.main import COMMANDS, LazyCommand, main; import click; "
        "sys.modules['loud'] = loud = type(sys)('loud'); "
        "loud.loud = click.command()(lambda: [click.echo('x' * 1000) for _ in range(10000)]); "
        "COMMANDS['loud'] = LazyCommand('loud', 'loud', ''); sys.argv = ['elyra-neurodesk', 'loud']; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141
