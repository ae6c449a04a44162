"""What a catalog step is: a tool's command line with its files and options, as plain frozen data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

IMAGES = "*.nii.gz *.nii *.mgz *.mgh"
NIFTI = "*.nii.gz *.nii"


@dataclass(frozen=True)
class Container:
    """A container of Neurodesk: a tool, its version and the day it was built.

    Attributes:
        tool: name of the tool and its module.
        version: of the tool.
        date: ``YYYYMMDD``; a version that was built again has another.
    """

    tool: str
    version: str
    date: str

    @property
    def module(self) -> str:
        """Return what Lmod calls it: ``tool/version``."""
        return f"{self.tool}/{self.version}"

    @property
    def directory(self) -> str:
        """Return its directory's name in the CVMFS repository."""
        return f"{self.tool}_{self.version}_{self.date}"


@dataclass(frozen=True)
class Files:
    """An input: what another step left, a folder of named files of which one is meant.

    Attributes:
        title: what the editor calls it; letters, digits and spaces, unique in its step.
        help: one sentence.
        names: placeholder in the command line to the endings it may have, the likeliest first (shell
            patterns with spaces between); ``folder`` stands for all of the files.
        kind: what it is, shown in the editor.
    """

    title: str
    help: str
    names: tuple[tuple[str, str], ...]
    kind: str = "NIfTI"


@dataclass(frozen=True)
class Output:
    """An output: a folder with the files that a pattern fits.

    Attributes:
        title: what the editor calls it.
        help: one sentence.
        pattern: relative to the working directory, with placeholders such as ``{image_stem}``.
        kind: what it is, shown in the editor.
        optional: whether the tool may leave it out.
    """

    title: str
    help: str
    pattern: str
    kind: str = "NIfTI"
    optional: bool = False


@dataclass(frozen=True)
class Option:
    """An argument that the user chooses, at its place in the command line.

    Attributes:
        title: what the editor calls it.
        help: one sentence; the editor makes a field mandatory whose help has the word that is avoided here.
        flag: what stands before the value: ``-f`` (a word of its own), ``--mask=`` (joined), "" (nothing).
        kind: text, number, integer, choice; ``flag`` (given or not), ``list`` (several words), ``file`` (the
            path of a file in a mounted volume; with a flag ``$NAME`` it goes into that variable), ``folder``
            (the path of a folder there), ``more`` (further arguments, quoted as in a shell).
        default: what the field starts with, the tool's own default where it has one.
        choices: what a choice may be.
        required: whether it needs a value.
    """

    title: str
    help: str
    flag: str = ""
    kind: Literal["text", "number", "integer", "choice", "flag", "list", "file", "folder", "more"] = "text"
    default: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False

    @property
    def rule(self) -> str:
        """Return what the script checks the value by."""
        if self.kind == "choice":
            return f"|{'|'.join(self.choices)}|"
        return self.kind if self.kind in ("number", "integer") else "text"


MORE = Option(
    "More arguments",
    "Further arguments of the tool, written as in a shell; quotes work, variables do not.",
    kind="more",
)


@dataclass(frozen=True)
class Step:
    """A node of the palette.

    Attributes:
        id: stable: pipelines refer to it.
        name: what the palette calls it.
        category: the palette's group.
        summary: what it does, one or two sentences, with the words a person would search for.
        url: the page of the tool's documentation that its arguments were taken from.
        container: where the tool is; None for a step that needs none.
        inputs: files of other steps.
        command: constant words, with placeholders for files, and options.
        outputs: what it leaves.
        env: variables for the tool, templates like the words.
        script: what runs it: ``step`` or the name of a script of its own, which gets the options, the
            outputs and the inputs in that order.
        store: whether it needs the run's object store (elyra_neurodesk/patches/component_annotations.py).
        cache: False where what it does is not all in its inputs and outputs.
    """

    id: str
    name: str
    category: str
    summary: str
    url: str = ""
    container: Container | None = None
    inputs: tuple[Files, ...] = ()
    command: tuple[str | Option, ...] = ()
    outputs: tuple[Output, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    script: str = "step"
    store: bool = False
    cache: bool = True

    @property
    def options(self) -> Iterator[Option]:
        """Return the options in the order of the command line."""
        return (word for word in self.command if isinstance(word, Option))

    @property
    def program(self) -> str:
        """Return the command that the step runs."""
        first = self.command[0]
        return first if isinstance(first, str) else ""


def one_file(title: str, help: str, name: str, endings: str = NIFTI, kind: str = "NIfTI") -> Files:
    """Return an input of one file."""
    return Files(title, help, ((name, endings),), kind)


def folder(title: str, help: str, name: str, kind: str = "Folder") -> Files:
    """Return an input that takes all of the files."""
    return Files(title, help, ((name, "folder"),), kind)


def flag(title: str, flag: str, help: str, default: bool = False) -> Option:
    """Return an option that is given or not."""
    return Option(title, help, flag, "flag", str(default))


def number(title: str, flag: str, help: str, default: str = "") -> Option:
    """Return an option with a number."""
    return Option(title, help, flag, "number", default)


def integer(title: str, flag: str, help: str, default: str = "") -> Option:
    """Return an option with a whole number."""
    return Option(title, help, flag, "integer", default)


def choice(title: str, flag: str, help: str, choices: str, default: str = "") -> Option:
    """Return an option with one of the choices, given with spaces between them."""
    return Option(title, help, flag, "choice", default, tuple(choices.split()))
