from __future__ import annotations

import errno
import json
import os
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from elyra_neurodesk.modules import cache, containers, sources, tree
from elyra_neurodesk.modules.index import ModuleEntry, ModuleIndex, Origin
from elyra_neurodesk.modules.sources import current_index
from tests.support.neurodesk_tree import Tool, make_tree

LIST = Path(__file__).parents[2] / "data/apps.json"
TOOLS = [
    Tool("fsl", "6.0.4", "20210105", {"bet": "", "fsl_only": ""}),
    Tool("fsl", "6.0.7.16", "20240807", {"bet": "", "flirt": ""}),
    Tool("fsl", "6.0.7.22", "20260416", {"bet": "", "flirt": ""}, format=2),
    Tool("hdbet", "1.0", "20240101", {"hd-bet": "", "bet": ""}),
    Tool("mrtrix3", "3.0.3", "20221108", {"mrconvert": ""}, retired=True),
    Tool("mrtrix3", "3.0.4", "20250101", {"mrconvert": ""}),
    Tool("gone", "1", "20200101", {"old": ""}, retired=True),
    Tool("spm12", "r7487", "20240907", default=True),
    Tool("spm12", "r7771", "20240907"),
]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path / "cache"), "NEURODESK_CVMFS_ROOT": str(tmp_path / "tree")}


@pytest.fixture
def mounted(tmp_path: Path, environment: dict[str, str]) -> ModuleIndex:
    make_tree(tmp_path / "tree", TOOLS)
    return current_index(environment=environment)


@pytest.mark.parametrize(
    ("request_", "status", "module"),
    [
        ("fsl/6.0.7.16", "exact", "fsl/6.0.7.16"),
        ("fsl/6.0.7.16.lua", "exact", "fsl/6.0.7.16"),
        ("fsl/6.0.7", "other", "fsl/6.0.7.22"),
        (" fsl ", "default", "fsl/6.0.7.22"),
        ("fsl/", "default", "fsl/6.0.7.22"),
        ("fsl/default", "default", "fsl/6.0.7.22"),
        ("spm12", "default", "spm12/r7487"),
        ("mrtrix3/3.0.3", "retired", "mrtrix3/3.0.3"),
        ("mrtrix3", "default", "mrtrix3/3.0.4"),
        ("gone", "retired", "gone/1"),
        ("fsl/9", "unknown", None),
        ("FSL", "unknown", None),
        ("../fsl", "unknown", None),
        ("fsl/6.0.7; rm -rf /", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_a_request_is_resolved_as_lmod_would(
    mounted: ModuleIndex, request_: str, status: str, module: str | None
) -> None:
    found = mounted.resolve(request_)
    assert (found.requested, found.status) == (request_, status)
    assert (found.entry.name if found.entry else None) == module


@pytest.mark.parametrize(
    ("request_", "near"),
    [
        ("fsl/6.0.7.17", ("fsl/6.0.7.16", "fsl/6.0.7.22")),
        ("FSL", ("fsl",)),
        ("fls", ("fsl",)),
        ("mrtrix3/3.0.3", ("mrtrix3/3.0.4",)),
        ("flirt", ("fsl",)),
        ("fsl/6.0.7", ()),
    ],
)
def test_near_matches_are_usable_modules_and_the_tool_of_a_command(
    mounted: ModuleIndex, request_: str, near: tuple[str, ...]
) -> None:
    assert mounted.resolve(request_).near[: len(near)] == near
    assert "mrtrix3/3.0.3" not in mounted.resolve(request_).near


def test_entries_say_container_date_and_category(mounted: ModuleIndex) -> None:
    assert [entry.name for entry in mounted.versions("fsl")] == ["fsl/6.0.4", "fsl/6.0.7.16", "fsl/6.0.7.22"]
    assert mounted.versions("fsl")[1] == ModuleEntry(
        "fsl", "6.0.7.16", "fsl_6.0.7.16_20240807", "20240807", ("structural_imaging",)
    )
    assert mounted.tools == ("fsl", "gone", "hdbet", "mrtrix3", "spm12")
    assert len(mounted.entries) == len(TOOLS)
    assert mounted.versions("no") == ()


def test_commands_and_their_providers_come_from_the_containers(mounted: ModuleIndex) -> None:
    assert mounted.commands(mounted.versions("fsl")[0]) == {"bet", "fsl_only"}
    assert mounted.providers("bet") == ("fsl", "hdbet")
    assert mounted.providers("old") == ()
    assert mounted.providers("nothing") == ()
    assert mounted.commands(ModuleEntry("x", "1", "x_1_20200101")) is None


def test_containers_are_known_by_their_directory(mounted: ModuleIndex) -> None:
    names = ("fsl_6.0.4_20210105", "mrtrix3_3.0.3_20221108", "fsl_6.0.4_19990101")
    assert [mounted.container(name) for name in names] == ["ready", "retired", "gone"]


def test_the_tree_is_read_once_per_state_of_it(
    mounted: ModuleIndex, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = []
    scan = tree.scan
    monkeypatch.setattr(tree, "scan", lambda root: scans.append(root) or scan(root))
    again = current_index(environment=environment)
    assert (again.entries, again.providers("bet"), scans) == (mounted.entries, ("fsl", "hdbet"), [])
    make_tree(tmp_path / "tree", [Tool("ants", "2.5.4", "20250423")])
    assert current_index(environment=environment).resolve("ants/2.5").status == "other"
    assert len(scans) == 1
    current_index(environment=environment, refresh=True, source="/nowhere")
    assert len(scans) == 2


def test_a_revision_alone_decides_where_there_is_one(environment: dict[str, str], tmp_path: Path) -> None:
    root = make_tree(tmp_path / "tree", TOOLS[:1])
    try:
        os.setxattr(root, "user.revision", b"7")
    except OSError as problem:
        pytest.skip(f"no extended attributes here: {problem}")
    current_index(environment=environment)
    make_tree(root, TOOLS[1:2])
    assert len(current_index(environment=environment).entries) == 1
    os.setxattr(root, "user.revision", b"8")
    assert len(current_index(environment=environment).entries) == 2


def test_a_broken_cache_is_read_anew(mounted: ModuleIndex, environment: dict[str, str]) -> None:
    for path in cache.directory(environment).iterdir():
        path.write_bytes(b'{"layout": 1, "entr')
    assert current_index(environment=environment).entries == mounted.entries


def test_the_mounted_tree_goes_before_the_list_which_adds_what_it_lacks(
    environment: dict[str, str], tmp_path: Path
) -> None:
    root = tmp_path / "tree"
    place = root / "containers/modules/odd"
    place.mkdir(parents=True)
    (place / "1.lua").write_text('setenv("ODD", "1")\n')
    apps = {
        "odd": {"apps": {"odd 1": {"version": "20250101", "exec": ""}}, "categories": ["spine"]},
        "fsl": {"apps": {"fsl 9": {"version": "20250101", "exec": ""}}, "categories": []},
    }
    (tmp_path / "apps.json").write_text(json.dumps(apps))
    found = current_index(source=str(tmp_path / "apps.json"), environment=environment)
    assert found.origin.kind == "tree"
    assert found.entries == (ModuleEntry("odd", "1", "", "20250101", ("spine",)),)


def test_without_a_tree_the_list_answers_and_says_how_old_it_is(
    environment: dict[str, str], tmp_path: Path
) -> None:
    apps = {"fsl": {"apps": {"fsl 6.0.3": {"version": "20200905", "exec": ""}}, "categories": []}}
    path = tmp_path / "apps.json"
    path.write_text(json.dumps(apps))
    os.utime(path, (time.time() - 3 * 86400 - 60,) * 2)
    found = current_index(environment={**environment, "NEURODESK_APPS_JSON": str(path)})
    tail = f"{tmp_path}/tree holds no modules"
    assert found.origin.text == f"from the list of tools at {path} (3 days old; {tail})"
    assert found.resolve("fsl").status == "default"
    entry = found.entries[0]
    assert (found.commands(entry), found.providers("bet")) == (None, ())
    assert (found.container(entry.container), found.container("fsl_1_20200101")) == ("ready", "")


def test_what_a_tree_once_said_of_commands_helps_the_list(
    mounted: ModuleIndex, environment: dict[str, str], tmp_path: Path
) -> None:
    apps = {"fsl": {"apps": {"fsl 6.0.4": {"version": "20210105", "exec": ""}}, "categories": []}}
    (tmp_path / "apps.json").write_text(json.dumps(apps))
    found = current_index(tmp_path / "no", str(tmp_path / "apps.json"), environment=environment)
    assert (found.origin.kind, found.providers("bet")) == ("list", ("fsl",))


def test_with_neither_nothing_is_known_and_nothing_fails(environment: dict[str, str]) -> None:
    found = current_index(environment=environment)
    assert (found.origin.kind, found.entries, found.tools) == ("none", (), ())
    assert found.resolve("fsl/1").status == "cannot-tell"
    assert (found.providers("bet"), found.container("x")) == ((), "")
    assert found.origin.text.startswith("no module index; ")


def test_a_mount_that_hangs_does_not_hang_the_answer(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(sources, "ANSWER_TIMEOUT", 0.1)
    monkeypatch.setattr(tree, "is_tree", lambda _: release.wait(30))
    found = current_index(environment=environment)
    release.set()
    assert found.origin.kind == "none"
    assert "does not answer" in found.origin.text


def test_a_mount_that_fails_while_it_is_read_is_reported_and_not_cached(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(tmp_path / "tree", TOOLS)

    def fail(path: Path) -> bool:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr(containers, "_exists", fail)
        found = current_index(environment=environment)
    assert (found.origin.kind, found.origin.problem) == (
        "none",
        f"{tmp_path}/tree cannot be read: Input/output error",
    )
    assert current_index(environment=environment).origin.kind == "tree"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        ({"seconds": 5}, "just read"),
        ({"minutes": 1, "seconds": 5}, "1 minute old"),
        ({"hours": 5, "minutes": 59}, "5 hours old"),
        ({"days": 3, "hours": 20}, "3 days old"),
        ({"days": -1}, "just read"),
    ],
)
def test_ages_are_written_in_words(age: dict[str, float], words: str) -> None:
    read = datetime.now(timezone.utc) - timedelta(**age)
    assert Origin("list", "x", read).text == f"from the list of tools at x ({words})"


def test_modules_of_a_list_of_tools_are_named_as_neurodesk_names_them() -> None:
    found = current_index(Path("/nowhere"), str(LIST), environment={})
    named = {entry.name: (entry.container, entry.date) for entry in found.entries}
    assert len(named) == len(found.entries) == LIST.read_text("utf-8").count('"exec": ""') == 26
    assert named["fsl/6.0.7.22"] == ("fsl_6.0.7.22_20260416", "20260416")
    assert named["dcm2niix/v1.0.20240202"] == ("dcm2niix_v1.0.20240202_20260512", "20260512")
    assert named["spm12/r7771"] == ("spm12_r7771_20230609", "20230609")
    assert named["topaz/0.2.5.cuda11.4"] == ("topaz_0.2.5.cuda11.4_20240101", "20240101")
    assert not [name for name in named if "GUI" in name or name.startswith("itksnap")]
    for name, (container, date) in named.items():
        assert container == f"{name.replace('/', '_')}_{date}"
    expected = {
        "fsl/6.0.7": "fsl/6.0.7.22",
        "fsl": "fsl/6.0.7.22",
        "fsl/6": "fsl/6.0.7.22",
        "ants/2.5": "ants/2.5.4",
    }
    for request, module in expected.items():
        entry = found.resolve(request).entry
        assert entry is not None
        assert entry.name == module
    assert found.resolve("afni/22.3.06").near[0] == "afni/22.3.07"
