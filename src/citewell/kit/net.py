"""Sockets."""

import socket


def listen(host: str, port: int, backlog: int = 2048) -> socket.socket:
    """A listening TCP socket. Raises OSError.

    Its protocol is named: asyncio sends small pieces without delay only on sockets that say they are TCP, and a socket
    made without it would add 40 ms to many an event.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen(backlog)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening
