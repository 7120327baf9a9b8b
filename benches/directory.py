#!/usr/bin/env python3
"""What pages of the console and lists of the API take with a very large directory.

    benches/directory.py [--users 1000000] [--organizations 10000] [--asks 20] [--binary target/release/vestibule]

Puts people, organizations, roles and grants into an SQLite database, waits until Vestibule has made its index of people,
signs in as a server admin, and asks for each page over one kept connection. Prints the median and the longest time, in
milliseconds, from the first byte sent to the last one received.

Needs what benches/gateway.py needs, but for nginx's load program.
"""

import argparse
import http.client
import sqlite3
import statistics
import time
import uuid
from pathlib import Path

import kit
from kit import Browser, Vestibule, fail, say, start_application, start_provider

FIRST = ["Ada", "Bela", "Chidi", "Dana", "Emre", "Fatou", "Grace", "Hana", "Ivo", "Joana", "Kofi", "Lena"]
LAST = ["Archer", "Baker", "Cook", "Dyer", "Fisher", "Glover", "Hunter", "Mason", "Miller", "Potter", "Smith", "Weaver"]
PATHS = [
    "/console",
    "/console/people",
    "/console/people?q=grace",
    "/console/people?q=user-999",
    "/console/people?q=ada+smith",
    "/console/people?organization=org-42",
    "/console/people?state=without-organization",
    "/console/people/{user}",
    "/console/organizations",
    "/console/organizations?q=org-99",
    "/console/organizations/org-42",
    "/console/organizations/org-42/people",
    "/console/organizations/org-42/people?q=grace",
    "/console/organizations/org-42/audit",
    "/console/idps",
    "/console/idps/bench",
    "/console/audit",
    "/console/audit?action=sign-in",
    "/console/tokens",
    "/account",
]


def fill(database, users, organizations):
    """People of whom each holds one role, but for every hundredth, who holds none."""
    key = lambda kind, number: str(uuid.UUID(int=(kind << 96) + number))
    with sqlite3.connect(database) as connection:
        (idp,) = connection.execute("select key from idps").fetchone()
        connection.executemany(
            "insert into organizations (key, id, name, declared, version, created_at) values (?, ?, ?, false, 1, 0)",
            ((key(1, n), f"org-{n}", f"Organization {n}") for n in range(organizations)),
        )
        connection.executemany(
            "insert into roles (id, organization_key, name, admin, created_at) values (?, ?, 'Member', false, 0)",
            ((key(2, n), key(1, n)) for n in range(organizations)),
        )
        name = lambda n: f"{FIRST[n % len(FIRST)]} {LAST[n // len(FIRST) % len(LAST)]}"
        connection.executemany(
            "insert into users (id, username, username_folded, display_name, email, version, created_at) "
            "values (?, ?, ?, ?, ?, 1, 0)",
            ((key(3, n), f"user-{n}", f"user-{n}", name(n), f"user-{n}@example.com") for n in range(users)),
        )
        connection.executemany(
            "insert into identities (id, user_id, idp_key, identifier, issuer, identifier_path, email_verified, created_at, "
            "last_sign_in_at) values (?, ?, ?, ?, 'http://127.0.0.1', 'sub', false, 0, 0)",
            ((key(4, n), key(3, n), idp, f"user-{n}") for n in range(users)),
        )
        connection.executemany(
            "insert into grants (user_id, role_id, origin, created_at, evaluated_at) values (?, ?, 'manual', 0, 0)",
            ((key(3, n), key(2, n % organizations)) for n in range(users) if n % 100),
        )
        connection.execute("update identities set issuer = (select json_extract(spec, '$.issuer') from idps)")
        connection.execute("update catalogue_head set version = version + 1")
    return key(3, users // 2)


def wait_for_index(database):
    """Waits until every user can be found; how long it took."""
    begun = time.monotonic()
    while time.monotonic() - begun < 1800:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            if not connection.execute("select 1 from users where not searchable limit 1").fetchone():
                return time.monotonic() - begun
        time.sleep(1)
    fail("the index of people is not made")


def ask(connection, path, cookie):
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"} | HOST)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        fail(f"{path} answered {response.status}: {body[:300]}")
    return (time.perf_counter() - begun) * 1000


HOST = {}


def measure(processes, options):
    vestibule = Vestibule(options.binary, processes.folder, start_application(processes))
    vestibule.configure(start_provider(processes, [vestibule.redirect_uri]))
    database = vestibule.database
    kit.PATIENCE_S = 600
    kit.TARGET_CORE = "0-1"
    first, _ = vestibule.start(processes)
    processes.stop(first)
    user = fill(database, options.users, options.organizations)
    say(f"{options.users} users, {options.organizations} organizations, {database.stat().st_size / 2**20:.0f} MiB")
    _, taken = vestibule.start(processes)
    say(f"ready after {taken:.1f} s, people indexed {wait_for_index(database):.0f} s later")
    browser = Browser()
    # On the way to the application: its page has no form to fill in.
    status, _ = browser.visit(f"http://{vestibule.host}/whoami", "alice")
    if status != 200:
        fail(f"signing in gave {status}")
    HOST["Host"] = f"localhost:{vestibule.port}"
    connection = http.client.HTTPConnection("127.0.0.1", vestibule.port, timeout=60)
    slowest = 0
    for path in PATHS:
        path = path.format(user=user)
        times = [ask(connection, path, browser.header("localhost")) for _ in range(options.asks)]
        slowest = max(slowest, statistics.median(times))
        say(f"{statistics.median(times):>8.1f} {max(times):>8.1f}  {path}")
    say(f"slowest median: {slowest:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--organizations", type=int, default=10_000)
    parser.add_argument("--asks", type=int, default=20, help="of each page")
    parser.add_argument("--binary", type=Path, default=kit.ROOT / "target/release/vestibule")
    kit.run(measure, parser.parse_args())


if __name__ == "__main__":
    main()
