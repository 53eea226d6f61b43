"""The server itself: faults, its clock, requests that make no sense."""

import datetime

import jwt
import requests
from botocore.exceptions import HTTPClientError

from bench import same
from python.common import (
    idp,
    keys_for,
    refused,
    sandbox,
    sign_in,
    tally,
    who,
)

check = tally.check


@check("boto3: faults on demand: throttled, cut, dropped before and after the effect")
def _():
    chain = sandbox.seed(client={"rotation_grace_seconds": 0})
    token = sign_in(chain)["RefreshToken"]

    def refresh():
        return idp.get_tokens_from_refresh_token(
            ClientId=chain["client_id"], RefreshToken=token
        )["AuthenticationResult"]

    operation = {"operation": "GetTokensFromRefreshToken"}
    code = "TooManyRequestsException"
    rules = [
        {**operation, "error": {"code": code}},
        {**operation, "drop": "before"},
        {**operation, "drop": "after"},
    ]
    sandbox.control("POST", "faults", rules)
    refused(code, "", refresh)
    for _ in range(2):
        try:
            refresh()
            raise AssertionError("answered")
        except HTTPClientError:
            pass
    refused("RefreshTokenReuseException", "", refresh)
    sandbox.control("DELETE", "faults")


@check("boto3: a server whose clock is wrong still talks sense")
def _():
    chain = sandbox.seed()
    sandbox.control("POST", "clock", {"date_skew_seconds": 7200})
    tokens = sign_in(chain)
    claims = jwt.decode(tokens["IdToken"], options={"verify_signature": False})
    ahead = claims["iat"] - datetime.datetime.now().timestamp()
    assert 7100 < ahead < 7300, ahead
    keys = keys_for(chain, tokens["IdToken"])
    ahead = (keys["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert 3600 + 7100 < ahead < 3600 + 7300, ahead
    date = who(keys)["ResponseMetadata"]["HTTPHeaders"]["date"]
    sandbox.control("POST", "clock", {"date_skew_seconds": 0})
    assert date != who(keys)["ResponseMetadata"]["HTTPHeaders"]["date"]


@check("boto3: bad requests get AWS's errors")
def _():
    def send(target, body, **headers):
        answer = requests.post(
            sandbox.url, data=body, headers={"X-Amz-Target": target, **headers}, timeout=10
        )
        assert answer.headers["x-amzn-requestid"] and answer.headers["date"]
        same(answer.headers["content-type"], "application/x-amz-json-1.1")
        kind = answer.json()["__type"]
        same(answer.headers["x-amzn-errortype"], kind + ":")
        return answer.status_code, kind

    prefix = "AWSCognitoIdentityProviderService."
    same(send(prefix + "InitiateAuth", b"{"), (400, "SerializationException"))
    same(send(prefix + "InitiateAuth", b"[]"), (400, "SerializationException"))
    same(send(prefix + "InitiateAuth", b'{"ClientId":5}'), (400, "SerializationException"))
    same(send(prefix + "InitiateAuth", b"{}"), (400, "InvalidParameterException"))
    same(send(prefix + "InitiateAuth", b"x" * 300_000), (413, "SerializationException"))
    same(send(prefix + "Nonsense", b"{}"), (400, "UnknownOperationException"))
    same(send("Other.InitiateAuth", b"{}"), (400, "UnknownOperationException"))
    admin_call = (400, "MissingAuthenticationTokenException")
    same(send(prefix + "AdminGetUser", b"{}"), admin_call)
    deep = b'{"ClientId":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    same(send(prefix + "InitiateAuth", deep), (400, "SerializationException"))
    same(requests.get(sandbox.url + "/_sandbox/minted", timeout=10).status_code, 403)
