"""How the goldens reach the package, and what is made equal before a comparison.

The package is reached through what others reach it by: entry points, Elyra, and walking over all of its
modules. No module is named here except the package itself, so that moving modules changes no golden.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib
import io
import json
import os
import pkgutil
import pprint
import re
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

PACKAGE = "elyra_neurodesk"
BASE_ERROR = "ND-ERROR-000"
SAME_LENGTH_SHA = "0" * 64


@dataclass(frozen=True)
class Outcome:
    """What a command line did.

    Attributes:
        status: exit status.
        out: standard output.
        err: standard error.
    """

    status: int
    out: str
    err: str


def loaded(group: str, name: str) -> Any:
    """Return what the entry point of the installed package names."""
    (found,) = [entry for entry in entry_points(group=group, name=name) if entry.value.startswith(PACKAGE)]
    return found.load()


def command(*arguments: str) -> Outcome:
    """Run ``elyra-neurodesk`` in this process, as its console script does."""
    out, err = io.StringIO(), io.StringIO()
    status: object = 0
    before = sys.argv
    sys.argv = ["elyra-neurodesk", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            loaded("console_scripts", "elyra-neurodesk")()
    except SystemExit as end:
        status = end.code
    finally:
        sys.argv = before
    return Outcome(
        status if isinstance(status, int) else int(status is not None), out.getvalue(), err.getvalue()
    )


def all_modules() -> None:
    """Import every module of the package."""
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def errors() -> list[Any]:
    """Return the class of errors whose code is `BASE_ERROR` and all its subclasses."""
    all_modules()
    (base,) = {
        one
        for name, module in list(sys.modules.items())
        if name.split(".")[0] == PACKAGE
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Exception) and vars(one).get("code") == BASE_ERROR
    }
    return [base, *_below(base)]


def _below(base: type[Any]) -> Iterator[type[Any]]:
    for child in base.__subclasses__():
        yield child
        yield from _below(child)


def package_files(ending: str) -> list[Path]:
    """Return the package's data files with this ending, wherever they lie in it."""
    folder = Path(str(importlib.import_module(PACKAGE).__file__)).parent
    return sorted(folder.rglob(f"*{ending}"))


def normaliser(work: Path, store: Any) -> Callable[[str], str]:
    """Return a function that makes equal what differs without a change of behaviour.

    README.md has the list and the reasons.

    Args:
        work: the temporary directory of this run.
        store: the object store (`tests.support.objectstore`) after everything was exported.
    """
    replaced = {os.fspath(work): "/golden", store.endpoint: "http://127.0.0.1:STORE"}
    for key in store.keys():  # noqa: SIM118  no dictionary
        name = key.rpartition("/")[2].partition(".")[0]
        if key.endswith(".pyz"):
            assert re.search("[0-9a-f]{64}", key), key
            replaced[re.findall("[0-9a-f]{64}", key)[-1]] = SAME_LENGTH_SHA
        elif key.endswith(".tar.gz"):
            assert re.fullmatch("[0-9a-f]{64}", name), key
            replaced[name] = hashlib.sha256(_unpacked(store.get(key))).hexdigest()
    for sha256, document in _documents(store):
        # it names archives and the store
        equal = reduce(lambda text, pair: text.replace(*pair), replaced.items(), document)
        replaced[sha256] = hashlib.sha256(equal.encode()).hexdigest()
    patterns = (
        # a digest over all of the graph, the bootstrapper's SHA-256 included
        (r"(elyra/pipeline-version: )'?[0-9a-f]{12}'?", r"\1VERSION"),
        (r"(elyra/pipeline-version', label_value=')[0-9a-f]{12}'", r"\1VERSION'"),
        (rf"(sdkVersion: kfp-){re.escape(version('kfp'))}", r"\1VERSION"),
        (rf"\b(elyra-neurodesk ){re.escape(version('elyra-neurodesk'))}", r"\1VERSION"),
    )

    def normalise(text: str) -> str:
        for old, new in replaced.items():
            text = text.replace(old, new)
        for pattern, new in patterns:
            text = re.sub(pattern, new, text)
        return text

    return normalise


def documents(store: Any, text: str) -> Iterator[str]:
    """Yield the documents of specifications that an export names, one for all of its tasks."""
    for sha256, document in _documents(store):
        if sha256 in text:
            yield json.dumps(json.loads(document), indent=1, ensure_ascii=False) + "\n"


def _documents(store: Any) -> list[tuple[str, str]]:
    """Return SHA-256 and text of each uploaded document of specifications."""
    found = [key for key in store.keys() if "/specs/" in key]  # noqa: SIM118  no dictionary
    return [(key.rpartition("/")[2], store.get(key).decode()) for key in found]


def plain_layout(dsl: str) -> str:
    """Return a Python program without comments, in a layout of our own.

    The exported layout is that of whichever black is installed.
    """
    return "\n".join(_statement(one) for one in ast.parse(dsl).body) + "\n"


def _statement(one: ast.stmt) -> str:
    if isinstance(one, ast.Assign):
        target = ast.unparse(one.targets[0])
        if isinstance(one.value, ast.Constant):
            return f"{target} = {_folded(one.value)}"
        if isinstance(one.value, ast.Call) and len(one.value.args) == 1:
            return f"{target} = {ast.unparse(one.value.func)}({_folded(one.value.args[0])})"
    return ast.unparse(one)


def _folded(value: ast.expr) -> str:
    return pprint.pformat(ast.literal_eval(value), width=110)


def archives(store: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the digest of each uploaded archive, unpacked, and its members: mode, size, name."""
    for key in store.keys():  # noqa: SIM118  no dictionary
        if key.endswith(".tar.gz"):
            content = _unpacked(store.get(key))
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                members = [f"{member.mode:o} {member.size} {member.name}" for member in tar]
            yield hashlib.sha256(content).hexdigest(), members


def _unpacked(content: bytes) -> bytes:
    return zlib.decompress(content, wbits=31)


def transcript(commands: Iterable[Sequence[str]]) -> str:
    """Run commands and return each with exit status and what it wrote, ``!`` before standard error."""
    parts = []
    for arguments in commands:
        done = command(*arguments)
        shown = [f"$ elyra-neurodesk {' '.join(arguments)}", f"= {done.status}"]
        shown += [f"  {line}".rstrip() for line in done.out.splitlines()]
        shown += [f"! {line}".rstrip() for line in done.err.splitlines()]
        parts.append("\n".join(shown))
    return "\n\n".join(parts) + "\n"
