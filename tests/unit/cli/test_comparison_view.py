"""What people see of comparisons."""

from __future__ import annotations

from elyra_neurodesk.cli.comparison_view import show_comparison
from elyra_neurodesk.cli.render import UNWRAPPED
from elyra_neurodesk.record.model import RunRecord
from elyra_neurodesk.runs.compare import compare
from tests.support.records import file, finding, given, joined, module, stored, task_record
from tests.unit.cli.support import lines, shown


def test_a_comparison_says_what_is_the_same_and_what_follows_from_what(study: RunRecord) -> None:
    other = joined(
        task_record(
            "prepare",
            files=[file("subjects.tsv", "9")],
            outputs=[stored("table.csv", "8", "prepare")],
            modules=[module(date="20260601")],
            parameters={"threshold": 4, "who": "3"},
        ),
        task_record("model", inputs=[given("table.csv", "8", "prepare")], findings=[finding()]),
    )
    text = shown(show_comparison(compare(study, other)))
    assert "√ Code: same" in text
    assert lines(text)["threshold"].split()[1:] == ["3", "4", "prepare"]
    assert "fsl_6.0.7.16_20250101" in lines(text)["fsl"]
    assert "fsl_6.0.7.16_20260601" in lines(text)["fsl"]
    assert "model  follows from prepare" in text
    assert "only in A: later, curl" in text
    assert "The runs differ in parameters, data, tools, environment, results (2 tasks compared)." in text


def test_a_comparison_of_equals_says_so_and_what_it_could_not_see() -> None:
    one = joined(task_record())
    assert "Nothing differs (1 task compared)." in shown(show_comparison(compare(one, one)))
    lost = joined(task_record(), states={"lost": "SUCCEEDED"})
    text = shown(show_comparison(compare(lost, lost)))
    assert "Nothing differs in what is recorded (1 task compared)." in text
    assert "lost: without a record in both runs" in text


def test_unexplained_results_are_pointed_out() -> None:
    runs = [joined(task_record(outputs=[stored("x", letter, "prepare")])) for letter in "12"]
    assert "although nothing recorded differs before them" in shown(show_comparison(compare(*runs)))


def test_where_nothing_is_wrapped_nothing_is_padded_to_the_width_either(study: RunRecord) -> None:
    other = joined(task_record("prepare", parameters={"threshold": 4}))
    text = shown(show_comparison(compare(study, other)), UNWRAPPED)
    assert max(map(len, text.splitlines())) < 400
