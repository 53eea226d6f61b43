"""Stands between programs and the container credentials endpoint, and counts who asks how often."""

import collections
import http.server
import threading
import urllib.error
import urllib.request


class Relay:
    """Passes each request on to the endpoint; a path's first part says whose it is."""

    def __init__(self, url):
        self.to = url
        self.asked = collections.Counter()
        handler = type("Handler", (Handler,), {"relay": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        """For `AWS_CONTAINER_CREDENTIALS_FULL_URI` of a program."""
        return f"http://127.0.0.1:{self.server.server_port}/{name.replace('+', 'p')}"

    def times(self, name):
        """How often that program asked."""
        return self.asked["/" + name.replace("+", "p")]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.relay.asked[self.path] += 1
        token = {"Authorization": self.headers.get("Authorization", "")}
        try:
            request = urllib.request.Request(self.relay.to, headers=token)
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
