"""A sample of values, submitted with our command line and read by running tasks on the embedded backend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.backend import running_backend
from tests.support.pipelines import catalog_node, notebook_node, write_pipeline

pytestmark = pytest.mark.e2e

VALUES = [
    'it\'s "quoted" \\ and `ticked`',
    "line one\nline two\r\n\ttabbed",
    "a$b $5 ${HOME} $HOME $",
    "$(no command) ; rm -rf x && y | z > w",
    '"""\nimport os; os.mkdir("canary")\n"""',
    "\u202eright to left\u202c \u200f.",
    "日本語 😀 é e\u0301",
    "{ {x} } {%x%} #{y} %s %(a)s {0}",
    "--option=value",
    "\x1b[31mred\x7f\x01",
    "<b>&amp;</b> !!python/object:os.system",
    "0123",
    "null",
    "x" * 5000,
]
# what only a notebook's or script's environment can carry past Argo and Kubernetes
PLACEHOLDERS = ["{{$.pipeline_job_uuid}}", "{{workflow.uid}} {{=1+1}}", "$$ $(HOME) $$(HOME) $(A0)", "{{$}}"]
FILE = 'it\'s "odd" $(x) & 日本 #1;.py'

# no value is a part of the program: it writes down what it was given
SCRIPT = """
import json, os
seen = {name: value for name, value in os.environ.items() if name[0] in "AP" and name[1:].isdigit()}
with open("seen [1] é.json", "w", encoding="utf-8") as file:
    json.dump(seen, file)
"""
PROBE = """
name: Probe
inputs:
- {name: Text, type: String}
- {name: Rows, type: JsonArray}
outputs:
- {name: Seen, type: String}
implementation:
  container:
    image: example.org/python:3
    command:
    - python3
    - -c
    - |
      import json, os, sys
      os.makedirs(os.path.dirname(sys.argv[3]), exist_ok=True)
      open(sys.argv[3], "w").write(json.dumps([sys.argv[1], json.loads(sys.argv[2])]))
    args: [{inputValue: Text}, {inputValue: Rows}, {outputPath: Seen}]
"""


def test_nasty_values_reach_running_tasks_exactly(tmp_path: Path) -> None:
    folder, components = tmp_path / "work", tmp_path / "components"
    folder.mkdir()
    components.mkdir()
    (folder / FILE).write_text(SCRIPT, "utf-8")
    (components / "probe.yaml").write_text(PROBE, "utf-8")
    env = [{"env_var": f"A{at}", "value": value} for at, value in enumerate(VALUES + PLACEHOLDERS)]
    parameters = [
        {"name": f"P{at}", "description": value, "default_value": {"type": "String", "value": value}}
        for at, value in enumerate(VALUES)
    ]
    with running_backend(tmp_path) as backend:
        backend.jupyter.catalog("probes", components)
        ids = backend.jupyter.component_ids()
        nodes = [
            notebook_node(
                'It\'s "a" node; $(x) 日本',
                FILE,
                env_vars=env,
                outputs=["seen*.json"],
                pipeline_parameters=[parameter["name"] for parameter in parameters],
                kubernetes_pod_annotations=[{"key": "note", "value": VALUES[0]}],
            )
        ]
        for at, value in enumerate(VALUES):
            text = {"widget": "string", "value": value}
            rows = {"widget": "string", "value": json.dumps([value, {value: 1}])}
            nodes.append(catalog_node(f"probe {at}", ids["Probe"], text=text, rows=rows))
        file = write_pipeline(
            folder / 'It\'s "nasty" 日本.pipeline',
            nodes,
            description=VALUES[1],
            pipeline_parameters=parameters,
        )
        submission = backend.submit(file)
        run = backend.wait(submission["run_id"])
        logs = backend.logs(submission["run_id"])
        assert run["state"] == "SUCCEEDED", (run, logs)
        outputs = backend.outputs(submission)
        seen = json.loads(next(text for name, text in outputs.items() if name.endswith("seen [1] é.json")))
        # Elyra's parser strips blanks at both ends of what the editor's tables hold
        expected = {f"A{at}": value.strip() for at, value in enumerate(VALUES + PLACEHOLDERS)}
        assert {name: value for name, value in seen.items() if name[0] == "A"} == expected
        parameters_seen = {name: value for name, value in seen.items() if name[0] == "P"}
        assert parameters_seen == {f"P{at}": value for at, value in enumerate(VALUES)}
        (record,) = backend.records(submission).values()
        assert (record["node"], record["file"]) == ('It\'s "a" node; $(x) 日本', FILE)
        assert record["pipeline"] == 'It\'s "nasty" 日本'
        for at, value in enumerate(VALUES):
            found = list((backend.path / "runs" / submission["run_id"] / f"probe-{at}").rglob("status.json"))
            status = json.loads(found[0].read_text("utf-8"))
            assert json.loads(status["outputs"]["parameters"]["seen"]) == [value, [value, {value: 1}]]
    assert not list(tmp_path.rglob("canary"))
