"""``elyra-neurodesk modules``: run in-process, as a terminal's reader and as a program's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elyra_neurodesk.cli.main import run
from elyra_neurodesk.modules import applist
from tests.support.apps_server import running_apps_server
from tests.support.neurodesk_tree import Tool, make_tree

LIST = Path(__file__).parents[2] / "data/apps.json"
TOOLS = [
    Tool("fsl", "6.0.4", "20210105", {"bet": "", "flirt": ""}),
    Tool("fsl", "6.0.7.16", "20240807", {"bet": ""}),
    Tool("topaz", "0.2.5", "20240101", {"topaz": ""}, category="cryo_EM"),
    Tool("mrtrix3", "3.0.3", "20221108", {"mrconvert": ""}, category="diffusion_imaging", retired=True),
]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NEURODESK_CVMFS_ROOT", str(tmp_path / "tree"))
    monkeypatch.delenv("NEURODESK_APPS_JSON", raising=False)
    return make_tree(tmp_path / "tree", TOOLS)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_list_has_a_line_per_tool_and_says_where_it_is_from(
    capsys: pytest.CaptureFixture[str], root: Path
) -> None:
    assert run(["modules", "list"]) == 0
    assert lines(capsys) == [
        "tool versions categories",
        "fsl 6.0.4, 6.0.7.16 structural_imaging",
        "mrtrix3 3.0.3 (retired) diffusion_imaging",
        "topaz 0.2.5 cryo_EM",
        f"from the mounted tree {root}",
    ]


@pytest.mark.parametrize("category", ["cryo_EM", "Cryo EM"])
def test_list_can_keep_to_one_category(capsys: pytest.CaptureFixture[str], category: str) -> None:
    assert run(["modules", "list", "--category", category]) == 0
    assert lines(capsys)[1:-1] == ["topaz 0.2.5 cryo_EM"]


def test_a_missing_category_is_reported_with_those_that_exist(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["modules", "list", "--category", "cryo"]) == 1
    assert capsys.readouterr().err == (
        "ND-MODULE-006: no module is in the category 'cryo'. "
        "There are: cryo_EM, diffusion_imaging, structural_imaging.\n"
    )


@pytest.mark.parametrize(("text", "tool"), [("FS", "fsl"), ("flirt", "fsl"), ("diffusion im", "mrtrix3")])
def test_search_looks_at_names_commands_and_categories(
    capsys: pytest.CaptureFixture[str], text: str, tool: str
) -> None:
    assert run(["modules", "search", text]) == 0
    assert [line.split()[0] for line in lines(capsys)[1:-1]] == [tool]


def test_show_names_the_containers_and_marks_what_the_name_resolves_to(
    capsys: pytest.CaptureFixture[str], root: Path
) -> None:
    assert run(["modules", "show", "fsl"]) == 0
    assert lines(capsys) == [
        "module container built state",
        "fsl/6.0.4 fsl_6.0.4_20210105 20210105",
        "> fsl/6.0.7.16 fsl_6.0.7.16_20240807 20240807",
        "fsl without a version resolves to fsl/6.0.7.16",
        "categories: structural_imaging",
        "commands of fsl/6.0.7.16: bet",
        f"from the mounted tree {root}",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fsl/6.0.7.16", "fsl/6.0.7.16 is there as written"),
        ("fsl/6.0.7", "fsl/6.0.7 is not there as written; it resolves to fsl/6.0.7.16"),
        ("mrtrix3", "mrtrix3 resolves to mrtrix3/3.0.3, which is retired and does not run"),
    ],
)
def test_show_says_how_the_name_relates_to_what_it_resolves_to(
    capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    assert run(["modules", "show", name]) == 0
    assert words in lines(capsys)


def test_json_has_the_same_and_nothing_else(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    assert run(["modules", "show", "fsl/6.0.7", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "origin": {"kind": "tree", "place": str(root), "read": None, "problem": ""},
        "requested": "fsl/6.0.7",
        "status": "other",
        "module": "fsl/6.0.7.16",
        "near": [],
        "modules": [
            {
                "module": "fsl/6.0.7.16",
                "tool": "fsl",
                "version": "6.0.7.16",
                "container": "fsl_6.0.7.16_20240807",
                "date": "20240807",
                "categories": ["structural_imaging"],
                "retired": False,
            }
        ],
        "commands": ["bet"],
    }
    assert run(["modules", "list", "--json"]) == 0
    assert [one["module"] for one in json.loads(capsys.readouterr().out)["modules"]] == [
        "fsl/6.0.4",
        "fsl/6.0.7.16",
        "mrtrix3/3.0.3",
        "topaz/0.2.5",
    ]
    assert run(["modules", "search", "bet", "--json"]) == 0
    assert {one["tool"] for one in json.loads(capsys.readouterr().out)["modules"]} == {"fsl"}


@pytest.mark.parametrize("command", ["show", "search"])
def test_an_unknown_tool_is_one_line_with_near_matches(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(["modules", command, "mrtrx"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ND-MODULE-004: ")
    assert error.endswith("Similar: mrtrix3.\n")
    assert error.count("\n") == 1


def test_a_list_of_tools_answers_where_nothing_is_mounted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    apps = {"ants": {"apps": {"ants 2.5.4": {"version": "20250423", "exec": ""}}, "categories": ["spine"]}}
    path = tmp_path / "apps.json"
    path.write_text(json.dumps(apps))
    nothing = str(tmp_path / "nothing")
    assert run(["modules", "show", "ants/2.5", "--root", nothing, "--apps-json", str(path)]) == 0
    last = lines(capsys)[-1]
    assert last == f"from the list of tools at {path} (just read; {nothing} holds no modules)"


def test_without_any_source_the_way_out_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["modules", "list", "--root", str(tmp_path / "no"), "--apps-json", str(tmp_path / "no")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ND-MODULE-005: it is not known which modules there are: ")
    assert "--refresh" in error


def test_where_nothing_is_mounted_the_public_list_is_fetched_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURODESK_CVMFS_ROOT", str(tmp_path / "nothing"))
    with running_apps_server() as server:
        monkeypatch.setattr(applist, "DEFAULT_URL", server.url)
        for _ in range(2):
            assert run(["modules", "search", "structural"]) == 0
            assert lines(capsys)[1] == "fsl 6.0.3 functional_imaging, structural_imaging"
        assert server.answers == [200]
        assert run(["modules", "list", "--apps-json", str(tmp_path / "no")]) == 1
        monkeypatch.setenv("NEURODESK_APPS_JSON", str(tmp_path / "no"))
        assert run(["modules", "list"]) == 1
        assert server.answers == [200]


def test_a_list_of_tools_answers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ["--root", str(tmp_path / "no"), "--apps-json", str(LIST), "--json"]
    assert run(["modules", "show", "dcm2niix", *options]) == 0
    (module,) = json.loads(capsys.readouterr().out)["modules"]
    assert (module["version"], module["container"]) == ("v1.0.20240202", "dcm2niix_v1.0.20240202_20260512")
