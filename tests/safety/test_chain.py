"""Long chains go through everything: Elyra's parser, the builder, the checks, both compilers."""

from __future__ import annotations

import ast
import random

from elyra_neurodesk.compile.dsl import write_dsl
from elyra_neurodesk.validate.graph import check_graph
from tests.safety.workbench import Compiled, Workbench
from tests.support.pipelines import notebook_node

LENGTH = 2000


def test_a_chain_of_2000_nodes_in_any_order_becomes_a_package(bench: Workbench) -> None:
    nodes = [notebook_node(f"n{at}", "a.ipynb", [f"n{at - 1}"] if at else []) for at in range(LENGTH)]
    random.Random(7).shuffle(nodes)
    graph = bench.graph(bench.definition(nodes))
    assert [task.name for task in graph.tasks] == [f"n{at}" for at in range(LENGTH)]
    compiled = Compiled.of(graph)
    assert all(compiled.tasks[f"n{at}"]["dependentTasks"] == [f"n{at - 1}"] for at in range(1, LENGTH))
    check_graph(graph)


def test_a_chain_of_60_nodes_becomes_a_module_that_python_can_read(bench: Workbench) -> None:
    nodes = [notebook_node(f"n{at}", "a.ipynb", [f"n{at - 1}"] if at else []) for at in range(60)]
    source = write_dsl(bench.graph(bench.definition(nodes)))
    assert len([line for line in source.splitlines() if ".after(" in line]) == 59
    ast.parse(source)
