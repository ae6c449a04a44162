"""Milliseconds to answer for a repository of 384 modules: read anew, from the cache, from a list of tools.

Every figure is the median of processes of their own, the interpreter's start and imports told apart.

    python benchmarks/modules.py [--modules 384] [--commands 200] [--repeat 7] [--apps-json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.neurodesk_tree import Tool, make_tree

# Prints seconds: imports, the index with one answer, then what needs the containers' commands.
ANSWER = """
import sys, time
from pathlib import Path
begin = time.perf_counter()
from elyra_neurodesk.modules.sources import current_index
ready = time.perf_counter()
index = current_index(Path(sys.argv[1]), sys.argv[2] or None)
found = index.resolve(sys.argv[3])
assert found.entry is not None and len(index.entries) >= int(sys.argv[4]), (index.origin, found)
answered = time.perf_counter()
index.providers("command-7")
print(ready - begin, answered - ready, time.perf_counter() - answered)
"""


def tools(modules: int, commands: int) -> list[Tool]:
    """Return that many modules, of a tool's one to five versions each; one in twenty is retired."""
    wrappers = {f"command-{number}": "true" for number in range(commands)}
    return [
        Tool(
            f"tool{number // 3}",
            f"1.{number % 3}.{number % 7}",
            f"2025{number % 12 + 1:02d}01",
            wrappers,
            category=f"category_{number % 26}",
            retired=number % 20 == 0,
            format=1 + number % 2,
        )
        for number in range(modules)
    ]


def measure(cache: Path, *arguments: str) -> list[float]:
    """Return what one process measured (ms): imports, answer, commands."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", ANSWER, *arguments],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return [float(word) * 1000 for word in done.stdout.split()]


def app_list(given: list[Tool]) -> str:
    """Return an ``apps.json`` of the same modules."""
    groups: dict[str, dict[str, object]] = {}
    for tool in given:
        group = groups.setdefault(tool.name, {"apps": {}, "categories": [tool.category]})
        apps = group["apps"]
        assert isinstance(apps, dict)
        apps[f"{tool.name} {tool.version}"] = {"version": tool.date, "exec": ""}
    return json.dumps(groups)


def main() -> None:
    """Lay out a repository, ask, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=384)
    parser.add_argument("--commands", type=int, default=200, help="per container")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--apps-json", type=Path, help="a real list instead of one of the same modules")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        place = Path(name)
        given = tools(options.modules, options.commands)
        root = make_tree(place / "repository", given)
        listed = options.apps_json or place / "apps.json"
        if options.apps_json is None:
            listed.write_text(app_list(given))
        wanted, least = given[0].name if options.apps_json is None else "fsl", str(options.modules)
        tree = [str(root), "", given[1].name, least]
        nowhere = [str(place / "nothing"), str(listed), wanted, least]
        rows = {
            "tree, read anew": [measure(place / f"cache{number}", *tree) for number in range(options.repeat)],
            "tree, from the cache": [measure(place / "cache0", *tree) for _ in range(options.repeat)],
            "list of tools, a file": [measure(place / "other", *nowhere) for _ in range(options.repeat)],
        }
    print(
        f"{options.modules} modules, {options.commands} commands each; Python {platform.python_version()}, ms"
    )
    print(f"{'':24}{'imports':>10}{'answer':>10}{'commands':>10}")
    for title, figures in rows.items():
        print(
            f"{title:24}"
            + "".join(f"{statistics.median(column):10.1f}" for column in zip(*figures, strict=True))
        )


if __name__ == "__main__":
    main()
