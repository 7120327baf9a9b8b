#!/usr/bin/env python3
"""What a million live sessions take: memory for each, and CPU per request when they come at random.

    benches/sessions.py [--sessions 1000000] [--rounds 5] [--seconds 3] [--binary target/dist/vestibule]

Writes people, each with nine roles of an organization, and their sessions into an SQLite database, asks once with each
session, and prints what the process has grown by: at once, with the headers kept ready for those who asked lately, and
when these were let go. Then it asks in turn with one session and with 100,000 at random.

Before it serves, a server makes the index of people that this database lacks: with a million that takes minutes.

Needs what benches/gateway.py needs.
"""

import argparse
import hashlib
import sqlite3
import time
import uuid
from pathlib import Path

import kit
from kit import (
    IN_TURN, RANDOM, Vestibule, asking, load, resident_mib, run, run_time, say, start_application, start_provider, summary,
)

ROLES, HELD = 60, 9
AT_RANDOM = 100_000
# By then an assertion has been left unused until it was to be signed anew, and was swept away.
RESTED_S = 240


def token(number):
    return hashlib.sha256(f"token {number}".encode()).digest()


def fill(database, sessions):
    """Everybody signed in a moment ago, on the application's host."""
    key = lambda kind, number: str(uuid.UUID(int=(kind << 96) + number))
    now = time.time_ns() // 1000
    week = 7 * 24 * 3600 * 1_000_000
    people = range(sessions)
    with sqlite3.connect(database) as connection:
        add = lambda table, columns, rows: connection.executemany(
            f"insert into {table} ({columns}) values ({','.join('?' * len(columns.split(',')))})", rows
        )
        (idp,) = connection.execute("select key from idps").fetchone()
        roles = [row[0] for row in connection.execute("select id from roles order by name")]
        add(
            "users", "id, username, username_folded, display_name, email, version, created_at",
            ((key(3, n), f"user-{n}", f"user-{n}", f"Somebody {n}", f"user-{n}@example.com", 1, 0) for n in people),
        )
        add(
            "identities", "id, user_id, idp_key, identifier, issuer, identifier_path, email, email_verified, created_at, last_sign_in_at",
            ((key(4, n), key(3, n), idp, f"user-{n}", "", "sub", f"user-{n}@example.com", True, 0, 0) for n in people),
        )
        connection.execute("update identities set issuer = (select json_extract(spec, '$.issuer') from idps)")
        add(
            "grants", "user_id, role_id, origin, created_at, evaluated_at",
            ((key(3, n), roles[(n + step * (n % 7 + 1)) % ROLES], "manual", 0, 0) for n in people for step in range(HELD)),
        )
        add(
            "sessions", "id, user_id, identity_id, idp_key, created_at, last_seen_at, expires_at",
            ((key(5, n), key(3, n), key(4, n), idp, now, now, now + week) for n in people),
        )
        add(
            "session_tokens", "hash, host, session_id, created_at",
            ((hashlib.sha256(token(n)).hexdigest(), "app.localhost", key(5, n), now) for n in people),
        )


def script(folder, name, vestibule, numbers, choice):
    """Asks the application with the sessions of these numbers."""
    return asking(folder, name, ((vestibule.host, vestibule.cookie(token(number))) for number in numbers), choice)


def measure(processes, options):
    folder = processes.folder
    vestibule = Vestibule(options.binary, folder, start_application(processes))
    names = [f"group-{number}" for number in range(ROLES)]
    vestibule.configure(start_provider(processes, [vestibule.redirect_uri]), names)
    kit.PATIENCE_S = 600
    first, _ = vestibule.start(processes)
    processes.stop(first)
    fill(vestibule.database, options.sessions)
    say(f"{options.sessions} sessions, {vestibule.database.stat().st_size / 2**20:.0f} MiB on disk")
    child, _ = vestibule.start(processes)

    everybody = range(options.sessions)
    some = everybody[:: max(1, options.sessions // AT_RANDOM)]
    one = script(folder, "one", vestibule, some[:1], "1")
    at_random = script(folder, "random", vestibule, some, RANDOM)
    in_order = script(folder, "all", vestibule, everybody, IN_TURN)
    load(1, vestibule.port, {}, script=one)
    before, asked = resident_mib(child.pid), 0
    while asked < options.sessions * 1.05:
        asked += load(10, vestibule.port, {}, script=in_order)
        say(f"asked {asked} times: {resident_mib(child.pid) - before:.0f} MiB more")
        in_order = script(folder, "all", vestibule, everybody[asked % options.sessions :], IN_TURN)
    grown = lambda: (resident_mib(child.pid) - before) * 2**20 / options.sessions
    say(f"{grown():.0f} bytes for each session")
    time.sleep(RESTED_S)
    # The allocator gives back what is free when it is asked for something.
    load(10, vestibule.port, {}, script=one)
    say(f"{grown():.0f} bytes for each at rest")

    load(options.seconds, vestibule.port, {}, script=at_random)
    load(options.seconds, vestibule.port, {}, script=at_random)
    costs = {one: [], at_random: []}
    for _ in range(options.rounds):
        for program in costs:
            spent = run_time(child.pid)
            answered = load(options.seconds, vestibule.port, {}, script=program)
            costs[program].append((run_time(child.pid) - spent) / 1000 / answered)
    ratio = summary([many / single for single, many in zip(costs[one], costs[at_random])])
    say(f"one session {summary(costs[one])['median']:.2f} µs, {len(some)} at random {summary(costs[at_random])['median']:.2f} µs")
    say(f"ratio {ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of load, per target and round")
    parser.add_argument("--binary", type=Path, help="measure this one instead of building --profile dist")
    run(measure, parser.parse_args())


if __name__ == "__main__":
    main()
