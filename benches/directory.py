#!/usr/bin/env python3
"""What pages of the console and lists of the API take with a very large directory.

    benches/directory.py [--users 1000000] [--organizations 10000] [--asks 20] [--binary target/release/vestibule]
                         [--postgres postgres://…]

Puts people, organizations, roles, grants and a sign-in of each person in the log into a database, waits until Vestibule has
made its index of people, signs in as a server admin, and asks for each page and list over one kept connection. Prints the
median and the longest time, in milliseconds, from the first byte sent to the last one received. At the end a role that
everybody holds is removed, first to be told what that does and then in earnest.

The database is SQLite, or an empty one of PostgreSQL, which is filled by psql. Needs what benches/gateway.py needs, but for
nginx's load program.
"""

import argparse
import csv
import http.client
import io
import json
import sqlite3
import statistics
import subprocess
import time
import uuid
from pathlib import Path

import kit
from browser import Browser
from kit import Vestibule, fail, say, start_application, start_provider

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
LISTS = [
    "/overview",
    "/users",
    "/users?q=grace",
    "/users?q=ada+smith",
    "/users?organization=org-42",
    "/users?state=without_organization",
    "/users?idp=bench",
    "/users/{user}",
    "/users/{user}/sessions",
    "/users/{user}/sign-ins",
    "/organizations",
    "/organizations/org-42/users",
    "/organizations/org-42/users?q=grace",
    "/organizations/org-42/audit",
    "/organizations/org-42/applications",
    "/idps",
    "/idps/bench/policy/versions",
    "/audit",
    "/audit?action=sign-in",
    "/audit?user={user}",
    "/tokens",
]


class Sqlite:
    """The file that Vestibule is given."""

    def __init__(self, file):
        self.file, self.url = file, None

    def load(self, table, columns, rows):
        with sqlite3.connect(self.file) as connection:
            places = ", ".join("?" * len(columns.split(",")))
            connection.executemany(f"insert into {table} ({columns}) values ({places})", rows)

    def ask(self, sql):
        with sqlite3.connect(self.file) as connection:
            row = connection.execute(sql).fetchone()
        return str(row[0]) if row else ""


class Postgres:
    """A database that is empty."""

    def __init__(self, url):
        self.url = url

    def psql(self, sql, **options):
        argv = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--command", sql, self.url]
        return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, **options).stdout.strip()

    def load(self, table, columns, rows):
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        self.psql(f"copy {table} ({columns}) from stdin with (format csv)", input=text.getvalue())

    def ask(self, sql):
        return self.psql(sql)


def fill(database, users, organizations):
    """People of whom each holds one role, but for every hundredth, who holds none; each has signed in lately."""
    key = lambda kind, number: str(uuid.UUID(int=(kind << 96) + number))
    day = 24 * 3600 * 1_000_000
    now = int(time.time() * 1_000_000)
    idp = database.ask("select key from idps")
    issuer = json.loads(database.ask("select spec from idps"))["issuer"]
    name = lambda n: f"{FIRST[n % len(FIRST)]} {LAST[n // len(FIRST) % len(LAST)]}"
    database.load(
        "organizations", "key, id, name, declared, version, created_at",
        ((key(1, n), f"org-{n}", f"Organization {n}", False, 1, 0) for n in range(organizations)),
    )
    database.load(
        "roles", "id, organization_key, name, admin, created_at",
        ((key(2, n), key(1, n), "Member", False, 0) for n in range(organizations)),
    )
    database.load(
        "users", "id, username, username_folded, display_name, email, version, created_at",
        ((key(3, n), f"user-{n}", f"user-{n}", name(n), f"user-{n}@example.com", 1, 0) for n in range(users)),
    )
    database.load(
        "identities",
        "id, user_id, idp_key, identifier, issuer, identifier_path, email_verified, created_at, last_sign_in_at",
        ((key(4, n), key(3, n), idp, f"user-{n}", issuer, "sub", False, 0, 0) for n in range(users)),
    )
    database.load(
        "grants", "user_id, role_id, origin, created_at, evaluated_at",
        ((key(3, n), key(2, n % organizations), "manual", 0, 0) for n in range(users) if n % 100),
    )
    database.load(
        "audit", "id, at, action, actor, user_id, organization_key, count",
        (
            (key(5, n), now - n * 13 * day // users, "sign-in", f"user:{key(3, n)}", key(3, n), key(1, n % organizations), 1)
            for n in range(users)
        ),
    )
    database.ask(
        "insert into audit_counts (day, action, count) select at / 86400000000, action, count(*) from audit "
        "group by at / 86400000000, action returning day"
    )
    # What everybody holds, of an organization that is nobody's otherwise.
    database.load(
        "organizations", "key, id, name, declared, version, created_at", [(key(1, organizations), "crowd", "Crowd", False, 1, 0)]
    )
    database.load(
        "roles", "id, organization_key, name, admin, created_at",
        ((key(6, n), key(1, organizations), name, not n, 0) for n, name in enumerate(["Admin", "Everybody"])),
    )
    database.load(
        "grants", "user_id, role_id, origin, created_at, evaluated_at",
        ((key(3, n), key(6, 1), "manual", 0, 0) for n in range(users)),
    )
    database.ask("update catalogue_head set version = version + 1 returning version")
    return key(3, users // 2)


def wait_for_index(database):
    """Waits until every user can be found; how long it took."""
    begun = time.monotonic()
    while time.monotonic() - begun < 1800:
        if not database.ask("select 1 from users where not searchable limit 1"):
            return time.monotonic() - begun
        time.sleep(1)
    fail("the index of people is not made")


def ask(connection, path, headers, method="GET", body=None):
    """Milliseconds until the whole answer was there."""
    while True:
        begun = time.perf_counter()
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        taken = (time.perf_counter() - begun) * 1000
        if response.status == 200:
            return taken
        if response.status != 429:
            fail(f"{path} answered {response.status}: {answer[:300]}")
        # A token may ask so often and no oftener.
        time.sleep(int(response.getheader("Retry-After", "1")))


def remove_role(connection, database, headers):
    """Removes the role that everybody holds; how long that took, and what is left of it."""
    path = "/api/v1/organizations/crowd?loss_of_roles=true&loss_of_admins=true"
    body = json.dumps({"name": "Crowd", "roles": [{"name": "Admin", "admin": True}]})
    headers = headers | {"Content-Type": "application/json", "If-Match": "*"}
    for words, query in [("foretold", "&preview=true"), ("removed", "")]:
        taken = ask(connection, path + query, headers, "PUT", body) / 1000
        say(f"a role that everybody holds is {words} after {taken:.1f} s")
    left = database.ask("select count(*) from grants where role_id in (select id from roles where removed_at is not null)")
    say(f"{left} grants of it are left, and count no more")


def measure(processes, options):
    vestibule = Vestibule(options.binary, processes.folder, start_application(processes))
    vestibule.configure(start_provider(processes, [vestibule.redirect_uri]))
    database = Postgres(options.postgres) if options.postgres else Sqlite(vestibule.database)
    if options.postgres:
        told = vestibule.file.read_text().replace(f"sqlite://{vestibule.database}", options.postgres)
        vestibule.file.write_text(told)
    kit.PATIENCE_S = 1800
    kit.TARGET_CORE = "0-1"
    first, _ = vestibule.start(processes)
    processes.stop(first)
    user = fill(database, options.users, options.organizations)
    say(f"{options.users} users, {options.organizations} organizations, {type(database).__name__}")
    _, taken = vestibule.start(processes)
    say(f"ready after {taken:.1f} s, people indexed {wait_for_index(database):.0f} s later")
    browser = Browser()
    # On the way to the application: its page has no form to fill in.
    status, _ = browser.visit(f"http://{vestibule.host}/whoami", "alice")
    if status != 200:
        fail(f"signing in gave {status}")
    host = {"Host": f"localhost:{vestibule.port}"}
    made = [options.binary, "token", "make", "--name", "benchmark", "--days", "1", "--config", vestibule.file]
    token = subprocess.run(made, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1]
    page = host | {"Cookie": browser.header("localhost"), "Accept": "text/html"}
    program = host | {"Authorization": f"Bearer {token}"}
    connection = http.client.HTTPConnection("127.0.0.1", vestibule.port, timeout=60)
    slowest = 0
    asked = [(path, page) for path in PATHS] + [(f"/api/v1{path}", program) for path in LISTS]
    for path, headers in asked:
        path = path.format(user=user)
        times = []
        for _ in range(options.asks):
            times.append(ask(connection, path, headers))
        slowest = max(slowest, statistics.median(times))
        say(f"{statistics.median(times):>8.1f} {max(times):>8.1f}  {path}")
    say(f"slowest median: {slowest:.1f} ms")
    remove_role(connection, database, program)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--organizations", type=int, default=10_000)
    parser.add_argument("--asks", type=int, default=20, help="of each page")
    parser.add_argument("--binary", type=Path, default=kit.ROOT / "target/release/vestibule")
    parser.add_argument("--postgres", help="an empty database")
    kit.run(measure, parser.parse_args())


if __name__ == "__main__":
    main()
