from __future__ import annotations

import io
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.modules import (
    ModuleUnavailable,
    Statement,
    apply,
    best_version,
    load,
    parse,
    resolve,
)


@pytest.mark.parametrize(
    ("versions", "wanted", "best"),
    [
        (["6.0.4", "6.0.7.16", "6.0.7.22", "6.0.70"], "6.0.7", "6.0.7.22"),
        (["6.0.4", "6.0.7.16", "6.0.7.22"], "6.0.7.16", "6.0.7.16"),
        (["2.5.4", "2.5.10", "2.6.0"], "2.5", "2.5.10"),
        (["9", "10"], "", "10"),
        (["2.5.4", "2.5.rc1"], "2.5", "2.5.4"),
        (["22.3.07"], "22.3.06", None),
        ([], "", None),
    ],
)
def test_versions_are_chosen_as_lmod_does(versions: list[str], wanted: str, best: str | None) -> None:
    assert best_version(versions, wanted) == best


def test_literal_statements_are_read_and_paths_follow_the_root() -> None:
    text = (
        '-- prepend_path("PATH", "/commented")\n'
        'whatis("x")\nprepend_path("PATH", "/cvmfs/old/containers/a_1_2")\n'
        '  setenv(\'A\', \'b c\')\nappend_path("X", "/cvmfs/old:/cvmfs/older")\nprepend_path("Y", var)\n'
    )
    assert parse(text, "/cvmfs/old", "/new") == [
        Statement("prepend_path", "PATH", "/new/containers/a_1_2"),
        Statement("setenv", "A", "b c"),
        Statement("append_path", "X", "/new:/cvmfs/older"),
    ]


def test_statements_prepend_append_and_set_without_repeating() -> None:
    statements = [
        Statement("prepend_path", "PATH", "/a"),
        Statement("append_path", "PATH", "/b"),
        Statement("setenv", "S", "x"),
    ]
    assert apply(statements, {"PATH": "/b:/usr/bin:/a", "S": "y"}) == {"PATH": "/a:/usr/bin:/b", "S": "x"}


def lay_out(root: Path, tool: str, version: str, container: bool = True) -> None:
    place = root / "containers" / "modules" / tool
    place.mkdir(parents=True, exist_ok=True)
    path = root / "containers" / f"{tool}_{version}_20250101"
    if container:
        path.mkdir()
    (place / f"{version}.lua").write_text(
        f'prepend_path("PATH", "/cvmfs/neurodesk.ardc.edu.au/containers/{path.name}")'
    )


def test_a_module_is_resolved_to_its_version_and_container(tmp_path: Path) -> None:
    lay_out(tmp_path, "fsl", "6.0.7.16")
    module, _ = resolve("fsl", tmp_path)
    assert module.as_record() == {
        "requested": "fsl",
        "module": "fsl/6.0.7.16",
        "container": f"{tmp_path}/containers/fsl_6.0.7.16_20250101",
    }


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("fsl/9", "Available: fsl/6.0.7.16."),
        ("fls", "Similar: fsl."),
        ("../x", "is not in"),
        ("", "is not in"),
        ("gone/1", "which is not there"),
    ],
)
def test_a_module_that_cannot_be_used_is_told_with_what_there_is(
    tmp_path: Path, request_: str, words: str
) -> None:
    lay_out(tmp_path, "fsl", "6.0.7.16")
    lay_out(tmp_path, "gone", "1", container=False)
    with pytest.raises(ModuleUnavailable) as caught:
        resolve(request_, tmp_path)
    assert words in str(caught.value)


def test_without_strictness_missing_modules_are_recorded_as_such(tmp_path: Path) -> None:
    stream = io.StringIO()
    modules, environment = load(["no/1"], tmp_path, "off", {"A": "b"}, Log(stream))
    assert [module.as_record() for module in modules] == [
        {"requested": "no/1", "module": "", "container": ""}
    ]
    assert (environment, stream.getvalue()) == ({"A": "b"}, "")
