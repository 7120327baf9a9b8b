#!/usr/bin/env python3
"""What one request with a live session costs, in CPU, as a multiple of nginx without any authentication.

    benches/gateway.py [--rounds 5] [--seconds 3] [--binary target/dist/vestibule] [--only NAME] [--json FILE]

Starts, on loopback: a small nginx as the application, and in front of it nginx `proxy_pass`, `vestibule serve`, and
Apache with mod_auth_openidc. Signs in for real at the OpenID provider of the test kit, once at each, as people of 9,
101 and 401 groups, then lets wrk ask all of them in turn. Under Vestibule every group is a role, and the application is
told all of them in a header and in the assertion, as mod_auth_openidc tells it all claims.

The figure to trust is CPU per request: time the target's processes ran on a core, divided by the requests answered.
Requests per second say little on a busy machine and are not printed. One round's ratio is good to about 15 %; take the
median.

Needs Linux, two cores, Python 3, Node, nginx, wrk, and once before `npm ci --prefix tests/provider`. Apache with
mod_auth_openidc (Debian: apache2, libapache2-mod-auth-openidc) takes part where it is installed.
"""

import argparse
import json
from pathlib import Path

import websocket
from kit import (
    CONNECTIONS, Apache, Vestibule, fail, load, resident_mib, run, run_time, say, sign_in, start_application, start_nginx,
    start_provider, summary, waiting,
)

STARTS = 7
GROUPS = (9, 101, 401)


class Target:
    """Somebody in front of the application, and who is signed in there, by name of the person."""

    def __init__(self, name, child, port, host="app.localhost"):
        self.name, self.child, self.port, self.host, self.people = name, child, port, host, {}

    def headers(self, person):
        """None if that person could not be signed in here."""
        if person is None:
            return {"Host": self.host}
        cookie = self.people.get(person)
        return cookie and {"Host": self.host, "Cookie": cookie}

    def cost(self, work):
        """CPU microseconds for each thing that `work` says it has done."""
        before = run_time(self.child.pid)
        done = work()
        return (run_time(self.child.pid) - before) / 1000 / done


def person(groups):
    return f"of-{groups}"


def start_targets(processes, options):
    application = start_application(processes)
    plain, plain_port = start_nginx(processes, application)
    vestibule = Vestibule(options.binary, processes.folder, application)
    apache = Apache(processes, application) if Apache.is_there() else None
    names = [f"group-{number}" for number in range(max(GROUPS))]
    users = {person(count): {"groups": names[:count]} for count in GROUPS}
    redirect_uris = [door.redirect_uri for door in (vestibule, apache) if door]
    issuer = start_provider(processes, redirect_uris, users)
    vestibule.configure(issuer, names, "groups")

    starts = []
    for _ in range(STARTS):
        ours, taken = vestibule.start(processes)
        starts.append(taken * 1000)
        idle = resident_mib(ours.pid)
        if len(starts) < STARTS:
            processes.stop(ours)
    targets = [Target("nginx", plain, plain_port), Target("vestibule", ours, vestibule.port, vestibule.host)]
    if apache:
        apache.start(issuer)
        targets.append(Target("mod_auth_openidc", apache.child, apache.port, apache.host))
    for target in targets[1:]:
        for who in users:
            target.people[who] = sign_in(target.host, who)
            if target.people[who] is None:
                say(f"{target.name}: {who} cannot sign in")
    if not all(targets[1].people.values()):
        fail("a sign-in at Vestibule failed")
    return targets, {"start_ms": summary(starts), "idle_mib": idle}


def scenarios(options):
    """What is compared: a name, who asks, and the work with one target."""

    def ask(path):
        return lambda target, headers: load(options.seconds, target.port, headers, path)

    found = [(f"1 KiB, {count} groups", person(count), ask("/")) for count in GROUPS]
    found.append(("100 KiB, 9 groups", person(9), ask("/large")))
    found.append(("WebSocket message", person(9), lambda target, headers: websocket.load(options.seconds, target.port, headers)))
    return [scenario for scenario in found if options.only in scenario[0]]


def compare(targets, scenario, rounds):
    """Costs by target, each round one after the other."""
    _, who, work = scenario
    costs = {}
    for number in range(rounds + 1):
        for target in targets:
            headers = target.headers(None if target is targets[0] else who)
            if headers is None:
                continue
            cost = target.cost(lambda: work(target, headers))
            # The first round warms up.
            if number:
                costs.setdefault(target.name, []).append(cost)
    return costs


def wait(targets, rounds, seconds):
    """How long answers take to somebody alone, and the slowest of them in a crowd: medians of rounds, by target."""
    found = {target.name: ([], []) for target in targets}
    for _ in range(rounds):
        for target in targets:
            headers = target.headers(None if target is targets[0] else person(GROUPS[0]))
            alone, crowd = (waiting(seconds, target.port, headers, connections) for connections in (1, CONNECTIONS))
            found[target.name][0].append(alone[0])
            found[target.name][1].append(crowd[1])
    return {name: [summary(values)["median"] for values in both] for name, both in found.items()}


def measure(processes, options):
    targets, figures = start_targets(processes, options)
    say(f"{'':<24}{'target':<20}{'CPU, µs':>9}  × nginx")
    for scenario in scenarios(options):
        costs = compare(targets, scenario, options.rounds)
        for name, values in costs.items():
            ratios = summary([ours / plain for ours, plain in zip(values, costs["nginx"])])
            figures.setdefault(scenario[0], {})[name] = {"cpu_us": summary(values), "ratio": ratios}
            spread = f"{ratios['median']:.2f} ({ratios['least']:.2f} to {ratios['most']:.2f})"
            say(f"{scenario[0]:<24}{name:<20}{summary(values)['median']:>9.2f}  {spread}")
    if options.only in "latency":
        figures["latency"] = wait(targets, options.rounds, options.seconds)
        for name, (alone, crowd) in figures["latency"].items():
            say(f"{'latency':<24}{name:<20}{alone:>9.0f} µs alone (median), {crowd:.0f} µs among {CONNECTIONS} (99th percentile)")
    figures["loaded_mib"] = resident_mib(targets[1].child.pid)
    figures["binary_mib"] = options.binary.stat().st_size / 2**20
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="at least 5")
    parser.add_argument("--seconds", type=int, default=3, help="of load, per target and round")
    parser.add_argument("--binary", type=Path, help="measure this one instead of building --profile dist")
    parser.add_argument("--only", default="", help="the scenarios whose name holds this")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error("fewer than 5 rounds say nothing")
    figures = run(measure, options)
    say(f"start to ready, database made: {figures['start_ms']['median']:.0f} ms")
    for name, key in (("resident, idle", "idle_mib"), ("resident, after the load", "loaded_mib"), ("binary", "binary_mib")):
        say(f"{name}: {figures[key]:.1f} MiB")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
