"""cpp.py PROFILE CALLS PAUSE_MS: the AWS SDK for C++, which pyarrow contains, reads an object.

Prints a line a call: `ok ACCESS_KEY -` or `failed WHAT THE SDK SAYS`. S3_URL is where S3 is; its
objects tell who signed.
"""

import os
import sys
import time

profile, calls, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
if profile != "-":
    os.environ["AWS_PROFILE"] = profile

from pyarrow import fs  # noqa: E402 (it reads the environment when it is loaded)

files = fs.S3FileSystem(
    endpoint_override=os.environ["S3_URL"].removeprefix("http://"),
    scheme="http",
    region="us-east-1",
    retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
)
for call in range(calls):
    if call:
        time.sleep(pause)
    try:
        with files.open_input_file(f"bucket/who-{call}") as file:
            print(f"ok {file.read().decode()} -", flush=True)
    except Exception as error:
        print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True)
