"""The clients, and what the checks do with them again and again."""

import base64
import hashlib
import hmac
import time

import boto3
import pyotp
from botocore.config import Config
from botocore.exceptions import ClientError
from pycognito import AWSSRP

from bench import Sandbox, Tally, holds, same

sandbox = Sandbox()
based = Sandbox("SANDBOX_BASE")
tally = Tally("python")
NO_RETRY = Config(retries={"total_max_attempts": 1})


def client(service, key="none", secret="none", token=None, where=sandbox):
    return boto3.client(
        service,
        endpoint_url=where.url,
        region_name=where.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=NO_RETRY,
    )


idp = client("cognito-idp")
identity = client("cognito-identity")
admin = client("cognito-idp", sandbox.admin_key, sandbox.admin_secret)
identity_admin = client("cognito-identity", sandbox.admin_key, sandbox.admin_secret)


def refused(code, text, call, *arguments, **named):
    """The call fails with this error (or one of these) and no other."""
    codes = code if isinstance(code, tuple) else (code,)
    try:
        result = call(*arguments, **named)
    except ClientError as error:
        got = error.response["Error"]
        assert got["Code"] in codes, f"{got} is not {codes}"
        holds(error.response["Error"]["Message"], text)
        return
    raise AssertionError(f"not refused: {str(result)[:200]}")


def srp(chain, password=None, username=None, secret="own", where=None):
    return AWSSRP(
        username=username or chain["username"],
        password=password or chain["password"],
        pool_id=chain["user_pool_id"],
        client_id=chain["client_id"],
        client_secret=chain.get("client_secret") if secret == "own" else secret,
        client=where or idp,
    )


def sign_in(chain):
    return srp(chain).authenticate_user()["AuthenticationResult"]


def secret_hash(chain, username=None):
    message = (username or chain["username"]) + chain["client_id"]
    digest = hmac.new(chain["client_secret"].encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def password_auth(chain, password=None, **more):
    return idp.initiate_auth(
        ClientId=chain["client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={
            "USERNAME": chain["username"],
            "PASSWORD": password or chain["password"],
            **more,
        },
    )


def keys_for(chain, token, **more):
    logins = {chain["provider_name"]: token}
    known = identity.get_id(IdentityPoolId=chain["identity_pool_id"], Logins=logins)
    answer = identity.get_credentials_for_identity(
        IdentityId=known["IdentityId"], Logins=logins, **more
    )
    return answer["Credentials"]


def who(keys):
    sts = client("sts", keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])
    return sts.get_caller_identity()


def at(seconds):
    """Moves the sandbox's clock for the time of a block."""

    class Moved:
        def __enter__(self):
            sandbox.control("POST", "clock", {"offset_seconds": seconds})

        def __exit__(self, *_):
            sandbox.control("POST", "clock", {"offset_seconds": 0})

    return Moved()


def start(chain, flow, **parameters):
    """Begins a sign-in of the chain's user."""
    if "client_secret" in chain:
        parameters["SECRET_HASH"] = secret_hash(chain)
    return idp.initiate_auth(
        ClientId=chain["client_id"],
        AuthFlow=flow,
        AuthParameters={"USERNAME": chain["username"], **parameters},
    )


def respond(chain, asked, challenge=None, **responses):
    """Answers what was asked; CHALLENGE_KEY=value, and USERNAME unless it is given."""
    responses.setdefault("USERNAME", chain["username"])
    if "client_secret" in chain:
        responses["SECRET_HASH"] = secret_hash(chain)
    return idp.respond_to_auth_challenge(
        ClientId=chain["client_id"],
        ChallengeName=challenge or asked["ChallengeName"],
        Session=asked["Session"],
        ChallengeResponses=responses,
    )


def totp(key, later=0):
    """What an authenticator app shows, so many seconds from now."""
    return pyotp.TOTP(key).at(time.time() + later)


def early_in_a_step():
    """Waits until a code lives long enough for a check that needs it twice."""
    left = 30 - time.time() % 30
    if left < 5:
        time.sleep(left)


def masked(destination, address):
    """It is shown so that its owner knows it, and nobody else."""
    assert "*" in destination and address not in destination, destination
    ends = destination[0] == address[0] or destination[-2:] == address[-2:]
    assert ends, f"{destination!r} does not tell {address!r}"


WRONG = ("NotAuthorizedException", "Incorrect username or password.")


def start_srp(chain, client_of=None):
    """Starts a sign-in; returns the request for its second step, by pycognito's arithmetic."""
    helper = srp(chain)
    parameters = helper.get_auth_params()
    chain = client_of or chain
    asked = idp.initiate_auth(
        ClientId=chain["client_id"], AuthFlow="USER_SRP_AUTH", AuthParameters=parameters
    )
    assert "Session" not in asked
    return dict(
        ClientId=chain["client_id"],
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=helper.process_challenge(asked["ChallengeParameters"], parameters),
    )
