#!/usr/bin/env python3
"""Builds the program that is shipped: compiled twice, the second time knowing what the first one spent its time on.

    benches/train.py [--out target/trained/vestibule] [--keep FILE]

Builds `--profile dist` with counters in it, has that do what a front door does all day (requests of signed-in people,
small and large, up and down, over HTTP/1.1 and HTTP/2, in plain and over TLS; a crowd of them in turn; WebSockets;
strangers; sign-ins to many organizations; the console), and builds it again with what was counted: a quarter fewer
instructions per request (docs/performance.md). `--keep` writes the counts, for `-C profile-use`, there.

Needs Linux with glibc 2.36 or later, as does the program then; Python 3, Node, nginx, openssl, h2load (Debian: nodejs, npm,
nginx-light, openssl, nghttp2-client), once before `npm ci --prefix tests/provider`, and `rustup component add llvm-tools`.
Twice as long as a build of `dist`, and a minute.
"""

import argparse
import http.client
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import kit
import websocket
from browser import Browser
from kit import CONNECTIONS, ROOT, Vestibule, fail, need, run, say, start_application, start_provider
from sessions import fill, token
from stall import add

# Enough that nothing of it is rare, beside all that a start does once.
SMALL_REQUESTS, LARGE_REQUESTS, SIGN_INS, ORGANIZATIONS, MESSAGES_S = 20_000, 2_000, 25, 500, 2
# With counters in it, and policies to compile at the start.
PATIENCE_S = 60
# More people than headers are kept ready for, and how often they ask in turn.
CROWD, TURNS = 2_000, 5
FEW, MANY = "alice", "of-401"
NEEDED = ("nginx", "node", "taskset", "openssl", "h2load")
# Relocations, packed into a tenth of the room.
LINKED = "-C link-arg=-Wl,-z,pack-relative-relocs"
PAGES = ("", "/people", "/organizations", "/idps", "/playground", "/audit")


# --- Compiling ---------------------------------------------------------------------------------------------------------


def rustc(*asked):
    return subprocess.run(["rustc", *asked], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def build(place, flags):
    """A build of `dist`, with these flags for what it consists of, though not for what only builds it."""
    target = re.search(r"^host: (\S+)", rustc("-vV"), re.M)[1]
    environment = os.environ | {"RUSTFLAGS": f"{os.environ.get('RUSTFLAGS', '')} {LINKED} {flags}".strip()}
    cargo = ["cargo", "build", "--locked", "--profile", "dist", "--bin", "vestibule", "--target", target, "--target-dir", place]
    subprocess.run(cargo, cwd=ROOT, check=True, env=environment)
    return place / target / "dist/vestibule"


def merger():
    tool = Path(rustc("--print", "target-libdir")).parent / "bin/llvm-profdata"
    return tool if tool.exists() else fail("llvm-profdata is missing: rustup component add llvm-tools")


def merge(tool, counts, merged):
    subprocess.run([tool, "merge", "--output", merged, counts], check=True)


# --- A day at the door -------------------------------------------------------------------------------------------------


def certificate(folder):
    chain, key = folder / "chain.pem", folder / "key.pem"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:app.localhost"]
    subprocess.run([*new, *names, "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


def ask(door, path, requests, cookie=None, protocol="h2", body=None, expected="2xx"):
    """Lets h2load ask so often, over many connections."""
    argv = ["taskset", "--cpu-list", kit.LOAD_CORE, "h2load", "-n", requests, "-c", CONNECTIONS, "-m", 8]
    argv += ["--connect-to", f"127.0.0.1:{door.port}", *(["--h1"] if protocol == "h1" else [])]
    argv += ["-H", f"cookie: {cookie}"] if cookie else []
    argv += ["-d", body] if body else []
    argv.append(f"{door.scheme}://{door.host}{path}")
    found = subprocess.run(list(map(str, argv)), check=True, capture_output=True, text=True).stdout
    if f" {requests} {expected}" not in found:
        fail(f"not every request of {path} was answered {expected}:\n{found}")


def sign_in(door, person):
    """A browser in which somebody signed in at the application."""
    browser = Browser()
    status, told = browser.visit(f"{door.scheme}://{door.host}/whoami", person)
    if (status, told.strip()) != (200, person):
        fail(f"{person} cannot sign in: {status} {told[:500]}")
    return browser


def crowd(door):
    """Lets everybody who is signed in already ask in turn."""
    connection = http.client.HTTPConnection("127.0.0.1", door.port)
    for number in list(range(CROWD)) * TURNS:
        connection.request("GET", "/", headers={"Host": door.host, "Cookie": door.cookie(token(number))})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            fail(f"somebody who is signed in is answered {response.status}")


def live(door, upload):
    few, many = (sign_in(door, person) for person in (FEW, MANY))
    for _ in range(SIGN_INS):
        sign_in(door, FEW)
    for page in PAGES * 4:
        status, _, _ = few.ask("GET", f"{door.public_url}/console{page}")
        if status != 200:
            fail(f"the console's {page or 'first page'} answers {status}")
    few, many = (browser.header("app.localhost") for browser in (few, many))
    for protocol in ("h1", "h2"):
        ask(door, "/", SMALL_REQUESTS, few, protocol)
        ask(door, "/", SMALL_REQUESTS // 4, many, protocol)
        ask(door, "/large", LARGE_REQUESTS, few, protocol)
        ask(door, "/", LARGE_REQUESTS, few, protocol, body=upload)
        ask(door, "/", LARGE_REQUESTS, protocol=protocol, expected="4xx")
    if door.scheme == "http":
        crowd(door)
        websocket.load(MESSAGES_S, door.port, {"Host": door.host, "Cookie": few})


def train(processes, options):
    kit.PATIENCE_S = PATIENCE_S
    # Nothing is measured: whatever cores there are will do.
    kit.TARGET_CORE = kit.LOAD_CORE = ",".join(map(str, os.sched_getaffinity(0)))
    application = start_application(processes)
    upload = processes.folder / "large"
    names = [f"group-{number}" for number in range(401)]
    users = {FEW: {"groups": names[:9]}, MANY: {"groups": names}}
    for tls in (None, certificate(processes.folder)):
        folder = processes.folder / ("secure" if tls else "plain")
        folder.mkdir()
        door = Vestibule(options.binary, folder, application, tls)
        door.configure(start_provider(processes, [door.redirect_uri], users), names, "groups")
        processes.stop(door.start(processes)[0])
        fill(door.database, CROWD)
        add(door.database, ORGANIZATIONS)
        child, _ = door.start(processes)
        live(door, upload)
        # Counts are written at the end.
        processes.stop(child)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "target/trained/vestibule")
    parser.add_argument("--keep", type=Path, help="keep what was counted there")
    options = parser.parse_args()
    # Before minutes of compiling.
    need(*NEEDED)
    tool = merger()
    with tempfile.TemporaryDirectory() as folder:
        counts, merged = Path(folder) / "counts", options.keep or Path(folder) / "merged.profdata"
        options.binary = build(ROOT / "target/training", f"-C profile-generate={counts}")
        run(train, options, NEEDED, cores=1)
        merge(tool, counts, merged)
        trained = build(ROOT / "target/trained", f"-C profile-use={merged.resolve()}")
    shutil.copy(trained, options.out)
    say(f"{options.out}: {options.out.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
