"""Single sign-on against a strict provider: who gets in as what, and every way in which a login must fail."""
import hmac
import http.client
import json
import subprocess
import time
from urllib.parse import parse_qs, urlparse

import pytest
from bench import eventually
from gateway import STANDARD, Gateway
from oidc import SECRET, Key, Provider
from simlib import PATIENT, free_port

TOKEN = "sk-admin-token-3f1c-and-more"
ROLES = '{ { value = "operators", role = "operate" }, { value = "treasury", role = "money", policies = true } }'
CONFIG = '''listen "127.0.0.1:%(port)d"
admin "127.0.0.1:%(admin)d" { token = "''' + TOKEN + '''", oidc = { issuer = "%(issuer)s", client_id = "yuzui", %(secret)s
  url = "%(url)s", roles = %(roles)s %(more)s } }
workers(%(workers)d)
%(head)s
''' + STANDARD + "chain { auth {} }\n"


def opened(world, admin, port, config):
    g = Gateway(config, sim_port=world.sim.port, head=False, env={"OIDC_SECRET": SECRET})
    g.admin_port, g.port = admin, port
    world.gateways.append(g)
    return g.start()


class Realm:
    """A gateway and its provider."""

    def __init__(self, world, roles=ROLES, more="", head='secret "a secret of sixteen bytes or more"', workers=2, **options):
        self.world, self.admin, self.port = world, free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.admin}"
        self.provider = Provider(self.url + "/console/signed-in", **options)
        self.values = {"port": self.port, "admin": self.admin, "issuer": self.provider.issuer, "url": self.url, "roles": roles, "more": more, "head": head, "workers": workers,
                       "secret": 'client_secret = env "OIDC_SECRET",' if options.get("secret", SECRET) else ""}

    def start(self):
        self.g = opened(self.world, self.admin, self.port, CONFIG % self.values)
        return self

    def post(self, path, origin=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=60)
        c.request("POST", path, headers={"origin": origin or self.url, **{k.replace("_", "-"): v for k, v in headers.items()}})
        r = c.getresponse()
        return r.status, json.loads(r.read()), r.headers

    def get(self, path, token):
        c = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=60)
        c.request("GET", path, headers={"authorization": f"Bearer {token}"})
        r = c.getresponse()
        return r.status, r.read()

    def begin(self):
        status, said, _ = self.post("/oidc/begin")
        assert status == 200, said
        return said

    def back(self, url, user="alice"):
        """What the provider sends the browser back with."""
        at = urlparse(url)
        c = http.client.HTTPConnection("127.0.0.1", self.provider.port, timeout=60)
        c.request("GET", f"{at.path}?{at.query}&user={user}")
        r = c.getresponse()
        assert r.status == 302, r.read()
        return r.headers["location"].partition("?")[2]

    def finish(self, login, answer):
        return self.post("/oidc/finish", authorization=f"Bearer {login}", x_yuzui_answer=answer)

    def sign_in(self, user="alice"):
        begun = self.begin()
        return self.finish(begun["login"], self.back(begun["url"], user))

    def refused(self, code, user="alice", status=403):
        got, said, _ = self.sign_in(user)
        assert got == status and said["error"]["code"] == code, (got, said)
        assert "token" not in said
        return said["error"]["message"]


@pytest.fixture(name="realm")
def fixture_realm(world):
    made = []

    def realm(start=True, **options):
        one = Realm(world, **options)
        made.append(one)
        return one.start() if start else one
    yield realm
    for one in made:
        one.provider.close()
        log = one.g.log()
        for kept in one.provider.codes:
            assert kept not in log, "a code is in the log"
        assert SECRET not in log and "yzb1." not in log and "yzl1." not in log


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_who_gets_in_as_what(realm, alg):
    """Each algorithm; the badge is a token of its role, with the person's name in the audit, and ends with its time."""
    r = realm(alg=alg)
    status, said, headers = r.sign_in()
    assert status == 200 and headers["cache-control"] == "no-store" and "set-cookie" not in headers, said
    assert said["name"] == "oidc:alice@example.com" and said["role"] == "operate" and not said["policies"]
    assert json.loads(r.get("/api/v1/token", said["token"])[1]).items() >= {"name": "oidc:alice@example.com", "role": "operate"}.items()
    assert r.get("/status", said["token"])[0] == 200 and r.get("/status", "of-nobody")[0] == 401
    for broken in (said["token"][:-1], said["token"] + "A", said["token"].replace(".10.", ".21."), said["token"].replace("yzb1.", "yzl1."), "yzb1.", "yzb1....", "yzb1.9.9.9.9"):
        assert r.get("/status", broken)[0] == 401, broken
    boss = r.sign_in("boss")[1]
    assert boss["role"] == "money" and boss["policies"]
    assert r.provider.violations == []
    assert "oidc:alice@example.com has signed in (sub u-1), role operate" in r.g.log()


def test_a_badge_ends(realm):
    r = realm(more=', session = "90m"')
    token = r.sign_in()[1]["token"]
    skip = lambda ms: r.post(f"/test/skip?ms={ms}", authorization=f"Bearer {TOKEN}")  # noqa: E731
    c = http.client.HTTPConnection("127.0.0.1", r.admin, timeout=60)
    c.request("GET", "/live", headers={"authorization": f"Bearer {token}"})
    live = c.getresponse()
    assert live.read(6) == b"data: "
    assert skip(89 * 60000)[0] == 200 and r.get("/status", token)[0] == 200
    assert live.read(6) and not live.closed
    assert skip(2 * 60000)[0] == 200 and r.get("/status", token)[0] == 401
    end = time.monotonic() + PATIENT
    while live.read1(65536):
        assert time.monotonic() < end, "what was being told did not end with it"


def test_who_has_no_role(realm):
    """What was found, and what would be right; nobody's address; an address that is not verified is nobody's."""
    r = realm(roles='{ { value = "operators", role = "operate" }, { claim = "email", value = "boss@example.com", role = "money" } }')
    why = r.refused("oidc_no_role", "mallory")
    assert 'mallory' in why and 'groups is ["visitors"]' in why and '"operators" (operate)' in why and "not verified" in why
    assert why.count("boss@example.com") == 1, why  # his own claim, not the config's
    assert r.sign_in("boss")[1]["role"] == "money"
    assert "not let in (sub u-3)" in r.g.log()


def test_claims_elsewhere(realm):
    """A nested claim, one whose name has dots, any value, a name of one's own; and what only userinfo tells."""
    r = realm(roles='{ { claim = "realm_access.roles", value = "ops", role = "operate" }, { claim = "https://example.com/r.x", value = "7", role = "money" }, { claim = "team", value = "*" } }', more=', name = "preferred_username"')
    r.provider.users["alice"] = {"sub": "u-1", "preferred_username": "al", "realm_access": {"roles": ["ops"]}}
    assert r.sign_in()[1].items() >= {"name": "oidc:al", "role": "operate"}.items()
    r.provider.users["alice"] = {"sub": "u-1", "preferred_username": "al", "https://example.com/r.x": 7}
    assert r.sign_in()[1]["role"] == "money"
    r.provider.users["alice"] = {"sub": "u-1", "preferred_username": "al", "team": ["any"]}
    assert r.sign_in()[1]["role"] == "read"
    r.provider.users["alice"] = {"sub": "u-1", "preferred_username": "al", "team": []}
    r.refused("oidc_no_role")
    r.provider.users["alice"] = {"sub": "u-1", "preferred_username": "al", "team": "x"}
    r.provider.left_out = {"team", "preferred_username"}
    assert r.sign_in()[1]["name"] == "oidc:al"
    r.provider.faults["person"] = {"sub": "u-2"}
    assert "somebody else" in r.refused("oidc_token")
    r.provider.users["alice"]["preferred_username"] = "a\nb"
    r.provider.faults.clear()
    assert "no name for the audit" in r.refused("oidc_no_role")


def test_ways_to_show_the_secret(realm):
    for options in ({"auth": ("client_secret_post",)}, {"secret": None, "auth": ("none",)}):
        r = realm(**options)
        assert r.sign_in()[0] == 200
        assert r.provider.violations == []
    r = realm(auth=("private_key_jwt",))
    assert "neither as client_secret_basic nor" in r.post("/oidc/begin")[1]["error"]["message"]
    r.provider.auth, r.provider.secret = ("client_secret_basic",), "another"
    time.sleep(3.1)
    assert "invalid_client" in r.refused("oidc_code")


@pytest.mark.parametrize("claims, word", [
    ({"iss": "https://evil.example"}, "another issuer"), ({"aud": "other"}, "another client"), ({"aud": ["yuzui", "other"]}, "azp is missing"),
    ({"aud": ["yuzui", "other"], "azp": "other"}, "another client"), ({"exp": 1}, "expired"), ({"exp": None}, "no exp"), ({"iat": None}, "no iat"),
    ({"iat": 4e9, "exp": 5e9}, "ahead"), ({"nbf": 4e9}, "ahead"), ({"iat": 1e9}, "not for this login"), ({"nonce": "x" * 43}, "nonce"), ({"nonce": None}, "nonce"), ({"sub": None}, "no sub"), ({"exp": "soon"}, "no exp")])
def test_a_token_that_says_something_else(realm, claims, word):
    r = realm()
    r.provider.claims = claims
    assert word in r.refused("oidc_token")
    r.provider.claims = {"aud": ["yuzui", "other"], "azp": "yuzui"}
    assert r.sign_in()[0] == 200


def test_signatures_that_are_none(realm):
    """alg none, the public key as a shared secret, a key of somebody else's, another algorithm under a key's name, one byte changed."""
    r = realm()
    p = r.provider
    p.header, p.faults["signature"] = {"alg": "none"}, lambda text: b""
    assert "not signed" in r.refused("oidc_token")
    public = subprocess.run(["openssl", "pkey", "-in", p.key.path, "-pubout"], check=True, capture_output=True).stdout
    p.header, p.faults["signature"] = {"alg": "HS256"}, lambda text: hmac.digest(public, text, "sha256")
    assert "shared secret" in r.refused("oidc_token")
    other = Key(p.folder, "RS256", "stranger")
    p.header, p.faults["signature"] = {}, other.sign
    assert "signature is wrong" in r.refused("oidc_token")
    p.header = {"jwk": other.jwk, "jku": "http://127.0.0.1:1/keys"}  # nobody looks at what a token says of its own key
    assert "signature is wrong" in r.refused("oidc_token")
    p.header, p.faults["signature"] = {"alg": "PS256"}, lambda text: subprocess.run(["openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest", "-sign", p.key.path], input=text, check=True, capture_output=True).stdout
    assert "none of the 1 keys" in r.refused("oidc_token")  # the set says RS256 of it
    p.header, p.faults["signature"] = {"crit": ["b64"]}, p.key.sign
    assert "crit" in r.refused("oidc_token")
    p.header, p.faults["signature"] = {}, lambda text: p.key.sign(text)[:-1] + b"\0"
    assert "signature is wrong" in r.refused("oidc_token")
    p.faults.clear()
    p.header = {"kid": None}
    assert r.sign_in()[0] in (200, 403)
    p.header = {}
    assert r.sign_in()[0] == 200


def test_keys_that_change(realm):
    """A new key is found at once, and a flood of strange kids asks for no flood. Each worker keeps what it was told."""
    r = realm(workers=1)
    assert r.sign_in()[0] == 200 and r.sign_in()[0] == 200
    assert r.provider.seen.count("/keys") == 1 and r.provider.seen.count("/.well-known/openid-configuration") == 1
    time.sleep(10.1)
    r.provider.rotate("ES256")
    assert r.sign_in()[0] == 200 and r.provider.seen.count("/keys") == 2
    for i in range(5):
        r.provider.header = {"kid": f"made-up-{i}"}
        assert "none of the" in r.refused("oidc_token")
    assert r.provider.seen.count("/keys") == 2


def test_a_provider_that_is_ill(realm):
    """Away, slow, failing, huge, another one: an error that says so, while tokens go on working; and all is well when it is back."""
    r = realm(workers=1)
    document = "/.well-known/openid-configuration"
    whole = {"issuer": r.provider.issuer, "authorization_endpoint": r.provider.issuer + "/a", "token_endpoint": r.provider.issuer + "/t", "jwks_uri": r.provider.issuer + "/k"}
    for fault, word in ((500, "answered with 500"), (302, "redirect"), ({**whole, "issuer": "https://evil.example"}, "calls itself"), ({**whole, "token_endpoint": "ftp://x/"}, "token_endpoint"),
                        ({**whole, "jwks_uri": None}, "no jwks_uri"), ("[]", "no JSON object"), ("x" * 600000, "larger than"), ({"a": 1}, "calls itself")):
        r.provider.faults[document] = fault
        status, said, _ = r.post("/oidc/begin")
        assert status == 503 and said["error"]["code"] == "oidc_unavailable" and word in said["error"]["message"], (fault, said)
        assert r.get("/status", TOKEN)[0] == 200
        n = r.provider.seen.count(document)
        assert r.post("/oidc/begin")[0] == 503 and r.provider.seen.count(document) == n, "it is left alone for a moment"
        r.post("/test/skip?ms=3100", authorization=f"Bearer {TOKEN}")
    r.provider.faults.clear()
    begun = r.begin()
    answer = r.back(begun["url"])
    r.provider.faults["/keys"] = "{}"
    assert r.finish(begun["login"], answer)[1]["error"]["code"] == "oidc_unavailable"
    r.provider.faults = {"/token": 500}
    assert r.refused("oidc_code", status=503)
    r.provider.faults = {"/token": "<html>"}
    assert r.refused("oidc_code")
    r.provider.faults = {"/token": {"access_token": "x"}}
    assert "there is none" in r.refused("oidc_token")
    r.provider.faults = {"/token": {"id_token": "a.b"}}
    assert "three parts" in r.refused("oidc_token")
    r.provider.faults = {"/token": 12}
    assert "not complete after 10" in r.refused("oidc_unavailable", status=503)
    r.provider.faults.clear()
    assert r.sign_in()[0] == 200


def test_answers_of_other_logins(realm):
    """Another tab's, another provider's, used ones, late ones, none: and nothing of them is asked of the provider."""
    r = realm()
    mine, other = r.begin(), r.begin()
    assert parse_qs(urlparse(mine["url"]).query)["state"] != parse_qs(urlparse(other["url"]).query)["state"]
    answer = r.back(mine["url"])
    asked = r.provider.seen.count("/token")
    for login, said, code in ((other["login"], answer, "oidc_login"), ("", answer, "oidc_login"), ("yzl1.9999999999.AAAA.AAAA", answer, "oidc_login"), (mine["login"][:-2], answer, "oidc_login"),
                              (mine["login"], "", "oidc_login"), (mine["login"], answer.replace("state=", "state=x"), "oidc_login"), (mine["login"], answer.replace("code=", "cod="), "oidc_answer"),
                              (mine["login"], answer.replace("iss=", "is="), "oidc_answer"), (mine["login"], answer.replace("iss=http", "iss=https"), "oidc_answer")):
        status, got, _ = r.finish(login, said)
        assert status == 403 and got["error"]["code"] == code, (login, said, got)
    assert r.provider.seen.count("/token") == asked
    status, said, _ = r.finish(mine["login"], answer)
    assert status == 200
    assert r.finish(mine["login"], answer)[1]["error"]["code"] == "oidc_code", "a code is good once"
    assert r.get("/status", mine["login"])[0] == 401, "what a tab keeps of a login is no badge"
    assert r.finish(said["token"], answer)[1]["error"]["code"] == "oidc_login", "nor is a badge a login"
    late = r.begin()
    assert "the user said no" in r.finish(late["login"], r.back(late["url"], "nobody"))[1]["error"]["message"]


def test_pages_of_others(realm):
    r = realm()
    for origin in ("https://evil.example", "null", r.url + ".evil.example"):
        for path in ("/oidc/begin", "/oidc/finish"):
            assert r.post(path, origin)[0] == 403
    r.values["url"] = "http://localhost:%d" % r.admin
    r.g.write("yuzui.lua", CONFIG % r.values)
    eventually(lambda: r.post("/oidc/begin")[1].get("error", {}).get("code") == "oidc_elsewhere", "the new url counts")
    assert "http://localhost:%d/console" % r.admin in r.post("/oidc/begin")[1]["error"]["message"]


def test_what_ends_badges(realm):
    """A reload keeps them; a change of the roles, or of the secret, makes them void. A login outlives a reload, too."""
    r = realm()
    token, begun = r.sign_in()[1]["token"], r.begin()
    r.g.write("yuzui.lua", CONFIG % r.values + "-- another text\n")
    r.post("/reload", authorization=f"Bearer {TOKEN}")
    assert r.get("/status", token)[0] == 200
    assert r.finish(begun["login"], r.back(begun["url"]))[0] == 200
    r.values["roles"] = '{ { value = "staff", role = "read" } }'
    r.g.write("yuzui.lua", CONFIG % r.values)
    r.post("/reload", authorization=f"Bearer {TOKEN}")
    assert r.get("/status", token)[0] == 401
    assert r.sign_in()[1]["role"] == "read"


def test_a_fleet(realm, world):
    """A login that one gateway began is ended by another of the same secret, and the badge is good at both; not at one of another secret."""
    r = realm()
    begun = r.begin()
    answer = r.back(begun["url"])
    first = r.admin
    for secret, status in (("another secret of sixteen bytes", 403), ("a secret of sixteen bytes or more", 200)):
        r.admin, port = free_port(), free_port()
        opened(world, r.admin, port, CONFIG % {**r.values, "admin": r.admin, "port": port, "head": f'secret "{secret}"'})
        c = http.client.HTTPConnection("127.0.0.1", r.admin, timeout=60)
        c.request("POST", "/oidc/finish", headers={"authorization": f"Bearer {begun['login']}", "x-yuzui-answer": answer})
        got = c.getresponse()
        said = json.loads(got.read())
        assert got.status == status, said
    r.admin = first
    assert r.get("/status", said["token"])[0] == 200


def test_tls(realm, tmp_path):
    """An issuer with a certificate of an authority of one's own: trusted where `ca` says so, and only there."""
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", key, "-out", cert, "-subj", "/CN=provider", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    r = realm(tls=(cert, key), more=f', ca = "{cert}"')
    assert r.begin()["url"].startswith("https://")
    stranger = realm(tls=(cert, key))
    status, said, _ = stranger.post("/oidc/begin")
    assert status == 503 and "certificate" in said["error"]["message"], said
    r.provider.faults["document"] = {"token_endpoint": "http://127.0.0.1:1/token"}
    r.post("/test/skip?ms=3700000", authorization=f"Bearer {TOKEN}")
    assert "no https:// address" in r.post("/oidc/begin")[1]["error"]["message"]


def test_what_is_offered(realm, world):
    r = realm(more=', label = "Example"')
    assert json.loads(r.get("/oidc", "")[1]) == {"offered": True, "label": "Example", "url": r.url}
    g = world.gateway(chain="auth {}")
    assert json.loads(g.get("/oidc")[1]) == {"offered": False} and g.ask("POST", "/oidc/begin")[0] == 404
