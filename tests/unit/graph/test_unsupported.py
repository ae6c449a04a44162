"""What KFP cannot do is reported once, in one line."""

from __future__ import annotations

from elyra_neurodesk.graph.pipeline import NotebookNode, Pipeline
from elyra_neurodesk.graph.unsupported import unsupported


def made(count: int, read_only: bool, caching: bool | None = None) -> Pipeline:
    volumes = {"/data": {"pvc_name": "bids", "sub_path": "", "read_only": read_only}}
    nodes = tuple(
        NotebookNode(str(number), f"n{number}", "a.ipynb", modifiers={"kubernetes_volumes": volumes})
        for number in range(count)
    )
    return Pipeline("p", nodes, caching=caching)


def test_read_only_volumes_are_one_line_whatever_their_number() -> None:
    (line,) = unsupported(made(5, True))
    assert "writable in 'n0' (/data), 'n1' (/data), 'n2' (/data) and 2 more" in line
    assert "\n" not in line


def test_caching_that_was_asked_for_is_told_for_notebooks() -> None:
    (line,) = unsupported(made(1, False, caching=True))
    assert "KFP's cache stays off" in line


def test_nothing_is_told_where_nothing_is_lost() -> None:
    assert unsupported(made(2, False)) == ()
    assert unsupported(made(2, False, caching=False)) == ()
