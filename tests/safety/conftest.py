from __future__ import annotations

import pytest

from tests.safety.workbench import Workbench
from tests.support.pipelines import write_notebook

ECHO = """
name: Echo
inputs:
- {name: Text, type: String}
- {name: Number, type: Integer, optional: true}
- {name: Ratio, type: Float, optional: true}
- {name: Rows, type: JsonArray, optional: true}
- {name: Table, type: JsonObject, optional: true}
implementation:
  container:
    image: example.org/echo:1
    command: [echo]
    args:
    - --text
    - {inputValue: Text}
    - {if: {cond: {isPresent: Rows}, then: [--rows, {inputValue: Rows}]}}
    env: {OWN_VARIABLE: "x"}
"""


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    root = tmp_path_factory.mktemp("pipelines")
    write_notebook(root / "a.ipynb", "1")
    return Workbench(root, {"echo": ECHO})
