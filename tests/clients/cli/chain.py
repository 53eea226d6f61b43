"""The chain from an administrator's pool to keys: sign-in, refresh, identity pool, STS, revocation."""

import base64
import hashlib
import hmac
import json

from bench import same
from cli.common import ADMIN, aws, check, sandbox

PASSWORD = "Cli-Passw0rd1"
ROLE = f"arn:aws:iam::{sandbox.account}:role/FromCli"
made = {}


def sign_in(password, client="client", **more):
    parameters = {"USERNAME": "grace", "PASSWORD": password, **more.pop("parameters", {})}
    return aws(
        *("cognito-idp", "initiate-auth", "--client-id", made[client]),
        *("--auth-flow", "USER_PASSWORD_AUTH", "--auth-parameters", json.dumps(parameters)),
        **more,
    )


def refresh(token, **more):
    call = ("cognito-idp", "get-tokens-from-refresh-token", "--client-id", made["client"])
    return aws(*call, "--refresh-token", token, **more)


@check("an administrator makes a pool, two clients and a user")
def _():
    pool = aws("cognito-idp", "create-user-pool", "--pool-name", "cli", keys=ADMIN)
    made["pool"] = pool["UserPool"]["Id"]
    create = ("cognito-idp", "create-user-pool-client", "--user-pool-id", made["pool"])
    create = (*create, "--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH", "--client-name")
    rotation = ("--refresh-token-rotation", "Feature=ENABLED,RetryGracePeriodSeconds=0")
    client = aws(*create, "cli", *rotation, keys=ADMIN)["UserPoolClient"]
    made["client"] = client["ClientId"]
    client = aws(*create, "secret", "--generate-secret", keys=ADMIN)["UserPoolClient"]
    made["secret_client"], made["secret"] = client["ClientId"], client["ClientSecret"]
    made["user"] = ("--user-pool-id", made["pool"], "--username", "grace")
    aws("cognito-idp", "admin-create-user", *made["user"], keys=ADMIN)
    set_password = ("cognito-idp", "admin-set-user-password", *made["user"])
    aws(*set_password, "--password", PASSWORD, "--permanent", keys=ADMIN)


@check("only the administrator's key administers")
def _():
    call = ("cognito-idp", "admin-get-user", *made["user"])
    aws(*call, keys=dict(ADMIN, AWS_ACCESS_KEY_ID="other"), fails="UnrecognizedClientException")
    forged = dict(ADMIN, AWS_SECRET_ACCESS_KEY="other")
    aws(*call, keys=forged, fails="InvalidSignatureException")
    same(aws(*call, keys=ADMIN)["UserStatus"], "CONFIRMED")


@check("signs in with the right password only")
def _():
    sign_in("wrong", fails="Incorrect username or password.")
    made["tokens"] = sign_in(PASSWORD)["AuthenticationResult"]


@check("signs in with a client secret, right, wrong and missing")
def _():
    message = ("grace" + made["secret_client"]).encode()
    digest = hmac.new(made["secret"].encode(), message, hashlib.sha256).digest()
    right = {"SECRET_HASH": base64.b64encode(digest).decode()}
    wrong = {"SECRET_HASH": base64.b64encode(digest[::-1]).decode()}
    assert sign_in(PASSWORD, "secret_client", parameters=right)["AuthenticationResult"]
    failure = "Unable to verify secret hash for client"
    sign_in(PASSWORD, "secret_client", parameters=wrong, fails=failure)
    failure = "is configured with secret but SECRET_HASH was not received"
    sign_in(PASSWORD, "secret_client", fails=failure)


@check("refreshes once with a token that rotates")
def _():
    first = made["tokens"]["RefreshToken"]
    made["tokens"] = refresh(first)["AuthenticationResult"]
    refresh(first, fails="RefreshTokenReuseException")


@check("gets keys, and STS knows them")
def _():
    provider = f"cognito-idp.{sandbox.region}.amazonaws.com/{made['pool']}"
    pool = aws(
        *("cognito-identity", "create-identity-pool", "--identity-pool-name", "cli"),
        *("--no-allow-unauthenticated-identities", "--cognito-identity-providers"),
        f"ProviderName={provider},ClientId={made['client']},ServerSideTokenCheck=true",
        keys=ADMIN,
    )["IdentityPoolId"]
    set_roles = ("cognito-identity", "set-identity-pool-roles", "--identity-pool-id", pool)
    aws(*set_roles, "--roles", f"authenticated={ROLE}", keys=ADMIN)
    logins = ("--logins", f"{provider}={made['tokens']['IdToken']}")
    get_id = ("cognito-identity", "get-id", "--identity-pool-id", pool)
    aws(*get_id, fails="Unauthenticated access is not supported")
    identity = aws(*get_id, *logins)["IdentityId"]
    get_keys = ("cognito-identity", "get-credentials-for-identity", "--identity-id", identity)
    made["get_keys"] = (*get_keys, *logins)
    keys = aws(*made["get_keys"])["Credentials"]
    keys = {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    same(
        aws("sts", "get-caller-identity", keys=keys)["Arn"],
        f"arn:aws:sts::{sandbox.account}:assumed-role/FromCli/CognitoIdentityCredentials",
    )
    wrong = dict(keys, AWS_SECRET_ACCESS_KEY="x" * 40)
    aws("sts", "get-caller-identity", keys=wrong, fails="SignatureDoesNotMatch")
    call = ("cognito-idp", "admin-get-user", *made["user"])
    aws(*call, keys=keys, fails="AccessDeniedException")


@check("revokes, and neither tokens nor keys come any more")
def _():
    token = made["tokens"]["RefreshToken"]
    aws("cognito-idp", "revoke-token", "--client-id", made["client"], "--token", token)
    refresh(token, fails="Refresh Token has been revoked")
    aws(*made["get_keys"], fails="NotAuthorizedException")

