#!/usr/bin/env python3
"""User instructions per request with a live session, counted by callgrind: the one figure that a busy machine leaves alone.

    benches/instructions.py [--requests 20000] [--groups 2] [--binary target/dist/vestibule] [--keep FILE]

Every group of the person who asks is a role, and the application is told all of them. A copy of a few KiB counts for
more than it takes: callgrind counts each byte of it.

Needs valgrind beside what benches/gateway.py needs. `--keep` writes what callgrind_annotate reads; build with
`CARGO_PROFILE_DIST_STRIP=none CARGO_PROFILE_DIST_DEBUG=line-tables-only` to see names in it.
"""

import argparse
import http.client
import re
import shutil
import subprocess
from pathlib import Path

import kit
from browser import sign_in
from kit import Vestibule, fail, run, say, start_application, start_provider

BATCH = 500


def ask(port, headers, requests):
    """So many requests, in turn over a few kept connections."""
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(8)]
    for number in range(requests):
        connection = connections[number % len(connections)]
        connection.request("GET", "/", headers=headers)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            fail(f"the application answered {response.status}")


def measure(processes, options):
    vestibule = Vestibule(options.binary, processes.folder, start_application(processes))
    groups = [f"group-{number}" for number in range(options.groups)]
    users = {"alice": {"groups": groups}}
    vestibule.configure(start_provider(processes, [vestibule.redirect_uri], users), groups, "groups")
    kit.PATIENCE_S = 120
    kept = processes.folder / "callgrind.out"
    valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={kept}"]
    child, _ = vestibule.start(processes, valgrind)
    headers = {"Host": vestibule.host, "Cookie": sign_in(vestibule.host) or fail("signing in failed")}
    ask(vestibule.port, headers, BATCH)
    control = lambda what: subprocess.run(["callgrind_control", f"--instr={what}", str(child.pid)], check=True, capture_output=True)
    control("on")
    ask(vestibule.port, headers, options.requests)
    control("off")
    processes.stop(child)
    if options.keep:
        shutil.copy(kept, options.keep)
    total = int(re.search(r"^totals: (\d+)", kept.read_text(), re.M)[1])
    say(f"{total / options.requests:,.0f} user instructions per request")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--groups", type=int, default=2, help="of the person who asks")
    parser.add_argument("--binary", type=Path, help="measure this one instead of building --profile dist")
    parser.add_argument("--keep", type=Path, help="keep callgrind's record there")
    run(measure, parser.parse_args())


if __name__ == "__main__":
    main()
