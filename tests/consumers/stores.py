"""stores.py obstore|opendal PROFILE CALLS PAUSE_MS: libraries in Rust with chains of their own.

obstore is object_store, by which Polars, DataFusion, Delta Lake and Lance read S3; opendal brings
reqsign. Prints a line a call: `ok ACCESS_KEY -` or `failed WHAT IT SAYS`. S3_URL is where S3 is; its
objects tell who signed.
"""

import os
import sys
import time

library, profile = sys.argv[1:3]
calls, pause = int(sys.argv[3]), int(sys.argv[4]) / 1000
if profile != "-":
    os.environ["AWS_PROFILE"] = profile
url = os.environ["S3_URL"]
NOBODY = "http://127.0.0.1:1"  # where the service that lends keys to machines would be


def by_obstore():
    import obstore

    store = obstore.store.S3Store(
        "bucket",
        endpoint=url,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
        metadata_endpoint=NOBODY,
    )
    return lambda name: bytes(obstore.get(store, name).bytes())


def by_opendal():
    import opendal

    operator = opendal.Operator(
        "s3",
        bucket="bucket",
        endpoint=url,
        region="us-east-1",
        root="/",
        disable_ec2_metadata="true",
    )
    return lambda name: bytes(operator.read(name))


try:
    read = {"obstore": by_obstore, "opendal": by_opendal}[library]()
except Exception as error:
    sys.exit(print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True))
for call in range(calls):
    if call:
        time.sleep(pause)
    try:
        print(f"ok {read(f'who-{call}').decode()} -", flush=True)
    except Exception as error:
        print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True)
