from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND, SCRIPT
from elyra_neurodesk.bootstrapper.zipapp import build_zipapp, zipapp_sha256
from tests.support.objectstore import ObjectStore
from tests.support.tasks import ROOT, RUN_ID, make_notebook, submit, task_arguments

DASH = shutil.which("dash") or "/bin/sh"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the libraries but not this package, as a runtime image would."""
    directory = tmp_path_factory.mktemp("image")
    venv.create(directory, with_pip=False, symlinks=True)
    libraries = subprocess.check_output(
        [sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    site = next(directory.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(libraries)
    return directory


def run_command(
    store: ObjectStore, image: Path, directory: Path, *arguments: str, **extra: str
) -> tuple[int, str]:
    directory.mkdir(exist_ok=True)
    path = f"{image / 'bin'}:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(directory), **store.environment, **extra}
    done = subprocess.run(
        [DASH, *CONTAINER_COMMAND[1:], *arguments],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout


def zipapp_at(store: ObjectStore) -> str:
    key = f"some/prefix/.elyra-neurodesk/bootstrapper/{zipapp_sha256()}.pyz"
    store.put(key, build_zipapp())
    return f"{store.endpoint}/{store.bucket}/{key}"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_an_image_without_the_package_fetches_the_zipapp_and_runs_the_task(
    shared_store: ObjectStore, directory: str, image: Path, tmp_path: Path
) -> None:
    text = "import os, sys\nassert not [p for p in sys.path if 'pyz' in p]\nprint(os.environ['x'])"
    spec = submit(shared_store, "s.py", {"s.py": text}, directory=directory, parameters={"x": "String"})
    zipapp_at(shared_store)
    arguments = task_arguments(spec, 'x=it\'s "$HOME" `id` $(id)')
    status, output = run_command(
        shared_store,
        image,
        tmp_path / "w",
        *arguments,
    )
    assert status == 0, output
    assert 'it\'s "$HOME" `id` $(id)\n' in output
    assert shared_store.keys(f"some/prefix/{directory}/{RUN_ID}/one/task-record.json")


def test_an_image_with_the_package_fetches_nothing(
    shared_store: ObjectStore, directory: str, image: Path, tmp_path: Path
) -> None:
    spec = submit(shared_store, "s.py", {"s.py": "print(1)"}, directory=directory)
    arguments = task_arguments(spec)  # the zip file of its URL may not be there
    status, output = run_command(shared_store, image, tmp_path / "w", *arguments, PYTHONPATH=str(ROOT))
    assert status == 0, output


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_what_goes_wrong_before_the_bootstrapper_runs_is_one_line_with_a_code(
    shared_store: ObjectStore, image: Path, tmp_path: Path
) -> None:
    url = zipapp_at(shared_store)
    # how long curl tries again is not what this test is about (15 s)
    once = tmp_path / "once"
    once.mkdir()
    (once / "curl").write_text(f'#!/bin/sh\nexec {shutil.which("curl")} "$@" --retry 0\n')
    (once / "curl").chmod(0o755)

    def attempt(address: str, tools: Path = image, **extra: str) -> tuple[int, str]:
        status, output = run_command(shared_store, tools, tmp_path, address, **extra)
        return status, output.splitlines()[-1]

    wrong = url.replace(zipapp_sha256(), "0" * 64)
    shared_store.put(wrong.partition(f"/{shared_store.bucket}/")[2], b"not the bootstrapper")
    assert attempt(wrong) == (17, f"ND-START-005: {wrong}")
    missing = attempt(url.replace(zipapp_sha256(), "1" * 64))
    assert missing[0] == 13
    assert re.fullmatch(r"ND-START-004: http://.*1{64}\.pyz: curl: \(22\) .* 404.*", missing[1])
    nowhere = attempt(
        "http://no-such-store.invalid:9000/b/x.pyz", PATH=f"{once}:{image / 'bin'}:/usr/bin:/bin"
    )
    assert nowhere[0] == 13
    assert "curl: (6) Could not resolve host: no-such-store.invalid" in nowhere[1]
    secret = 'not-the-"secret\\'
    assert attempt(url, AWS_SECRET_ACCESS_KEY=secret)[0] == 13
    bare = tmp_path / "bare"
    bare.mkdir()
    for tool in ("mktemp", "tee", "sh"):
        (bare / tool).symlink_to(shutil.which(tool) or "")
    status, line = attempt(url, PATH=str(bare))
    assert (status, line.partition(":")[0]) == (16, "ND-START-001")
    assert "python3: not found" in line
    (bare / "python3").symlink_to(image / "bin" / "python3")
    status, line = attempt(url, PATH=str(bare))
    assert (status, line.partition(":")[0]) == (16, "ND-START-003")
    assert "curl: not found" in line
    (bare / "curl").write_text(
        "#!/bin/sh\necho 'curl: option --aws-sigv4: is unknown'\necho 'two lines'\nexit 2\n"
    )
    (bare / "curl").chmod(0o755)
    assert attempt(url, PATH=str(bare)) == (
        16,
        "ND-START-002: curl: option --aws-sigv4: is unknown two lines",
    )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_an_error_before_the_bootstrapper_runs_is_the_containers_termination_message(
    shared_store: ObjectStore, image: Path, tmp_path: Path
) -> None:
    message = tmp_path / "termination-log"
    script = SCRIPT.replace("/dev/termination-log", str(message))  # the file that a kubelet makes
    assert script != SCRIPT
    environment = {"PATH": f"{image / 'bin'}:/usr/bin:/bin", **shared_store.environment}
    words = [DASH, "-c", script, "http://no-such-store.invalid:9000/b/x.pyz", "0" * 64, "r", "t"]

    def run() -> str:
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True, check=False, timeout=60
        )
        assert done.returncode == 13
        return done.stdout.splitlines()[-1]

    run()
    assert not message.exists(), "outside of Kubernetes there is no such file, and none is made"
    message.touch()
    said = run()
    assert said.startswith("ND-START-004: http://no-such-store.invalid:9000/b/x.pyz: curl: (6) ")
    assert message.read_text() == said + "\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_a_package_that_cannot_be_had_ends_with_16_and_one_clear_line(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    spec = submit(shared_store, "n.ipynb", {"n.ipynb": make_notebook("1")}, directory=directory)
    zipapp_at(shared_store)
    arguments = task_arguments(spec)
    status, output = run_command(shared_store, tmp_path / "bare", tmp_path / "w", *arguments)
    assert status == 16
    assert output.splitlines()[-1].startswith("ND-PACKAGE-001: papermill")
    assert "No module named pip" in output.splitlines()[-1]
    assert "Traceback" not in output


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_a_script_needs_nothing_but_python_and_curl(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    script = "open('out.txt', 'w').write('42')"
    spec = submit(shared_store, "s.py", {"s.py": script}, directory=directory, outputs=("out.txt",))
    zipapp_at(shared_store)
    arguments = task_arguments(spec)
    status, output = run_command(shared_store, tmp_path / "bare", tmp_path / "w", *arguments)
    assert status == 0, output
    assert shared_store.get(spec.run_key(RUN_ID, spec.task, "out.txt")) == b"42"


def test_the_script_holds_nothing_that_kubernetes_kfp_or_argo_would_expand() -> None:
    assert "$(" not in SCRIPT
    assert "$$" not in SCRIPT
    assert "{{" not in SCRIPT
    assert len(SCRIPT) < 620


@pytest.mark.parametrize("token", ["", 'temporary="quoted"\\ token=='])
def test_temporary_credentials_reach_curl_with_their_session_token(
    shared_store: ObjectStore, image: Path, tmp_path: Path, token: str
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "curl").write_text(
        f"#!/bin/sh\ncat > {tmp_path}/config\nprintf '%s\\n' \"$@\" > {tmp_path}/words\n"
    )
    (tools / "curl").chmod(0o755)
    keys = {"AWS_ACCESS_KEY_ID": "a=b", "AWS_SECRET_ACCESS_KEY": 'c"d\\e', "AWS_SESSION_TOKEN": token}
    path = f"{tools}:{image / 'bin'}:/usr/bin:/bin"
    run_command(shared_store, image, tmp_path / "w", "http://x/y", PATH=path, **keys)
    expected = ["user=a=b:c" + chr(34) + "d" + chr(92) + "e"]
    expected += [f"header=x-amz-security-token:{token}"] if token else []
    assert (tmp_path / "config").read_text().splitlines() == expected
    assert "token" not in (tmp_path / "words").read_text()
