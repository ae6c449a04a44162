"""Runs the container of a catalog step as a process of this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.catalogs.loader import Component, ToolSource


@dataclass(frozen=True)
class Ran:
    """How a step ended.

    Attributes:
        status: exit status.
        out: what it printed.
        errors: its last line on standard error.
        outputs: title of each output to its files (path to content); missing where it left nothing.
    """

    status: int
    out: str
    errors: str
    outputs: Mapping[str, Mapping[str, bytes]]


def run_step(
    component: Component,
    directory: Path,
    root: Path,
    inputs: Mapping[str, Path] | None = None,
    tools: ToolSource | None = None,
    shell: str = "sh",
    path: str = "",
    **options: str,
) -> Ran:
    """Run a step as KFP's launcher would.

    Args:
        component: the step.
        directory: gets the outputs and the step's working directory.
        root: stands for the CVMFS repository.
        inputs: title to artifact.
        tools: where the tool comes from.
        shell: takes the place of ``sh``.
        path: more directories for PATH, colons between.
        options: title with _ for spaces to the value as KFP writes it.
    """
    container = component.definition(tools or ToolSource())["implementation"]["container"]
    given = {title.replace("_", " "): value for title, value in options.items()}
    known = {field["name"]: field.get("default", "") for field in component.fields("inputValue")}
    assert given.keys() <= known.keys(), given.keys() - known.keys()
    outputs = {
        field["name"]: directory / "outputs" / field["name"] / "data"
        for field in component.fields("outputPath")
    }
    temporary = directory / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)

    def word(item: str | Mapping[str, str]) -> str:
        if isinstance(item, str):
            return item
        ((kind, title),) = item.items()
        if kind == "inputValue":
            return {**known, **given}[title]
        return str(outputs[title] if kind == "outputPath" else (inputs or {})[title])

    words = [word(item) for item in (*container["command"], *container["args"])]
    words[0:1] = shell.split()
    base = os.environ["PATH"]
    done = subprocess.run(
        words,
        env={
            "PATH": f"{path}:{base}" if path else base,
            "NEURODESK_CVMFS_ROOT": str(root),
            "TMPDIR": str(temporary),
            "HOME": str(directory),
        },
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not list(temporary.iterdir()), "the working directory was left behind"
    left = {title: files(place) for title, place in outputs.items() if place.exists()}
    return Ran(done.returncode, done.stdout, done.stderr.strip().rpartition("\n")[2], left)


def files(folder: Path) -> dict[str, bytes]:
    """Return path to content of all files in a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def artifact(folder: Path, **content: str) -> Path:
    """Make an artifact; names have __ for a dot."""
    folder.mkdir(parents=True)
    for name, text in content.items():
        (folder / name.replace("__", ".")).write_text(text, "utf-8")
    return folder
