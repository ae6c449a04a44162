"""Names and annotations have no character that KFP's database cannot store."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.patches import patch_graph
from elyra_neurodesk.patches.storable_text import replace_unstorable_text
from tests.support.contexts import NOTEBOOK, context


def test_an_emoji_in_a_label_or_a_comment_is_replaced() -> None:
    task = replace(NOTEBOOK, display_name="Brain \N{BRAIN} Größe 脳")
    task = task.with_pod_metadata({}, {"elyra/node-user-doc": "fast \N{ROCKET}"})
    patched = replace_unstorable_text(task, context())
    assert patched.display_name == "Brain � Größe 脳"
    assert patched.platform["podMetadata"]["annotations"] == {"elyra/node-user-doc": "fast �"}
    assert replace_unstorable_text(patched, context()) == patched


def test_an_emoji_in_the_pipelines_name_or_description_is_replaced() -> None:
    graph = patch_graph(TaskGraph("\N{BRAIN} study", "of \N{BRAIN}", (NOTEBOOK,)), context())
    assert (graph.name, graph.description) == ("� study", "of �")
