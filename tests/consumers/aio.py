"""aio.py PROFILE CALLS PAUSE_MS: s3fs, on aiobotocore and fsspec, reads an object.

pandas, Dask, xarray and DVC read S3 by it. Prints a line a call: `ok ACCESS_KEY -` or `failed WHAT
IT SAYS`. S3_URL is where S3 is; its objects tell who signed.
"""

import os
import sys
import time

import s3fs

profile, calls, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
try:
    files = s3fs.S3FileSystem(
        profile=None if profile == "-" else profile,
        endpoint_url=os.environ["S3_URL"],
        use_listings_cache=False,
    )
except Exception as error:
    sys.exit(print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True))
for call in range(calls):
    if call:
        time.sleep(pause)
    try:
        print(f"ok {files.cat_file(f'bucket/who-{call}').decode()} -", flush=True)
    except Exception as error:
        print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True)
