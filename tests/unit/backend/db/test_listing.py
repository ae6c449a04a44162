import json

import pytest

from elyra_neurodesk.backend.db.listing import InvalidListing, read_listing

KEYS = {"display_name": "display_name", "name": "display_name", "created_at": "created_at"}


def predicate(**fields: object) -> str:
    return json.dumps({"predicates": [fields]})


def test_a_filter_as_kfp_sends_it_binds_its_value() -> None:
    text = predicate(operation=1, key="display_name", stringValue="x' OR 1=1 --")
    where = read_listing({"filter": text}, KEYS).where()
    assert where.sql == "display_name = ?"
    assert where.values == ("x' OR 1=1 --",)


@pytest.mark.parametrize(
    ("operation", "sql"),
    [
        ("EQUALS", "display_name = ?"),
        (2, "display_name <> ?"),
        (3, "display_name > ?"),
        (5, "display_name >= ?"),
        (6, "display_name < ?"),
        (7, "display_name <= ?"),
        ("IS_SUBSTRING", "instr(lower(display_name), lower(?)) > 0"),
    ],
)
def test_every_operation_of_the_proto_is_known(operation: object, sql: str) -> None:
    text = predicate(operation=operation, key="name", string_value="a")
    assert read_listing({"filter": text}, KEYS).where().sql == sql


def test_in_takes_a_list_of_values() -> None:
    text = predicate(operation="IN", key="name", stringValues={"values": ["a", "b"]})
    where = read_listing({"filter": text}, KEYS).where()
    assert (where.sql, where.values) == ("display_name IN (?,?)", ("a", "b"))


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "no json"},
        {"filter": "[1]"},
        {"filter": predicate(operation=99, key="name", stringValue="a")},
        {"filter": predicate(operation=1, key="secret; DROP TABLE", stringValue="a")},
        {"filter": predicate(operation=1, key="name", stringValue={"a": 1})},
        {"sort_by": "name sideways"},
        {"sort_by": "rowid; --"},
        {"page_token": "rubbish"},
        {"page_size": "-1"},
        {"page_size": "many"},
    ],
)
def test_what_is_not_understood_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidListing):
        read_listing(query, KEYS)


def test_a_page_token_carries_order_and_filter() -> None:
    text = predicate(operation=1, key="name", stringValue="a")
    first = read_listing({"filter": text, "sort_by": "name desc"}, KEYS)
    second = read_listing({"page_token": first.token_after("a", 7)}, KEYS)
    assert second.where().sql == "display_name = ? AND (display_name, seq) < (?, ?)"
    assert second.where().values == ("a", "a", 7)
    assert second.order() == "display_name DESC, seq DESC"


def test_a_page_token_of_another_order_is_refused() -> None:
    token = read_listing({"sort_by": "name desc"}, KEYS).token_after("a", 7)
    with pytest.raises(InvalidListing, match="another order"):
        read_listing({"page_token": token, "sort_by": "created_at"}, KEYS)


def test_page_sizes_are_kfps() -> None:
    assert read_listing({}, KEYS).size == 20
    assert read_listing({"page_size": "0"}, KEYS).size == 20
    assert read_listing({"page_size": "100000"}, KEYS).size == 200
