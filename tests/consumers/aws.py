"""aws.py PROGRAM PROFILE CALLS PAUSE_MS: reads an object by the AWS CLI, a new process each time.

Prints a line a call: `ok ACCESS_KEY -` or `failed WHAT THE CLI SAYS`. S3_URL is where S3 is; its
objects tell who signed.
"""

import os
import subprocess
import sys
import time

program, profile = sys.argv[1:3]
calls, pause = int(sys.argv[3]), int(sys.argv[4]) / 1000
where = ["--endpoint-url", os.environ["S3_URL"]]
if profile != "-":
    where += ["--profile", profile]
for call in range(calls):
    if call:
        time.sleep(pause)
    done = subprocess.run(
        [program, "s3", "cp", f"s3://bucket/who-{call}", "-", *where],
        capture_output=True,
        text=True,
    )
    said = " ".join((done.stdout if done.returncode == 0 else done.stderr).split())
    print(f"ok {said} -" if done.returncode == 0 else f"failed {said}", flush=True)
