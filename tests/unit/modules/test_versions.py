from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest

from elyra_neurodesk.modules.tree import find_tool
from elyra_neurodesk.modules.versions import (
    begins_with,
    choose,
    in_order,
    near_tools,
    near_versions,
    order_key,
    split,
)
from elyra_neurodesk.validate import rules
from tests.unit.modules import lmod

LISTED = Path(__file__).parents[2] / "data/apps.json"
FSL = ["6.0.3", "6.0.4", "6.0.5.1", "6.0.7.16", "6.0.7.22", "6.0.7.4", "6.0.70"]
SPM = ["r7487", "r7771"]
ODD = [
    "v1.0.20240202", "2024b", "2022a", "26.0.rc3", "26.0", "1.0.gpu", "1.0", "latest", "20250401",
    "25.1.2.post1", "0.3.1a0", "4.0.1.sm75", "4.0.1.sm61", "2.4-1", "2.4p2", "2.4", "2.4.0", "2.4.1",
    "2.4-rc1", "2.4dev", "2.4-dev", "1.", "..5", "a-b_c+d", "V1", "1_2", "-", "p", "1.0-", "123456789012",
    "1.0.0.0", "r21", "v10.004", "1-0",
]  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "wanted", "best"),
    [
        (FSL, "6.0.7", "6.0.7.22"),
        (FSL, "6.0.7.16", "6.0.7.16"),
        (FSL, "6.0.7.", "6.0.7.22"),
        (FSL, "6", "6.0.70"),
        (FSL, "", "6.0.70"),
        (FSL, "default", "6.0.70"),
        (FSL, "6.0.8", None),
        (FSL, "6.0.7.1", None),
        (["2.5.1", "2.5.3", "2.5.4", "2.6.0"], "2.5", "2.5.4"),
        (["2.5.4", "2.5.10", "2.5.rc1"], "2.5", "2.5.10"),
        (["26.0.rc3", "25.9"], "", "26.0.rc3"),
        (["26.0.rc3", "26.0"], "", "26.0"),
        (SPM, "r", "r7771"),
        (SPM, "r7", None),
        (["v1.0.20240202", "v1.0.20190902"], "v1", "v1.0.20240202"),
        (["v1.0.20240202"], "v", "v1.0.20240202"),
        (["v1.0.20240202"], "1", None),
        (["20240101", "20250401"], "", "20250401"),
        (["22.3.07"], "22.3.06", None),
        ([], "", None),
    ],
)
def test_a_request_resolves_to_the_exact_version_or_the_highest_that_begins_with_it(
    versions: list[str], wanted: str, best: str | None
) -> None:
    assert choose(versions, wanted) == best


def test_a_marked_default_goes_before_the_highest_where_it_fits() -> None:
    assert choose(SPM, "", default="r7487") == "r7487"
    assert choose(SPM, "r", default="r7487") == "r7487"
    assert choose(SPM, "r7771", default="r7487") == "r7771"
    assert choose([*FSL, "5.0"], "6.0.7", default="5.0") == "6.0.7.22"
    assert choose(FSL, "", default="9") == "6.0.70"


def test_hidden_versions_must_be_asked_for_exactly() -> None:
    assert choose(["1.0", "2.0", ".3.0"], "", hidden=["2.0"]) == "1.0"
    assert choose(["1.0", "2.0"], "2", hidden=["2.0"]) is None
    assert choose(["1.0", "2.0"], "2.0", hidden=["2.0"]) == "2.0"


def test_begins_with_stops_at_the_ends_of_numbers() -> None:
    assert begins_with("6.0.7-1", "6.0.7")
    assert not begins_with("2024b", "2024")


def test_in_order_is_from_the_lowest_to_the_highest() -> None:
    assert in_order(["2.5.10", "2.5.9", "2.5.rc1", "2.5"]) == ["2.5.rc1", "2.5", "2.5.9", "2.5.10"]


def test_near_versions_look_alike_first_and_then_are_new() -> None:
    assert near_versions("22.3.06", ["21.2.00", "22.3.07", "24.3.00"])[0] == "22.3.07"
    assert near_versions("", ["1", "10", "9"]) == ["10", "9", "1"]
    assert near_tools("FSL", ["fsl", "ants"]) == ["fsl"]
    assert near_tools("mrtrix", ["mrtrix3", "ants"]) == ["mrtrix3"]


@lmod.needs_lmod
def test_the_order_is_lmods_own(tmp_path: Path) -> None:
    chance = random.Random(4)
    pieces = ["0", "00", "1", "10", ".", ".", "-", "_", "rc", "p", "dev", "pre", "alpha", "v", "+", "-p", "/"]
    made = {"".join(chance.choices(pieces, k=chance.randint(1, 8))) for _ in range(3000)}
    versions = [*FSL, *SPM, *ODD, *sorted(made)]
    versions += [
        app.partition(" ")[2] for tool in json.loads(LISTED.read_text()).values() for app in tool["apps"]
    ]
    theirs = lmod.order_keys(versions, tmp_path / "order.lua")
    assert dict(zip(versions, theirs, strict=True)) == {version: order_key(version) for version in versions}


CASES = [
    (FSL, {}, ["t", "t/6", "t/6.0", "t/6.0.7", "t/6.0.7.16", "t/6.0.8", "t/default", "t/6.0.7.", "u"]),
    (ODD[:12], {}, ["t", "t/v", "t/v1.0", "t/26", "t/2024", "t/4.0.1", "t/4.0.1.sm", "t/latest", "t/l"]),
    (SPM, {"default": "r7487.lua"}, ["t", "t/r", "t/r7", "t/r7771"]),
    (SPM, {".modulerc.lua": 'module_version("t/r7487", "default")'}, ["t", "t/r", "t/r7771"]),
    (SPM, {".modulerc.lua": 'module_version("/r7487", "default")'}, ["t"]),
    (FSL, {".modulerc.lua": 'hide_version("t/6.0.7.22")\nhide_version("t/6.0.70")'}, ["t", "t/6.0.7.22"]),
    ([*SPM, ".r9999"], {}, ["t", "t/.r9999"]),
    (["1.0", "2.0"], {".version": '#%Module1.0\nset ModulesVersion "1.0"'}, ["t", "t/2.0"]),
    (["1.0", "2.0"], {".modulerc": "#%Module1.0\nmodule-version t/1.0 default"}, ["t"]),
]


@lmod.needs_lmod
@pytest.mark.parametrize(
    ("versions", "marks", "request_"),
    [
        pytest.param(versions, marks, request, id=f"{number}-{request}")
        for number, (versions, marks, requests) in enumerate(CASES)
        for request in requests
    ],
)
def test_the_choice_is_lmods_own(
    tmp_path: Path, versions: list[str], marks: dict[str, str], request_: str
) -> None:
    place = tmp_path / "neurodesk-modules" / "category" / "t"
    place.mkdir(parents=True)
    for version in versions:
        (place / f"{version}.lua").write_text('setenv("T", "1")\n')
    for name, content in marks.items():
        if name == "default":
            (place / name).symlink_to(content)
        else:
            (place / name).write_text(content + "\n")
    name, _, wanted = request_.partition("/")
    ours = find_tool(tmp_path, name).choose(wanted)
    assert (f"{name}/{ours}" if ours else "") == lmod.loaded(request_, [place.parent])


def test_every_name_that_a_node_may_declare_can_be_looked_up() -> None:
    names = ["".join(parts) for size in range(1, 6) for parts in itertools.product("aA1._+-/", repeat=size)]
    declared = [name for name in names if rules.module(name) == ""]
    assert len(declared) > 9000
    assert [name for name in declared if split(name) is None] == []
