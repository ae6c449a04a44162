"""The wheel in a new environment, an empty home, no CVMFS, no cluster: what the documentation says works.

Every command of README.md and docs/ is executed as it is written, in the order of the pages, in a directory
with the files that they speak of. `EXCEPTIONS` is all that may not simply succeed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.backend import CONFIG, end_all
from tests.support.documented import ROOT, Documented, all_documented
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(2400)]


@dataclass(frozen=True)
class NotRun:
    """Commands that are not for a user's machine, or that other tests run."""

    why: str


@dataclass(frozen=True)
class Refused:
    """Commands that end with one of these codes, in one line, on a machine that lacks what they need."""

    why: str
    codes: str


@dataclass(frozen=True)
class Special:
    """Commands that succeed once something was done before, or with another status."""

    why: str
    before: tuple[str, ...] = ()
    status: int = 0


# the first pattern that matches the beginning of a command's text counts
EXCEPTIONS: dict[str, NotRun | Refused | Special] = {
    r"make demo": NotRun("tests/e2e/test_demo.py runs what it runs; it installs a second environment"),
    r"make ": NotRun("runs the linters or the tests of the repository"),
    r"python ": NotRun("for who works on the repository: benchmarks, generated pages, tools"),
    r"elyra-metadata ": NotRun("Elyra's own command, named without the fields of a configuration"),
    r"elyra-neurodesk config create ": Refused("asks at a terminal", "ND-CONFIG-016"),
    r".*\b(kubectl|helm|minikube)\b": NotRun("needs a cluster's own tools"),
    r"elyra-neurodesk cluster connect --stop": Special("nothing is forwarded"),
    r"elyra-neurodesk cluster connect --status": Special("exit status 1: nothing is forwarded", status=1),
    r"elyra-neurodesk cluster ": Refused("needs a cluster", r"ND-[A-Z]+-\d+"),
    r"elyra-neurodesk submit .*neurodesk_minikube": Refused("needs a cluster", r"ND-[A-Z]+-\d+"),
    r"elyra-neurodesk submit .*--modules": Refused("needs Neurodesk's modules", "ND-SUBMIT-011"),
    r"elyra-neurodesk modules ": Refused("needs CVMFS or the internet", "ND-MODULE-005"),
    r"elyra-neurodesk runs watch": Special("a run that succeeds", before=("submit", "report.py")),
    r"elyra-neurodesk runs retry": Special("needs a failed run", before=("submit", "fails.py", "--watch")),
    r"elyra-neurodesk runs (delete|prune)": Refused("asks at a terminal", r"ND-RUNS?-\d+"),
    r"elyra-neurodesk runs cancel": Refused("the run has ended", r"ND-RUNS?-\d+"),
    r"elyra-neurodesk runs compare": Special("exit status 3: the runs differ", status=3),
    r"elyra-neurodesk local up --new-database": Refused("for a damaged database", "ND-LOCAL-022"),
}


@dataclass
class Installation:
    """A new virtual environment with the wheel, and the home of somebody who has never used it."""

    source: Path
    prefix: Path
    home: Path
    project: Path

    @property
    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "LANG", "LC_"))}
        path = f"{self.prefix / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        return {**kept, "HOME": str(self.home), "PATH": path, "TERM": "dumb"}

    def run(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            env=self.env,
            cwd=cwd or self.project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    def run_ids(self) -> list[str]:
        """Return the ids of the runs, the newest first."""
        listed = self.run("elyra-neurodesk", "runs", "list", "--runtime-config", CONFIG, "--json")
        return [run["run_id"] for run in json.loads(listed.stdout)]

    def first_task(self, run_id: str) -> str:
        """Return the name of a task of a run."""
        shown = self.run("elyra-neurodesk", "runs", "show", run_id, "--runtime-config", CONFIG, "--json")
        return str(json.loads(shown.stdout)["tasks"][0]["name"])

    def placeholders(self, of_modules: bool) -> dict[str, str]:
        """Return what a reader would put in the place of words in capitals."""
        runs = [*self.run_ids(), "", ""]
        run = dict.fromkeys(("RUN", "RUN2", "B", "NEW"), runs[0]) | dict.fromkeys(
            ("RUN1", "A", "OLD"), runs[1]
        )
        files = {"FILE.pipeline": "study.pipeline", "NOTEBOOK.ipynb": "brains.ipynb", "FILE": "brains.ipynb"}
        return {
            **run,
            **files,
            "NAME": CONFIG,
            "TASK": self.first_task(runs[0]) if runs[0] else "",
            "DIRECTORY": "tree" if of_modules else "results",
            "TOOL": "fsl",
            "TEXT": "brain",
        }


@dataclass(frozen=True)
class Outcome:
    words: list[str]
    done: subprocess.CompletedProcess[str]

    def __str__(self) -> str:
        return f"{self.words} -> {self.done.returncode}\n{self.done.stdout}\n{self.done.stderr}"


def exception(command: Documented) -> NotRun | Refused | Special | None:
    return next((found for text, found in EXCEPTIONS.items() if re.match(text, command.text)), None)


def write_project(folder: Path) -> None:
    """Write the files that the pages speak of."""
    parameters = "subject = 'sub-01'\nthreshold = 0.5\nruns = [1]"
    code = "with open(f'{subject}.csv', 'w') as out:\n    out.write(f'{threshold} {runs}')"
    write_notebook(folder / "brains.ipynb", code, parameters=parameters)
    (folder / "report.py").write_text("open('report.txt', 'w').write('done')\n", "utf-8")
    (folder / "fails.py").write_text("raise SystemExit('no')\n", "utf-8")
    (folder / "helpers.py").write_text("", "utf-8")
    make_tree(folder / "tree", [Tool("fsl", "6.0.7.16", "20240807")])
    subject = {"name": "subject", "description": "", "default_value": {"type": "String", "value": "sub-01"}}
    for name in ("study", "brains"):
        nodes = [
            notebook_node("brains", "brains.ipynb", pipeline_parameters=["subject"], outputs=["*.csv"]),
            notebook_node("report", "report.py", ["brains"]),
        ]
        write_pipeline(folder / f"{name}.pipeline", nodes, pipeline_parameters=[subject])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The README's way to install, in a clone and a new virtual environment."""
    folder = tmp_path_factory.mktemp("installed")
    made = Installation(folder / "source", folder / "venv", folder / "home", folder / "project")
    made.home.mkdir()
    made.project.mkdir()
    write_project(made.project)
    subprocess.run(["git", "clone", "-q", str(ROOT), str(made.source)], check=True)
    venv.create(made.prefix, with_pip=True, symlinks=True)
    try:
        for command in all_documented():
            if command.page == "README.md" and command.words[0] == "pip":
                done = made.run(*command.words, cwd=made.source)
                assert done.returncode == 0, f"{command}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        yield made
    finally:
        if (made.prefix / "bin/elyra-neurodesk").exists():
            made.run("elyra-neurodesk", "local", "down")
        end_all(str(made.home))


@pytest.fixture(scope="module")
def outcomes(installed: Installation) -> dict[Documented, Outcome]:
    """What became of each command, executed one after the other."""
    found = {}
    page = "README.md"
    for command in all_documented():
        rule = exception(command)
        if isinstance(rule, NotRun) or command.words[0] == "pip":
            continue
        if command.page != page:  # each page is read on a day of its own
            page = command.page
            installed.run("elyra-neurodesk", "local", "up")
        if isinstance(rule, Special) and rule.before:
            installed.run("elyra-neurodesk", *rule.before)
        found[command] = execute(installed, command)
        if "submit" in command.words:
            installed.run("elyra-neurodesk", "runs", "watch", "latest", "--runtime-config", CONFIG)
    return found


def execute(installed: Installation, command: Documented) -> Outcome:
    words = [*command.words, "--help"] if command.is_mention else command.words
    if re.search(r"(?<![\w.-])[A-Z]", command.text) and not command.is_mention:
        words = command.filled(installed.placeholders(of_modules="cvmfs-neurodesk=" in command.text))
    return Outcome(words, installed.run(*words))


def documented() -> list[Any]:
    return [
        pytest.param(command, id=f"{command.page}:{command.line}: {command.text}")
        for command in all_documented()
        if not isinstance(exception(command), NotRun) and command.words[0] != "pip"
    ]


@pytest.mark.parametrize("command", documented())
def test_a_documented_command_does_what_it_says(
    outcomes: dict[Documented, Outcome], command: Documented
) -> None:
    outcome = outcomes[command]
    rule = exception(command)
    assert "Traceback" not in outcome.done.stderr, outcome
    if isinstance(rule, Refused) and outcome.done.returncode and not command.is_mention:
        lines = outcome.done.stderr.splitlines()
        assert re.match(rf"{rule.codes}: ", lines[-1]), outcome
        assert [line for line in lines if line.startswith("ND-")] == lines[-1:], outcome
        return
    status = rule.status if isinstance(rule, Special) and not command.is_mention else 0
    assert outcome.done.returncode == status, outcome


@pytest.mark.parametrize("pattern", EXCEPTIONS)
def test_no_exception_is_made_for_what_is_not_documented(pattern: str) -> None:
    assert any(exception(command) is EXCEPTIONS[pattern] for command in all_documented())


def test_it_is_the_wheel_that_is_installed(installed: Installation) -> None:
    (record,) = installed.prefix.glob("lib/python3*/site-packages/elyra_neurodesk-*.dist-info")
    origin = json.loads((record / "direct_url.json").read_text("utf-8"))
    assert not origin["dir_info"].get("editable")
    shown = installed.run("python", "-c", "import elyra_neurodesk; print(elyra_neurodesk.__file__)")
    assert str(installed.prefix) in shown.stdout


def test_jupyter_server_has_our_extension_enabled(installed: Installation) -> None:
    done = installed.run("jupyter", "server", "extension", "list")
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    assert re.search(r"elyra_neurodesk\.jupyter_extension\S* (\S*enabled\S*)", text), text
    assert re.search(r"elyra_neurodesk\.jupyter_extension \S*\S* ?\S*OK", text), text


def test_jupyterlab_has_our_extension_enabled(installed: Installation) -> None:
    done = installed.run("jupyter", "labextension", "list")
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    assert re.search(r"elyra-neurodesk v\S+ .*enabled.*OK", text), text


@pytest.mark.parametrize("kind", ["runtimes", "runtime-images", "component-catalogs"])
def test_elyra_lists_what_the_wheel_brings(installed: Installation, kind: str) -> None:
    done = installed.run("elyra-metadata", "list", kind, "--json")
    assert done.returncode == 0, done.stderr
    listed = {instance["name"] for instance in json.loads(done.stdout)}
    ours = {"runtimes": "neurodesk_this_machine.json"}.get(kind, "*.json")
    folder = {"runtimes": "runtime-configs"}.get(kind, kind)
    assert {path.stem for path in (ROOT / folder).glob(ours)} <= listed
    assert not listed & {"neurodesk_minikube", "neurodesk_wsl2"}


def test_an_export_is_a_file_beside_the_pipeline(
    outcomes: dict[Documented, Outcome], installed: Installation
) -> None:
    assert (installed.project / "study.yaml").is_file()


def test_results_are_where_the_reader_asked_for_them(
    outcomes: dict[Documented, Outcome], installed: Installation
) -> None:
    assert list((installed.project / "results").rglob("brains.ipynb"))
