"""What the shim writes, byte by byte: what every consumer reads."""

import datetime
import json
import re
import os
import subprocess
import time

from stage import ODD, PROFILE
from tally import holds, same

FIELDS = {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
MOST = 64_000  # bytes that the SDK for Java reads


def check_all(stage, tally):
    def document(name=PROFILE):
        done = subprocess.run(
            [stage.shim, name], env=stage.env, capture_output=True, stdin=subprocess.DEVNULL
        )
        same((done.returncode, done.stderr), (0, b""))
        same((done.stdout.count(b"\n"), done.stdout[-1:]), (1, b"\n"))
        assert len(done.stdout) < MOST
        return json.loads(done.stdout), done.stdout

    def bytes_of_success():
        read, raw = document()
        same(set(read) - {"AccountId"}, FIELDS)
        assert raw.startswith(b'{"Version":1,'), raw[:20]
        assert raw.isascii()
        assert all(read[field] for field in FIELDS)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", read["Expiration"]), read
        end = datetime.datetime.fromisoformat(read["Expiration"]).timestamp()
        left = end - time.time()
        assert 20 * 60 < left < 59 * 60 + 2, f"{left} s left"
        return f"{len(raw)} bytes, {left / 60:.1f} min left"

    def odd_name():
        same(document(ODD)[0]["Version"], 1)

    def nothing_read():
        read_end, write_end = os.pipe()
        os.write(write_end, b"the script that runs the tool")
        os.close(write_end)
        subprocess.run(
            [stage.shim, PROFILE], env=stage.env, stdin=read_end, stdout=subprocess.DEVNULL
        )
        same(os.read(read_end, 100), b"the script that runs the tool")
        os.close(read_end)

    def bytes_of_failure():
        told = stage.run(stage.shim, "nobody")
        same((told.returncode, told.stdout), (11, ""))
        same((told.stderr.count("\n"), told.stderr[-1:]), (1, "\n"))
        holds(told.stderr, "“nobody”")

    def large_token():
        stage.give_keys_of(3600, session_token_bytes=16_000)
        try:
            read, raw = document()
            assert len(read["SessionToken"]) >= 16_000
        finally:
            stage.give_keys_of(3600, session_token_bytes=1_000)
        return f"{len(raw)} bytes"

    tally.check("contract: one line of JSON, an empty stderr, RFC 3339 in Z", bytes_of_success)
    tally.check("contract: a profile whose name has every odd character", odd_name)
    tally.check("contract: leaves standard input to the tool's own", nothing_read)
    tally.check("contract: failure is an exit code and one line on stderr", bytes_of_failure)
    tally.check("contract: a session token of 16,000 bytes passes whole", large_token)
