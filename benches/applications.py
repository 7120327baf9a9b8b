#!/usr/bin/env python3
"""Whether a request costs more when there are ten thousand applications, each with rules.

    benches/applications.py [--applications 10000] [--rounds 5] [--seconds 3] [--binary target/dist/vestibule]

Starts one Vestibule with ten applications and one with many, each application with five rules, and asks both in turn with
one session that has a token on every host: first at one host, which shows what knowing of the others costs, then at
random ones, which shows what it costs to find each out of the processor's reach.

Needs what benches/gateway.py needs.
"""

import argparse
import hashlib
import sqlite3
import time
import uuid
from pathlib import Path

import kit
from kit import RANDOM, Vestibule, asking, load, run, run_time, say, start_application, start_provider, summary

RULES = "".join(f"""
[[application.rule]]
path = "/{name}/*"
roles = ["Member"]
""" for name in ("admin", "reports", "settings", "exports", "internal"))


def application(number, upstream):
    return f"""
[[application]]
id = "app-{number}"
organization = "bench"
name = "Application {number}"
hosts = ["app-{number}.localhost"]
upstream = "http://127.0.0.1:{upstream}"
{RULES}"""


def token(number):
    return hashlib.sha256(f"token {number}".encode()).digest()


def sign_somebody_in(database, applications):
    """One session, with a token on each application's host."""
    user, identity, session = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
    now = time.time_ns() // 1000
    with sqlite3.connect(database) as connection:
        idp, issuer = connection.execute("select key, json_extract(spec, '$.issuer') from idps").fetchone()
        (role,) = connection.execute("select id from roles").fetchone()
        add = lambda table, columns, *rows: connection.executemany(
            f"insert into {table} ({columns}) values ({','.join('?' * len(columns.split(',')))})", rows
        )
        add("users", "id, username, username_folded, version, created_at", (user, "alice", "alice", 1, 0))
        add(
            "identities", "id, user_id, idp_key, identifier, issuer, identifier_path, email_verified, created_at, last_sign_in_at",
            (identity, user, idp, "alice", issuer, "sub", False, 0, 0),
        )
        add("grants", "user_id, role_id, origin, created_at, evaluated_at", (user, role, "manual", 0, 0))
        add(
            "sessions", "id, user_id, identity_id, idp_key, created_at, last_seen_at, expires_at",
            (session, user, identity, idp, now, now, now + 24 * 3600 * 1_000_000),
        )
        rows = ((hashlib.sha256(token(n)).hexdigest(), f"app-{n}.localhost", session, now) for n in range(applications))
        add("session_tokens", "hash, host, session_id, created_at", *rows)


def start(processes, options, upstream, applications):
    """A Vestibule with so many applications, and what asks it."""
    folder = processes.folder / str(applications)
    folder.mkdir()
    vestibule = Vestibule(options.binary, folder, upstream)
    issuer = start_provider(processes, [vestibule.redirect_uri])
    vestibule.configure(issuer, extra="".join(application(number, upstream) for number in range(applications)))
    first, _ = vestibule.start(processes)
    processes.stop(first)
    sign_somebody_in(vestibule.database, applications)
    child, taken = vestibule.start(processes)
    say(f"{applications} applications, ready after {taken:.1f} s")
    hosts = [(f"app-{n}.localhost:{vestibule.port}", vestibule.cookie(token(n))) for n in range(applications)]
    return child, vestibule.port, asking(folder, "one", hosts[:1], "1"), asking(folder, "random", hosts, RANDOM)


def compare(targets, options, warm_up):
    """What a request costs at each target; `targets` are processes, their ports and what asks them."""
    costs = [[] for _ in targets]
    for number in range(options.rounds + warm_up):
        for (child, port, program), spent in zip(targets, costs):
            before = run_time(child.pid)
            answered = load(options.seconds, port, {}, script=program)
            if number >= warm_up:
                spent.append((run_time(child.pid) - before) / 1000 / answered)
    few, many = costs
    ratio = summary([much / little for little, much in zip(few, many)])
    say(f"  10 applications {summary(few)['median']:.2f} µs, {options.applications} {summary(many)['median']:.2f} µs")
    say(f"  ratio {ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f})")


def measure(processes, options):
    kit.PATIENCE_S = 300
    upstream = start_application(processes)
    both = [start(processes, options, upstream, count) for count in (10, options.applications)]
    say("at one host")
    compare([(child, port, one) for child, port, one, _ in both], options, 1)
    say("at random hosts")
    # Two rounds warm up: each host's headers are prepared once.
    compare([(child, port, at_random) for child, port, _, at_random in both], options, 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=9_999, help="a file may hold 10,000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of load, per target and round")
    parser.add_argument("--binary", type=Path, help="measure this one instead of building --profile dist")
    run(measure, parser.parse_args())


if __name__ == "__main__":
    main()
