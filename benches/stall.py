#!/usr/bin/env python3
"""What everybody else feels while somebody signs in to a very large directory.

    benches/stall.py [--organizations 100000] [--rounds 5] [--seconds 4] [--binary target/release/vestibule]

Makes so many organizations, each with an org selector of its own that no index answers, and asks an application
through Vestibule every few milliseconds over one kept connection: alone, and while one person after another signs in.
Prints the p99 of both and their ratio, by round.

Needs what benches/gateway.py needs, but for nginx's load program.
"""

import argparse
import http.client
import multiprocessing
import sqlite3
import statistics
import time
import uuid
from pathlib import Path

import kit
from browser import Browser, sign_in
from kit import Vestibule, fail, say, start_application, start_provider

PAUSE_S = 0.004
# A hundred thousand policies are compiled at the start.
START_PATIENCE_S = 120


def add(database, organizations):
    """Adds organizations by hand, each with a selector that has to be evaluated for it: a file may declare fewer."""
    with sqlite3.connect(database) as connection:
        (idp,) = connection.execute("select key from idps").fetchone()
        for number in range(organizations):
            key, role, policy = (str(uuid.UUID(int=3 * number + part)) for part in range(3))
            selector = f"length(groups[?starts_with(@, '{{{{orgId}}}}') && @ != 'x-{number}']) > `0`"
            connection.execute(
                "insert into organizations (key, id, name, declared, version, created_at) values (?, ?, ?, false, 1, 0)",
                (key, f"org-{number}", f"Organization {number}"),
            )
            connection.execute(
                "insert into roles (id, organization_key, name, admin, created_at) values (?, ?, 'Member', false, 0)",
                (role, key),
            )
            connection.execute(
                "insert into policies (id, idp_key, organization_key, org_selector, created_at) values (?, ?, ?, ?, 0)",
                (policy, idp, key, selector),
            )
        connection.execute("update catalogue_head set version = version + 1")


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


def sign_in_again(public_url, until):
    """One person after another signs in."""
    while time.monotonic() < until:
        # The page it ends on has one form, which signs out again.
        Browser().visit(f"{public_url}/login", "alice")


def p99(values):
    return sorted(values)[int(len(values) * 0.99)] * 1000


def measure(processes, options):
    application = start_application(processes)
    vestibule = Vestibule(options.binary, processes.folder, application)
    vestibule.configure(start_provider(processes, [vestibule.redirect_uri]))
    kit.PATIENCE_S = START_PATIENCE_S
    # Both cores: what a sign-in takes must not be what requests wait for.
    kit.TARGET_CORE = "0-1"
    first, _ = vestibule.start(processes)
    processes.stop(first)
    add(vestibule.database, options.organizations)
    _, taken = vestibule.start(processes)
    say(f"{options.organizations} organizations, ready after {taken:.1f} s")
    headers = {"Host": vestibule.host, "Cookie": sign_in(vestibule.host) or fail("signing in failed")}
    ratios = []
    for number in range(1, options.rounds + 1):
        alone = p99(ask_steadily(vestibule.port, headers, time.monotonic() + options.seconds))
        until = time.monotonic() + options.seconds
        # In a process of its own: two threads of this one would wait for each other.
        people = multiprocessing.Process(target=sign_in_again, args=(vestibule.public_url, until))
        people.start()
        beside = p99(ask_steadily(vestibule.port, headers, until))
        people.join()
        ratios.append(beside / alone)
        say(f"round {number}: p99 {alone:.2f} ms alone, {beside:.2f} ms beside sign-ins, × {beside / alone:.2f}")
    say(f"ratio of p99: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--organizations", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of asking, twice a round")
    parser.add_argument("--binary", type=Path, default=kit.ROOT / "target/release/vestibule")
    kit.run(measure, parser.parse_args())


if __name__ == "__main__":
    main()
