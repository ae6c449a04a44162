"""Print the structure of the package: ``python tools/structure.py``.

Files and lines of each package, classes with the same name in several modules, and import cycles, between
packages and between modules. Imports inside of functions count like all others.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections import Counter, defaultdict
from pathlib import Path

import grimp
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
PACKAGE = "elyra_neurodesk"


def sizes(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the files and lines of Python below each entry of a folder.

    Returns:
        Name of a package or, ending in ``.py``, of a module to the number of its files and lines.
    """
    files: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for path in folder.rglob("*.py"):
        name = path.relative_to(folder).parts[0]
        files[name] += 1
        lines[name] += len(path.read_text("utf-8").splitlines())
    return {name: (files[name], lines[name]) for name in sorted(files, key=lambda n: (n.endswith(".py"), n))}


def shared_class_names(folder: Path) -> dict[str, list[str]]:
    """Return the names that more than one module has a class of, each with its files below a folder."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].add(path.relative_to(folder).as_posix())
    return {name: sorted(files) for name, files in sorted(found.items()) if len(files) > 1}


def package_cycles(graph: grimp.ImportGraph) -> list[str]:
    """Return the imports without which no two neighbours in one package would import each other."""
    return sorted(
        f"{importer} → {imported}"
        for package in graph.modules
        if len(graph.find_children(package)) > 1
        for importer, imported in graph.nominate_cycle_breakers(package)
    )


def module_cycle(graph: grimp.ImportGraph) -> list[str]:
    """Return the modules of one cycle of imports, the first one again at the end; empty: there is none.

    That a module's import also runs the ``__init__.py`` of its packages is left out.
    """
    modules = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    try:
        graphlib.TopologicalSorter(modules).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def main() -> int:
    """Print the tables; the exit status is 1 if there is a cycle."""
    folder = ROOT / PACKAGE
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    console = Console(soft_wrap=True)

    table = Table("package", "files", "lines", box=None)
    rows = sizes(folder)
    for name, (files, lines) in rows.items():
        table.add_row(name, str(files), str(lines))
    table.add_row(
        "total", str(sum(row[0] for row in rows.values())), str(sum(row[1] for row in rows.values()))
    )
    for column in table.columns[1:]:
        column.justify = "right"
    console.print(table)

    shared = shared_class_names(folder)
    console.print(f"\nclasses with the same name in several modules: {len(shared)}")
    for name, where in shared.items():
        console.print(f"  {name}: {', '.join(where)}")

    packages, modules = package_cycles(graph), module_cycle(graph)
    console.print(f"\ncycles between packages: {len(packages)}")
    for line in packages:
        console.print(f"  {line}")
    console.print(f"cycles between modules: {1 if modules else 0}")
    if modules:
        console.print(f"  {' → '.join(modules)}")
    return 1 if packages or modules else 0


if __name__ == "__main__":
    sys.exit(main())
