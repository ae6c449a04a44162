"""R, MATLAB and Octave code."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook, uses

R = {
    "system": ("system('source /usr/share/module.sh; ml fsl/6.0.4; bet a')", ["fsl/6.0.4 ok 1:1"]),
    "named argument": (
        "x <- system(command=\"bash -lc 'ml fsl/6.0.4; bet a'\", intern=TRUE)",
        ["fsl/6.0.4 ok 1:1"],
    ),
    "system2": ("system2('bash', c('-lc', 'ml fsl/6.0.4; bet a'))", ["fsl/6.0.4 ok 1:1"]),
    "paste0": ("\nsystem(paste0('bash -lc \"ml fsl/6.0.4; bet ', s, '\"'))", ["fsl/6.0.4 ok 1:2"]),
    "Lmod's function": ("module('load', 'fsl/6.0.4')", ["fsl/6.0.4 ok 1:1"]),
    "comment": ("# system('ml nope/1')\nx <- 1", []),
    "text": ('cat(\'system("ml nope/1")\')\nx <- "ml nope/1"', []),
}


@pytest.mark.parametrize("name", R)
def test_r_code_loads_through_system(name: str, tmp_path: Path, index: ModuleIndex) -> None:
    code, expected = R[name]
    report = check(tmp_path, index, notebook(code, language="R"))
    assert uses(report) == expected
    assert briefs(report) == []


OCTAVE = {
    "system": ("[s, o] = system('bash -lc ''ml fsl/6.0.4; bet a''');", ["fsl/6.0.4 ok 1:1"]),
    "double quotes": ("unix(\"bash -lc 'ml fsl/6.0.4; bet a'\")", ["fsl/6.0.4 ok 1:1"]),
    "put together": ("system(['bash -lc \"ml fsl/6.0.4; bet ' name '\"'])", ["fsl/6.0.4 ok 1:1"]),
    "sprintf": ("\nsystem(sprintf('bash -lc \"ml fsl/6.0.4; bet %s\"', name))", ["fsl/6.0.4 ok 1:2"]),
    "escape": ('x = 1;\n!bash -lc "ml fsl/6.0.4; bet a"', ["fsl/6.0.4 ok 1:2"]),
    "comment": ("% system('ml nope/1')\nx = a';\ny = b'; # system('ml nope/1')", []),
    "text": ("disp('ml nope/1')\nfprintf('system(1)')", []),
}


@pytest.mark.parametrize("name", OCTAVE)
def test_octave_code_loads_through_system(name: str, tmp_path: Path, index: ModuleIndex) -> None:
    code, expected = OCTAVE[name]
    report = check(tmp_path, index, notebook(code, language="octave"))
    assert uses(report) == expected
    assert briefs(report) == []


def test_an_r_script_is_read(tmp_path: Path, index: ModuleIndex) -> None:
    assert briefs(check(tmp_path, index, "x <- 1\nreadline('Go on?')\n", "run.r")) == ["401 error 2"]
