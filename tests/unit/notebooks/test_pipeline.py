from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.graph.build import InvalidParameter
from elyra_neurodesk.graph.pipeline import NotebookNode, Parameter
from elyra_neurodesk.notebooks.parameters import ParameterOfWrongType, UnknownParameter
from elyra_neurodesk.notebooks.pipeline import (
    NotebookOptions,
    NotebookPipeline,
    NotebookUnusable,
    notebook_pipeline,
)
from elyra_neurodesk.quantities import InvalidQuantity
from tests.support.configurations import runtime_configuration
from tests.unit.notebooks.test_parameters import notebook

SETTINGS = runtime_configuration()


def made(*files: Path, **options: object) -> NotebookPipeline:
    return notebook_pipeline(files, NotebookOptions(**options), SETTINGS)  # type: ignore[arg-type]


def nodes(found: NotebookPipeline) -> tuple[NotebookNode, ...]:
    return found.pipeline.notebook_nodes


def test_one_notebook_is_one_node_with_all_that_the_options_say(tmp_path: Path) -> None:
    found = made(
        notebook(tmp_path / "bet.ipynb", "subject = ''"),
        parameters={"subject": "sub-01"},
        modules=("fsl/6.0.7.16",),
        outputs=("*.nii.gz",),
        dependencies=("*.py",),
        image="own/image:1",
        cpu="500m",
        memory="8",
        gpu=1,
        env={"A": "b"},
    )
    assert found.root == tmp_path
    assert found.pipeline.name == "bet"
    assert found.pipeline.source == "bet.ipynb"
    assert found.pipeline.parameters == (Parameter("subject", "String", "sub-01"),)
    assert nodes(found) == (
        NotebookNode(
            id="file-0",
            label="bet.ipynb",
            file="bet.ipynb",
            image="own/image:1",
            dependencies=("*.py",),
            outputs=("*.nii.gz",),
            env={"A": "b"},
            parameters=("subject",),
            requests={"cpu": 0.5, "memory": 8.0, "gpu": 1},
            modules=("fsl/6.0.7.16",),
        ),
    )


def test_several_files_run_in_the_order_given_each_after_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    files = (notebook(tmp_path / "b.ipynb", ""), tmp_path / "sub" / "a.R", tmp_path / "c.py")
    for path in files[1:]:
        path.write_text("1\n", "utf-8")
    found = made(*files)
    assert [node.file for node in nodes(found)] == ["b.ipynb", "sub/a.R", "c.py"]
    assert [node.parents for node in nodes(found)] == [(), ("file-0",), ("file-1",)]
    assert found.pipeline.name == "b-a-c"
    assert made(*files, *files[:2]).pipeline.name == "b-a-c-and-2-more"
    assert made(*files, name="study 1").pipeline.name == "study 1"


def test_a_parameter_goes_to_the_notebooks_that_declare_it_and_to_scripts_as_text(tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text("1\n", "utf-8")
    one = notebook(tmp_path / "a.ipynb", "n = 1\nwho = ''")
    two = notebook(tmp_path / "b.ipynb", "n = 2")
    found = made(one, two, parameters={"n": "5", "who": "x"})
    assert [node.parameters for node in nodes(found)] == [("n", "who"), ("n",)]
    found = made(two, script, parameters={"n": "5", "other": "007"})
    assert [node.parameters for node in nodes(found)] == [("n",), ("n", "other")]
    assert found.pipeline.parameters == (Parameter("n", "Integer", 5), Parameter("other", "String", "007"))


def test_an_unknown_parameter_is_refused_with_those_there_are(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", "n = 1\nwho = ''")
    with pytest.raises(UnknownParameter, match="no parameter 'm'; those there are: n, who"):
        made(path, parameters={"m": "5"})
    bare = notebook(tmp_path / "b.ipynb", "n = 1", tags=())
    with pytest.raises(UnknownParameter, match=r"b\.ipynb has no cell tagged 'parameters'"):
        made(bare, parameters={"n": "5"})
    empty = notebook(tmp_path / "c.ipynb", "")
    with pytest.raises(UnknownParameter, match="the cell tagged 'parameters' assigns nothing"):
        made(empty, parameters={"n": "5"})


def test_a_parameter_without_default_must_be_given(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", "who: str\nn = 1")
    with pytest.raises(InvalidParameter, match=r"a\.ipynb: parameter 'who' has no default") as caught:
        made(path, parameters={"n": "1"})
    assert "-p who=VALUE" in str(caught.value)
    assert made(path, parameters={"who": "x"}).pipeline.parameters == (Parameter("who", "String", "x"),)


def test_notebooks_must_agree_on_a_parameters_type(tmp_path: Path) -> None:
    one = notebook(tmp_path / "a.ipynb", "n = 1")
    two = notebook(tmp_path / "b.ipynb", "n = ''")
    with pytest.raises(ParameterOfWrongType, match="Integer and String"):
        made(one, two, parameters={"n": "5"})


@pytest.mark.parametrize("name", ["gone.ipynb", "notes.txt", "folder.py", "x.pipeline"])
def test_what_is_not_a_notebook_or_script_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    with pytest.raises(NotebookUnusable, match=name):
        made(tmp_path / name)


def test_an_output_goes_to_the_notebooks_that_write_it(tmp_path: Path) -> None:
    one = notebook(tmp_path / "a.ipynb", "open('scores.csv', 'w')", tags=())
    two = notebook(tmp_path / "b.ipynb", "open('report.html', 'w')", tags=())
    found = made(one, two, outputs=("scores.csv", "report.html", "b.ipynb:scores.csv", "volumes.txt"))
    assert [node.outputs for node in nodes(found)] == [
        ("scores.csv",),
        ("report.html", "scores.csv", "volumes.txt"),
    ]


@pytest.mark.parametrize(
    ("memory", "gibibytes"), [("8", 8.0), ("512Mi", 0.5), ("1.5", 1.5), ("1G", 0.932), (" 2 ", 2.0)]
)
def test_memory_is_in_gib_or_a_quantity(tmp_path: Path, memory: str, gibibytes: float) -> None:
    found = made(notebook(tmp_path / "a.ipynb", ""), memory=memory)
    assert nodes(found)[0].requests["memory"] == gibibytes


@pytest.mark.parametrize("option", ["cpu", "memory"])
def test_what_is_no_quantity_is_refused(tmp_path: Path, option: str) -> None:
    with pytest.raises(InvalidQuantity, match="much"):
        made(notebook(tmp_path / "a.ipynb", ""), **{option: "much"})
