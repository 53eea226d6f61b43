"""The AWS CLI judges the sandbox: password sign-in, refresh, identity pool, STS, administration."""

import json
import os
import shutil
import subprocess

from bench import Sandbox, Tally, holds, same

sandbox = Sandbox()
tally = Tally("aws cli")
check = tally.check
AWS = shutil.which("aws")


def aws(*words, keys=None, fails=None):
    """Runs the CLI away from all configuration of the user; returns its JSON, or the error."""
    keys = keys or {}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["CLIENT_HOME"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_DEFAULT_REGION": sandbox.region,
        **keys,
    }
    command = [AWS, *words, "--endpoint-url", sandbox.url, "--output", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if fails is not None:
        assert done.returncode != 0, f"{words} passed: {done.stdout}"
        holds(done.stderr, fails)
        return None
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return json.loads(done.stdout) if done.stdout.strip() else {}


ADMIN = {
    "AWS_ACCESS_KEY_ID": sandbox.admin_key,
    "AWS_SECRET_ACCESS_KEY": sandbox.admin_secret,
}


@check("administers, signs in, refreshes, gets keys, is who it should be, leaves")
def _():
    pool = aws("cognito-idp", "create-user-pool", "--pool-name", "cli", keys=ADMIN)
    pool = pool["UserPool"]["Id"]
    client = aws(
        *("cognito-idp", "create-user-pool-client", "--user-pool-id", pool),
        *("--client-name", "cli", "--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH"),
        *("--refresh-token-rotation", "Feature=ENABLED,RetryGracePeriodSeconds=0"),
        keys=ADMIN,
    )["UserPoolClient"]["ClientId"]
    user = ("--user-pool-id", pool, "--username", "grace")
    aws("cognito-idp", "admin-create-user", *user, keys=ADMIN)
    password = "Cli-Passw0rd1"
    aws(
        *("cognito-idp", "admin-set-user-password", *user),
        *("--password", password, "--permanent"),
        keys=ADMIN,
    )

    def sign_in(password, **more):
        return aws(
            *("cognito-idp", "initiate-auth", "--client-id", client),
            *("--auth-flow", "USER_PASSWORD_AUTH", "--auth-parameters"),
            f"USERNAME=grace,PASSWORD={password}",
            **more,
        )

    sign_in("wrong", fails="Incorrect username or password.")
    tokens = sign_in(password)["AuthenticationResult"]
    refresh = ("cognito-idp", "get-tokens-from-refresh-token", "--client-id", client)
    refresh = (*refresh, "--refresh-token")
    renewed = aws(*refresh, tokens["RefreshToken"])["AuthenticationResult"]
    aws(*refresh, tokens["RefreshToken"], fails="RefreshTokenReuseException")

    provider = f"cognito-idp.{sandbox.region}.amazonaws.com/{pool}"
    identities = aws(
        *("cognito-identity", "create-identity-pool", "--identity-pool-name", "cli"),
        *("--no-allow-unauthenticated-identities", "--cognito-identity-providers"),
        f"ProviderName={provider},ClientId={client},ServerSideTokenCheck=true",
        keys=ADMIN,
    )["IdentityPoolId"]
    aws(
        *("cognito-identity", "set-identity-pool-roles", "--identity-pool-id", identities),
        *("--roles", f"authenticated=arn:aws:iam::{sandbox.account}:role/FromCli"),
        keys=ADMIN,
    )
    logins = ("--logins", f"{provider}={renewed['IdToken']}")
    get_id = ("cognito-identity", "get-id", "--identity-pool-id", identities)
    aws(*get_id, fails="Unauthenticated access is not supported")
    identity = aws(*get_id, *logins)["IdentityId"]
    get_keys = ("cognito-identity", "get-credentials-for-identity", "--identity-id", identity)
    keys = aws(*get_keys, *logins)["Credentials"]
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
    aws("cognito-idp", "admin-get-user", *user, keys=keys, fails="AccessDeniedException")

    aws(
        *("cognito-idp", "revoke-token", "--client-id", client),
        *("--token", renewed["RefreshToken"]),
    )
    aws(*refresh, renewed["RefreshToken"], fails="Refresh Token has been revoked")
    aws(*get_keys, *logins, fails="NotAuthorizedException")


tally.end()
