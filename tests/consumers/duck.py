"""duck.py PROFILE CALLS PAUSE_MS: DuckDB reads an object, with a secret of its credential chain.

Prints a line a call: `ok ACCESS_KEY -` or `failed WHAT IT SAYS`. S3_URL is where S3 is; its objects
tell who signed.
"""

import os
import pathlib
import sys
import time

import duckdb
import duckdb_extension_aws
import duckdb_extension_httpfs

profile, calls, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
data = duckdb.connect()
for package in (duckdb_extension_httpfs, duckdb_extension_aws):
    (extension,) = pathlib.Path(package.__path__[0]).rglob("*.duckdb_extension")
    data.execute(f"LOAD '{extension}'")
chosen = "" if profile == "-" else f", PROFILE '{profile}', CHAIN 'config;process'"
try:
    data.execute(
        f"CREATE SECRET (TYPE s3, PROVIDER credential_chain, REGION 'us-east-1', REFRESH auto,"
        f" ENDPOINT '{os.environ['S3_URL'].removeprefix('http://')}', URL_STYLE 'path',"
        f" USE_SSL false{chosen})"
    )
except Exception as error:
    sys.exit(print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True))
for call in range(calls):
    if call:
        time.sleep(pause)
    try:
        (key,) = data.sql(f"SELECT content FROM read_text('s3://bucket/who-{call}')").fetchone()
        print(f"ok {key} -", flush=True)
    except Exception as error:
        print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True)
