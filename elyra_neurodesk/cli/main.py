"""``elyra-neurodesk``: finds the command, runs it, and reports every error in one line.

Importing this module must stay cheap (``--help`` takes less than 0.1 s): commands are imported when they are
invoked, and their short help is repeated in `COMMANDS` (a test compares the two).
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import click

from elyra_neurodesk import __version__
from elyra_neurodesk.errors import NeurodeskError, one_line

INTERRUPTED = 130
BROKEN_PIPE = 141
"""As in a shell: 128 plus the number of the signal (SIGINT, SIGPIPE)."""


@dataclass(frozen=True)
class LazyCommand:
    """Where a command is found, and its short help."""

    module: str
    attribute: str
    help: str


COMMANDS = {
    "local": LazyCommand(
        "elyra_neurodesk.cli.local", "local", "Run pipelines on this machine: the embedded backend."
    ),
    "check": LazyCommand(
        "elyra_neurodesk.cli.check", "check", "Check notebooks and scripts, or a pipeline's, before they run."
    ),
    "submit": LazyCommand(
        "elyra_neurodesk.cli.submit",
        "submit",
        "Submit notebooks, scripts, or a pipeline of the editor.",
    ),
    "export": LazyCommand(
        "elyra_neurodesk.cli.export",
        "export",
        "Write a pipeline, notebooks or scripts as KFP YAML or as Python DSL.",
    ),
    "runs": LazyCommand(
        "elyra_neurodesk.cli.runs",
        "runs",
        "List, watch, cancel, retry and delete runs; get their logs and outputs.",
    ),
    "config": LazyCommand("elyra_neurodesk.cli.config", "config", "Create and list runtime configurations."),
    "cluster": LazyCommand(
        "elyra_neurodesk.cli.cluster", "cluster", "Set up a Kubernetes cluster for Neurodesk's tasks."
    ),
    "modules": LazyCommand(
        "elyra_neurodesk.cli.modules",
        "modules",
        "List and search Neurodesk modules; show what a name resolves to.",
    ),
}


@dataclass
class Session:
    """The group's options, which `run` needs after a command has failed."""

    debug: bool = False


class OutputClosed(Exception):
    """The reader of standard output has closed it: `head`, or a pager that was quit."""


class LazyGroup(click.Group):
    """A group that imports a command only when it is invoked or completed."""

    def invoke(self, ctx: click.Context) -> object:
        """Invoke the command; a broken pipe must not reach click, which would exit with 1 for it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as problem:
            raise OutputClosed from problem

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        lazy = COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        command = getattr(import_module(lazy.module), lazy.attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.help) for name, lazy in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", message="elyra-neurodesk %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error, and libraries' log messages.")
@click.pass_obj
def cli(session: Session, debug: bool) -> None:
    """Run Elyra pipelines of Neurodesk notebooks, on this machine or on Kubeflow Pipelines."""
    session.debug = debug
    if not debug:
        # what they warn of is reported as one line of ours
        for name in ("urllib3", "kfp", "elyra", "traitlets"):
            logging.getLogger(name).setLevel(logging.ERROR)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: what follows the program's name; the process's own when left out.

    Returns:
        The exit status: the command's own, else `handle_error`'s.
    """
    session = Session()
    try:
        status = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="elyra-neurodesk",
            standalone_mode=False,
            obj=session,
        )
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as problem:
        return handle_error(problem, session.debug)
    return status if isinstance(status, int) else 0


def handle_error(problem: BaseException, debug: bool) -> int:
    """Report an error in one line on standard error, with its traceback where ``debug`` is set.

    Returns:
        The exit status: an error's own, 2 for wrong usage, 130 after Ctrl-C, 141 for a closed output, else 1.
    """
    if isinstance(problem, click.ClickException):
        problem.show()
        return problem.exit_code
    if isinstance(problem, (KeyboardInterrupt, click.Abort)):
        _print_error("interrupted")
        return INTERRUPTED
    if isinstance(problem, (OutputClosed, BrokenPipeError)):
        return _broken_pipe()
    if debug:
        traceback.print_exception(problem)
    if isinstance(problem, NeurodeskError):
        _print_error(str(problem))
        return problem.exit_status
    if not debug:
        name = type(problem).__name__
        text = one_line(str(problem)) or name
        _print_error(f"{NeurodeskError.code}: {text} ({name}); run again with --debug")
    return 1


def main() -> None:
    """Run the process's command line and exit: the console script."""
    sys.exit(run())


def _print_error(line: str) -> None:
    """Write one line to standard error, unless that is closed."""
    try:
        click.echo(line, err=True)
    except BrokenPipeError:
        _broken_pipe()


def _broken_pipe() -> int:
    """Redirect closed streams, so that the interpreter does not report them again when it flushes at exit."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            os.dup2(nothing, stream.fileno())
    return BROKEN_PIPE


if __name__ == "__main__":
    main()
