"""cpp.py PROFILE CALLS PAUSE_MS: the AWS SDK for C++, which pyarrow contains, looks for an object.

Prints a line a call: `ok ACCESS_KEY -` or `failed WHAT THE SDK SAYS`. The other end is a server in
this process that answers anything and tells which access key signed; it checks no signature.
"""

import http.server
import os
import sys
import threading
import time

profile, calls, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
os.environ["AWS_PROFILE"] = profile

from pyarrow import fs  # noqa: E402 (it reads the environment when it is loaded)

signed = []


class Server(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        header = self.headers.get("Authorization", "Credential=nobody/")
        signed.append(header.split("Credential=")[1].split("/")[0])
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
files = fs.S3FileSystem(
    endpoint_override=f"127.0.0.1:{server.server_port}", scheme="http", region="us-east-1"
)
for call in range(calls):
    if call:
        time.sleep(pause)
    try:
        files.get_file_info("bucket/object")
        last = signed.pop()
        print(f"ok {last} -" if last != "nobody" else "failed unsigned", flush=True)
    except Exception as error:
        print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True)
server.shutdown()
