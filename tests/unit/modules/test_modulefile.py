from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from elyra_neurodesk.modules.modulefile import Statement, apply, moved, parse, read
from elyra_neurodesk.paths import CVMFS_ROOT
from tests.support.neurodesk_tree import Tool, make_tree
from tests.unit.modules import lmod

HAND_WRITTEN = """
local more = "/tmp:/scratch"
if os.getenv("HOME") then
    more = os.getenv("HOME") .. ":/licences"
elseif false then
    setenv("NEVER", "1")
end
if os.getenv("APPTAINER_BINDPATH") then prepend_path("APPTAINER_BINDPATH", more, ",") end
if not os.getenv("SINGULARITY_BINDPATH") and not os.getenv("APPTAINER_BINDPATH") then
    setenv("SINGULARITY_BINDPATH", more)
end
"""


def statements(text: str, **environment: str) -> list[tuple[str, ...]]:
    found = parse(text, Path("/x.lua"), Path("/new"), environment)
    assert found.complete
    return [(one.action, one.name, one.value, one.separator) for one in found.statements]


def test_literal_statements_are_read_and_nothing_else() -> None:
    text = """-- prepend_path("PATH", "/commented")
    --[[ setenv("A", "in a long comment") ]]
    help([===[ prepend_path("PATH", "/in/help") ]] ]===])
    whatis("setenv('A', 'in a string')")
    prepend_path("PATH", "/cvmfs/neurodesk.ardc.edu.au/containers/a_1_20250101")
      setenv('A', 'b "c"\\010\\x41\\\\')
    append_path("X", "/cvmfs/neurodesk.ardc.edu.au:/cvmfs/neurodesk.ardc.edu.au.org")
    """
    assert statements(text) == [
        ("prepend_path", "PATH", "/new/containers/a_1_20250101", ":"),
        ("setenv", "A", 'b "c"\nA\\', ":"),
        ("append_path", "X", "/new:/cvmfs/neurodesk.ardc.edu.au.org", ":"),
    ]


def test_statements_that_somebody_wrote_by_hand_follow_the_environment() -> None:
    assert statements(HAND_WRITTEN) == [("setenv", "SINGULARITY_BINDPATH", "/tmp:/scratch", ":")]
    assert statements(HAND_WRITTEN, HOME="/h", APPTAINER_BINDPATH="/data") == [
        ("prepend_path", "APPTAINER_BINDPATH", "/h:/licences", ",")
    ]


@pytest.mark.parametrize(
    "text",
    [
        'prepend_path("PATH", compute())',
        'if something() then setenv("A", "1") end',
        'if something() then local a else setenv("A", "1") end',
        'for _, name in ipairs({"A"}) do setenv(name, "1") end',
        'local function f() while true do break end setenv("A", "1") end',
        'setenv("A", 1 + 2)',
        'local a = "x" if something() then a = "y" end setenv("A", a)',
        'local a = "x"\nif something() then a = "y" end\nsetenv("A", a)',
        'local a, b = "x"\nfor _ = 1, 2 do b, a = 1, "y" end\nsetenv("A", a)',
    ],
)
def test_what_is_not_understood_is_left_out_and_marks_the_file_incomplete(text: str) -> None:
    found = parse(text, Path("/x.lua"), Path("/new"), {})
    assert found.statements == ()
    assert not found.complete


@pytest.mark.parametrize(
    "text", ["if x then", "setenv(", "end", "local x = )", "function f(", '"', "(" * 5000]
)
def test_a_text_that_is_not_lua_is_refused(text: str) -> None:
    found = parse(text, Path("/x.lua"), Path("/new"), {})
    assert not found.complete
    assert found.refusal


def test_what_changes_nothing_may_be_as_clever_as_it_likes() -> None:
    text = """
    local t = { a = 1, ["b"] = { function() return 1 end } }
    for k, v in pairs(t) do print(k) end
    local function f(x, ...) if x then return x end repeat local y = x until true end
    local s = ("x"):rep(3):gsub("%d+", "")
    if type(extensions) == "function" then extensions("a/1, b/2") end
    local a, b
    setenv("A", "1");
    """
    assert statements(text) == [("setenv", "A", "1", ":")]


def test_tcl_files_are_read_where_they_are_literal() -> None:
    text = """#%Module1.0
# neurodesk-image a_1_20250101.simg
prepend-path PATH $container_dir
setenv IMAGE $image
setenv A "b \\"c\\""
setenv B {x y}
setenv C [something $D]
"""
    found = parse(text, Path("/x"), Path("/new"))
    assert found.container == "a_1_20250101"
    assert [(one.name, one.value) for one in found.statements] == [
        ("PATH", "/new/containers/a_1_20250101"),
        ("IMAGE", "/new/containers/a_1_20250101/a_1_20250101.simg"),
        ("A", 'b "c"'),
        ("B", "x y"),
    ]


@pytest.mark.parametrize("form", [1, 2])
def test_both_formats_name_their_container_and_its_variables(tmp_path: Path, form: int) -> None:
    env = {"SPMMCRCMD": "BASEPATH/opt/run.sh BASEPATH/opt/mcr script"}
    make_tree(tmp_path, [Tool("spm12", "r7771", "20240907", {"run": "true"}, format=form, env=env)])
    found = read(tmp_path / "containers/modules/spm12/r7771.lua", tmp_path)
    container = f"{tmp_path}/containers/spm12_r7771_20240907"
    image = f"{container}/spm12_r7771_20240907.simg"
    assert (found.container, found.refusal, found.complete) == ("spm12_r7771_20240907", "", True)
    values = {one.name: one.value for one in found.statements}
    assert values["PATH"] == container
    assert values["SPMMCRCMD"] == f"{image}/opt/run.sh {image}/opt/mcr script"


def test_the_second_format_refuses_to_load_without_its_image(tmp_path: Path) -> None:
    make_tree(tmp_path, [Tool("t", "1", "20250101", {"c": "true"}, format=2, retired=True)])
    assert "Missing Neurodesk image" in read(tmp_path / "containers/modules/t/1.lua", tmp_path).refusal


def test_a_bundle_names_the_modules_that_it_loads() -> None:
    text = """-- neurodesk-bundle-v1
    if mode() == "load" then
        if type(depends_on) ~= "function" then LmodError("too old") end
        if isloaded("a") and not isloaded("a/1") then LmodError("no") end
    end
    append_path("MODULEPATH", pathJoin(root, "modules"))
    if type(depends_on) == "function" then depends_on("a/1") end
    depends_on("b/2")
    """
    found = parse(text, Path("/x.lua"), Path("/new"), {})
    assert (found.container, found.requires, found.refusal) == ("", ("a/1", "b/2"), "")
    assert found.statements == (Statement("append_path", "MODULEPATH", "/new/containers/modules"),)


def test_statements_prepend_append_and_set_without_repeating() -> None:
    done = apply(
        [
            Statement("prepend_path", "PATH", "/a"),
            Statement("append_path", "PATH", "/b"),
            Statement("prepend_path", "BIND", "/x:/y", ","),
            Statement("setenv", "S", "x"),
        ],
        {"PATH": "/b:/usr/bin:/a", "BIND": "/data,/x:/y", "S": "y"},
    )
    assert done == {"PATH": "/a:/usr/bin:/b", "BIND": "/x:/y,/data", "S": "x"}


def test_only_whole_paths_move() -> None:
    assert moved(f"{CVMFS_ROOT}/a:{CVMFS_ROOT}", "/n") == "/n/a:/n"
    assert moved(f"/x{CVMFS_ROOT}/a,{CVMFS_ROOT}2", "/n") == f"/x{CVMFS_ROOT}/a,{CVMFS_ROOT}2"
    assert moved(f"{CVMFS_ROOT}/a", "/back\\1") == "/back\\1/a"


@lmod.needs_lmod
@pytest.mark.parametrize("form", [1, 2])
def test_lmod_makes_the_same_of_a_module_file(tmp_path: Path, form: int) -> None:
    tool = Tool("t", "1", "20250101", {"c": "true"}, format=form, env={"T_HOME": "BASEPATH/opt/t"})
    make_tree(tmp_path, [tool], repository=str(tmp_path))
    place = tmp_path / "neurodesk-modules/structural_imaging"
    with (place / "t/1.lua").open("a") as stream:
        stream.write(HAND_WRITTEN)
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/h", "APPTAINER_BINDPATH": "/data,/tmp"}
    ours = apply(read(place / "t/1.lua", tmp_path, environment).statements, environment)
    script = 'eval "$("$1" bash load t)"; exec "$2" -c "import json,os; print(json.dumps(dict(os.environ)))"'
    theirs = json.loads(
        subprocess.run(
            ["bash", "--norc", "-c", script, "x", str(lmod.COMMAND), sys.executable],
            env={**environment, "MODULEPATH": str(place)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert ours == {name: theirs[name] for name in ours}
    assert ours["APPTAINER_BINDPATH"] != environment["APPTAINER_BINDPATH"]
