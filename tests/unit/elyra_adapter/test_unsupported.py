"""What KFP cannot do is told once, in one line."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from elyra.pipeline.pipeline import GenericOperation, Pipeline
from elyra.pipeline.properties import DisableNodeCaching, ElyraPropertyList, VolumeMount

from elyra_neurodesk.elyra_adapter.unsupported import notices


def made(count: int, read_only: bool, **properties: Any) -> Pipeline:
    pipeline = Pipeline("id", "p", "kfp", "c", "p.pipeline", pipeline_properties=properties)
    for number in range(count):
        volume = VolumeMount(path="/data", pvc_name="bids", sub_path="", read_only=read_only)
        pipeline.operations[str(number)] = GenericOperation(
            str(number),
            "execution_node",
            f"n{number}",
            "execute-notebook-node",
            component_props={"filename": "a.ipynb", "runtime_image": "a/b"},
            elyra_props={"mounted_volumes": ElyraPropertyList([volume])},
        )
    return pipeline


def test_read_only_volumes_are_one_line_whatever_their_number() -> None:
    (line,) = notices(made(5, True))
    assert "writable in 'n0' (/data), 'n1' (/data), 'n2' (/data) and 2 more" in line
    assert "\n" not in line


def test_caching_that_was_asked_for_is_told_for_notebooks() -> None:
    (line,) = notices(made(1, False, disable_node_caching=DisableNodeCaching("False")))
    assert "KFP's cache stays off" in line


def test_nothing_is_told_where_nothing_is_lost() -> None:
    assert notices(made(2, False)) == ()
    assert notices(made(2, False, disable_node_caching=DisableNodeCaching("True"))) == ()
    assert notices(made(2, False, disable_node_caching=SimpleNamespace(selection=None))) == ()
