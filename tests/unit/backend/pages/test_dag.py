from itertools import pairwise

from elyra_neurodesk.backend.db.rows import TaskRow
from elyra_neurodesk.backend.pages.dag import BOX_HEIGHT, GraphLayout, lay_out


def task(name: str, position: int, *parents: str) -> TaskRow:
    return TaskRow("r", name, position, name, parents)


def places(picture: GraphLayout) -> dict[str, tuple[float, float]]:
    return {box.task.name: (box.x, box.y) for box in picture.boxes}


def test_children_stand_to_the_right_of_all_their_parents() -> None:
    picture = lay_out([task("a", 0), task("b", 1, "a"), task("c", 2, "a", "b"), task("d", 3)])
    at = places(picture)
    assert at["a"][0] == at["d"][0] < at["b"][0] < at["c"][0]
    assert len(picture.lines) == 3


def test_no_two_boxes_overlap_and_all_are_inside() -> None:
    tasks = [task("root", 0), *(task(f"t{n}", n + 1, "root") for n in range(30))]
    tasks.append(task("join", 31, *(f"t{n}" for n in range(30))))
    picture = lay_out(tasks)
    assert len(set(places(picture).values())) == 32
    middle = sorted(y for name, (_, y) in places(picture).items() if name.startswith("t"))
    assert all(second - first >= BOX_HEIGHT for first, second in pairwise(middle))
    assert all(0 <= box.x < picture.width and 0 <= box.y < picture.height for box in picture.boxes)


def test_siblings_stand_beside_their_parents() -> None:
    at = places(lay_out([task("a", 0), task("b", 1), task("of-b", 2, "b"), task("of-a", 3, "a")]))
    assert at["of-a"][1] < at["of-b"][1]


def test_long_labels_are_shortened() -> None:
    assert lay_out([task("x" * 60, 0)]).boxes[0].label == "x" * 24 + "…"


def test_a_run_without_tasks_has_an_empty_picture() -> None:
    assert lay_out([]).boxes == ()
