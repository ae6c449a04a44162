"""``python3 -m elyra_neurodesk.bootstrapper --run-id ID --pipeline JSON --task JSON …``."""

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one task; returns the exit status (see docs/errors.md)."""
    parser = argparse.ArgumentParser(
        prog="elyra_neurodesk.bootstrapper", description="Run one node of a pipeline.", allow_abbrev=False
    )
    parser.add_argument("--run-id", required=True, help="the run's id")
    parser.add_argument(
        "--pipeline", default="{}", metavar="JSON", help="what all tasks of the pipeline have in common"
    )
    parser.add_argument("--task", required=True, metavar="JSON", help="what to run, as the compiler wrote it")
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="a pipeline parameter's value"
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    given = parser.parse_args(_arguments() if arguments is None else arguments)
    return task.run(given.run_id, given.pipeline, given.task, given.parameter, Log())


def _arguments() -> list[str]:
    """Return the command line's arguments, or those in a file where other accounts see command lines."""
    file = os.environ.pop(ARGUMENTS, None)
    return sys.argv[1:] if file is None else json.loads(Path(file).read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
