import pytest

from elyra_neurodesk.backend.pod.messages import error_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("fine\n\n", "fine"),
        ("Traceback\nValueError: boo\nbye\n", "ValueError: boo"),
        ("ND-CVMFS-001: no mount. Do this.\nValueError: x\n", "ND-CVMFS-001: no mount. Do this."),
        ("12:00 ERROR ND-TASK-001: bad\nkilled\n", "12:00 ERROR ND-TASK-001: bad"),
        ("ND-TASK-001: one\nND-TASK-002: two\n", "ND-TASK-002: two"),
        ("\x1b[31mKeyError\x1b[0m: 'a'\t b\r\n", "KeyError: 'a' b"),
        ("sh: 1: foo: not found\n", "sh: 1: foo: not found"),
    ],
)
def test_the_line_that_tells_most_is_found(tmp_path, text, line):
    log = tmp_path / "main.log"
    log.write_text(text)
    assert error_line(log) == line


def test_a_long_line_is_cut_and_a_huge_log_is_read_from_its_end(tmp_path):
    log = tmp_path / "main.log"
    log.write_bytes(b"ValueError: early\n" + b"\xff" * 100_000 + b"\nOSError: " + b"x" * 1000)
    assert error_line(log).startswith("OSError: xxx")
    assert len(error_line(log)) == 500


def test_no_log_gives_no_line(tmp_path):
    assert error_line(tmp_path / "none.log") == ""
