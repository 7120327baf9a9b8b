#!/usr/bin/env python3
"""What one request with a live session costs, in CPU, as a multiple of nginx without any authentication.

    benches/gateway.py [--rounds 5] [--seconds 3] [--binary target/dist/vestibule] [--peers NAME,…] [--only NAME]

Starts, on loopback: a small nginx as the application, and in front of it nginx `proxy_pass`, `vestibule serve`, and
others that ask who is there, by name:

    mod_auth_openidc        in Apache, sessions in shared memory: apache2 and libapache2-mod-auth-openidc of Debian
    mod_auth_openidc-redis  the same, sessions in Redis, whose work counts: redis-server of Debian as well
    envoy                   its filters of OAuth2 and JWT, one worker: Envoy in PATH, or where ./test puts it
    traefik-badger          Traefik with Pangolin's plugin, what it asks doing no work: Traefik as Envoy, and --badger, a
                            folder with the source of github.com/fosrl/badger

An nginx that tells the application as many bytes more as Vestibule does of 401 groups shows what they cost by themselves.

Whoever is installed takes part, or those named by --peers. Signs in for real at the OpenID provider of the test kit,
once at each, as people of 9, 101 and 401 groups, then lets wrk ask all of them in turn. Under Vestibule every group is a
role, and the application is told all of them in a header and in the assertion, as mod_auth_openidc and Envoy tell it
claims. Envoy's session is the ID token in a cookie: one of 401 groups is larger than browsers keep. At traefik-badger a
session is made up, and the application is told one role. Only mod_auth_openidc takes part beyond answers of 1 KiB.

The figure to trust is CPU per request: time the target's processes ran on a core, divided by the requests answered.
Requests per second say little on a busy machine and are not printed. One round's ratio is good to about 15 %; take the
median. Five rounds of three seconds beside all of them take nine minutes.

Needs Linux, two cores, Python 3, Node, nginx, wrk, and once before `npm ci --prefix tests/provider`.
"""

import argparse
import http.client
import json
from pathlib import Path

import websocket
from browser import sign_in
from kit import (
    CONNECTIONS, Vestibule, fail, load, resident_mib, run, run_time, say, start_application, start_nginx, start_provider,
    summary, waiting,
)
from peers import PEERS

STARTS = 7
GROUPS = (9, 101, 401)


class Target:
    """Somebody in front of the application, and who is signed in there, by name of the person: None if nobody is asked."""

    def __init__(self, name, children, port, host="app.localhost", takes_part="", people=None):
        self.name, self.children, self.port, self.host, self.people = name, children, port, host, people
        self.takes_part = takes_part

    def headers(self, person):
        """None if that person could not be signed in here."""
        if self.people is None:
            return {"Host": self.host}
        cookie = self.people.get(person)
        return cookie and {"Host": self.host, "Cookie": cookie}

    def cost(self, work):
        """CPU microseconds for each thing that `work` says it has done."""
        before = self.run_time()
        done = work()
        return (self.run_time() - before) / 1000 / done

    def run_time(self):
        return sum(run_time(child.pid) for child in self.children)

    def resident_mib(self):
        return sum(resident_mib(child.pid) for child in self.children)


def person(groups):
    return f"of-{groups}"


def length(target, who):
    """How long a request is that the application gets."""
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
    connection.request("GET", "/length", headers=target.headers(who))
    return int(connection.getresponse().read())


def start_targets(processes, options):
    application = start_application(processes)
    vestibule = Vestibule(options.binary, processes.folder, application)
    peers = [PEERS[name](processes, options, application) for name in options.peers]
    names = [f"group-{number}" for number in range(max(GROUPS))]
    users = {person(count): {"groups": names[:count]} for count in GROUPS}
    redirect_uris = [door.redirect_uri for door in (vestibule, *peers) if door.redirect_uri]
    issuer = start_provider(processes, redirect_uris, users)
    vestibule.configure(issuer, names, "groups")

    starts = []
    for _ in range(STARTS):
        ours, taken = vestibule.start(processes)
        starts.append(taken * 1000)
        idle = resident_mib(ours.pid)
        if len(starts) < STARTS:
            processes.stop(ours)
    door = Target("vestibule", [ours], vestibule.port, vestibule.host)
    door.people = {who: sign_in(door.host, who) for who in users}
    if not all(door.people.values()):
        fail("a sign-in at Vestibule failed")
    child, port = start_nginx(processes, application)
    plain = Target("nginx", [child], port)
    told = length(door, person(GROUPS[-1])) - length(plain, None)
    child, port = start_nginx(processes, application, "nginx-told", told)
    as_much = Target("nginx, as many bytes", [child], port, takes_part=f"1 KiB, {GROUPS[-1]} groups")
    targets = [plain, as_much, door]
    for peer in peers:
        peer.start(issuer)
        people = {who: peer.sign_in(who) for who in users}
        for who in (who for who, cookie in people.items() if cookie is None):
            say(f"{peer.name}: {who} cannot sign in")
        targets.append(Target(peer.name, peer.children, peer.port, peer.host, peer.takes_part, people))
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
    """Costs by target, each round one after the other. A peer that does not answer every request is left out."""
    name, who, work = scenario
    costs, failed = {}, set()
    for number in range(rounds + 1):
        for target in (target for target in targets if target.takes_part in name):
            headers = target.headers(who)
            if headers is None or target.name in failed:
                continue
            try:
                cost = target.cost(lambda: work(target, headers))
            except SystemExit as why:
                if target.name not in PEERS:
                    raise
                say(f"{name}: {target.name} left out, {str(why).splitlines()[0]}")
                failed.add(target.name)
                costs.pop(target.name, None)
                continue
            # The first round warms up.
            if number:
                costs.setdefault(target.name, []).append(cost)
    return costs


def wait(targets, rounds, seconds):
    """How long answers take to somebody alone, and the slowest of them in a crowd: medians of rounds, by target."""
    targets = [target for target in targets if target.takes_part in "latency"]
    found = {target.name: ([], []) for target in targets}
    for _ in range(rounds):
        for target in targets:
            headers = target.headers(person(GROUPS[0]))
            alone, crowd = (waiting(seconds, target.port, headers, connections) for connections in (1, CONNECTIONS))
            found[target.name][0].append(alone[0])
            found[target.name][1].append(crowd[1])
    return {name: [summary(values)["median"] for values in both] for name, both in found.items()}


def measure(processes, options):
    targets, figures = start_targets(processes, options)
    say(f"{'':<24}{'target':<24}{'CPU, µs':>9}  × nginx")
    for scenario in scenarios(options):
        costs = compare(targets, scenario, options.rounds)
        for name, values in costs.items():
            ratios = summary([ours / plain for ours, plain in zip(values, costs["nginx"])])
            figures.setdefault(scenario[0], {})[name] = {"cpu_us": summary(values), "ratio": ratios}
            spread = f"{ratios['median']:.2f} ({ratios['least']:.2f} to {ratios['most']:.2f})"
            say(f"{scenario[0]:<24}{name:<24}{summary(values)['median']:>9.2f}  {spread}")
    if options.only in "latency":
        figures["latency"] = wait(targets, options.rounds, options.seconds)
        for name, (alone, crowd) in figures["latency"].items():
            say(f"{'latency':<24}{name:<24}{alone:>9.0f} µs alone (median), {crowd:.0f} µs among {CONNECTIONS} (99th percentile)")
    figures["loaded_mib"] = {target.name: target.resident_mib() for target in targets}
    figures["binary_mib"] = options.binary.stat().st_size / 2**20
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="at least 5")
    parser.add_argument("--seconds", type=int, default=3, help="of load, per target and round")
    parser.add_argument("--binary", type=Path, help="measure this one instead of building --profile dist")
    parser.add_argument("--peers", help="whom to compare with, by names with commas between; none if empty")
    parser.add_argument("--badger", type=Path, help="the source of Badger, for Traefik")
    parser.add_argument("--only", default="", help="the scenarios whose name holds this")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error("fewer than 5 rounds say nothing")
    named = PEERS if options.peers is None else list(filter(None, options.peers.split(",")))
    for name in named:
        if name not in PEERS:
            parser.error(f"there is no peer {name}; there are {', '.join(PEERS)}")
        if options.peers and not PEERS[name].is_there(options):
            parser.error(f"{name} needs {PEERS[name].needs}")
    options.peers = [name for name in named if PEERS[name].is_there(options)]
    figures = run(measure, options)
    say(f"start to ready, database made: {figures['start_ms']['median']:.0f} ms")
    for name, key in (("resident, idle", "idle_mib"), ("binary", "binary_mib")):
        say(f"{name}: {figures[key]:.1f} MiB")
    for name, resident in figures["loaded_mib"].items():
        say(f"resident, after the load: {name} {resident:.1f} MiB")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
