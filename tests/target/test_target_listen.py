from __future__ import annotations

import socket

from harness.target.process import listen


def test_the_socket_is_named_as_tcp_so_that_answers_are_not_delayed() -> None:
    with listen(0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
