"""A stand-in for services that the sandbox has not: S3 and DynamoDB, as far as to say who signed.

An object's content is the access key that asked for it, and so is the name of the only table. Keys
that the sandbox did not issue, that are over, or whose session token did not come along are refused
as AWS refuses them; signatures are not checked, which those who call STS have the sandbox do.
"""

import http.server
import json
import re
import threading
import time
import urllib.parse

CREDENTIAL = re.compile(r"Credential=([^/]*)/\d*/([^/]*)/")
ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>{}</Message></Error>"
EMPTY = (
    "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult><Name>bucket</Name>"
    "<IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>"
)
# A raster in text, of one row: what GDAL reads as numbers.
RASTER = "ncols {}\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -1\n{}\n"


class Service:
    """Listens until it is closed."""

    def __init__(self, stage):
        self.stage = stage
        self.ends, self.tokens = {}, set()
        self.lock = threading.Lock()
        handler = type("Handler", (Handler,), {"service": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def refusal(self, key, token):
        """The code and words that such keys are refused by; None if they are good."""
        with self.lock:
            if key not in self.ends or token not in self.tokens:
                self.learn()
            end = self.ends.get(key)
        if key is None:
            return "AccessDenied", "Access Denied"
        if end is None or token not in self.tokens:
            return "InvalidAccessKeyId", "The access key or its token is not known."
        if time.time() >= end:
            return "ExpiredToken", "The provided token has expired."
        return None

    def learn(self):
        """Reads what the sandbox has issued since."""
        for operation in ("GetCredentialsForIdentity", "AssumeRoleWithWebIdentity"):
            for call in self.stage.control("GET", f"calls?operation={operation}")["calls"]:
                if (key := call.get("access_key_id")) and key not in self.ends:
                    life = call.get("duration_seconds", self.stage.life)
                    self.ends[key] = call["time_ms"] / 1000 + life
        for secret in self.stage.control("GET", "minted")["secrets"]:
            if secret["kind"] == "session_token":
                self.tokens.add(secret["value"])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path)
        name = path.path.rsplit("/")[-1]
        key = self.signer()
        if not key:
            return
        if "list-type" in path.query or not name or name == "bucket":
            return self.answer(200, EMPTY, "application/xml")
        if name.endswith(".asc"):
            key = RASTER.format(len(key), " ".join(str(ord(letter)) for letter in key))
        self.answer(200, key, "text/plain", {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if key := self.signer():
            self.answer(200, json.dumps({"TableNames": [key]}), "application/x-amz-json-1.0")

    def signer(self):
        """The access key that signed the request; None once it has been refused."""
        found = CREDENTIAL.search(self.headers.get("Authorization", ""))
        key = found and found[1]
        if not (refused := self.service.refusal(key, self.headers.get("X-Amz-Security-Token"))):
            return key
        code, words = refused
        if self.command == "POST":
            body = {"__type": f"com.amazon.coral.service#{code}Exception", "message": words}
            self.answer(400, json.dumps(body), "application/x-amz-json-1.0")
        else:
            status = 400 if code == "ExpiredToken" else 403
            self.answer(status, ERROR.format(code, words), "application/xml")
        return None

    def answer(self, status, text, kind, more=None):
        body, headers = text.encode(), dict(more or {})
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if status == 200 and asked and self.command == "GET":
            first, last = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
            if first >= len(body):
                status, body = 416, b""
            else:
                headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
                status, body = 206, body[first : last + 1]
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "ETag": '"0"',
            "Accept-Ranges": "bytes",
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass
