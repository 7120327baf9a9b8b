"""What the benchmarks start and end (nginx, the application, the provider, ourselves), and how they measure.

Everything listens on loopback. Targets share core 0; load, application and provider have core 1. CPU is read from the
kernel's clock of each process, which on a busy machine is the one figure to trust.
"""

import base64
import hashlib
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 64
SMALL, LARGE = 1024, 100 * 1024
CLIENT_ID, CLIENT_SECRET = "vestibule", "on-loopback-only"
TARGET_CORE, LOAD_CORE = "0", "1"
# A start that takes longer than this has failed.
PATIENCE_S = 20


def say(text=""):
    print(text, flush=True)


def fail(text):
    sys.exit(f"{Path(sys.argv[0]).name}: {text}")


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


def until_ready(processes, child, port, path="/", pause=0.001, status=200):
    """Waits for the first answer of that status and returns how long it took, in seconds."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_S:
        if child.poll() is not None:
            fail(f"{child.name} ended with {child.returncode}:\n{processes.log_of(child)}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == status:
                return time.monotonic() - begun
        except OSError:
            pass
        time.sleep(pause)
    fail(f"{child.name} is not ready after {PATIENCE_S} s:\n{processes.log_of(child)}")


def until_open(processes, child, port):
    """Waits until somebody accepts a connection."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_S:
        if child.poll() is not None:
            fail(f"{child.name} ended with {child.returncode}:\n{processes.log_of(child)}")
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.01)
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
    """Answers 1 KiB, at /large 100 KiB, at /whoami the name it was told, at /length how long the request was, and echoes
    what comes over a WebSocket."""
    port, echo = free_port(), free_port()
    processes.start("echo", [sys.executable, ROOT / "benches/websocket.py", echo], LOAD_CORE)
    (processes.folder / "large").write_text("x" * LARGE)
    child = nginx(processes, "application", LOAD_CORE, f"""listen 127.0.0.1:{port};
    large_client_header_buffers 8 64k; underscores_in_headers on;
    location = /whoami {{ return 200 "$http_remote_user$http_oidc_claim_sub"; }}
    location = /length {{ return 200 $request_length; }}
    location = /socket {{
      proxy_pass http://127.0.0.1:{echo}; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
    }}
    location = /large {{ root {processes.folder}; }}
    location / {{ return 200 "{"x" * SMALL}"; }}""")
    until_ready(processes, child, port)
    return port


def start_nginx(processes, application, name="nginx", told=0):
    """nginx without any authentication, with buffers that hold the large answer: the price of passing on. It tells the
    application so many bytes more."""
    port = free_port()
    # What it takes for one word of its configuration is less than 4 KiB.
    pieces = range(0, told, 2048)
    more = " ".join(f'proxy_set_header X-Told-{at} "{"x" * min(2048, told - at)}";' for at in pieces)
    child = nginx(
        processes, name, TARGET_CORE,
        f"""listen 127.0.0.1:{port};
    large_client_header_buffers 8 64k; proxy_buffer_size 16k; proxy_buffers 16 16k; proxy_busy_buffers_size 128k;
    location / {{
      proxy_pass http://application; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $passed_on; {more}
    }}""",
        f"""upstream application {{
    server 127.0.0.1:{application}; keepalive {CONNECTIONS}; keepalive_requests 1000000000;
  }}
  map $http_upgrade $passed_on {{ default upgrade; "" ""; }}""",
    )
    until_ready(processes, child, port)
    return child, port


def start_provider(processes, redirect_uris, users=None):
    """The issuer of the kit's provider, which prints it once it listens, and ends when its standard input does."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": redirect_uris}
    settings = {"clients": [client], "users": users or {}}
    child = processes.start(
        "provider", ["node", ROOT / "tests/provider/provider.mjs", json.dumps(settings)], LOAD_CORE,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    line = child.stdout.readline()
    return json.loads(line)["issuer"] if line else fail(f"the provider ended:\n{processes.log_of(child)}")


class Vestibule:
    """Where one `vestibule serve` listens, over TLS if it has a certificate (chain and key), and its configuration."""

    def __init__(self, binary, folder, application, certificate=None):
        self.binary, self.port, self.operations = binary, free_port(), free_port()
        self.certificate, self.scheme = certificate, "https" if certificate else "http"
        self.public_url = f"{self.scheme}://localhost:{self.port}"
        self.host = f"app.localhost:{self.port}"
        self.redirect_uri = f"{self.public_url}/login/bench/callback"
        self.application, self.file = application, folder / "vestibule.toml"
        self.database = folder / "vestibule.db"

    def configure(self, issuer, roles=("Member",), role_selector="'Member'", extra=""):
        tls = "[[server.tls.certificate]]\nchain = \"{}\"\nkey = \"{}\"".format(*self.certificate) if self.certificate else ""
        self.file.write_text(f"""
[server]
public_url = "{self.public_url}"
listen = ["127.0.0.1:{self.port}"]
operations_listen = "127.0.0.1:{self.operations}"
{tls}

[database]
url = "sqlite://{self.database}"

[[idp]]
id = "bench"
name = "Benchmark"
issuer = "{issuer}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
auto_provision = true
server_admin = "sub == 'alice'"

[idp.default_policy]
org = "'bench'"
role = "{role_selector}"

[[organization]]
id = "bench"
name = "Benchmark"
roles = {json.dumps(list(roles))}

[[application]]
id = "app"
organization = "bench"
name = "Application"
hosts = ["app.localhost"]
upstream = "http://127.0.0.1:{self.application}"
headers = "remote"
{extra}
""")

    def cookie(self, token):
        """What a browser sends that holds a session's token, as over plain http: with a tag of host and port."""
        tag = hashlib.sha256(f"localhost:{self.port}".encode()).hexdigest()[:8]
        return f"vestibule-session-{tag}={base64.urlsafe_b64encode(token).decode().rstrip('=')}"

    def start(self, processes, before=()):
        """Starts it, under another program if one is named, and returns the child and the seconds until it answered."""
        child = processes.start("vestibule", [*before, self.binary, "serve", "--config", self.file], TARGET_CORE)
        return child, until_ready(processes, child, self.operations, "/readyz")


# --- Measuring ---------------------------------------------------------------------------------------------------------


def load(seconds, port, headers, path="/", script=None):
    """Lets wrk ask for some seconds; the number of answers, each of which must be a success."""
    requests, _ = wrk(seconds, port, headers, path, script)
    return requests


def waiting(seconds, port, headers, connections):
    """How long answers take over so many connections at once: the median and the 99th percentile, in microseconds."""
    _, output = wrk(seconds, port, headers, connections=connections)
    unit = {"us": 1, "ms": 1_000, "s": 1_000_000}
    percentile = lambda which: re.search(rf"{which}%\s+([\d.]+)(us|ms|s)", output).groups()
    return [float(number) * unit[of] for number, of in map(percentile, (50, 99))]


def wrk(seconds, port, headers, path="/", script=None, connections=CONNECTIONS):
    """What wrk found, asking for some seconds: the number of answers, and its report."""
    argv = ["taskset", "--cpu-list", LOAD_CORE, "wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s"]
    if script:
        argv += ["-s", str(script)]
    for name, value in headers.items():
        argv += ["-H", f"{name}: {value}"]
    output = subprocess.run([*argv, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True).stdout
    requests = int(re.search(r"(\d+) requests in", output)[1])
    # A server may close a kept connection just as it is used again; Apache does, now and then.
    broken = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", output)))
    if "Non-2xx" in output or broken > requests // 20:
        fail(f"not every request succeeded:\n{output}")
    return requests, output


# wrk's language. A thread of wrk has a state of its own; there is one.
ASKING = """
local hosts, cookies, at = {{}}, {{}}, 0
for line in io.lines("{file}") do
  hosts[#hosts + 1], cookies[#cookies + 1] = line:match("(%S+) (.+)")
end
request = function()
  at = {choice}
  return wrk.format("GET", "/", {{ ["Host"] = hosts[at], ["Cookie"] = cookies[at] }})
end
"""
IN_TURN, RANDOM = "at % #hosts + 1", "math.random(#hosts)"


def asking(folder, name, pairs, choice):
    """A program for wrk that asks with these pairs of host and cookie, chosen so."""
    listed, program = folder / f"{name}.txt", folder / f"{name}.lua"
    listed.write_text("".join(f"{host} {cookie}\n" for host, cookie in pairs))
    program.write_text(ASKING.format(file=listed, choice=choice))
    return program


def summary(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def need(*programs):
    for program in programs:
        shutil.which(program) or fail(f"{program} is missing")
    if not (ROOT / "tests/provider/node_modules").is_dir():
        fail("first: npm ci --prefix tests/provider")


def run(measure, options, needed=("nginx", "wrk", "node", "taskset"), cores=2):
    """Measures with what it starts in a folder of its own; all of it ends with it, and gives the figures."""
    need(*needed)
    if options.binary is None:
        subprocess.run(["cargo", "build", "--locked", "--profile", "dist"], cwd=ROOT, check=True)
        options.binary = ROOT / "target/dist/vestibule"
    options.binary = options.binary.resolve()
    if len(os.sched_getaffinity(0)) < cores:
        fail("two cores are needed: one for the targets, one for the load")
    signal.signal(signal.SIGTERM, lambda *_: fail("stopped"))
    with tempfile.TemporaryDirectory(prefix="vestibule-bench-") as folder:
        os.chmod(folder, 0o755)
        processes = Processes(Path(folder))
        try:
            return measure(processes, options)
        finally:
            processes.stop_all()
