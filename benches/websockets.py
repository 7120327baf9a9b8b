#!/usr/bin/env python3
"""What open WebSockets take of our memory and, while nobody says anything, of a processor.

    benches/websockets.py [--sockets 10000] [--seconds 10] [--binary target/release/vestibule]

Opens so many, all with one live session, echoes a message over each, and prints the memory of the process before and
after, by socket, and the share of a core that it uses while they rest. Then it is stopped, and how many were told by a
close frame is counted.

Needs what benches/gateway.py needs, and twice as many file handles as sockets.
"""

import argparse
import resource
import signal
import sys
import time
from pathlib import Path

import kit
import websocket
from browser import Browser
from kit import Vestibule, fail, free_port, resident_mib, run_time, say, start_provider

# One client may have 2,048 connections: they come from so many addresses of loopback that nobody has more.
OF_ONE = 1_500
GOING_AWAY = bytes([0x88, 2, 0x03, 0xE9])


def measure(processes, options):
    application = free_port()
    echo = processes.start("echo", [sys.executable, Path(websocket.__file__), str(application)], kit.LOAD_CORE)
    kit.until_open(processes, echo, application)
    vestibule = Vestibule(options.binary, processes.folder, application)
    vestibule.configure(start_provider(processes, [vestibule.redirect_uri]))
    child, _ = vestibule.start(processes)
    browser = Browser()
    # The echo knows handshakes alone: the page it ends on says so, and the session is there.
    browser.visit(f"http://{vestibule.host}/", "alice")
    cookie = browser.header("app.localhost") or fail("signing in failed")
    headers = {"Host": vestibule.host, "Cookie": cookie}
    before = resident_mib(child.pid)
    sockets = []
    for number in range(options.sockets):
        sockets.append(websocket.connect(vestibule.port, headers, source=f"127.0.0.{2 + number // OF_ONE}"))
        sockets[-1].sendall(websocket.SENT)
    for open_one in sockets:
        left = len(websocket.RECEIVED)
        while left:
            left -= len(open_one.recv(left)) or fail("a WebSocket was closed")
    after = resident_mib(child.pid)
    say(f"{options.sockets} WebSockets: {before:.0f} MiB before, {after:.0f} MiB after, "
        f"{(after - before) * 1024 / options.sockets:.1f} KiB each")
    begun = run_time(child.pid)
    time.sleep(options.seconds)
    share = (run_time(child.pid) - begun) / 1e9 / options.seconds * 100
    say(f"at rest: {share:.2f} % of a core")
    child.send_signal(signal.SIGTERM)
    told = 0
    for open_one in sockets:
        heard = b""
        while len(heard) < len(GOING_AWAY) and (more := open_one.recv(len(GOING_AWAY) - len(heard))):
            heard += more
        told += heard == GOING_AWAY
        open_one.close()
    say(f"told that we stop: {told}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=10, help="of rest")
    parser.add_argument("--binary", type=Path, default=kit.ROOT / "target/release/vestibule")
    options = parser.parse_args()
    handles = 2 * options.sockets + 100
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (handles, handles))
    except ValueError:
        fail(f"{handles} file handles are needed: raise `ulimit -Hn`")
    kit.run(measure, options)


if __name__ == "__main__":
    main()
