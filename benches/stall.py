#!/usr/bin/env python3
"""What everybody else feels while somebody signs in to a very large directory.

    benches/stall.py [--organizations 100000] [--rounds 5] [--seconds 4] [--binary target/release/vestibule]

Declares so many organizations, each with an org selector of its own that no index answers, and asks an application
through Vestibule every few milliseconds over one kept connection: alone, and while one person after another signs in.
Prints the p99 of both and their ratio, by round.

Needs what benches/gateway.py needs, but for nginx's load program.
"""

import argparse
import http.client
import signal
import statistics
import tempfile
import threading
import time
from pathlib import Path

import gateway
from gateway import Browser, Processes, Vestibule, fail, say, sign_in, start_application, start_provider

PAUSE_S = 0.004
# The declaration of a hundred thousand organizations is written once, at the first start.
START_PATIENCE_S = 600


def declare(vestibule, organizations):
    """Adds the organizations, each with a selector that has to be evaluated for it."""
    with vestibule.file.open("a") as file:
        for number in range(organizations):
            file.write(f"""
[[organization]]
id = "org-{number}"
name = "Organization {number}"
roles = ["Member"]
[[organization.policy]]
idp = "bench"
org = "length(groups[?starts_with(@, '{{{{orgId}}}}') && @ != 'x-{number}']) > `0`"
role = "'Member'"
""")


def ask_steadily(port, headers, until):
    """Seconds of each answer, asked one by one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    taken = []
    while time.monotonic() < until:
        begun = time.perf_counter()
        connection.request("GET", "/", headers=headers)
        response = connection.getresponse()
        response.read()
        taken.append(time.perf_counter() - begun)
        if response.status != 200:
            fail(f"the application answered {response.status}")
        time.sleep(PAUSE_S)
    return taken


def p99(values):
    return sorted(values)[int(len(values) * 0.99)] * 1000


def measure(processes, options):
    application = start_application(processes)
    vestibule = Vestibule(options.binary, processes.folder, application)
    vestibule.configure(start_provider(processes, vestibule.redirect_uri))
    declare(vestibule, options.organizations)
    gateway.PATIENCE_S = START_PATIENCE_S
    # Both cores: what a sign-in takes must not be what requests wait for.
    gateway.TARGET_CORE = "0-1"
    _, taken = vestibule.start(processes)
    say(f"{options.organizations} organizations, ready after {taken:.1f} s")
    headers = {"Host": vestibule.host, "Cookie": sign_in(vestibule)}
    ratios = []
    for number in range(1, options.rounds + 1):
        alone = p99(ask_steadily(vestibule.port, headers, time.monotonic() + options.seconds))
        stop, sign_ins = threading.Event(), []

        def sign_in_again():
            while not stop.is_set():
                begun = time.perf_counter()
                Browser().visit(f"{vestibule.public_url}/login", "alice")
                sign_ins.append(time.perf_counter() - begun)

        person = threading.Thread(target=sign_in_again)
        person.start()
        beside = p99(ask_steadily(vestibule.port, headers, time.monotonic() + options.seconds))
        stop.set()
        person.join()
        ratios.append(beside / alone)
        each = statistics.median(sign_ins) * 1000
        say(f"round {number}: p99 {alone:.2f} ms alone, {beside:.2f} ms beside sign-ins ({len(sign_ins)} of {each:.0f} ms), "
            f"× {beside / alone:.2f}")
    say(f"ratio of p99: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--organizations", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of asking, twice a round")
    parser.add_argument("--binary", type=Path, default=gateway.ROOT / "target/release/vestibule")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    signal.signal(signal.SIGTERM, lambda *_: fail("stopped"))
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder))
        try:
            measure(processes, options)
        finally:
            processes.stop_all()


if __name__ == "__main__":
    main()
