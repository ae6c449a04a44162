from elyra_neurodesk.backend.sizes import format_bytes, format_seconds


def test_sizes_and_durations_read_well() -> None:
    assert [format_bytes(number) for number in (0, 1023, 1536, 5 << 30, 3 << 40)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "5.0 GiB",
        "3.0 TiB",
    ]
    assert [format_seconds(seconds) for seconds in (None, 0.44, 12.4, 200, 7500)] == [
        "",
        "0.4 s",
        "12 s",
        "3 min 20 s",
        "2 h 5 min",
    ]
