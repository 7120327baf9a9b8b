#!/usr/bin/env python3
"""What one authenticated request costs, in CPU, as a multiple of nginx without any authentication.

    benches/gateway.py [--rounds 7] [--seconds 5] [--binary target/dist/vestibule] [--json FILE]

Starts, on loopback: a small nginx that answers 1 KiB (the application), nginx `proxy_pass` in front of it, and
`vestibule serve` in front of it. Signs in once for real at the OpenID provider of the test kit, then lets wrk ask
nginx and Vestibule in turn, with that session's cookie. Both targets share core 0; wrk and the application have core 1.

The figure to trust is CPU per request: time the target's processes ran on a core, divided by the requests answered.
Requests per second say little on a busy machine and are not printed. One round's ratio is good to about 15 %; take the
median.

Needs Linux, two cores, Python 3, Node, nginx, wrk, and once before `npm ci --prefix tests/provider`.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 64
BODY_BYTES = 1024
STARTS = 7
CLIENT_ID, CLIENT_SECRET = "vestibule", "on-loopback-only"
TARGET_CORE, LOAD_CORE = "0", "1"
# A start that takes longer than this has failed.
PATIENCE_S = 20


def say(text=""):
    print(text, flush=True)


def fail(text):
    sys.exit(f"gateway.py: {text}")


# --- Processes ---------------------------------------------------------------------------------------------------------


class Processes:
    """The children, all ended at the end, the last first."""

    def __init__(self, folder):
        self.folder, self.running = folder, []

    def start(self, name, argv, core, **options):
        with open(self.folder / f"{name}.log", "ab") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log} | options
            child = subprocess.Popen(["taskset", "--cpu-list", core, *map(str, argv)], cwd=self.folder, **streams)
        child.name = name
        self.running.append(child)
        return child

    def stop(self, child):
        self.running.remove(child)
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def stop_all(self):
        for child in reversed(list(self.running)):
            self.stop(child)

    def log_of(self, child):
        return (self.folder / f"{child.name}.log").read_text(errors="replace")[-2000:]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def until_ready(processes, child, port, path="/", pause=0.001):
    """Waits for the first 200 and returns how long it took, in seconds."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_S:
        if child.poll() is not None:
            fail(f"{child.name} ended with {child.returncode}:\n{processes.log_of(child)}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return time.monotonic() - begun
        except OSError:
            pass
        time.sleep(pause)
    fail(f"{child.name} is not ready after {PATIENCE_S} s:\n{processes.log_of(child)}")


def tree(pid):
    """A process and all its descendants."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name before the last parenthesis may hold anything; then come state and parent.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            pass  # It has just ended.
    found = [pid]
    for parent in found:
        found += [child for child, other in parents.items() if other == parent]
    return found


def run_time(pid):
    """Nanoseconds on a core so far, of a process and its descendants.

    The kernel's clock of each process: what /proc/PID/task/*/schedstat adds up to, and the threads that have ended.
    """
    # How clock_getcpuclockid(3) names it on Linux: the complement of the pid, and 2 for run time.
    return sum(time.clock_gettime_ns(~process << 3 | 2) for process in tree(pid))


def resident_mib(pid):
    status = "".join(Path(f"/proc/{process}/status").read_text() for process in tree(pid))
    return sum(map(int, re.findall(r"^VmRSS:\s+(\d+) kB", status, re.M))) / 1024


# --- What is started ---------------------------------------------------------------------------------------------------


def nginx(processes, name, core, server, extra=""):
    user = "user root;" if os.geteuid() == 0 else ""
    prefix = processes.folder / name
    prefix.mkdir()
    places = "".join(f"{kind}_temp_path {prefix}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    configuration = prefix / "nginx.conf"
    configuration.write_text(f"""
daemon off; {user} worker_processes 1; pid {prefix}/pid; error_log {prefix}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; {places}
  {extra}
  server {{ {server} }}
}}
""")
    return processes.start(name, ["nginx", "-p", prefix, "-e", prefix / "error.log", "-c", configuration], core)


def start_application(processes):
    port = free_port()
    body = "x" * BODY_BYTES
    child = nginx(processes, "application", LOAD_CORE, f"""listen 127.0.0.1:{port};
    location = /whoami {{ return 200 "$http_remote_user"; }}
    location / {{ return 200 "{body}"; }}""")
    until_ready(processes, child, port)
    return port


def start_nginx(processes, application):
    port = free_port()
    child = nginx(
        processes, "nginx", TARGET_CORE,
        f"""listen 127.0.0.1:{port};
    location / {{ proxy_pass http://application; proxy_http_version 1.1; proxy_set_header Connection ""; }}""",
        f"""upstream application {{
    server 127.0.0.1:{application}; keepalive {CONNECTIONS}; keepalive_requests 1000000000;
  }}""",
    )
    until_ready(processes, child, port)
    return child, port


def start_provider(processes, redirect_uri):
    """The issuer of the kit's provider, which prints it once it listens, and ends when its standard input does."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": [redirect_uri]}
    child = processes.start(
        "provider", ["node", ROOT / "tests/provider/provider.mjs", json.dumps({"clients": [client]})], LOAD_CORE,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    line = child.stdout.readline()
    return json.loads(line)["issuer"] if line else fail(f"the provider ended:\n{processes.log_of(child)}")


class Vestibule:
    """Where one `vestibule serve` listens, and its configuration."""

    def __init__(self, binary, folder, application):
        self.binary, self.port, self.operations = binary, free_port(), free_port()
        self.public_url = f"http://localhost:{self.port}"
        self.host = f"app.localhost:{self.port}"
        self.redirect_uri = f"{self.public_url}/login/bench/callback"
        self.application, self.file = application, folder / "vestibule.toml"

    def configure(self, issuer):
        self.file.write_text(f"""
[server]
public_url = "{self.public_url}"
listen = ["127.0.0.1:{self.port}"]
operations_listen = "127.0.0.1:{self.operations}"

[database]
url = "sqlite://{self.file.with_name('vestibule.db')}"

[[idp]]
id = "bench"
name = "Benchmark"
issuer = "{issuer}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
auto_provision = true

[idp.default_policy]
org = "'bench'"
role = "'Member'"

[[organization]]
id = "bench"
name = "Benchmark"
roles = ["Member"]

[[application]]
id = "app"
organization = "bench"
name = "Application"
hosts = ["app.localhost"]
upstream = "http://127.0.0.1:{self.application}"
headers = "remote"
""")

    def start(self, processes):
        """Starts it and returns the child and the seconds until it answered."""
        child = processes.start("vestibule", [self.binary, "serve", "--config", self.file], TARGET_CORE)
        return child, until_ready(processes, child, self.operations, "/readyz")


# --- A browser, as far as a sign-in needs one --------------------------------------------------------------------------


class Form(HTMLParser):
    """The first form of a page: where it goes and what its hidden fields hold."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.open = None, {}, False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action, self.open = attributes.get("action") or "", True
        elif tag == "input" and self.open and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value") or ""

    def handle_endtag(self, tag):
        self.open = self.open and tag != "form"


class Browser:
    """Cookies by host, whatever the port; every name leads to loopback."""

    def __init__(self):
        self.cookies = {}

    def ask(self, method, url, form=None):
        """One request; the status, the headers, the body."""
        parts = urlsplit(url)
        headers = {
            "Host": parts.netloc, "Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
        }
        jar = self.cookies.setdefault(parts.hostname, {})
        if jar:
            headers["Cookie"] = self.header(parts.hostname)
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"{parts.scheme}://{parts.netloc}"}
        connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=30)
        connection.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        response = connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            gone = re.search(r";\s*(max-age=0|expires=thu, 01.jan.1970)", cookie, re.I)
            jar.pop(name, None) if gone else jar.update({name: value})
        return response.status, response.headers, response.read().decode(errors="replace")

    def header(self, host):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.get(host, {}).items())

    def visit(self, url, login):
        """Follows redirects and fills in the provider's forms until a page comes that is neither; its status and text."""
        method, form = "GET", None
        for _ in range(30):
            status, headers, page = self.ask(method, url, form)
            method, form = "GET", None
            if status in (301, 302, 303, 307, 308):
                url = urljoin(url, headers["Location"])
                continue
            found = Form(page)
            if status != 200 or found.action is None:
                return status, page
            for name in ("login", "username", "password"):
                if name in found.fields:
                    found.fields[name] = login
            url, method, form = urljoin(url, found.action), "POST", found.fields
        fail(f"the sign-in goes round in circles, last at {url}")


def sign_in(vestibule):
    """Signs alice in and returns the cookie header of her session at the application."""
    whoami = f"http://{vestibule.host}/whoami"
    browser = Browser()
    status, user = browser.visit(whoami, "alice")
    if status != 200 or not user.strip():
        fail(f"signing in gave {status} and no user:\n{user[:2000]}")
    status, _, _ = Browser().ask("GET", whoami)
    if status == 200:
        fail("the application answers without a session: there is nothing to compare")
    say(f"signed in as {user.strip()}")
    return browser.header("app.localhost")


# --- Measuring ---------------------------------------------------------------------------------------------------------


def load(seconds, port, headers):
    """Lets wrk ask for some seconds; the number of answers, each of which must be a success."""
    argv = ["taskset", "--cpu-list", LOAD_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    for name, value in headers.items():
        argv += ["-H", f"{name}: {value}"]
    output = subprocess.run([*argv, f"http://127.0.0.1:{port}/"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        fail(f"not every request succeeded:\n{output}")
    return int(re.search(r"(\d+) requests in", output)[1])


def cost(child, seconds, port, headers):
    """CPU microseconds per request."""
    before = run_time(child.pid)
    requests = load(seconds, port, headers)
    return (run_time(child.pid) - before) / 1000 / requests


def summary(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def line(name, figures, unit):
    say(f"{name:<40}{figures['median']:>9.2f} {unit:<5} ({figures['least']:.2f} to {figures['most']:.2f})")


def measure(processes, options):
    application = start_application(processes)
    plain, plain_port = start_nginx(processes, application)
    vestibule = Vestibule(options.binary, processes.folder, application)
    vestibule.configure(start_provider(processes, vestibule.redirect_uri))

    starts = []
    for _ in range(STARTS):
        ours, taken = vestibule.start(processes)
        starts.append(taken * 1000)
        idle = resident_mib(ours.pid)
        if len(starts) < STARTS:
            processes.stop(ours)

    headers = {"Host": vestibule.host, "Cookie": sign_in(vestibule)}
    load(1, plain_port, {})
    load(1, vestibule.port, headers)
    rounds = {"nginx": [], "vestibule": [], "ratio": []}
    for number in range(1, options.rounds + 1):
        nginx_cost = cost(plain, options.seconds, plain_port, {})
        our_cost = cost(ours, options.seconds, vestibule.port, headers)
        rounds["nginx"].append(nginx_cost)
        rounds["vestibule"].append(our_cost)
        rounds["ratio"].append(our_cost / nginx_cost)
        say(f"round {number}: nginx {nginx_cost:.2f} µs, vestibule {our_cost:.2f} µs, × {our_cost / nginx_cost:.2f}")
    return {name: summary(values) for name, values in rounds.items()} | {
        "start_ms": summary(starts),
        "idle_mib": idle,
        "loaded_mib": resident_mib(ours.pid),
        "binary_mib": options.binary.stat().st_size / 2**20,
    }


def report(figures):
    say()
    line("nginx, CPU per request", figures["nginx"], "µs")
    line("vestibule, signed in, CPU per request", figures["vestibule"], "µs")
    line("ratio", figures["ratio"], "×")
    line("start to ready, database made", figures["start_ms"], "ms")
    for name, key in (("resident, idle", "idle_mib"), ("resident, after the load", "loaded_mib"), ("binary", "binary_mib")):
        say(f"{name:<40}{figures[key]:>9.1f} MiB")


def run(measure, options):
    """Measures with what it starts in a folder of its own; all of it ends with it, and gives the figures."""
    options.binary = options.binary.resolve()
    signal.signal(signal.SIGTERM, lambda *_: fail("stopped"))
    with tempfile.TemporaryDirectory(prefix="vestibule-bench-") as folder:
        processes = Processes(Path(folder))
        try:
            return measure(processes, options)
        finally:
            processes.stop_all()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="at least 5")
    parser.add_argument("--seconds", type=int, default=5, help="of load, per target and round")
    parser.add_argument("--binary", type=Path, help="measure this one instead of building --profile dist")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error("fewer than 5 rounds say nothing")
    if len(os.sched_getaffinity(0)) < 2:
        fail("two cores are needed: one for the targets, one for the load")
    for program in ("nginx", "wrk", "node", "taskset"):
        shutil.which(program) or fail(f"{program} is missing")
    if not (ROOT / "tests/provider/node_modules").is_dir():
        fail("first: npm ci --prefix tests/provider")
    if options.binary is None:
        subprocess.run(["cargo", "build", "--locked", "--profile", "dist"], cwd=ROOT, check=True)
        options.binary = ROOT / "target/dist/vestibule"

    figures = run(measure, options)
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
