"""Options and small helpers that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

RUN_FAILED = 4
"""Exit status when a watched run ended and did not succeed."""


def runtime_config_option(command: F) -> F:
    """Add ``--runtime-config NAME``."""
    return click.option(
        "--runtime-config",
        "runtime_config",
        metavar="NAME",
        help="Runtime configuration. When left out: this machine's if its backend is up, else the only one.",
    )(command)


def no_start_option(command: F) -> F:
    """Add ``--no-start``."""
    return click.option(
        "--no-start", is_flag=True, help="Do not start the embedded backend of this machine when it is down."
    )(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output."
    )(command)


def timeout_option(command: F) -> F:
    """Add ``--timeout SECONDS``."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Stop watching after this time, with exit status 5; the run continues.",
    )(command)


def kube_context_option(command: F) -> F:
    """Add ``--kube-context NAME``."""
    return click.option(
        "--kube-context",
        metavar="NAME",
        help="Context of the kubeconfig: the cluster is asked why pods wait or have failed. Default: the "
        "runtime configuration's.",
    )(command)


def tail_option(command: F) -> F:
    """Add ``--tail N``."""
    return click.option(
        "--tail", type=click.IntRange(min=1), metavar="N", help="Only the last N lines of each log."
    )(command)


def print_json(content: object) -> None:
    """Print ``content`` as indented JSON in UTF-8."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))


def note(line: str) -> None:
    """Print something beside the result, on standard error."""
    click.echo(line, err=True)
