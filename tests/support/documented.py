"""The commands that README and docs tell their readers to type."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from elyra_neurodesk.cli.main import COMMANDS, Session, cli

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
"""The README first: who follows it has not read the others."""

PROGRAMS = (
    *("elyra-neurodesk", "elyra-pipeline", "elyra-metadata", "jupyter", "pip", "python", "make"),
    *("kubectl", "helm", "minikube"),
)
_SPAN = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```|(?<!`)`([^`]+)`(?!`)", re.MULTILINE | re.DOTALL)
# a word in capitals, alone or as FILE.pipeline, stands for something of the reader's
_PLACEHOLDER = re.compile(r"(?<![\w.-])[A-Z][A-Z0-9]*(\.[a-z]+)?(?![\w.-])")


@dataclass(frozen=True)
class Documented:
    """A command as it is written on a page.

    Attributes:
        page: relative to the repository.
        line: where it begins.
        text: as written; of a command group of ours, what comes before it is added (``runs list``).
        block: whether it stands in a block of commands to be typed, not in a sentence.
    """

    page: str
    line: int
    text: str
    block: bool

    @property
    def words(self) -> list[str]:
        """The command line, placeholders as they are."""
        return shlex.split(self.text)

    def filled(self, values: Mapping[str, str]) -> list[str]:
        """Return the command line with something in the place of each placeholder.

        Raises:
            KeyError: ``values`` has nothing for one.
        """
        return [_PLACEHOLDER.sub(lambda found: values[found[0]], word) for word in self.words]

    @property
    def is_mention(self) -> bool:
        """Whether it only names a command: a sentence, and what the command needs is left out."""
        if self.block:
            return False
        if "..." in self.text or "…" in self.text:
            return True
        words = self.words
        if words[0] == "elyra-neurodesk":
            command, rest = command_of(words[1:])
            return isinstance(command, click.Group) or (
                _needs_arguments(command) and all(word.startswith("-") for word in rest)
            )
        return words[0] in ("pip", "make") and words[-1].startswith("-")


def documented_commands(page: str) -> Iterator[Documented]:
    """Yield the commands of a page of the repository, in its order."""
    text = (ROOT / page).read_text("utf-8")
    for found in _SPAN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        kind, block, span = found[1], found[2], found[3]
        if span is not None:
            written = " ".join(span.split())
            if command := _command(written):
                yield Documented(page, line, command, block=False)
            continue
        for number, row in enumerate(block.replace("\\\n", "  ").splitlines(), line + 1):
            typed = row.strip() if kind == "sh" else row.removeprefix("$ ") if row.startswith("$ ") else ""
            if typed and not typed.startswith("#"):
                yield Documented(page, number, typed, block=True)


def all_documented() -> list[Documented]:
    """Return the commands of all pages, each once, where it stands first."""
    found: dict[str, Documented] = {}
    for page in PAGES:
        for command in documented_commands(page):
            found.setdefault(command.text, command)
    return list(found.values())


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command of ours that words lead to, and its arguments.

    Raises:
        click.UsageError: there is no such command.
    """
    command: click.Command = cli
    context = click.Context(cli, info_name="elyra-neurodesk", obj=Session())
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        _, found, words = command.resolve_command(context, words)
        assert found
        context = click.Context(found, parent=context, info_name=found.name, obj=Session())
        command = found
    return command, words


def _command(span: str) -> str | None:
    """Return the command that code in a sentence is, None for other code."""
    first, _, rest = span.partition(" ")
    if first in PROGRAMS:
        return span if rest else None
    if first not in COMMANDS or not rest:
        return None
    # a command of ours in short: `runs list`
    second = rest.split()[0]
    group, _ = command_of([first])
    if isinstance(group, click.Group):
        return f"elyra-neurodesk {span}" if second in group.list_commands(click.Context(group)) else None
    return None


def _needs_arguments(command: click.Command) -> bool:
    return any(parameter.required for parameter in command.params)
