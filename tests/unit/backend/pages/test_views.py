from urllib.parse import urljoin

import pytest

from elyra_neurodesk.backend.pages.views import relative_root

ROOT = "http://127.0.0.1:8898/pipeline/"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/pipeline",
        "/pipeline/",
        "/pipeline/runs/1",
        "/pipeline/runs/1/",
        "/pipeline/runs/1/tasks/a%2Fb/logs/x",
        "/nope",
        "/nope/a/b",
        "/pipelines/a",
    ],
)
def test_the_relative_root_leads_to_the_list_of_runs_from_every_page(path: str) -> None:
    assert urljoin(f"http://127.0.0.1:8898{path}", relative_root(path)) == ROOT


@pytest.mark.parametrize("rest", ["", "runs/1", "runs/1/tasks/a%2Fb"])
def test_the_relative_root_is_right_below_any_other_path_as_well(rest: str) -> None:
    below = "https://hub.example/user/a%40b/elyra-neurodesk/"
    assert urljoin(below + rest, relative_root(f"/pipeline/{rest}")) == below
