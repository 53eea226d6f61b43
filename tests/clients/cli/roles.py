"""Guests, roles, the classic flow and role chaining by the AWS CLI."""

import json
import os
import pathlib

from bench import same
from cli.accounts import sign_in
from cli.common import ADMIN, aws, check, sandbox

role = lambda name: f"arn:aws:iam::{sandbox.account}:role/{name}"
session = lambda name, who: f"arn:aws:sts::{sandbox.account}:assumed-role/{name}/{who}"


def variables(keys):
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys.get("SecretKey") or keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def arn(keys):
    return aws("sts", "get-caller-identity", keys=variables(keys))["Arn"]


def identity(operation, **options):
    keys, fails = options.pop("keys", None), options.pop("fails", None)
    words = [w for n, v in options.items() for w in ("--" + n.replace("_", "-"), v)]
    return aws("cognito-identity", operation, *words, keys=keys, fails=fails)


def logins(chain):
    token = sign_in(chain)["AuthenticationResult"]["IdToken"]
    return json.dumps({chain["provider_name"]: token})


GROUPS = [
    {"name": "admin", "role_arn": role("Admin"), "precedence": 1},
    {"name": "reader", "role_arn": role("Reader"), "precedence": 2},
]


@check("get-id and get-credentials-for-identity as a guest, then as somebody")
def _():
    chain = sandbox.seed(identity_pool={"guest_role_arn": role("Guest")})
    pool = chain["identity_pool_id"]
    guest = {"identity_id": identity("get-id", identity_pool_id=pool)["IdentityId"]}
    keys = identity("get-credentials-for-identity", **guest)["Credentials"]
    same(arn(keys), session("Guest", "CognitoIdentityCredentials"))
    login = logins(chain)
    keys = identity("get-credentials-for-identity", **guest, logins=login)["Credentials"]
    same(arn(keys), session("Developer", "CognitoIdentityCredentials"))
    identity("get-credentials-for-identity", **guest, fails="is forbidden")
    closed = sandbox.seed()["identity_pool_id"]
    message = "Unauthenticated access is not supported for this identity pool."
    identity("get-id", identity_pool_id=closed, fails=message)


@check("get-credentials-for-identity --custom-role-arn")
def _():
    chain = sandbox.seed(pool={"groups": GROUPS}, user={"groups": ["admin", "reader"]})
    login = logins(chain)
    pool = chain["identity_pool_id"]
    known = identity("get-id", identity_pool_id=pool, logins=login)["IdentityId"]
    ask = lambda **more: identity(
        "get-credentials-for-identity", identity_id=known, logins=login, **more
    )
    same(arn(ask()["Credentials"]), session("Developer", "CognitoIdentityCredentials"))
    for name in ["Admin", "Reader"]:
        keys = ask(custom_role_arn=role(name))["Credentials"]
        same(arn(keys), session(name, "CognitoIdentityCredentials"))
    ask(custom_role_arn=role("Owner"), fails="NotAuthorizedException")


@check("get-open-id-token, assume-role-with-web-identity, assume-role")
def _():
    chain = sandbox.seed(
        identity_pool={"classic": True}, roles=[{"arn": role("Deploy"), "trust": "account"}]
    )
    login = logins(chain)
    pool = chain["identity_pool_id"]
    known = identity("get-id", identity_pool_id=pool, logins=login)["IdentityId"]
    token = identity("get-open-id-token", identity_id=known, logins=login)["Token"]
    ask = ("sts", "assume-role-with-web-identity", "--role-session-name", "alice@laptop")
    ask = (*ask, "--web-identity-token", token, "--role-arn")
    keys = aws(*ask, role("Developer"), "--duration-seconds", "900")["Credentials"]
    same(arn(keys), session("Developer", "alice@laptop"))
    aws(*ask, role("Deploy"), fails="Not authorized to perform sts:AssumeRoleWithWebIdentity")
    aws(*ask, role("Developer"), "--duration-seconds", "3601", fails="MaxSessionDuration")
    onward = ("sts", "assume-role", "--role-arn", role("Deploy"), "--role-session-name", "two")
    more = ("--external-id", "any", "--tags", "Key=team,Value=blue")
    hop = aws(*onward, *more, keys=variables(keys))["Credentials"]
    same(arn(hop), session("Deploy", "two"))
    onward = ("sts", "assume-role", "--role-arn", role("None"), "--role-session-name", "two")
    message = f"User: {session('Developer', 'alice@laptop')} is not authorized to perform"
    aws(*onward, keys=variables(keys), fails=message)


@check("a profile with role_arn and source_profile, and one with web_identity_token_file")
def _():
    chain = sandbox.seed(
        identity_pool={"classic": True}, roles=[{"arn": role("Deploy"), "trust": "account"}]
    )
    login = logins(chain)
    pool = chain["identity_pool_id"]
    known = identity("get-id", identity_pool_id=pool, logins=login)["IdentityId"]
    token = identity("get-open-id-token", identity_id=known, logins=login)["Token"]
    home = pathlib.Path(os.environ["CLIENT_HOME"])
    (home / "token").write_text(token)
    (home / "cli-chain").write_text(
        f"""[profile web]
role_arn = {role("Developer")}
role_session_name = from-file
web_identity_token_file = {home / "token"}
[profile hop]
role_arn = {role("Deploy")}
source_profile = web
role_session_name = hopped
external_id = any
"""
    )
    for profile, expected in [
        ("web", session("Developer", "from-file")),
        ("hop", session("Deploy", "hopped")),
    ]:
        place = {
            "AWS_CONFIG_FILE": str(home / "cli-chain"),
            "AWS_ENDPOINT_URL_STS": sandbox.url,
            "AWS_PROFILE": profile,
        }
        same(aws("sts", "get-caller-identity", keys=place)["Arn"], expected)


@check("create-role, update-assume-role-policy, delete-role")
def _():
    account = {"AWS": f"arn:aws:iam::{sandbox.account}:root"}
    statement = {"Effect": "Allow", "Principal": account, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    make = ("iam", "create-role", "--role-name", "FromCli", "--assume-role-policy-document")
    aws(*make, document, keys=ADMIN)
    aws(*make, "{}", keys=ADMIN, fails="MalformedPolicyDocument")
    told = aws("iam", "get-role", "--role-name", "FromCli", keys=ADMIN)["Role"]
    same(told["AssumeRolePolicyDocument"]["Statement"][0]["Principal"], account)
    ask = ("sts", "assume-role", "--role-arn", role("FromCli"), "--role-session-name", "me")
    keys = aws(*ask, keys=ADMIN)["Credentials"]
    same(arn(keys), session("FromCli", "me"))
    statement["Condition"] = {"StringEquals": {"sts:ExternalId": "secret"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    update = ("iam", "update-assume-role-policy", "--role-name", "FromCli")
    aws(*update, "--policy-document", document, keys=ADMIN)
    aws(*ask, keys=ADMIN, fails="AccessDenied")
    aws(*ask, "--external-id", "secret", keys=ADMIN)
    aws("iam", "delete-role", "--role-name", "FromCli", keys=ADMIN)
    aws("sts", "get-caller-identity", keys=variables(keys), fails="InvalidClientTokenId")
