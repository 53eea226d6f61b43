"""gdal.py PROFILE CALLS PAUSE_MS: GDAL, which rasterio contains, reads a raster from S3.

It has a chain of its own, without any AWS SDK. Prints a line a call: `ok ACCESS_KEY -` or `failed
WHAT IT SAYS`. S3_URL is where S3 is; its rasters tell who signed.
"""

import os
import sys
import time

profile, calls, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
os.environ.update(
    AWS_S3_ENDPOINT=os.environ["S3_URL"].removeprefix("http://"),
    AWS_HTTPS="NO",
    AWS_VIRTUAL_HOSTING="FALSE",
    # Where the service that lends keys to machines would be.
    CPL_AWS_AUTODETECT_EC2="NO",
    CPL_AWS_EC2_API_ROOT_URL="http://127.0.0.1:1",
    CPL_VSIL_CURL_ALLOWED_EXTENSIONS=".asc",
    GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",
    GDAL_PAM_ENABLED="NO",
)
if profile != "-":
    os.environ["AWS_PROFILE"] = profile

import rasterio  # noqa: E402 (GDAL reads the environment when it is loaded)

for call in range(calls):
    if call:
        time.sleep(pause)
    try:
        # Rasterio's own session would ask boto3, where that is installed.
        with rasterio.Env(session=rasterio.session.DummySession()):
            with rasterio.open(f"/vsis3/bucket/who-{call}.asc") as raster:
                key = "".join(chr(int(value)) for value in raster.read(1)[0])
        print(f"ok {key} -", flush=True)
    except Exception as error:
        print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True)
