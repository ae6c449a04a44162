"""Write the pages of docs/ that follow from the code: errors, command line, runtime configuration.

Run it from the repository's root: ``python docs/generate.py``. A test fails when a page is out of date.
"""

from __future__ import annotations

import importlib
import pkgutil
import runpy
from collections.abc import Iterator
from pathlib import Path

import click

import elyra_neurodesk
from elyra_neurodesk.bootstrapper.command import ERRORS
from elyra_neurodesk.cluster.pods import PROBLEMS
from elyra_neurodesk.elyra_adapter.schema_files import neurodesk_schema
from elyra_neurodesk.errors import all_errors

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py: change the code, then run that. -->\n\n"


def pages() -> dict[str, str]:
    """Return file name to content."""
    return {
        "errors.md": errors_page(),
        "cli.md": cli_page(),
        "runtime-configuration.md": configuration_page(),
    }


def errors_page() -> str:
    """Return the list of all errors with code, meaning and remedy."""
    for module in pkgutil.walk_packages(elyra_neurodesk.__path__, "elyra_neurodesk."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    rows = {
        error.code: (error.__doc__.strip().splitlines()[0], error.hint, error.exit_status)
        for error in all_errors()
        if "code" in vars(error) and error.__module__.startswith("elyra_neurodesk.")
    }
    for number, (text, status) in ERRORS.items():
        rows[f"ND-START-00{number}"] = (
            f"The task's container cannot start: {text}.",
            "Use a runtime image that has elyra-neurodesk[bootstrapper], or python3 and curl 7.75 or newer, "
            "and that reaches the object store.",
            status,
        )
    table = ["| Code | What happened | What to do | Exit status |", "| --- | --- | --- | --- |"]
    table += [
        f"| {code} | {_cell(meaning)} | {_cell(hint) or 'The message says it.'} | {status} |"
        for code, (meaning, hint, status) in sorted(rows.items())
    ]
    pods = ["| Code | What happened | What to do |", "| --- | --- | --- |"]
    pods += [f"| `{one.code}` | {_cell(one.meaning)} | {_cell(one.hint)} |" for one in PROBLEMS]
    return (
        "# Errors\n\n"
        + NOTE
        + "Every error is one line: a code, what is wrong, what to do. `--debug` before a command shows "
        "where it came from. A task ends with the exit status of its error; commands do too.\n\n"
        + "\n".join(table)
        + "\n\n## Pods\n\nWhy a task waits or has failed on a cluster: `runs show` and `runs watch` say it "
        "where they may ask the cluster (`--kube-context`, or `kube_context` of the configuration).\n\n"
        + "\n".join(pods)
        + "\n"
    )


def cli_page() -> str:
    """Return the help texts of every command."""
    from elyra_neurodesk.cli.main import cli

    parts = ["# Command line\n\n" + NOTE + "What `--help` says.\n"]
    for path, command in _commands(cli, ("elyra-neurodesk",)):
        context = click.Context(
            command,
            info_name=" ".join(path),
            max_content_width=100,
            terminal_width=100,
            help_option_names=cli.context_settings["help_option_names"],
        )
        parts.append(f"## {' '.join(path)}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def configuration_page() -> str:
    """Return the fields of a runtime configuration."""
    schema = neurodesk_schema()
    fields = schema["properties"]["metadata"]["properties"]
    required = set(schema["properties"]["metadata"]["required"])
    table = ["| Field | Title | Default | Meaning |", "| --- | --- | --- | --- |"]
    for name, field in fields.items():
        if field.get("uihints", {}).get("hidden"):
            continue
        choices = (
            f" One of: {', '.join(f'`{choice}`' for choice in field['enum'])}." if "enum" in field else ""
        )
        default = f"`{field['default']}`" if field.get("default") else ""
        mark = " (required)" if name in required else ""
        meaning = f"{_cell(field['description'])}{choices}"
        table.append(f"| `{name}`{mark} | {_cell(field['title'])} | {default} | {meaning} |")
    return (
        "# Runtime configuration\n\n"
        + NOTE
        + f"In JupyterLab: Runtimes, +, New {schema['title']} runtime configuration. On the command line: "
        "`elyra-metadata create runtimes --schema_name=neurodesk ...`, each field an option of its name.\n\n"
        "Tasks reach the object store at `cos_endpoint`. This machine does too, unless that host name means "
        "nothing here or `port_forward` is `on-demand`; then it uses `public_cos_endpoint`. "
        "The embedded backend's is the `file:///` URL of a directory, which takes no keys.\n\n"
        + "\n".join(table)
        + "\n"
    )


def _commands(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _commands(child, (*path, name))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("``", "`")


if __name__ == "__main__":
    for name, content in pages().items():
        (DOCS / name).write_text(content, "utf-8")
    for script in ("record_tables.py", "catalog_table.py"):  # tables inside written pages
        runpy.run_path(str(DOCS / script), run_name="__main__")
