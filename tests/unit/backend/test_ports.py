import socket

import pytest

from elyra_neurodesk.backend.ports import PortInUse, choose_port, port_free


def test_a_taken_port_that_was_asked_for_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not port_free(port)
        with pytest.raises(PortInUse, match=rf"{port}.*--port"):
            choose_port(port, 8898, "--port")
        assert choose_port(None, port, "--port") > port
