"""``python3 -m elyra_neurodesk.bootstrapper URL SHA256 RUN-ID TASK [NAME=VALUE …]``."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from elyra_neurodesk.bootstrapper import ARGUMENTS, task
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.specs import GivenSpec, SpecSource, StoredSpec


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one task; returns the exit status (see docs/errors.md)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    given = list(_arguments() if arguments is None else arguments)
    run_id, source, assignments = (_read_v2 if given[:1] == ["--run-id"] else _read)(given)
    return task.run(run_id, source, assignments, Log())


def _read(arguments: Sequence[str]) -> tuple[str, SpecSource, list[str]]:
    """Return the run's id, where the task's specification is, and the parameters' assignments."""
    parser = _parser()
    parser.add_argument("bootstrapper", metavar="URL", help="the bootstrapper's URL in the object store")
    parser.add_argument("specs", metavar="SHA256", help="hash of the specifications, which are beside it")
    parser.add_argument("run_id", metavar="RUN-ID", help="the run's id")
    parser.add_argument("task", metavar="TASK", help="the task's name")
    parser.add_argument(
        "parameters", nargs="*", metavar="NAME=VALUE", help="the values of the pipeline parameters it takes"
    )
    given = parser.parse_args(arguments)
    return given.run_id, StoredSpec(given.bootstrapper, given.specs, given.task), given.parameters


def _read_v2(arguments: Sequence[str]) -> tuple[str, SpecSource, list[str]]:
    """Return the same of the command line of versions 1 and 2."""
    parser = _parser()
    parser.add_argument("--run-id", required=True)
    parser.add_argument("--pipeline", default="{}")
    parser.add_argument("--task", required=True)
    parser.add_argument("--parameter", action="append", default=[])
    given = parser.parse_args(arguments)
    return given.run_id, GivenSpec(given.task, given.pipeline), given.parameter


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog="elyra_neurodesk.bootstrapper", description="Run one node of a pipeline.", allow_abbrev=False
    )


def _arguments() -> list[str]:
    """Return the command line's arguments, or those in a file where other accounts see command lines."""
    file = os.environ.pop(ARGUMENTS, None)
    return sys.argv[1:] if file is None else json.loads(Path(file).read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
