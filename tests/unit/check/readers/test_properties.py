"""Whatever is in a cell: the check ends with a report, and runs nothing."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elyra_neurodesk.check.readers.documents import parse_document
from elyra_neurodesk.check.readers.files import FileReader
from elyra_neurodesk.check.readers.ipython import CellSyntaxError, parse_cell
from elyra_neurodesk.check.readers.python_names import PythonNames, interpolated
from elyra_neurodesk.modules.index import ModuleIndex, Origin
from tests.unit.check.support import check, notebook

PIECES = st.sampled_from(
    [
        *"! % ' ` { } ) [ ] # ? ; | && $( !! $x ${x} é /data/ module.load( system( os.system( f'".split(),  # noqa: SIM905
        *('"', "\\\n", "\n", "\t", "\0", "\ud800", "\ue000", "<<E\n", "E\n", "%%bash\n", "%%R\n", "%time "),
        *("ml ", "module load ", "await ", "def f():\n ", "x = ", "if ", "for ", "try:\n "),
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join))
LANGUAGES = ("python", "bash", "R", "octave", "scala")


@settings(max_examples=60)
@given(text=TEXTS, language=st.sampled_from(LANGUAGES))
@example("%%bash\n" + "(" * 3000, "python")
@example("(" * 3000, "bash")
@example("x = " + "-" * 5000 + "1", "python")
@example("f" + "(" * 500 + ")" * 500, "R")
@example("!" * 600, "python")
@example("%%time\n" * 100, "python")
@example("a" + ".b" * 3000, "python")
@example("a = " + " + ".join(["'x'"] * 3000), "python")
def test_any_text_in_a_cell_is_read_or_reported(text: str, language: str) -> None:
    code = FileReader().parse(notebook(text, "import os", language=language).encode(), "a.ipynb")
    assert code.file == "a.ipynb"


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["cells", "metadata", "source", "cell_type", "tags", "kernelspec", "x"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_json_is_a_notebook_or_reported(content: object) -> None:
    code = FileReader().parse(json.dumps(content).encode(), "a.ipynb")
    assert code.file == "a.ipynb"
    assert code.events or (isinstance(content, dict) and "cells" in content)


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from(
            [
                "x = 1",
                "!ls \\\n -l",
                "y = !ls",
                "%time z = 2",
                "",
                "# c",
                "print?",
                "if x:\n    !ls",
                "'''a\nb'''",
            ]
        ),
        max_size=8,
    )
)
def test_lines_keep_their_numbers(lines: list[str]) -> None:
    text = "\n".join([*lines, "marker = 1"])
    tree = parse_cell(text, notebook=True)
    assert tree.body[-1].lineno == text.count("\n") + 1


@given(TEXTS)
def test_a_cell_is_parsed_or_broken(text: str) -> None:
    with contextlib.suppress(CellSyntaxError):
        assert parse_cell(text, notebook=True).body is not None


@given(TEXTS)
def test_what_ipython_fills_in_is_a_text(text: str) -> None:
    assert isinstance(interpolated(text, PythonNames()), str)


def test_nothing_in_a_notebook_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    cells = [
        f"open({str(mark)!r}, 'w').write('x')",
        f"!touch {mark}",
        f"%%bash\ntouch {mark}",
        f"%run -i {mark}\n%time open({str(mark)!r}, 'w')",
        "import helper\nhelper.go()",
        f"%env X={mark}\n%alias ls touch {mark}",
        f"x = f\"{{open({str(mark)!r}, 'w')}}\"\n!echo {{open({str(mark)!r}, 'w')}}",
    ]
    helper = f"open({str(mark)!r}, 'w')\ndef go():\n    open({str(mark)!r}, 'w')\n"
    check(tmp_path, ModuleIndex(Origin("none")), notebook(*cells), more={"helper.py": helper})
    assert not mark.exists()


NAMES = [f"x{n + 1} = f'" + f"{{x{n}}}" * 50 + "'" for n in range(40)]
LISTS = [f"x{n + 1} = [*x{n}, *x{n}, *x{n}]" for n in range(40)]
BOMBS = {
    "names": "\n".join(["x0 = 'y'", *NAMES, "open(x40)"]),
    "lists": "\n".join(["x0 = ['y']", *LISTS, "module.load(*x40)"]),
    "variables": "%%bash\nA=xy\n" + "A=$A$A$A$A\n" * 200 + "ls $A",
    "eval": "%%bash\nA='" + 'eval "$A";' * 50 + '\'\neval "$A"',
    "loops": "%%bash\n" + "for i in 1 2 3 4 5 6 7 8; do " * 30 + "ls; " + "done; " * 30,
    "functions": "\n".join(f"def f{n}():\n    f{n + 1}(); f{n + 1}()" for n in range(60)) + "\nf0()",
}


@pytest.mark.parametrize("name", BOMBS)
def test_code_that_grows_without_end_is_read_as_fast(name: str, tmp_path: Path) -> None:
    report = check(tmp_path, ModuleIndex(Origin("none")), notebook(BOMBS[name]))
    assert len(report.findings) < 10


def test_a_script_that_runs_itself_is_read_a_few_times(tmp_path: Path) -> None:
    more = {
        "a.sh": "bash a.sh\n" * 6 + "bash -l b.sh\nmodule load fsl/1\n",
        "b.sh": "source a.sh\n" * 6 + "module load ants/1\n",
    }
    report = check(tmp_path, ModuleIndex(Origin("none")), notebook("!bash a.sh"), more=more)
    assert {use.request for use in report.uses} == {"fsl/1", "ants/1"}
    assert len(report.uses) < 20


@pytest.mark.parametrize("name", ["a.py", "a.sh", "a.r", "a.m", "a", "a.ipynb"])
def test_an_empty_file_does_nothing_or_is_reported(name: str) -> None:
    code = FileReader().parse(b"", name)
    assert len(code.events) == (1 if name == "a.ipynb" else 0)
    if name == "a.py":
        assert parse_document(b"", name).language == "python"
