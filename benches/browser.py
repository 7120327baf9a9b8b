"""A browser, as far as a sign-in needs one."""

import http.client
import re
import ssl
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from kit import fail

# Of name and value: browsers drop a cookie that is larger (RFC 6265bis, 5.7).
COOKIE_MOST = 4096


class RoundInCircles(SystemExit):
    """A sign-in that sends a browser on and on."""


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
        if parts.scheme == "https":
            # Whoever is there is one of ours.
            anybody = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection("127.0.0.1", parts.port, timeout=30, context=anybody)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=30)
        connection.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        response = connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            if len(name) + len(value) > COOKIE_MOST:
                continue
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
        raise RoundInCircles(f"the sign-in goes round in circles, last at {url}")


def sign_in(host, user="alice", browser=None):
    """Signs somebody in and returns the cookie header of their session at the application, or nothing if that fails."""
    whoami = f"http://{host}/whoami"
    browser = browser or Browser()
    try:
        status, told = browser.visit(whoami, user)
    except RoundInCircles:
        return None
    if status != 200 or told.strip() != user:
        return None
    if Browser().ask("GET", whoami)[0] == 200:
        fail("the application answers without a session: there is nothing to compare")
    return browser.header("app.localhost")
