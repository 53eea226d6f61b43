"""Identity pools and STS."""

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench import holds, same
from python.common import (
    admin,
    at,
    based,
    client,
    identity,
    idp,
    keys_for,
    refused,
    sandbox,
    sign_in,
    srp,
    tally,
    who,
)

check = tally.check


@check("boto3: identity pool and STS, to the last link")
def _():
    chain = sandbox.seed()
    token = sign_in(chain)["IdToken"]
    keys = keys_for(chain, token)
    assert keys["AccessKeyId"].startswith("ASIA") and len(keys["SecretKey"]) == 40
    answer = who(keys)
    arn = f"arn:aws:sts::{sandbox.account}:assumed-role/Developer/CognitoIdentityCredentials"
    same(answer["Arn"], arn)
    holds(answer["UserId"], ":CognitoIdentityCredentials")
    assert answer["UserId"].startswith("AROA")
    sts = client("sts", keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    holds(requests.get(url, timeout=10).text, f"<Arn>{arn}</Arn>")
    same(requests.get(url + "&Extra=1", timeout=10).status_code, 403)
    with at(61):
        holds(requests.get(url, timeout=10).text, "Signature expired")
    again = keys_for(chain, sign_in(chain)["IdToken"])
    same(who(again)["UserId"], answer["UserId"])
    bad = dict(keys, SecretKey="x" * 40)
    refused("SignatureDoesNotMatch", "signature", who, bad)
    refused("InvalidClientTokenId", "invalid", who, dict(keys, AccessKeyId="ASIA" + "A" * 16))
    refused("InvalidClientTokenId", "invalid", who, dict(keys, SessionToken="x"))
    theirs = client("cognito-idp", keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])
    user = dict(UserPoolId=chain["user_pool_id"], Username=chain["username"])
    refused("AccessDeniedException", "not authorized", theirs.admin_get_user, **user)
    sandbox.control("POST", "lifetimes", {"keys_seconds": 20})
    keys = keys_for(chain, token)
    sandbox.control("POST", "lifetimes", {"keys_seconds": 3600})
    who(keys)
    with at(21):
        refused("ExpiredToken", "expired", who, keys)


@check("boto3: logins that an identity pool refuses, in AWS's words")
def _():
    chain, other = sandbox.seed(), sandbox.seed()
    tokens = sign_in(chain)
    code = "NotAuthorizedException"
    get_id = lambda **logins: identity.get_id(
        IdentityPoolId=chain["identity_pool_id"], Logins=logins
    )
    name = chain["provider_name"]
    foreign = "Token is not from a supported provider of this identity pool."
    refused(code, foreign, get_id, **{other["provider_name"]: sign_in(other)["IdToken"]})
    refused(code, "Issuer doesn't match providerName", get_id, **{name: sign_in(other)["IdToken"]})
    refused(code, "Missing a required claim: aud", get_id, **{name: tokens["AccessToken"]})
    refused(code, "Invalid login token.", get_id, **{name: "garbage"})
    head, body, _ = tokens["IdToken"].split(".")
    refused(code, "Invalid login token.", get_id, **{name: f"{head}.{body}.AAAA"})
    refused(code, "Unauthenticated access is not supported", get_id)
    with at(3601):
        refused(code, "Invalid login token. Token expired: ", get_id, **{name: tokens["IdToken"]})
    second_client = sandbox.seed(
        user_pool_id=chain["user_pool_id"], user={"username": "bob"}, identity_pool=False
    )
    refused(code, foreign, get_id, **{name: sign_in(second_client)["IdToken"]})

    known = get_id(**{name: tokens["IdToken"]})["IdentityId"]
    same(get_id(**{name: sign_in(chain)["IdToken"]})["IdentityId"], known)
    refused(code, "forbidden", identity.get_credentials_for_identity, IdentityId=known)
    bob = sandbox.seed(
        user_pool_id=chain["user_pool_id"],
        client_id=chain["client_id"],
        user={"username": "carol"},
        identity_pool=False,
    )
    refused(
        code,
        "Logins don't match.",
        identity.get_credentials_for_identity,
        IdentityId=known,
        Logins={name: sign_in(bob)["IdToken"]},
    )
    missing = f"{sandbox.region}:00000000-0000-0000-0000-000000000000"
    refused(
        "ResourceNotFoundException",
        "not found",
        identity.get_credentials_for_identity,
        IdentityId=missing,
    )


@check("boto3: roles: custom, preferred, ambiguous, guests, and a token that was revoked")
def _():
    role = lambda name: f"arn:aws:iam::{sandbox.account}:role/{name}"
    groups = [
        {"name": "ops", "role_arn": role("Ops"), "precedence": 1},
        {"name": "dev", "role_arn": role("Dev"), "precedence": 2},
        {"name": "too", "role_arn": role("Too"), "precedence": 1},
    ]
    chain = sandbox.seed(
        pool={"groups": groups},
        user={"groups": ["ops", "dev"]},
        identity_pool={"roles_from_token": True, "guest_role_arn": role("Guest")},
    )
    token = sign_in(chain)["IdToken"]
    holds(who(keys_for(chain, token))["Arn"], "/Ops/")
    holds(who(keys_for(chain, token, CustomRoleArn=role("Dev")))["Arn"], "/Dev/")
    code = "NotAuthorizedException"
    refused(code, "", keys_for, chain, token, CustomRoleArn=role("Admin"))
    admin.admin_add_user_to_group(
        UserPoolId=chain["user_pool_id"], Username=chain["username"], GroupName="too"
    )
    refused(code, "", keys_for, chain, sign_in(chain)["IdToken"])
    guest = identity.get_id(IdentityPoolId=chain["identity_pool_id"])["IdentityId"]
    keys = identity.get_credentials_for_identity(IdentityId=guest)["Credentials"]
    holds(who(keys)["Arn"], "/Guest/")

    plain = sandbox.seed(pool={"groups": groups}, user={"groups": ["ops"]})
    holds(who(keys_for(plain, sign_in(plain)["IdToken"]))["Arn"], "/Developer/")

    for check, outcome in [(True, "refused"), (False, "served")]:
        chain = sandbox.seed(identity_pool={"check_tokens": check})
        tokens = sign_in(chain)
        keys_for(chain, tokens["IdToken"])
        idp.revoke_token(ClientId=chain["client_id"], Token=tokens["RefreshToken"])
        if outcome == "refused":
            refused(code, "Invalid login token.", keys_for, chain, tokens["IdToken"])
        else:
            keys_for(chain, tokens["IdToken"])


@check("boto3: with the issuer on this machine, both names of the provider work")
def _():
    chain = based.seed()
    here = client("cognito-idp", where=based)
    token = srp(chain, where=here).authenticate_user()["AuthenticationResult"]["IdToken"]
    pools = client("cognito-identity", where=based)
    names = [chain["provider_name"], chain["issuer"].removeprefix("http://")]
    get_id = lambda name: pools.get_id(
        IdentityPoolId=chain["identity_pool_id"], Logins={name: token}
    )
    same(get_id(names[0])["IdentityId"], get_id(names[1])["IdentityId"])
    refused("NotAuthorizedException", "supported provider", get_id, "127.0.0.1/us-east-1_x")


@check("botocore: a signature for another service is none for STS")
def _():
    def ask(service):
        body = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
        request = AWSRequest("POST", sandbox.url + "/", data=body)
        keys = Credentials(sandbox.admin_key, sandbox.admin_secret)
        SigV4Auth(keys, service, sandbox.region).add_auth(request)
        return requests.Session().send(requests.Request(**sent(request)).prepare(), timeout=10)

    def sent(request):
        ready = request.prepare()
        headers = dict(ready.headers)
        return dict(method="POST", url=ready.url, data=ready.body, headers=headers)

    holds(ask("sts").text, f":{sandbox.account}:user/sandbox")
    answer = ask("cognito-idp")
    same(answer.status_code, 403)
    holds(answer.text, "Credential should be scoped to correct service")
