"""tools/structure.py and the import contracts of pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest
import tomllib
import yaml

from tools import structure

ROOT = Path(__file__).parents[3]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose two halves import each other, though no two of their modules do."""
    files = {
        "__init__": "",
        "left/__init__": "",
        "left/high": "import halves.right.low\n\nclass Reader:\n    pass\n",
        "left/low": "",
        "right/__init__": "",
        "right/high": "def later():\n    import halves.left.low\n\nclass Reader:\n    pass\n",
        "right/low": "class Writer:\n    pass\n",
    }
    for name, text in files.items():
        path = tmp_path / "halves" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "halves"


def test_the_table_has_every_package_of_elyra_neurodesk() -> None:
    command = [sys.executable, ROOT / "tools/structure.py"]
    printed = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/").stdout
    listed = {words[0] for words in map(str.split, printed.split("\n\n")[0].splitlines()[1:])}
    folder = ROOT / "elyra_neurodesk"
    assert listed == {path.relative_to(folder).parts[0] for path in folder.rglob("*.py")} | {"total"}


def test_elyra_neurodesk_has_no_cycles_and_no_class_name_with_two_meanings() -> None:
    folder = ROOT / "elyra_neurodesk"
    graph = grimp.build_graph("elyra_neurodesk", cache_dir=None)
    assert structure.package_cycles(graph) == []
    assert structure.module_cycle(graph) == []
    assert structure.shared_class_names(folder) == {}


def test_no_contract_has_an_exception() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert [contract["name"] for contract in contracts if contract.get("ignore_imports")] == []


def test_files_and_lines_are_counted_by_package(package: Path) -> None:
    assert structure.sizes(package) == {"left": (3, 4), "right": (3, 7), "__init__.py": (1, 0)}


def test_a_class_name_in_two_modules_is_listed_with_both(package: Path) -> None:
    assert structure.shared_class_names(package) == {"Reader": ["left/high.py", "right/high.py"]}


def test_packages_that_import_each_other_are_a_cycle_also_where_an_import_is_inside_of_a_function(
    package: Path,
) -> None:
    graph = grimp.build_graph("halves", cache_dir=None)
    (line,) = structure.package_cycles(graph)
    assert line in {"halves.left.high → halves.right.low", "halves.right.high → halves.left.low"}
    assert structure.module_cycle(graph) == []


def test_modules_that_import_each_other_are_a_cycle(package: Path) -> None:
    (package / "left/low.py").write_text("from halves.left import high\n", "utf-8")
    (package / "left/high.py").write_text("from halves.left import low\n", "utf-8")
    graph = grimp.build_graph("halves", cache_dir=None)
    assert set(structure.module_cycle(graph)) == {"halves.left.low", "halves.left.high"}


def test_the_hooks_of_pre_commit_are_what_make_lint_runs() -> None:
    """Each hook's command line begins like one of the Makefile's."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("$(BIN)", ".venv/bin")
    for hook in hooks:
        program = " ".join(hook["entry"].split()[:2]) if "ruff" in hook["id"] else hook["entry"]
        assert f"\t{program}" in makefile, hook["id"]
