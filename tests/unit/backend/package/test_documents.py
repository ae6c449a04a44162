import pytest

from elyra_neurodesk.backend.package.documents import MAX_DEPTH, load_documents
from elyra_neurodesk.backend.package.errors import InvalidPackage

DEEP = 50_000


@pytest.mark.parametrize(
    "text",
    [
        "[" * DEEP + "]" * DEEP,
        '{"a":' * DEEP + "1" + "}" * DEEP,
        "- " * DEEP + "a",
        "? " * DEEP + "a",
        "".join(f"{' ' * level}a:\n" for level in range(2000)),
        "a: b\n---\n" + "[" * DEEP,
        "&a [" * DEEP,
    ],
    ids=["sequences", "mappings", "block sequences", "keys", "indented", "second document", "anchors"],
)
def test_a_package_that_is_nested_deeply_is_refused_before_it_is_built(text: str) -> None:
    with pytest.raises(InvalidPackage, match=r"nested|nesting"):
        load_documents(text)


def test_documents_within_the_limit_are_read() -> None:
    inner: object = 1
    for _ in range(MAX_DEPTH):
        inner = [inner]
    assert load_documents(f"a: b\n---\n{inner}\n---\n") == [{"a": "b"}, inner]
    with pytest.raises(InvalidPackage, match=f"more than {MAX_DEPTH} levels deep \\(line 1\\)"):
        load_documents(str([inner]))
