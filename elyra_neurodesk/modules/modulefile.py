"""Reads one Neurodesk module file: the container it stands for and what it does to the environment.

Two formats are published (neurocommand's ``transparent-singularity``): the first writes every path out, the
second (marked ``neurodesk-artifact-v2``) computes them from the file's own place; each exists in Lua and in
Tcl. Both may end with a tool's own statements, written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from elyra_neurodesk.modules.lua import Statement, Unreadable, read_effects
from elyra_neurodesk.paths import CVMFS_ROOT

__all__ = ["ModuleFile", "Statement", "apply", "container", "moved", "parse", "read", "read_text"]

_IMAGE = re.compile(r"^(?:--|\#) neurodesk-image ([\w.+-]+)\.simg\s*$", re.MULTILINE)
_TCL = re.compile(
    r"""^[ \t]*(?P<action>prepend-path|append-path|setenv)[ \t]+(?P<name>\w+)[ \t]+
        (?:"(?P<quoted>(?:\\.|[^"\\])*)"|\{(?P<braced>[^{}]*)\}|(?P<bare>[^\s"{\[]+))[ \t]*$""",
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class ModuleFile:
    """What a module file says.

    Attributes:
        container: the container's directory name, ``fsl_6.0.7.16_20240807``; "" where it names none.
        statements: what it does to the environment, paths translated to where the repository is.
        requires: modules that it loads first, ``tool/version``: it is a bundle.
        refusal: the error with which it would refuse to load, "" if none.
        complete: whether all that changes the environment could be read.
    """

    container: str
    statements: tuple[Statement, ...]
    requires: tuple[str, ...] = ()
    refusal: str = ""
    complete: bool = True


def read(path: Path, root: Path, environment: Mapping[str, str] | None = None) -> ModuleFile:
    """Read a module file below ``root``.

    Args:
        path: the file.
        root: where the repository is; paths written out are translated to it.
        environment: what the file's own conditions look at.

    Raises:
        OSError: it cannot be read.
    """
    return parse(read_text(path), path, root, environment)


def read_text(path: Path) -> str:
    """Return the text of a module file, or raise OSError; bytes that are not UTF-8 are replaced."""
    return path.read_text(encoding="utf-8", errors="replace")


def container(text: str, path: Path, root: Path) -> str:
    """Return `ModuleFile.container` of a module file's text; its statements are read only where needed."""
    image = _IMAGE.search(text)
    return image[1] if image else parse(text, path, root).container


def parse(text: str, path: Path, root: Path, environment: Mapping[str, str] | None = None) -> ModuleFile:
    """Return what the text of the module file at ``path`` says; see `read`."""
    image = _IMAGE.search(text)
    if text.startswith("#%Module"):
        found = ModuleFile("", tuple(_tcl(text, image[1] if image else "", root)))
    else:
        computed = image or "neurodesk-bundle-v1" in text
        known = {"root": f"{root}/containers"} if computed else {}
        try:
            effects = read_effects(text, str(path), environment or {}, known)
        except (Unreadable, RecursionError) as problem:
            return ModuleFile(image[1] if image else "", (), complete=False, refusal=str(problem))
        found = ModuleFile("", effects.statements, effects.requires, effects.refusal, effects.complete)
    statements = tuple(replace(one, value=moved(one.value, str(root))) for one in found.statements)
    return replace(found, container=image[1] if image else _container(statements), statements=statements)


def apply(statements: Sequence[Statement], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment after a module's statements; a path that is there already moves."""
    new = dict(environment)
    for item in statements:
        if item.action == "setenv":
            new[item.name] = item.value
            continue
        added = item.value.split(item.separator)
        old = new.get(item.name, "").split(item.separator)
        rest = [part for part in old if part and part not in added]
        parts = [*added, *rest] if item.action == "prepend_path" else [*rest, *added]
        new[item.name] = item.separator.join(parts)
    return new


def moved(text: str, new_root: str, old_root: str = CVMFS_ROOT) -> str:
    """Return ``text`` with every path below ``old_root`` moved below ``new_root``.

    >>> moved("/a:/cvmfs/neurodesk.ardc.edu.au/b /cvmfs/neurodesk.ardc.edu.au.org", "/new")
    '/a:/new/b /cvmfs/neurodesk.ardc.edu.au.org'
    """
    if new_root == old_root:
        return text
    return re.sub(rf"(?<![^\s:;,=]){re.escape(old_root)}(?=/|$|[\s:;,])", lambda _: new_root, text)


def _tcl(text: str, image: str, root: Path) -> list[Statement]:
    """Return the literal statements of a Tcl module file; ``$container_dir`` and ``$image`` are known."""
    directory = f"{root}/containers/{image}"
    variables = {"$container_dir": directory, "$image": f"{directory}/{image}.simg"} if image else {}
    statements = []
    for match in _TCL.finditer(text):
        value = match["quoted"]
        if value is not None:
            plain = "$" not in value and "[" not in value
            value = re.sub(r"\\(.)", r"\1", value) if plain or "\\" in value else None
        else:
            value = match["braced"] if match["braced"] is not None else match["bare"]
            value = variables.get(value, value if "$" not in value else None)
        if value is not None:
            statements.append(Statement(match["action"].replace("-", "_"), match["name"], value))
    return statements


def _container(statements: Sequence[Statement]) -> str:
    """Return the name of the container directory that the statements put on PATH."""
    for item in statements:
        for part in item.value.split(":") if item.name == "PATH" else ():
            path = PurePosixPath(part)
            if path.parent.name == "containers":
                return path.name
    return ""
