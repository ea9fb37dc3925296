"""A strict OpenID provider: it refuses what real ones refuse, remembers what was wrong (`violations`), and lies on demand (`faults`).

Keys and signatures are those of the `openssl` command. Standard library only."""
import base64
import hashlib
import html
import json
import os
import secrets
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote_plus, urlencode

SECRET = "s3cret of/the+client:%"
USERS = {
    "alice": {"sub": "u-1", "email": "alice@example.com", "email_verified": True, "preferred_username": "alice", "groups": ["staff", "operators"]},
    "boss": {"sub": "u-2", "email": "boss@example.com", "email_verified": True, "preferred_username": "boss", "groups": ["staff", "treasury"]},
    "mallory": {"sub": "u-3", "email": "boss@example.com", "email_verified": False, "preferred_username": "mallory", "groups": ["visitors"]},
}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def run(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, check=True, capture_output=True).stdout


class Key:
    """A key pair, and its JWK."""

    def __init__(self, folder, alg, kid):
        self.alg, self.kid, self.path = alg, kid, os.path.join(folder, kid + ".pem")
        kind = {"RS": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "PS": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                "ES": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "Ed": ["-algorithm", "ED25519"]}[alg[:2]]
        run("genpkey", *kind, "-out", self.path)
        der = run("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        if alg[:2] == "ES":
            kind = {"kty": "EC", "crv": "P-256", "x": b64(der[-64:-32]), "y": b64(der[-32:])}
        elif alg[:2] == "Ed":
            kind = {"kty": "OKP", "crv": "Ed25519", "x": b64(der[-32:])}
        else:
            modulus = run("rsa", "-in", self.path, "-noout", "-modulus").decode().strip().partition("=")[2]
            kind = {"kty": "RSA", "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}
        self.jwk = {**kind, "kid": kid, "use": "sig", "alg": alg}

    def sign(self, text):
        if self.alg == "EdDSA":
            with tempfile.NamedTemporaryFile() as f:
                f.write(text)
                f.flush()
                return run("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", f.name)
        pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if self.alg == "PS256" else []
        made = run("dgst", "-sha256", *pss, "-sign", self.path, data=text)
        if self.alg != "ES256":
            return made
        n = made[3]  # DER: two integers
        r, s = made[4:4 + n], made[6 + n:]
        return r[-32:].rjust(32, b"\0") + s[-32:].rjust(32, b"\0")


class Provider:
    """`faults`: what goes wrong from now on; see the places that look. `claims`: what its tokens say otherwise."""

    def __init__(self, redirect_uri, alg="RS256", client_id="yuzui", secret=SECRET, auth=("client_secret_basic",), tls=None, port=0):
        self.folder = tempfile.mkdtemp(prefix="oidc-")
        self.redirect_uri, self.client_id, self.secret, self.auth = redirect_uri, client_id, secret, auth
        self.key = Key(self.folder, alg, "k1")
        self.keys, self.users, self.codes, self.access = [self.key], dict(USERS), {}, {}
        self.faults, self.claims, self.header, self.violations, self.seen = {}, {}, {}, [], []
        self.left_out = set()  # claims that only userinfo tells
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                provider.answer(self, None)

            def do_POST(self):
                provider.answer(self, self.rfile.read(int(self.headers["content-length"] or 0)).decode())

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.issuer = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/realms/main"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def rotate(self, alg="RS256", keep=False):
        self.key = Key(self.folder, alg, f"k{secrets.token_hex(3)}")
        self.keys = (self.keys if keep else []) + [self.key]

    # ---- HTTP

    def send(self, h, status, body, kind="application/json", **headers):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        h.send_response(status)
        h.send_header("content-type", kind)
        h.send_header("content-length", str(len(data)))
        for name, value in headers.items():
            h.send_header(name.replace("_", "-"), value)
        h.end_headers()
        h.wfile.write(data)

    def wrong(self, h, why, status=400, error="invalid_request"):
        self.violations.append(why)
        self.send(h, status, {"error": error, "error_description": why})

    def answer(self, h, body):
        path, _, query = h.path.partition("?")
        path = path.removeprefix("/realms/main")
        if path == "/favicon.ico":  # browsers ask for it
            return self.send(h, 200, "", "image/x-icon")
        self.seen.append(path)
        fault = self.faults.get(path)
        if isinstance(fault, (int, float)) and fault < 100:
            time.sleep(fault)
        elif isinstance(fault, int):
            return self.send(h, fault, {"error": "server_error"})
        elif fault is not None:
            return self.send(h, 200, fault)
        places = {"/.well-known/openid-configuration": self.document, "/keys": self.jwks, "/authorize": self.authorize, "/token": self.token, "/userinfo": self.userinfo}
        if path not in places:
            return self.wrong(h, f"there is no {path}", 404)
        return places[path](h, body if body is not None else query)

    def document(self, h, _):
        self.send(h, 200, {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize", "token_endpoint": self.issuer + "/token",
                           "jwks_uri": self.issuer + "/keys", "userinfo_endpoint": self.issuer + "/userinfo", "response_types_supported": ["code"],
                           "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": [self.key.alg],
                           "token_endpoint_auth_methods_supported": list(self.auth), "code_challenge_methods_supported": ["S256"],
                           "authorization_response_iss_parameter_supported": True, **self.faults.get("document", {})})

    def jwks(self, h, _):
        self.send(h, 200, {"keys": [{"kty": "oct", "k": b64(b"x" * 32), "kid": "shared"}, {"kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB"}] + [k.jwk for k in self.keys]})

    # ---- a browser

    def judge(self, asked):
        """What is wrong with a question for authorization; None: nothing."""
        if asked.get("client_id") != self.client_id:
            return "unknown client_id"
        if asked.get("redirect_uri") != self.redirect_uri:
            return f"redirect_uri {asked.get('redirect_uri')} is not registered"
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return "response_type must be code, and scope hold openid"
        if len(asked.get("code_challenge", "")) != 43 or asked.get("code_challenge_method") != "S256":
            return "PKCE with S256 is required"
        if len(asked.get("state", "")) < 16 or len(asked.get("nonce", "")) < 16:
            return "state and nonce are required"
        return None

    def authorize(self, h, text):
        asked = {k: v[0] for k, v in parse_qs(text).items()}
        why = self.judge(asked)
        if why:
            return self.wrong(h, why)
        user = asked.pop("user", None)
        if user is None:
            fields = "".join(f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">' for k, v in asked.items())
            return self.send(h, 200, f'<!doctype html><html lang="en"><title>Provider</title><form method="post" action="authorize">{fields}'
                             '<label>User <input name="user"></label><button>Log in</button></form></html>', "text/html")
        back = {"state": asked["state"], "iss": self.issuer}
        if user in self.users:
            code = secrets.token_urlsafe(24)
            self.codes[code] = {**asked, "user": user, "used": False}
            back["code"] = code
        else:
            back.update(error="access_denied", error_description="the user said no")
        back.update(self.faults.get("back", {}))
        return self.send(h, 302, "", location=f"{self.redirect_uri}?{urlencode({k: v for k, v in back.items() if v is not None})}")

    # ---- the gateway

    def client_wrong(self, h, form):
        shown = h.headers.get("authorization", "")
        if not self.secret:
            return None if form.get("client_id") == self.client_id and not shown else "a public client shows its id alone"
        if "client_secret_basic" in self.auth:
            pair = base64.b64decode(shown[6:]).decode().partition(":") if shown.startswith("Basic ") else ("", "", "")
            right = [unquote_plus(pair[0]), unquote_plus(pair[2])] == [self.client_id, self.secret] and "client_secret" not in form
        else:
            right = not shown and form.get("client_secret") == self.secret and form.get("client_id") == self.client_id
        return None if right else "client authentication failed"

    def token(self, h, text):
        form = {k: v[0] for k, v in parse_qs(text).items()}
        kept = self.codes.get(form.get("code"))
        why = self.client_wrong(h, form)
        if why:
            return self.wrong(h, why, 401, "invalid_client")
        if h.headers["content-type"] != "application/x-www-form-urlencoded" or form.get("grant_type") != "authorization_code":
            return self.wrong(h, "this is no request for a token")
        if not kept or kept["used"]:
            return self.wrong(h, "the code is used, or none", 400, "invalid_grant")
        kept["used"] = True
        if form.get("redirect_uri") != kept["redirect_uri"]:
            return self.wrong(h, "redirect_uri is another one", 400, "invalid_grant")
        if b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest()) != kept["code_challenge"]:
            return self.wrong(h, "the verifier is not that of the challenge", 400, "invalid_grant")
        access = secrets.token_urlsafe(16)
        self.access[access] = kept["user"]
        return self.send(h, 200, {"token_type": "Bearer", "access_token": access, "expires_in": 300, "id_token": self.id_token(kept)})

    def id_token(self, kept):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": kept["nonce"], **self.users[kept["user"]], **self.claims}
        claims = {k: v for k, v in claims.items() if v is not None and k not in self.left_out}
        header = {"alg": self.key.alg, "kid": self.key.kid, "typ": "JWT", **self.header}
        text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}".encode()
        signature = self.faults["signature"](text) if "signature" in self.faults else self.key.sign(text)
        return f"{text.decode()}.{b64(signature)}"

    def userinfo(self, h, _):
        user = self.access.get(h.headers.get("authorization", "").removeprefix("Bearer "))
        if not user:
            return self.wrong(h, "userinfo wants its access token", 401)
        return self.send(h, 200, {**self.users[user], **self.faults.get("person", {})})
