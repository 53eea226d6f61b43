"""boto3: guests, the classic flow, role chaining, and IAM's small form."""

import json
import os
import pathlib
from datetime import datetime, timezone

import boto3
from botocore.config import Config

from bench import holds, same
from python.common import at, client, identity, keys_for, refused, sandbox, sign_in, tally, who

check = tally.check
role = lambda name: f"arn:aws:iam::{sandbox.account}:role/{name}"
session = lambda name, who: f"arn:aws:sts::{sandbox.account}:assumed-role/{name}/{who}"
iam = client("iam", sandbox.admin_key, sandbox.admin_secret)
identity_admin = client("cognito-identity", sandbox.admin_key, sandbox.admin_secret)
unsigned = client("sts")
TAG = [{"Key": "team", "Value": "blue"}]


def trust(principal, condition=None, action="sts:AssumeRole"):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def signed(keys):
    """STS with keys of either spelling."""
    secret = keys.get("SecretKey") or keys["SecretAccessKey"]
    return client("sts", keys["AccessKeyId"], secret, keys["SessionToken"])


def arn(keys):
    return signed(keys).get_caller_identity()["Arn"]


def open_id_token(chain, token):
    logins = {chain["provider_name"]: token}
    pool = chain["identity_pool_id"]
    known = identity.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    return identity.get_open_id_token(IdentityId=known, Logins=logins)


@check("boto3: a guest stays the same guest, and becomes somebody")
def _():
    chain = sandbox.seed(identity_pool={"guest_role_arn": role("Guest"), "classic": True})
    pool = chain["identity_pool_id"]
    guest = identity.get_id(IdentityPoolId=pool)["IdentityId"]
    assert identity.get_id(IdentityPoolId=pool)["IdentityId"] != guest
    ask = lambda **more: identity.get_credentials_for_identity(IdentityId=guest, **more)
    for _ in range(2):
        same(arn(ask()["Credentials"]), session("Guest", "CognitoIdentityCredentials"))
    logins = {chain["provider_name"]: sign_in(chain)["IdToken"]}
    same(ask(Logins=logins)["IdentityId"], guest)
    refused("NotAuthorizedException", "is forbidden", ask)
    same(identity.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"], guest)


@check("boto3: get_open_id_token and assume_role_with_web_identity")
def _():
    closed = sandbox.seed()
    message = "Basic (classic) flow is not enabled, please use enhanced flow."
    token = sign_in(closed)["IdToken"]
    refused("InvalidParameterException", message, open_id_token, closed, token)
    chain = sandbox.seed(
        identity_pool={"classic": True},
        roles=[{"arn": role("Long"), "max_session_seconds": 43200}],
    )
    answer = open_id_token(chain, sign_in(chain)["IdToken"])
    ask = lambda **more: unsigned.assume_role_with_web_identity(
        **dict(
            dict(
                RoleArn=role("Long"),
                RoleSessionName="alice@laptop",
                WebIdentityToken=answer["Token"],
            ),
            **more,
        )
    )
    policy = json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
    )
    arns = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    got = ask(DurationSeconds=43200, Policy=policy, PolicyArns=arns)
    same(got["SubjectFromWebIdentityToken"], answer["IdentityId"])
    same(got["Provider"], "cognito-identity.amazonaws.com")
    same(got["Audience"], chain["identity_pool_id"])
    same(got["AssumedRoleUser"]["Arn"], session("Long", "alice@laptop"))
    assert 0 < got["PackedPolicySize"] <= 100
    same(arn(got["Credentials"]), session("Long", "alice@laptop"))
    refused("MalformedPolicyDocument", "", ask, Policy="{}")
    refused("AccessDenied", "Not authorized to perform", ask, RoleArn=role("Nobodys"))
    refused("InvalidIdentityToken", "", ask, WebIdentityToken=answer["Token"][:-8] + "AAAAAAAA")
    with at(601):
        refused("ExpiredTokenException", "Token expired: ", ask)
        same(arn(got["Credentials"]), session("Long", "alice@laptop"))
    left = got["Credentials"]["Expiration"] - datetime.now(timezone.utc)
    assert 43100 < left.total_seconds() <= 43200, left
    sandbox.control("POST", "lifetimes", {"web_identity_seconds": 20})
    short = ask(DurationSeconds=900)["Credentials"]
    sandbox.control("POST", "lifetimes", {"web_identity_seconds": None})
    same(arn(short), session("Long", "alice@laptop"))
    with at(21):
        refused("ExpiredToken", "expired", arn, short)


@check("boto3: create_role, and assume_role from role to role")
def _():
    sandbox.seed()
    account = {"AWS": f"arn:aws:iam::{sandbox.account}:root"}
    made = iam.create_role(
        RoleName="First",
        AssumeRolePolicyDocument=trust(account, action=["sts:AssumeRole", "sts:TagSession"]),
        MaxSessionDuration=7200,
    )["Role"]
    told = iam.get_role(RoleName="First")["Role"]
    same(told["RoleId"], made["RoleId"])
    same(told["AssumeRolePolicyDocument"]["Statement"][0]["Principal"], account)
    second = trust(
        {"AWS": made["Arn"]},
        {"StringEquals": {"sts:ExternalId": "partner", "aws:PrincipalTag/team": "blue"}},
    )
    iam.create_role(RoleName="Second", AssumeRolePolicyDocument=second)
    refused(
        "EntityAlreadyExists",
        "already exists",
        iam.create_role,
        RoleName="First",
        AssumeRolePolicyDocument=second,
    )
    admin = client("sts", sandbox.admin_key, sandbox.admin_secret)
    first = lambda **more: admin.assume_role(
        RoleArn=role("First"), RoleSessionName="one", **more
    )
    got = first(DurationSeconds=7200, Tags=TAG)
    same(got["AssumedRoleUser"]["AssumedRoleId"], made["RoleId"] + ":one")
    onward = lambda keys, **more: signed(keys).assume_role(
        RoleArn=role("Second"), RoleSessionName="two", **more
    )
    keys = onward(got["Credentials"], ExternalId="partner")["Credentials"]
    same(arn(keys), session("Second", "two"))
    refused("AccessDenied", "sts:AssumeRole", onward, got["Credentials"])
    refused("AccessDenied", "sts:AssumeRole", onward, first()["Credentials"], ExternalId="partner")
    iam.update_role(RoleName="Second", MaxSessionDuration=43200)
    refused(
        "ValidationError",
        "1 hour session limit for roles assumed by role chaining",
        onward,
        got["Credentials"],
        ExternalId="partner",
        DurationSeconds=3601,
    )
    refused("ValidationError", "MaxSessionDuration", first, DurationSeconds=7201)
    tagged = dict(ExternalId="partner", Tags=TAG)
    refused("AccessDenied", "sts:TagSession", onward, got["Credentials"], **tagged)
    iam.delete_role(RoleName="First")
    refused("NoSuchEntity", "cannot be found", iam.get_role, RoleName="First")
    refused("InvalidClientTokenId", "invalid", arn, got["Credentials"])


@check("boto3: roles of an identity pool must trust it")
def _():
    chain = sandbox.seed(
        pool={"groups": [{"name": "ops", "role_arn": role("Closed"), "precedence": 1}]},
        user={"groups": ["ops"]},
        roles=[{"arn": role("Closed"), "trust": "account"}],
    )
    token = sign_in(chain)["IdToken"]
    holds(who(keys_for(chain, token))["Arn"], "/Developer/")
    code = "InvalidIdentityPoolConfigurationException"
    message = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
    refused(code, message, keys_for, chain, token, CustomRoleArn=role("Closed"))


@check("boto3: create_open_id_connect_provider, and its tokens in an identity pool")
def _():
    chain = sandbox.seed()
    url = chain["issuer"]
    made = iam.create_open_id_connect_provider(Url=url, ClientIDList=[chain["client_id"]])
    provider = made["OpenIDConnectProviderArn"]
    same(provider, f"arn:aws:iam::{sandbox.account}:oidc-provider/{chain['provider_name']}")
    same(
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)["ClientIDList"],
        [chain["client_id"]],
    )
    pool = identity_admin.create_identity_pool(
        IdentityPoolName="oidc",
        AllowUnauthenticatedIdentities=False,
        OpenIdConnectProviderARNs=[provider],
    )["IdentityPoolId"]
    identity_admin.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"authenticated": role("Federated")}
    )
    chain["identity_pool_id"] = pool
    keys = keys_for(chain, sign_in(chain)["IdToken"])
    same(who(keys)["Arn"], session("Federated", "CognitoIdentityCredentials"))
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)


@check("boto3: a profile that leads from role to role, as botocore walks it")
def _():
    chain = sandbox.seed(roles=[{"arn": role("Hop"), "trust": "account"}])
    keys = keys_for(chain, sign_in(chain)["IdToken"])
    config = pathlib.Path(os.environ["CLIENT_HOME"], "chain")
    config.write_text(
        f"""[profile start]
aws_access_key_id = {keys["AccessKeyId"]}
aws_secret_access_key = {keys["SecretKey"]}
aws_session_token = {keys["SessionToken"]}
[profile hop]
role_arn = {role("Hop")}
source_profile = start
role_session_name = botocore
region = {sandbox.region}
endpoint_url = {sandbox.url}
"""
    )
    os.environ["AWS_CONFIG_FILE"] = str(config)
    try:
        # Only the configuration names the endpoint: botocore calls STS by itself here.
        os.environ["AWS_ENDPOINT_URL_STS"] = sandbox.url
        made = boto3.Session(profile_name="hop")
        answer = made.client("sts", config=Config(retries={"total_max_attempts": 1}))
        same(answer.get_caller_identity()["Arn"], session("Hop", "botocore"))
    finally:
        del os.environ["AWS_CONFIG_FILE"], os.environ["AWS_ENDPOINT_URL_STS"]
