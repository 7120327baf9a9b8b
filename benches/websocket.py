"""WebSockets (RFC 6455) as far as a benchmark needs them: an echo to talk to, and many who talk to it."""

import selectors
import socket
import sys
import time

MESSAGE = b"x" * 64
# Masked with zeros, as a client must mask: the bytes stay as they are.
SENT = bytes([0x82, 0x80 | len(MESSAGE), 0, 0, 0, 0]) + MESSAGE
RECEIVED = bytes([0x82, len(MESSAGE)]) + MESSAGE
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
CONNECTIONS = 64


def serve(port):
    """Answers every handshake, and every message with one like it."""
    chosen = selectors.DefaultSelector()
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    listener.setblocking(False)
    chosen.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in chosen.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                chosen.register(connection, selectors.EVENT_READ)
                continue
            try:
                data = key.fileobj.recv(65536)
                if data.startswith(b"GET "):
                    key.fileobj.sendall(
                        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        b"Sec-WebSocket-Accept: " + ACCEPT.encode() + b"\r\n\r\n"
                    )
                elif data:
                    key.fileobj.sendall(RECEIVED * (len(data) // len(SENT)))
                else:
                    chosen.unregister(key.fileobj)
                    key.fileobj.close()
            except OSError:
                chosen.unregister(key.fileobj)
                key.fileobj.close()


def connect(port, headers, path="/socket", source="127.0.0.1"):
    """One open WebSocket, from an address of ours."""
    fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY}
    fields |= {"Origin": f"http://{headers['Host']}"} | headers
    connection = socket.create_connection(("127.0.0.1", port), 30, (source, 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connection.sendall(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(4096) or sys.exit(f"no WebSocket: {answer[:200]!r}")
    if not answer.startswith(b"HTTP/1.1 101"):
        sys.exit(f"no WebSocket: {answer[:200]!r}")
    return connection


def load(seconds, port, headers):
    """Sends a message over each of many WebSockets, and the next when its echo is there; how many came back."""
    chosen, echoed = selectors.DefaultSelector(), 0
    open_ones = [connect(port, headers) for _ in range(CONNECTIONS)]
    for connection in open_ones:
        chosen.register(connection, selectors.EVENT_READ)
        connection.sendall(SENT)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for key, _ in chosen.select(1):
            # A message this small comes whole or not at all over loopback.
            if len(key.fileobj.recv(4096)) == len(RECEIVED):
                echoed += 1
                key.fileobj.sendall(SENT)
    for connection in open_ones:
        connection.close()
    return echoed


if __name__ == "__main__":
    serve(int(sys.argv[1]))
