"""Notebooks and scripts under guard, run by the real bootstrapper."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.objectstore import ObjectStore
from tests.support.tasks import RUN_ID, Outcome, make_notebook, record_of, run, submit

LMOD = "/usr/share/lmod/lmod/libexec/lmod"
TOOLS = (
    Tool(
        "fsl",
        "6.0.7.16",
        "20240807",
        {
            "bet": '[ -f "$1" ] || { echo "bet: cannot open $1" >&2; exit 1; }; echo bet >"$2"',
            "broken": 'echo "FATAL:   container creation failed: mount hook function failure" >&2',
        },
    ),
    Tool("fsl", "6.0.7.22", "20250807", {"bet": "true"}),
    Tool("old", "1.0", "20200101", {"oldtool": ""}, retired=True),
)
ON_PATH = "import os\nos.environ['PATH'] = os.environ['TOOLS'] + ':' + os.environ['PATH']"
needs_lmod = pytest.mark.skipif(
    not (Path(LMOD).exists() and importlib.util.find_spec("module")), reason="no Lmod or jupyterlmod"
)
needs_bash_kernel = pytest.mark.skipif(not importlib.util.find_spec("bash_kernel"), reason="no bash_kernel")

Run = Callable[..., "Result"]


class Result:
    """How a task ended, its findings, and the error output of its executed notebook."""

    def __init__(self, outcome: Outcome, record: dict[str, Any], executed: str) -> None:
        self.status, self.text, self.last_line = outcome.status, outcome.text, outcome.last_line
        self.findings = record["findings"]
        cells = json.loads(executed)["cells"] if executed else []
        self.errors = [
            output for cell in cells for output in cell.get("outputs", ()) if output["output_type"] == "error"
        ]

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Code and severity of each finding."""
        return [(item["code"].removeprefix("ND-GUARD-"), item["severity"]) for item in self.findings]


@pytest.fixture(params=["", shutil.which("bash") or ""], ids=["sh", "bash"])
def shell(request: pytest.FixtureRequest) -> str:
    """What $SHELL is, which IPython runs escapes with."""
    return str(request.param)


@pytest.fixture
def guarded(shared_store: ObjectStore, directory: str, tmp_path: Path) -> Run:
    """Runs cells, or the text of a script, as a task."""
    root = make_tree(tmp_path / "root", TOOLS, repository=str(tmp_path / "root"))
    containers = root / "containers"

    def call(
        *cells: str,
        strict: str = "error",
        file: str = "n.ipynb",
        shell: str = "",
        kernel: str = "python3",
        tags: dict[int, str] | None = None,
    ) -> Result:
        notebook = file.endswith(".ipynb")
        language = "bash" if kernel == "bash" else "python"
        content = make_notebook(*cells, kernel=kernel, language=language, tags=tags) if notebook else cells[0]
        spec = submit(shared_store, file, {file: content}, directory=directory, strict=strict)
        environment = {
            "LMOD_CMD": LMOD,
            "MODULEPATH": str(containers / "modules"),
            "TOOLS": f"{containers}/fsl_6.0.7.16_20240807:{containers}/old_1.0_20200101",
            "SHELL": shell or "/bin/sh",
        }
        outcome = run(shared_store, spec, tmp_path / "w", environment=environment)
        executed = shared_store.get(spec.run_key(RUN_ID, "one", file)).decode() if notebook else ""
        return Result(outcome, record_of(shared_store, spec), executed)

    return call


def test_a_failing_escape_raises_at_its_cell_with_its_own_last_line(guarded: Run, shell: str) -> None:
    result = guarded(ON_PATH, "x = 1\n!bet a.nii b.nii", "print('never')", shell=shell)
    assert result.status == 1
    assert result.last_line.startswith(
        "ND-GUARD-002: n.ipynb, cell 2, line 2: `bet a.nii b.nii` ended with exit status 1: "
        "bet: cannot open a.nii."
    )
    assert result.findings == [
        {
            "code": "ND-GUARD-002",
            "severity": "error",
            "cell": 2,
            "line": 2,
            "command": "bet a.nii b.nii",
            "message": "`bet a.nii b.nii` ended with exit status 1: bet: cannot open a.nii",
            "hint": "Handle it in the notebook (`|| true`, try/except) if it does not matter.",
        }
    ]
    assert result.errors[0]["ename"] == "NeurodeskGuardError"
    assert len(result.errors[0]["traceback"]) < 6
    assert "IPython" not in "".join(result.errors[0]["traceback"])


SILENT = (
    ("x = !nosuch a", "002"),
    ("!!ls /nonexistent", "002"),
    ("%sx ls /nonexistent", "002"),
    ("def f(name):\n    !ls /nonexistent/{name}\nf('a')", "002"),
    ("!nosuch a | tee log", "005"),
    ("!nosuch a; echo done", "005"),
    ("!bet a b | cat", "006"),
    ("%%bash\necho a\nnosuch b\necho c", "005"),
    ("%%bash\nfor s in 1 2; do\n  bet $s out\ndone\necho c", "006"),
    ("%%sh\nnosuch b\necho c", "005"),
    ("%%bash\nls /nonexistent", "002"),
    ("%%script bash --out text\nls /nonexistent", "002"),
    ("!oldtool a", "003"),
    ("out = !oldtool a | cat", "003"),
    ("!broken a", "004"),
    ("import os\nos.system('oldtool')\nprint()", "003"),
    ("import subprocess\nsubprocess.run(['bet', 'a'])\nprint()", "006"),
)


def test_each_silent_failure_raises_in_its_own_cell(guarded: Run, shell: str) -> None:
    # the tag lets a notebook go on after a cell that raises, and makes a warning of what is found in it
    tags = dict.fromkeys(range(1, len(SILENT) + 1), "raises-exception")
    result = guarded(ON_PATH, *(cell for cell, _ in SILENT), tags=tags, shell=shell)
    assert result.status == 0, result.text
    assert result.codes == [(code, "warning") for _, code in SILENT], result.text
    assert [item["cell"] for item in result.findings] == list(range(2, len(SILENT) + 2))
    assert [error["ename"] for error in result.errors] == ["NeurodeskGuardError"] * len(SILENT)


def test_cells_that_are_right_are_not_disturbed(guarded: Run, shell: str) -> None:
    result = guarded(
        ON_PATH,
        "!nosuch a || true\n!yes | head -1\n!grep zzz /dev/null\n!cat /dev/null | grep x\n!echo 'FATAL:   x'",
        "!ls /nonexistent\nassert _exit_code != 0",
        "x = !echo a; echo b\nassert x == ['a', 'b'] and x.s == 'a b'\n"
        "y = get_ipython().getoutput('echo c', split=False)\nassert y == 'c\\n'",
        "def f(q):\n    out = !echo {q} $q\n    return out[0]\nassert f('v') == 'v v'",
        "%%bash\nset +e\nnosuch\nstatus=$?\ncommand -v nosuch\nif nosuch; then :; fi\ntrue",
        "%%bash --no-raise-error\nexit 0",
        "import subprocess\nassert subprocess.run(['bet', 'a']).returncode == 1",
        "open('a', 'w').close()\n!bet a b | tee log\nassert open('b').read() == 'bet\\n'",
        "assert not [n for n in dir() if 'guard' in n.lower()]\nassert len(In) == 11",
        shell=shell,
    )
    assert result.status == 0, result.text
    assert result.findings == []


def test_what_the_notebook_catches_is_a_warning(guarded: Run) -> None:
    result = guarded(
        "import subprocess\ntry:\n    !false\nexcept subprocess.CalledProcessError as error:\n"
        "    assert error.returncode == 1"
    )
    assert result.status == 0, result.text
    assert result.codes == [("002", "warning")]


def test_warn_collects_without_raising_and_off_does_nothing(guarded: Run, tmp_path: Path) -> None:
    cells = (ON_PATH, "!bet a b\n!nosuch | cat", "print('reached')")
    result = guarded(*cells, strict="warn")
    assert result.status == 0, result.text
    assert "reached" in result.text
    assert result.codes == [("002", "error"), ("005", "error")]
    assert "neurodesk: warning: ND-GUARD-002: cell 2, line 1" in result.text
    shutil.rmtree(tmp_path / "w")
    off = guarded("import os\nassert 'BASH_ENV' not in os.environ", "!false", strict="off")
    assert (off.status, off.findings) == (0, []), off.text
    assert not (tmp_path / "w/jupyter-work-dir.reports/guard").exists()


LOADS = (
    ("import module\nawait module.load('nope/9.9')", [("001", "error")]),
    ("from module import load as l\nawait l('fsl/6.0.7.16', 'nope')", [("001", "error")] * 2),
    ("module.load('fsl/6.0.7.16')", [("007", "error")]),
    ("module.load('fsl/6.0.7.16')\nprint()", [("007", "error")]),
    ("await module.load('old/1.0')", [("003", "error")]),
    ("await module.load('fsl/6.0.7')", [("008", "warning")]),
    ("await module.purge(force=True)\nawait module.load('fsl')\n!bet", []),
    ("t = module.load('fsl/6.0.7.16')", []),
    ("await t", []),
    ("try:\n    await module.load('nope')\nexcept Exception: pass", [("001", "warning")]),
    ("import os\nos.environ['MODULEPATH'] = '/gone'\nawait module.load('old')", [("001", "error")]),
    ("kept = module.load('fsl/6.0.7.16')", []),
)


@needs_lmod
def test_a_module_load_is_held_to_its_word(guarded: Run) -> None:
    tags = dict.fromkeys(range(len(LOADS)), "raises-exception")
    result = guarded(*(cell for cell, _ in LOADS), tags=tags)
    seen = [
        [
            (item["code"].removeprefix("ND-GUARD-"), item["severity"])
            for item in result.findings
            if item["cell"] == number
        ]
        for number in range(1, len(LOADS) + 1)
    ]
    # what raises in a cell with that tag is a warning; the notebook has the exceptions themselves
    assert seen == [[(code, "warning") for code, _ in codes] for _, codes in LOADS], result.text
    raising = [codes for _, codes in LOADS if "error" in dict(codes).values()]
    assert [error["ename"] for error in result.errors] == ["NeurodeskGuardError"] * len(raising)
    # the last one is known when the kernel has ended
    assert (result.findings[-1]["code"], result.findings[-1]["cell"]) == ("ND-GUARD-007", None)


@needs_bash_kernel
def test_a_bash_notebook_is_stopped_at_the_cell_that_went_on(guarded: Run) -> None:
    on_path = 'export PATH="$TOOLS:$PATH"'
    result = guarded(
        on_path, "bet a b || echo handled\nif nosuch; then :; fi", "bet a b | cat", kernel="bash"
    )
    assert result.status == 1, result.text
    assert result.codes == [("006", "error")]
    assert result.last_line.startswith("ND-GUARD-006: n.ipynb, cell 3: `bet` ended with exit status 1")


@needs_bash_kernel
def test_a_bash_cell_that_fails_says_why(guarded: Run) -> None:
    result = guarded("echo a; ls /nonexistent", kernel="bash")
    assert result.codes == [("002", "error")]
    assert "ls: cannot access '/nonexistent'" in result.last_line


@needs_lmod
def test_a_python_script_is_held_to_its_loads_and_tools(guarded: Run) -> None:
    script = "import asyncio, module\nasyncio.run(module.load('nope/1'))\nprint('went on')"
    result = guarded(script, file="s.py")
    assert (result.status, result.codes) == (1, [("001", "error")]), result.text
    assert result.last_line.startswith("ND-GUARD-001: s.py: the module nope/1 was not loaded")


def test_a_script_that_looks_at_what_it_calls_is_left_alone(guarded: Run) -> None:
    script = f"{ON_PATH}\nimport subprocess\nassert subprocess.run(['bet', 'a']).returncode == 1\n"
    result = guarded(script, file="s.py")
    assert (result.status, result.findings) == (0, []), result.text


@pytest.mark.skipif(not shutil.which("Rscript"), reason="no R")
def test_an_r_script_stops_where_a_command_fails_and_its_status_is_not_used(guarded: Run) -> None:
    result = guarded('status <- system("false")\nsystem("nosuch a")\ncat("never\\n")\n', file="s.R")
    assert result.status == 1, result.text
    assert result.last_line.startswith("ND-GUARD-002: s.R: `nosuch a` was not found (exit status 127)")
    assert "never" not in result.text


def test_a_guard_that_cannot_start_costs_the_task_nothing(guarded: Run, tmp_path: Path) -> None:
    reports = tmp_path / "w/jupyter-work-dir.reports/guard"
    cell = f"import pathlib\nfor p in pathlib.Path({str(reports)!r}).glob('*.py'):\n    p.write_text('1/0')"
    result = guarded(f"{cell}\nprint('still here')", "!false")
    assert result.status == 0, result.text
    assert [item["code"] for item in result.findings] == ["ND-GUARD-099"]
    assert os.sep not in result.findings[0]["command"]
