"""crt.py PROFILE CALLS PAUSE_MS: asks STS who it is, signed by the AWS Common Runtime (C).

It is what the AWS CLI v2 and boto3 use for fast transfers, and Mountpoint for S3 throughout.
Prints a line a call: `ok ACCESS_KEY ARN` or `failed WHAT THE SDK SAYS`. STS_URL is where STS is.
"""

import os
import re
import sys
import time
import urllib.parse
import urllib.request

from awscrt import auth, http, io

profile, calls, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
if profile != "-":
    os.environ["AWS_PROFILE"] = profile  # for the default chain
url = os.environ["STS_URL"]
QUERY = "/?Action=GetCallerIdentity&Version=2011-06-15"
bootstrap = io.ClientBootstrap.get_or_create_static_default()
provider = auth.AwsCredentialsProvider.new_default_chain(bootstrap)


def who():
    request = http.HttpRequest("GET", QUERY)
    request.headers.add("Host", urllib.parse.urlsplit(url).netloc)
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4,
        signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=provider,
        region="us-east-1",
        service="sts",
    )
    auth.aws_sign_request(request, config).result(30)
    headers = dict(request.headers)
    key = headers["Authorization"].split("Credential=")[1].split("/")[0]
    with urllib.request.urlopen(urllib.request.Request(url + QUERY, headers=headers)) as answer:
        return key, re.search("<Arn>(.*)</Arn>", answer.read().decode())[1]


for call in range(calls):
    if call:
        time.sleep(pause)
    try:
        print("ok", *who(), flush=True)
    except Exception as error:
        print(f"failed {type(error).__name__}: {error}".replace("\n", " "), flush=True)
