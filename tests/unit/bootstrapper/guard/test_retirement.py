"""What a retired container is stands in three places, two of which must run without this package."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.guard.host import kernel_files
from elyra_neurodesk.bootstrapper.guard.kernel import notes, wrappers
from elyra_neurodesk.modules import containers

NAME = "tool_1_20250101"
NOTICE = f'#!/usr/bin/env bash\necho "{containers.RETIREMENT_NOTICE}. Use another version"\n'
RUNS = f'#!/usr/bin/env bash\nsingularity exec "${{0%/*}}/{NAME}.simg" tool "$@"\n'


@pytest.mark.parametrize("image", [True, False])
@pytest.mark.parametrize(
    ("text", "retired"), [(NOTICE, True), (RUNS, False), ("#!/usr/bin/env bash\nls\n", False)]
)
def test_kernel_bash_and_index_agree_on_what_is_retired(
    tmp_path: Path, text: str, retired: bool, image: bool
) -> None:
    directory = tmp_path / "containers" / NAME
    directory.mkdir(parents=True)
    (directory / "commands.txt").write_text("tool\n")
    wrapper = directory / "tool"
    wrapper.write_text(text)
    wrapper.chmod(0o755)
    if image:
        (directory / f"{NAME}.simg").mkdir()
    guard = kernel_files.write_kernel_files(tmp_path)
    environment = {**os.environ, **kernel_files.environment(guard, "error", {}, script=False)}
    subprocess.run([wrapper], env=environment, cwd=tmp_path, capture_output=True, check=False)
    noted = [note.kind for note in notes.read(environment[notes.NOTES])[0]]
    assert wrappers.is_retired(str(wrapper)) is retired
    assert noted[-1] == ("retired" if retired else "tool")
    # a container that still has its image can run, whatever one of its wrappers prints
    assert wrappers.retired_container(str(directory)) is (retired and not image)
    assert (containers.read_container(directory).state == containers.RETIRED) is (retired and not image)


def test_the_notice_is_the_same_in_all_three() -> None:
    assert wrappers.NOTICE == containers.RETIREMENT_NOTICE
    script = Path(wrappers.__file__).with_name("guard.bash").read_text()
    assert f"*'{wrappers.NOTICE}'*" in script
