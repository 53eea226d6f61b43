"""What the Python runners share: the running sandbox, checks that print a line each, a tally.

The sandboxes are started by scripts/test-clients, which passes their ready lines in the environment.
"""

import json
import os
import sys
import time
import traceback
import urllib.error
import urllib.request


class Sandbox:
    """A running sandbox and its control endpoint."""

    def __init__(self, variable="SANDBOX"):
        ready = json.loads(os.environ[variable])
        self.url = ready["url"]
        self.region = ready["region"]
        self.account = ready["account"]
        self.admin_key = ready["admin_key"]
        self.admin_secret = ready["admin_secret"]
        self.token = ready["control_token"]

    def control(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Sandbox-Control": self.token},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

    def seed(self, **request):
        return self.control("POST", "seed", request)

    def counts(self):
        return self.control("GET", "calls")["counts"]

    def message_for(self, username):
        """The newest message to a user: to, medium, purpose, code."""
        messages = self.control("GET", "outbox")["messages"]
        return [m for m in messages if m["user"] == username][-1]

    def code_for(self, username):
        return self.message_for(username)["code"]


class Tally:
    """Runs checks one after the other and says how each went."""

    def __init__(self, name):
        self.name = name
        self.failures = 0
        self.count = 0

    def check(self, title):
        """Decorator: runs the function at once as one check."""

        def run(function):
            self.count += 1
            start = time.monotonic()
            try:
                function()
            except Exception:
                self.failures += 1
                print(f"FAIL  {self.name}: {title}")
                traceback.print_exc(file=sys.stdout)
            else:
                print(f"ok    {self.name}: {title}  ({time.monotonic() - start:.2f} s)")
            sys.stdout.flush()

        return run

    def end(self):
        print(f"{self.name}: {self.count - self.failures} of {self.count} checks passed")
        sys.exit(1 if self.failures else 0)


def same(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def another(code):
    """A code of the same length that is not this one."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def holds(text, part):
    assert part in text, f"{part!r} is not in {text!r}"
