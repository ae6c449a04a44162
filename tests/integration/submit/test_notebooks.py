"""Notebooks and scripts submitted without a pipeline file, on the embedded backend."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jupyter_client.kernelspec import KernelSpecManager

from tests.support.backend import Backend, command, running_backend
from tests.support.kernels import HAS_BASH, write_bash_kernel
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.pipelines import notebook_node, write_pipeline
from tests.unit.check.support import notebook

ROOT = Path(__file__).parents[3]
PARAMETERS = """subject = "sub-01"
n = 3
fraction: float = 1
flag = False
names = ["a"]
untouched = "default"
"""
FIRST = """import json, subprocess, helper
values = [subject, n, fraction, flag, names, untouched, helper.ANSWER]
said = subprocess.run(["hello"], capture_output=True, text=True, check=True).stdout
with open("values.json", "w") as stream:
    json.dump([values, said], stream)
"""
SECOND = """import json
with open("values.json") as stream:
    values, said = json.load(stream)
with open(f"{subject}.txt", "w") as stream:
    stream.write(f"{values[1] * 2} {said}")
"""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with running_backend(tmp_path_factory.mktemp("backend")) as made:
        images = made.jupyter.home / ".local/share/jupyter/metadata/runtime-images"
        shutil.copytree(ROOT / "runtime-images", images)
        make_tree(made.tree, [Tool("fsl", "6.0.7.16", "20240807")])
        if HAS_BASH:
            write_bash_kernel(made.jupyter.home / ".local/share/jupyter")
        yield made


@pytest.fixture
def study(tmp_path: Path) -> Path:
    tagged = {1: ["parameters"]}
    (tmp_path / "first.ipynb").write_text(notebook(PARAMETERS, FIRST, tags=tagged), "utf-8")
    (tmp_path / "second.ipynb").write_text(notebook("subject = ''", SECOND, tags=tagged), "utf-8")
    (tmp_path / "helper.py").write_text("ANSWER = 42\n", "utf-8")
    return tmp_path


def submit(backend: Backend, folder: Path, *arguments: str, check: bool = True) -> Any:
    """Submit files of a directory and return what was done."""
    line = ["submit", *(str(folder / name) if (folder / name).is_file() else name for name in arguments)]
    return backend.cli(*line, check=check)


def test_two_notebooks_run_in_order_with_parameters_modules_and_outputs(
    backend: Backend, study: Path
) -> None:
    options = ["-p", "subject=sub-07", "-p", "n=5", "-p", "fraction=0.5", "-p", "flag=true"]
    options += ["-p", 'names=["ü", 2.0, 9007199254740993]', "--modules", "hello/1.0", "--env", "A=b"]
    options += ["--output", "values.json", "--output", "second.ipynb:*.txt", "--dependency", "helper.py"]
    done = submit(backend, study, "first.ipynb", "second.ipynb", *options, "--watch", "--json")
    said = json.loads(done.stdout)
    assert said["run"]["state"] == "SUCCEEDED"
    found = backend.outputs(said)
    values, hello = json.loads(found["first-ipynb/values.json"])
    assert values == ["sub-07", 5, 0.5, True, ["ü", 2.0, 9007199254740993], "default", 42]
    assert [type(value) for value in values[4]] == [str, float, int]
    assert hello == "hello from the tree\n"
    assert found["second-ipynb/sub-07.txt"].decode() == "10 hello from the tree\n"
    records = backend.records(said)
    assert records["first-ipynb"]["parameters"]["n"] == 5
    assert records["first-ipynb"]["parameters"]["names"] == '["ü", 2.0, 9007199254740993]'
    assert records["second-ipynb"]["parameters"] == {"subject": "sub-07"}
    # the parameters are those of the run, where KFP's pages show them
    shown = backend.run_json(said["run_id"])["runtime_config"]["parameters"]
    assert shown["subject"] == "sub-07"
    assert shown["n"] == 5


def test_a_script_gets_its_parameters_as_environment_variables(backend: Backend, study: Path) -> None:
    script = "import os\nopen('said.txt', 'w').write(os.environ['subject'] + os.environ['OWN'])\n"
    (study / "last.py").write_text(script, "utf-8")
    done = submit(
        backend,
        study,
        *("second.ipynb", "last.py", "-p", "subject=007", "--env", "OWN=x y"),
        *("--output", "last.py:said.txt", "--dry-run", "--json"),
    )
    preview = json.loads(done.stdout)
    assert [task["parameters"] for task in preview["tasks"]] == [["subject"], ["subject"]]
    done = submit(
        backend,
        study,
        *("last.py", "-p", "subject=007", "--env", "OWN=x y", "--output", "said.txt", "--name", "A study"),
        *("--watch", "--json"),
    )
    said = json.loads(done.stdout)
    assert said["pipeline"] == "A study"
    assert backend.outputs(said)["last-py/said.txt"] == b"007x y"


def write_notebook_of(path: Path, kernel: str, language: str, parameters: str, code: str) -> None:
    """Write a notebook of a kernel with parameters."""
    content = json.loads(notebook(parameters, code, tags={1: ["parameters"]}))
    content["metadata"]["kernelspec"] = {"name": kernel, "language": language, "display_name": language}
    path.write_text(json.dumps(content), "utf-8")


R_PARAMETERS = """subject <- "sub-01"
n <- 3L
fraction = 0.5  # a number
flag <- FALSE
names <- c("a", "b")
untouched <- "default"
"""
R_CODE = """text <- c(subject, n * 2, fraction / 2, is.logical(flag), flag,
          paste(unlist(names), collapse = "+"), nchar(names[[1]]), untouched)
writeLines(enc2utf8(text), "said.txt", useBytes = TRUE)
"""


@pytest.mark.skipif(
    "ir" not in KernelSpecManager().find_kernel_specs(), reason="no R kernel (Debian: r-cran-irkernel)"
)
def test_an_r_notebook_gets_its_parameters_with_their_types(backend: Backend, study: Path) -> None:
    write_notebook_of(study / "model.ipynb", "ir", "R", R_PARAMETERS, R_CODE)
    given = {"subject": 'it\'s "Müßig 🧠" \\u00fc $HOME', "n": "5", "fraction": "0.5", "flag": "true"}
    given["names"] = '["x", "yy"]'
    options = [word for name, value in given.items() for word in ("-p", f"{name}={value}")]
    done = submit(backend, study, "model.ipynb", *options, "--output", "said.txt", "--watch", "--json")
    said = json.loads(done.stdout)
    lines = backend.outputs(said)["model-ipynb/said.txt"].decode().splitlines()
    assert lines == [given["subject"], "10", "0.25", "TRUE", "TRUE", "x+yy", "1", "default"]
    refused = submit(backend, study, "model.ipynb", "-p", "n=many", check=False)
    assert refused.stderr.startswith("ND-PARAMETER-003: model.ipynb: parameter 'n' is 'many'")
    assert backend.records(said)["model-ipynb"]["language"]["name"].lower() == "r"


@pytest.mark.skipif(not HAS_BASH, reason="no bash_kernel")
def test_a_bash_notebook_gets_its_parameters_as_text(backend: Backend, study: Path) -> None:
    code = 'printf "%s\\n" "$subject" "$((n * 2))" "$untouched" > said.txt'
    write_notebook_of(
        study / "steps.ipynb", "bash", "bash", 'subject="sub-01"\nn=3\nexport untouched=default', code
    )
    given = 'it\'s "ü" $HOME `id`'
    done = submit(
        backend,
        study,
        *("steps.ipynb", "-p", f"subject={given}", "-p", "n=5", "--output", "said.txt", "--watch", "--json"),
    )
    said = json.loads(done.stdout)
    lines = backend.outputs(said)["steps-ipynb/said.txt"].decode().splitlines()
    assert lines == [given, "10", "default"]
    assert backend.records(said)["steps-ipynb"]["language"]["name"] == "bash"


def test_notebooks_are_exported_with_their_parameters(backend: Backend, study: Path) -> None:
    done = backend.cli(
        "export",
        *(str(study / name) for name in ("first.ipynb", "second.ipynb")),
        *("-p", "subject=sub-07", "-p", "n=5", "--output-file", "values.json", "--dependency", "helper.py"),
        check=True,
    )
    file = study / "first-second.yaml"
    assert done.stdout == f"{file}\n"
    package = next(yaml.safe_load_all(file.read_text("utf-8")))
    parameters = package["root"]["inputDefinitions"]["parameters"]
    assert {name: one["defaultValue"] for name, one in parameters.items()} == {"subject": "sub-07", "n": 5}
    assert len(package["root"]["dag"]["tasks"]) == 2
    again = backend.cli("export", str(study / "first.ipynb"), "--output", str(file))
    assert again.stderr.startswith(f"ND-EXPORT-001: File '{file}' exists already.")


def test_a_dry_run_prints_the_tasks_and_starts_and_uploads_nothing(backend: Backend, study: Path) -> None:

    def there() -> tuple[set[str], list[str]]:
        # the record of a run that has ended may still be on its way: uploads of submissions alone
        return {run["run_id"] for run in backend.runs()}, backend.objects(".elyra-neurodesk/")

    before = there()
    options = ["--modules", "hello/1.0", "--cpu", "500m", "--memory", "2", "--output", "values.json"]
    done = submit(
        backend, study, "first.ipynb", "second.ipynb", "-p", "subject=x", *options, "--dry-run", "--json"
    )
    content = json.loads(done.stdout)
    newest = max((ROOT / "runtime-images").glob("neurodesktop-*.json"))
    image = json.loads(newest.read_text("utf-8"))["metadata"]["image_name"]
    assert content["parameters"] == [{"name": "subject", "type": "String", "value": "x"}]
    first, second = content["tasks"]
    assert first["image"] == image
    assert first["modules"] == ["hello/1.0"]
    assert first["resources"] == {"cpu": "0.5", "memory": "2Gi"}
    assert list(first["files"]) == ["first.ipynb"]
    assert (first["outputs"], second["outputs"]) == (["values.json"], ["values.json"])
    assert second["after"] == ["first.ipynb"]
    assert any("'helper.py' is imported" in line for line in content["warnings"])
    text = submit(backend, study, "first.ipynb", "--dry-run").stdout
    assert "1. first.ipynb" in text
    assert "nothing was uploaded or started" in text
    assert there() == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("first.ipynb", "-p", "m=1"), "ND-PARAMETER-002", "subject, n, fraction, flag, names, untouched"),
        (("first.ipynb", "-p", "n=1.5"), "ND-PARAMETER-003", "a whole number (int)"),
        (("gone.ipynb",), "ND-NOTEBOOK-001", "'gone.ipynb' does not exist"),
        (("first.ipynb", "--dependency", "gone.csv"), "ND-FILE-001", "'gone.csv' does not exist"),
    ],
)
def test_what_cannot_be_submitted_is_one_line(
    backend: Backend, study: Path, arguments: tuple[str, ...], code: str, words: str
) -> None:
    runs = backend.runs()
    done = submit(backend, study, *arguments, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{code}: ")
    assert words in line
    assert backend.runs() == runs


def test_parameters_of_a_pipeline_are_set_on_the_command_line(backend: Backend, study: Path) -> None:
    (study / "pipe.ipynb").write_text(
        notebook("n = 0\nwho = ''", "open('out.txt', 'w').write(f'{n + 1} {who}')", tags={1: ["parameters"]}),
        "utf-8",
    )
    write_pipeline(
        study / "study.pipeline",
        [notebook_node("pipe", "pipe.ipynb", pipeline_parameters=["n", "who"], outputs=["out.txt"])],
        pipeline_parameters=[
            {"name": "n", "description": "", "default_value": {"type": "Integer", "value": 1}},
            {
                "name": "who",
                "description": "",
                "default_value": {"type": "String", "value": ""},
                "required": True,
            },
        ],
    )
    refused = submit(backend, study, "study.pipeline", check=False)
    assert refused.returncode == 1
    assert "'who'" in refused.stderr
    refused = submit(backend, study, "study.pipeline", "-p", "m=1", check=False)
    assert refused.stderr.startswith("ND-PARAMETER-002: study.pipeline: there is no pipeline parameter 'm'")
    refused = submit(backend, study, "study.pipeline", "-p", "n=many", "-p", "who=x", check=False)
    assert "which is not a whole number (int)" in refused.stderr
    options = ("study.pipeline", "-p", "n=41", "-p", "who=sub-01")
    preview = json.loads(submit(backend, study, *options, "--dry-run", "--json").stdout)
    assert [one["value"] for one in preview["parameters"]] == [41, "sub-01"]
    assert preview["tasks"][0]["files"].keys() == {"pipe.ipynb"}
    said = json.loads(submit(backend, study, *options, "--watch", "--json").stdout)
    assert backend.outputs(said)["pipe/out.txt"] == b"42 sub-01"


def documented() -> list[str]:
    """Return the command lines of docs/notebooks.md."""
    page = (ROOT / "docs/notebooks.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("line", documented())
def test_a_command_of_the_page_does_what_it_says(backend: Backend, tmp_path: Path, line: str) -> None:
    cell = "subject = 'sub-01'\nthreshold = 0.5\nruns = [1]"
    code = "with open(f'{subject}.csv', 'w') as out:\n    out.write(f'{threshold} {runs}')"
    (tmp_path / "brains.ipynb").write_text(notebook(cell, code, tags={1: ["parameters"]}), "utf-8")
    (tmp_path / "report.py").write_text("open('report.txt', 'w').write('done')\n", "utf-8")
    (tmp_path / "helpers.py").write_text("", "utf-8")
    write_pipeline(
        tmp_path / "study.pipeline",
        [notebook_node("brains", "brains.ipynb", pipeline_parameters=["subject"])],
        pipeline_parameters=[
            {"name": "subject", "description": "", "default_value": {"type": "String", "value": ""}}
        ],
    )
    program, *arguments = shlex.split(line)
    assert program == "elyra-neurodesk"
    if arguments[0] == "runs":  # of what was submitted before
        submit(backend, tmp_path, "report.py", "--output", "report.txt", "--watch")
    done = backend.jupyter.run(*command(*arguments), check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if "--dry-run" in arguments or arguments[0] == "check":
        return
    if "logs" in arguments:
        assert "report.py finished successfully" in done.stdout
        return
    if "outputs" in arguments:
        assert [path.read_text("utf-8") for path in tmp_path.glob("results/**/report.txt")] == ["done"]
        return
    if arguments[0] == "export":
        assert Path(tmp_path, done.stdout.strip()).is_file()
        return
    run_id = next(row.split()[-1] for row in done.stdout.splitlines() if row.startswith("run id:"))
    assert backend.wait(run_id)["state"] == "SUCCEEDED"
