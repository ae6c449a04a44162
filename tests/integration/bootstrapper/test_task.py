from __future__ import annotations

import json
import os
import shutil
import signal
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from elyra_neurodesk.record.life_sign import LIFE_SIGN
from tests.support.objectstore import ObjectStore, running_nanio
from tests.support.tasks import FORKED, RUN_ID, make_notebook, record_of, run, start, submit, upload_specs


def stored(store: ObjectStore, directory: str, task: str = "one") -> list[str]:
    prefix = f"some/prefix/{directory}/{RUN_ID}/{task}/"
    names = [key.removeprefix(prefix) for key in store.keys(prefix)]
    return [name for name in names if name != LIFE_SIGN]  # see test_life_signs.py


def test_a_notebook_gets_typed_parameters_and_leaves_notebook_html_log_outputs_and_record(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    notebook = make_notebook(
        "subjects = 0\nflag = None\nname = ''",
        "import os\n"
        "assert subjects == 3 and flag is False and name == 'a=b $(x) {{y}}'\n"
        "assert os.environ['subjects'] == '3' and os.environ['flag'] == 'False'\n"
        "assert os.environ['ELYRA_RUN_NAME'] == '0123-run'\n"
        "print('seen by the reader')\n"
        "os.makedirs('results/deep')\n"
        "for path in ('results/a.txt', 'results/deep/b.txt', 'table 1.csv'):\n"
        "    open(path, 'w').write(path)",
        tags={0: "parameters"},
    )
    types = {"subjects": "Integer", "flag": "Bool", "name": "String"}
    spec = submit(
        shared_store,
        "model.ipynb",
        {"model.ipynb": notebook},
        directory=directory,
        parameters=types,
        outputs=("results", "*.csv"),
    )
    outcome = run(shared_store, spec, tmp_path / "w", ["subjects=3.0", "flag=false", "name=a=b $(x) {{y}}"])
    assert outcome.status == 0, outcome.text
    outputs = ["results/a.txt", "results/deep/b.txt", "table 1.csv"]
    reports = ["model.html", "model.ipynb", "model.log", "task-record.json"]
    assert stored(shared_store, directory) == sorted(outputs + reports)
    record = record_of(shared_store, spec)
    assert [item["path"] for item in record["outputs"]] == outputs
    assert (record["exit_status"], record["error"]) == (0, None)
    assert record["parameters"] == {"subjects": 3, "flag": False, "name": "a=b $(x) {{y}}"}
    log = shared_store.get(spec.run_key(RUN_ID, "one", "model.log")).decode()
    assert "seen by the reader" in log
    assert "seen by the reader" in outcome.text
    everything = outcome.text + log + json.dumps(record)
    assert shared_store.secret_key not in everything
    assert shared_store.access_key not in everything


def test_a_notebook_without_a_parameters_cell_is_not_given_another_cell(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(
        shared_store,
        "plain.ipynb",
        {"plain.ipynb": make_notebook("import os\nassert os.environ['n'] == '1'")},
        directory=directory,
        parameters={"n": "Integer"},
    )
    assert run(shared_store, spec, tmp_path / "w", ["n=1"]).status == 0
    executed = json.loads(shared_store.get(spec.run_key(RUN_ID, "one", "plain.ipynb")))
    assert len(executed["cells"]) == 1


def test_a_notebook_that_raises_leaves_its_traces_and_names_file_cell_and_exception(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    files = {
        "sub/bad {1}.ipynb": make_notebook(
            "n = 1", "open('half.txt', 'w').write('half')", "raise KeyError('age')"
        )
    }
    spec = submit(
        shared_store, "sub/bad {1}.ipynb", files, directory=directory, outputs=("half.txt", "whole.txt")
    )
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 1
    assert outcome.last_line.startswith("ND-RUN-001: sub/bad {1}.ipynb, cell 3 (In [3]): KeyError: 'age'.")
    reports = ["bad {1}.html", "bad {1}.ipynb", "bad {1}.log", "half.txt", "task-record.json"]
    assert stored(shared_store, directory) == reports
    executed = json.loads(shared_store.get(spec.run_key(RUN_ID, "one", "bad {1}.ipynb")))
    assert "KeyError" in json.dumps(executed)
    log = shared_store.get(spec.run_key(RUN_ID, "one", "bad {1}.log")).decode()
    assert log.splitlines()[-1] == outcome.last_line
    record = record_of(shared_store, spec)
    assert record["exit_status"] == 1
    assert record["error"]["code"] == "ND-RUN-001"
    assert [item["path"] for item in record["outputs"]] == ["half.txt"]


def test_a_python_notebook_of_an_unknown_kernel_runs_with_python3(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    files = {"old.ipynb": make_notebook("print(1)", kernel="conda-env-mri-py")}
    spec = submit(shared_store, "old.ipynb", files, directory=directory)
    assert run(shared_store, spec, tmp_path / "w").status == 0


def test_a_notebook_whose_kernel_is_missing_ends_with_16_and_names_it(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    files = {"m.ipynb": make_notebook("x = 1", kernel="matlab", language="matlab")}
    outcome = run(shared_store, submit(shared_store, "m.ipynb", files, directory=directory), tmp_path / "w")
    assert outcome.status == 16
    assert outcome.last_line.startswith("ND-KERNEL-001: the notebook asks for the kernel 'matlab'")


def test_a_child_gets_the_outputs_of_all_its_ancestors_and_the_nearest_wins(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    def script(text: str, **fields: object) -> int:
        spec = submit(
            shared_store, "s.py", {"s.py": text, "data/x.txt": "archive"}, directory=directory, **fields
        )
        outcome = run(shared_store, spec, tmp_path / str(fields["task"]))
        assert outcome.status == 0, outcome.text
        return outcome.status

    write = "import pathlib\nfor p, t in {}.items(): pathlib.Path(p).write_text(t)\n"
    script(write.format({"data/x.txt": "a", "a.txt": "a"}), task="a", outputs=("data/x.txt", "a.txt"))
    script(
        write.format({"data/x.txt": "b", "b.txt": "b"}), task="b", parents=("a",), outputs=("data", "b.txt")
    )
    script(
        "assert [open(p).read() for p in ('data/x.txt', 'a.txt', 'b.txt')] == ['b', 'a', 'b']",
        task="c",
        parents=("a", "b"),
    )
    spec = submit(shared_store, "s.py", {"s.py": "pass"}, directory=directory, task="d", parents=("c",))
    outcome = run(shared_store, spec, tmp_path / "d")
    assert outcome.status == 0
    assert "input data/x.txt: the one from b is used, not the one from a" in outcome.text
    inputs = {item["path"]: item["from"] for item in record_of(shared_store, spec)["inputs"]}
    assert inputs == {"a.txt": "a", "b.txt": "b", "data/x.txt": "b"}


def test_an_input_that_leaves_the_working_directory_is_refused(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(shared_store, "s.py", {"s.py": "pass"}, directory=directory, parents=("evil",))
    entry = {"path": "../evil.txt", "key": "k", "size": 1, "sha256": "0" * 64}
    record = json.dumps({"outputs": [entry], "parents": []}).encode()
    shared_store.put(spec.run_key(RUN_ID, "evil", "task-record.json"), record)
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 13
    assert outcome.last_line.startswith("ND-INPUT-001: the output '../evil.txt' of 'evil' leaves")


def test_a_missing_parent_record_ends_with_13_and_names_the_parent(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(shared_store, "s.py", {"s.py": "pass"}, directory=directory, parents=("gone",))
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 13
    assert "ND-INPUT-001: the task 'gone'" in outcome.last_line
    assert record_of(shared_store, spec)["exit_status"] == 13


def test_a_missing_declared_output_ends_with_14_after_everything_else_was_stored(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(
        shared_store,
        "s.py",
        {"s.py": "open('made.txt', 'w').write('x')"},
        directory=directory,
        outputs=("made.txt", "never.nii.gz"),
    )
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 14
    assert outcome.last_line.startswith("ND-OUTPUT-001: ")
    assert "'never.nii.gz'" in outcome.last_line
    assert stored(shared_store, directory) == ["made.txt", "s.log", "task-record.json"]


def test_the_users_own_file_goes_before_a_report_of_the_same_name(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    files = {"report.ipynb": make_notebook("open('report.html', 'w').write('mine')")}
    spec = submit(
        shared_store, "report.ipynb", files, directory=directory, outputs=("report.html", "report.ipynb")
    )
    assert run(shared_store, spec, tmp_path / "w").status == 0
    assert shared_store.get(spec.run_key(RUN_ID, "one", "report.html")) == b"mine"
    assert "report.notebook.html" in stored(shared_store, directory)
    # the declared notebook is the executed one
    executed = json.loads(shared_store.get(spec.run_key(RUN_ID, "one", "report.ipynb")))
    assert executed["cells"][0]["execution_count"] == 1


def test_missing_cvmfs_ends_with_11_within_the_limit_and_names_claim_and_path(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(
        shared_store,
        "s.py",
        {"s.py": "pass"},
        directory=directory,
        claim="cvmfs-neurodesk",
        cvmfs=str(tmp_path / "nothing"),
    )
    began = time.monotonic()
    outcome = run(shared_store, spec, tmp_path / "w", environment={"NEURODESK_CVMFS_TIMEOUT": "2"})
    assert time.monotonic() - began < 10
    assert outcome.status == 11
    assert outcome.last_line.startswith("ND-CVMFS-001: CVMFS was not readable within 2 s")
    assert "'cvmfs-neurodesk'" in outcome.last_line
    assert str(tmp_path / "nothing") in outcome.last_line
    assert stored(shared_store, directory) == ["s.log", "task-record.json"]
    assert record_of(shared_store, spec)["error"]["code"] == "ND-CVMFS-001"


def test_declared_modules_are_on_path_before_the_code_runs(
    shared_store: ObjectStore, directory: str, tmp_path: Path, repository: Path
) -> None:
    text = "import os, subprocess\nprint(subprocess.check_output(['mytool'], text=True))\n"
    text += "print(os.environ['MODULEPATH'])"
    spec = submit(
        shared_store,
        "s.py",
        {"s.py": text},
        directory=directory,
        modules=("tool/1.2",),
        cvmfs="/cvmfs/x",
        claim="c",
    )
    outcome = run(shared_store, spec, tmp_path / "w", environment={"NEURODESK_CVMFS_ROOT": str(repository)})
    assert outcome.status == 0, outcome.text
    container = f"{repository}/containers/tool_1.2.10_20250101"
    assert f"mytool 1.2.10 {container}/x" in outcome.text
    assert f"{repository}/neurodesk-modules/image_reconstruction" in outcome.text
    record = record_of(shared_store, spec)
    (module,) = record["modules"]
    assert module.pop("via") in ("lmod", "module file")
    assert module == {
        "requested": "tool/1.2",
        "module": "tool/1.2.10",
        "container": container,
        "status": "other",
        "by": "node",
    }
    assert record["cvmfs"]["root"] == str(repository)
    assert record["cvmfs"]["revision"] is None


def test_a_script_that_removes_itself_ends_well(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(shared_store, "s.py", {"s.py": "import os\nos.remove(__file__)"}, directory=directory)
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 0, outcome.text


@pytest.mark.parametrize(("strict", "status"), [("error", 12), ("warn", 0), ("off", 0)])
def test_a_missing_module_is_an_error_a_warning_or_nothing(
    shared_store: ObjectStore, directory: str, tmp_path: Path, repository: Path, strict: str, status: int
) -> None:
    fields = {"modules": ("tool/9",), "cvmfs": str(repository), "claim": "c", "strict": strict}
    spec = submit(shared_store, "s.py", {"s.py": "pass"}, directory=directory, **fields)
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == status
    assert ("ND-MODULE-001: the module 'tool/9'" in outcome.text) == (strict != "off")
    if strict == "error":
        assert outcome.last_line.endswith("Available: tool/1.2.10, tool/1.2.9.")


def test_a_wrong_key_ends_with_13_and_says_so(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(shared_store, "s.py", {"s.py": "pass"}, directory=directory)
    outcome = run(shared_store, spec, tmp_path / "w", environment={"AWS_SECRET_ACCESS_KEY": "wrong-secret"})
    assert outcome.status == 13
    assert outcome.last_line.startswith("ND-STORE-004: fetching ")
    assert "wrong-secret" not in outcome.text


def test_no_credentials_no_bucket_and_no_archive_each_have_their_line(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    from dataclasses import replace

    spec = submit(shared_store, "s.py", {"s.py": "pass"}, directory=directory)
    outcome = run(shared_store, spec, tmp_path / "1", environment={"AWS_SECRET_ACCESS_KEY": ""})
    assert (outcome.status, outcome.last_line[:12]) == (13, "ND-STORE-004")
    other = replace(spec, store=replace(spec.store, bucket="elsewhere"))
    outcome = run(shared_store, other, tmp_path / "2")
    assert (outcome.status, outcome.last_line[:12]) == (13, "ND-STORE-005")
    outcome = run(shared_store, replace(spec, archive="0" * 64), tmp_path / "3")
    assert (outcome.status, outcome.last_line[:12]) == (13, "ND-STORE-006")


def test_an_archive_with_another_hash_ends_with_17(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(shared_store, "s.py", {"s.py": f"print({directory!r})"}, directory=directory)
    shared_store.put(spec.store.archive_key(spec.archive), b"something else")
    outcome = run(shared_store, spec, tmp_path / "w")
    assert (outcome.status, outcome.last_line[:14]) == (17, "ND-ARCHIVE-001")


def test_a_store_that_stops_midway_ends_with_15_and_keeps_the_files(tmp_path: Path) -> None:
    with running_nanio(tmp_path) as store:
        text = "import pathlib, time\nfor n in range(40): pathlib.Path(f'{n}.txt').write_text('x')\n"
        text += "print('ready', flush=True)\nwhile not pathlib.Path('../go').exists(): time.sleep(0.05)"
        spec = submit(store, "s.py", {"s.py": text}, outputs=("*.txt",))
        process = start(store, spec, tmp_path / "w")
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "ready\n":
                store.stop()
                (tmp_path / "w" / "go").touch()
        began = time.monotonic()
        assert process.wait(timeout=60) == 15
        assert time.monotonic() - began < 40
    assert lines[-1].startswith("ND-STORE-002: storing ")
    assert "connection refused" in lines[-1]
    assert f"The files are kept in {tmp_path / 'w' / 'jupyter-work-dir'} and " in lines[-1]
    assert len(list((tmp_path / "w" / "jupyter-work-dir").glob("*.txt"))) == 40
    reports = tmp_path / "w" / "jupyter-work-dir.reports"
    assert (reports / "s.log").read_text().count(lines[-1]) == 1
    assert json.loads((reports / "task-record.json").read_text())["exit_status"] == 15


def test_a_script_that_fails_ends_with_1_and_its_own_last_line(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    text = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nraise ValueError('no such\\nsubject')"
    outcome = run(
        shared_store, submit(shared_store, "s.py", {"s.py": text}, directory=directory), tmp_path / "w"
    )
    assert outcome.status == 1
    assert outcome.last_line.startswith("ND-RUN-002: s.py ended with exit status 1: subject.")


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="there is no Rscript here")
def test_an_r_script_runs_and_its_error_is_told(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(
        shared_store,
        "s.R",
        {"s.R": 'writeLines(Sys.getenv("n"), "n.txt")'},
        directory=directory,
        parameters={"n": "Float"},
        outputs=("n.txt",),
    )
    assert run(shared_store, spec, tmp_path / "1", ["n=0.5"]).status == 0
    assert shared_store.get(spec.run_key(RUN_ID, "one", "n.txt")) == b"0.5\n"
    spec = submit(shared_store, "s.r", {"s.r": 'stop("too few subjects")'}, directory=directory)
    outcome = run(shared_store, spec, tmp_path / "2")
    assert outcome.status == 1
    assert "ND-RUN-002: s.r ended with exit status 1: Error: too few subjects." in outcome.last_line


@pytest.mark.parametrize("file", ["s.py", "s.ipynb"])
def test_sigterm_stops_the_code_uploads_what_there_is_and_ends_with_143(
    shared_store: ObjectStore, directory: str, tmp_path: Path, file: str
) -> None:
    text = "import time\nopen('half.txt', 'w').write('x')\nprint('ready', flush=True)\ntime.sleep(60)"
    content = text if file.endswith(".py") else make_notebook(text)
    spec = submit(shared_store, file, {file: content}, directory=directory, outputs=("half.txt", "whole.txt"))
    process = start(shared_store, spec, tmp_path / "w")
    assert process.stdout is not None
    began, lines = time.monotonic(), []
    for line in process.stdout:
        lines.append(line)
        if line == "ready\n":
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 143
    assert time.monotonic() - began < 20
    assert lines[-1].startswith("ND-RUN-003: ")
    reports = {"half.txt", "s.log", "task-record.json"} | (
        {"s.ipynb", "s.html"} if file == "s.ipynb" else set()
    )
    assert set(stored(shared_store, directory)) == reports
    assert record_of(shared_store, spec)["exit_status"] == 143


def test_bad_specifications_and_parameters_end_with_10(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    from dataclasses import replace

    spec = submit(shared_store, "s.py", {"s.py": "pass"}, directory=directory, parameters={"n": "Integer"})
    for number, (wrong, given, code) in enumerate(
        [
            (replace(spec, file="../s.py"), [], "ND-TASK-001"),
            (replace(spec, file="s.exe"), [], "ND-TASK-001"),
            (replace(spec, archive="x"), [], "ND-TASK-001"),
            (replace(spec, file="other.py"), ["n=1"], "ND-TASK-001"),
            (spec, [], "ND-TASK-002"),
            (spec, ["n=1.5"], "ND-TASK-002"),
            (spec, ["n=1", "m=1"], "ND-TASK-002"),
        ]
    ):
        upload_specs(shared_store, wrong)
        outcome = run(shared_store, wrong, tmp_path / str(number), given)
        assert (outcome.status, outcome.last_line[: len(code)]) == (10, code)


def test_a_document_that_is_not_the_submitted_one_is_refused(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(shared_store, "s.py", {"s.py": "pass"}, directory=directory)
    key = upload_specs(shared_store, spec)
    shared_store.put(key, shared_store.get(key) + b" ")
    outcome = run(shared_store, spec, tmp_path / "changed")
    assert outcome.status == 10
    assert outcome.last_line.startswith("ND-TASK-001: the specifications ")
    shared_store.client.remove_object(shared_store.bucket, key)
    outcome = run(shared_store, spec, tmp_path / "removed")
    assert (outcome.status, outcome.last_line[:12]) == (13, "ND-STORE-006")
    assert key in outcome.last_line


def test_a_pipeline_for_version_2_runs(shared_store: ObjectStore, directory: str, tmp_path: Path) -> None:
    spec = submit(
        shared_store, "s.py", {"s.py": "print(1)"}, directory=directory, parameters={"n": "Integer"}
    )
    content = asdict(spec)
    common = {name: content.pop(name) for name in ("pipeline", "directory", "store")}
    arguments = ["--run-id", RUN_ID, "--pipeline", json.dumps(common), "--task", json.dumps(content)]
    work = tmp_path / "w"
    work.mkdir()
    environment = {**os.environ, **shared_store.environment}
    done = FORKED.run([*arguments, "--parameter", "n=1"], env=environment, cwd=work, timeout=120, merge=True)
    assert done.returncode == 0, done.stdout
    assert record_of(shared_store, spec)["parameters"] == {"n": 1}


def test_an_output_that_cannot_be_read_is_named_and_the_record_is_stored(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    text = "import os\nopen('ok.txt', 'w').write('x')\nopen(b'\\xff.txt', 'w').write('x')"
    spec = submit(shared_store, "s.py", {"s.py": text}, directory=directory, outputs=("*.txt",))
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 15
    assert "Traceback" not in outcome.text
    assert [item["path"] for item in record_of(shared_store, spec)["outputs"]] == ["ok.txt"]


def test_files_for_kfp_pages_are_kept_beside_the_outputs(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    writable = tmp_path / "writable"
    writable.mkdir()
    code = (
        "import os\n"
        "open('mlpipeline-metrics.json', 'w').write('{}')\n"
        "place = os.environ['ELYRA_WRITABLE_CONTAINER_DIR']\n"
        "open(place + '/mlpipeline-ui-metadata.json', 'w').write('{\"outputs\": []}')\n"
    )
    spec = submit(shared_store, "s.py", {"s.py": code}, directory=directory)
    environment = {"ELYRA_WRITABLE_CONTAINER_DIR": str(writable)}
    assert run(shared_store, spec, tmp_path / "w", environment=environment).status == 0
    assert stored(shared_store, directory) == [
        "mlpipeline-metrics.json",
        "mlpipeline-ui-metadata.json",
        "s.log",
        "task-record.json",
    ]
    assert record_of(shared_store, spec)["outputs"] == []
