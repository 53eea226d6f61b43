"""Devices that a pool remembers: confirmed, proven, listed, forgotten."""

import base64

import pyotp
from pycognito import AWSSRP, aws_srp
from pycognito.aws_srp import generate_hash_device
from pycognito.exceptions import SoftwareTokenMFAChallengeException

from bench import holds, same
from python.common import (
    WRONG,
    at,
    idp,
    password_auth,
    refused,
    respond,
    sandbox,
    secret_hash,
    sign_in,
    srp,
    tally,
    totp,
)

check = tally.check
APP = "SOFTWARE_TOKEN_MFA"
GONE = ("ResourceNotFoundException", "Device does not exist.")
INVALID = ("NotAuthorizedException", "Invalid Refresh Token.")


class Here:
    """Its device calls go to AWS's own host whatever the client says; these stay on the machine."""

    @staticmethod
    def post(_, **request):
        return here(sandbox.url, **request)


here = aws_srp.requests.post
aws_srp.requests = Here


def tracked(devices="always", secret=False, mfa="ON", **pool):
    """A user with an authenticator app, in a pool that remembers devices."""
    return sandbox.seed(
        pool={"devices": devices, "mfa": mfa, "factors": [APP], **pool},
        client={"secret": secret},
        user={"totp_key": pyotp.random_base32(), "factors": [APP]},
    )


class Machine:
    """A computer on which the chain's user signs in by SRP. Each code is from a later step."""

    step = 0

    def __init__(self, chain):
        self.chain, self.device = chain, None

    def helper(self, **device):
        chain = self.chain
        return AWSSRP(
            username=chain["username"],
            password=chain["password"],
            pool_id=chain["user_pool_id"],
            client_id=chain["client_id"],
            client_secret=chain.get("client_secret"),
            client=idp,
            **(device or self.device or {}),
        )

    def sign_in_with_code(self):
        """Signs in where a code must be asked for."""
        helper = self.helper()
        try:
            helper.authenticate_user()
        except SoftwareTokenMFAChallengeException as asked:
            return helper, self.answer(asked.get_tokens())
        raise AssertionError("no code was asked for")

    def answer(self, asked):
        self.step += 30
        more = {"DEVICE_KEY": self.device["device_key"]} if self.device else {}
        with at(self.step):
            code = totp(self.chain["totp_key"], self.step)
            return respond(self.chain, asked, SOFTWARE_TOKEN_MFA_CODE=code, **more)

    def sign_in_and_confirm(self, name="laptop"):
        """Signs in and has this machine confirmed; its tokens, and what the pool answered."""
        helper, tokens = self.sign_in_with_code()
        answer, password = helper.confirm_device(tokens, name)
        same(answer.status_code, 200)
        self.device = {
            "device_key": helper.device_key,
            "device_group_key": helper.device_group_key,
            "device_password": password,
        }
        return tokens["AuthenticationResult"], answer.json()


@check("pycognito: a device, confirmed, takes the second factor's place")
def _():
    chain = tracked()
    machine = Machine(chain)
    tokens, confirmed = machine.sign_in_and_confirm()
    metadata = tokens["NewDeviceMetadata"]
    holds(metadata["DeviceKey"], sandbox.region + "_")
    assert len(metadata["DeviceKey"]) <= 55 and metadata["DeviceGroupKey"]
    same(confirmed.get("UserConfirmationNecessary", False), False)
    done = machine.helper().authenticate_user()["AuthenticationResult"]
    assert done["IdToken"] and "NewDeviceMetadata" not in done
    for _ in range(20):
        assert machine.helper().authenticate_user()["AuthenticationResult"]["IdToken"]

    wrong = dict(machine.device, device_password=base64.b64encode(b"x" * 40).decode())
    refused(*WRONG, machine.helper(**wrong).authenticate_user)
    unknown = f"{sandbox.region}_00000000-0000-0000-0000-000000000000"
    refused(*GONE, machine.helper(**dict(wrong, device_key=unknown)).authenticate_user)
    same(password_auth(chain)["ChallengeName"], APP)


@check("pycognito: a device is for its own user")
def _():
    chain = tracked()
    machine = Machine(chain)
    machine.sign_in_and_confirm()
    bob = sandbox.seed(
        user_pool_id=chain["user_pool_id"],
        client_id=chain["client_id"],
        user={"username": "bob", "totp_key": pyotp.random_base32(), "factors": [APP]},
        identity_pool=False,
    )
    his = Machine(bob)
    refused(*GONE, his.helper(**machine.device).authenticate_user)
    _, tokens = his.sign_in_with_code()
    access = tokens["AuthenticationResult"]["AccessToken"]
    key = machine.device["device_key"]
    refused(*GONE, idp.get_device, AccessToken=access, DeviceKey=key)
    refused(*GONE, idp.forget_device, AccessToken=access, DeviceKey=key)
    _, config = generate_hash_device(machine.device["device_group_key"], key)
    refused(
        *GONE,
        idp.confirm_device,
        AccessToken=access,
        DeviceKey=key,
        DeviceSecretVerifierConfig=config,
    )
    assert machine.helper().authenticate_user()["AuthenticationResult"]["IdToken"]


@check("boto3: a refresh needs the device's key, by either operation, with and without rotation")
def _():
    for grace in [None, 60]:
        chain = sandbox.seed(
            pool={"devices": "always"},
            client={"secret": True, "rotation_grace_seconds": grace},
        )
        tokens = sign_in(chain)
        key = tokens["NewDeviceMetadata"]["DeviceKey"]
        _, config = generate_hash_device(tokens["NewDeviceMetadata"]["DeviceGroupKey"], key)
        idp.confirm_device(
            AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=config
        )
        get = lambda **device: idp.get_tokens_from_refresh_token(
            ClientId=chain["client_id"],
            ClientSecret=chain["client_secret"],
            RefreshToken=tokens["RefreshToken"],
            **device,
        )["AuthenticationResult"]
        old = lambda **device: idp.initiate_auth(
            ClientId=chain["client_id"],
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={
                "REFRESH_TOKEN": tokens["RefreshToken"],
                "SECRET_HASH": secret_hash(chain),
                **device,
            },
        )["AuthenticationResult"]
        refused(*INVALID, get)
        refused(*INVALID, get, DeviceKey=sandbox.region + "_" + "0" * 36)
        assert get(DeviceKey=key)["IdToken"]
        if grace is None:
            refused(*INVALID, old)
            assert old(DEVICE_KEY=key)["IdToken"]


@check("pycognito: a pool that asks its users: only what they chose is remembered")
def _():
    machine = Machine(tracked("ask"))
    tokens, confirmed = machine.sign_in_and_confirm()
    same(confirmed["UserConfirmationNecessary"], True)
    machine.sign_in_with_code()
    access, key = tokens["AccessToken"], machine.device["device_key"]
    holds(machine.helper().update_device_status(True, access, key), "[200]")
    assert machine.helper().authenticate_user()["AuthenticationResult"]["IdToken"]
    holds(machine.helper().update_device_status(False, access, key), "[200]")
    machine.sign_in_with_code()


@check("boto3: devices are listed, shown and forgotten; then a code is asked for again")
def _():
    machine = Machine(tracked())
    tokens, _ = machine.sign_in_and_confirm("laptop")
    other = Machine(machine.chain)
    other.step = machine.step
    other.sign_in_and_confirm("tower")
    access, key = {"AccessToken": tokens["AccessToken"]}, machine.device["device_key"]
    devices = idp.list_devices(**access)["Devices"]
    keys = {key, other.device["device_key"]}
    same({device["DeviceKey"] for device in devices}, keys)
    attributes = lambda device: {a["Name"]: a["Value"] for a in device["DeviceAttributes"]}
    same({attributes(device)["device_name"] for device in devices}, {"laptop", "tower"})
    some = idp.list_devices(**access, Limit=1)
    rest = idp.list_devices(**access, Limit=1, PaginationToken=some["PaginationToken"])
    same({device["DeviceKey"] for device in some["Devices"] + rest["Devices"]}, keys)
    device = idp.get_device(**access, DeviceKey=key)["Device"]
    same(attributes(device)["device_name"], "laptop")
    same(device["DeviceKey"], key)
    assert device["DeviceCreateDate"] and device["DeviceLastAuthenticatedDate"]

    holds(machine.helper().forget_device(tokens["AccessToken"], key), "[200]")
    refused(*GONE, idp.get_device, **access, DeviceKey=key)
    refused(*GONE, idp.forget_device, **access, DeviceKey=key)
    refused(*GONE, machine.helper().authenticate_user)
    same([d["DeviceKey"] for d in idp.list_devices(**access)["Devices"]], list(keys - {key}))
    machine.device = None
    machine.step = other.step
    machine.sign_in_with_code()
    refused("NotAuthorizedException", "", idp.list_devices, AccessToken="x")


@check("boto3: what is no verifier confirms no device")
def _():
    chain = tracked()
    machine = Machine(chain)
    _, tokens = machine.sign_in_with_code()
    result = tokens["AuthenticationResult"]
    key = result["NewDeviceMetadata"]["DeviceKey"]
    _, config = generate_hash_device(result["NewDeviceMetadata"]["DeviceGroupKey"], key)
    confirm = lambda token=result["AccessToken"], **more: idp.confirm_device(
        AccessToken=token, DeviceKey=key, DeviceSecretVerifierConfig={**config, **more}
    )
    bad = "InvalidParameterException"
    refused(bad, "", confirm, PasswordVerifier="no base 64!")
    refused(bad, "", confirm, PasswordVerifier="")
    refused(bad, "", confirm, Salt="no base 64!")
    refused("NotAuthorizedException", "Invalid Access Token", confirm, "x")
    confirm()


@check("pycognito: where devices are remembered but stand in for nothing, a code is asked for")
def _():
    machine = Machine(tracked(device_skips_mfa=False))
    machine.sign_in_and_confirm()
    _, answer = machine.sign_in_with_code()
    if answer.get("ChallengeName") == "DEVICE_SRP_AUTH":
        helper = machine.helper()
        answer = respond(
            machine.chain,
            answer,
            DEVICE_KEY=machine.device["device_key"],
            SRP_A=aws_srp.long_to_hex(helper.large_a_value),
        )
        proof = helper.process_device_challenge(answer["ChallengeParameters"])
        answer = respond(machine.chain, answer, **proof)
    assert answer["AuthenticationResult"]["IdToken"]


@check("boto3: the device's proof is asked for by every flow, and counts once")
def _():
    chain = tracked(secret=True)
    machine = Machine(chain)
    machine.sign_in_and_confirm()
    key = machine.device["device_key"]
    hashed = {"SECRET_HASH": secret_hash(chain)}
    asked = password_auth(chain, DEVICE_KEY=key, **hashed)
    same(asked["ChallengeName"], "DEVICE_SRP_AUTH")
    helper = machine.helper()
    big_a = aws_srp.long_to_hex(helper.large_a_value)
    asked = respond(chain, asked, DEVICE_KEY=key, SRP_A=big_a)
    same(asked["ChallengeName"], "DEVICE_PASSWORD_VERIFIER")
    same(asked["ChallengeParameters"]["DEVICE_KEY"], key)
    proof = helper.process_device_challenge(asked["ChallengeParameters"])
    done = respond(chain, asked, **proof)
    assert done["AuthenticationResult"]["IdToken"]
    refused("NotAuthorizedException", "", respond, chain, asked, **proof)
    asked = respond(
        chain, password_auth(chain, DEVICE_KEY=key, **hashed), DEVICE_KEY=key, SRP_A=big_a
    )
    proof = helper.process_device_challenge(asked["ChallengeParameters"])
    proof["PASSWORD_CLAIM_SIGNATURE"] = base64.b64encode(b"x" * 32).decode()
    refused(*WRONG, respond, chain, asked, **proof)


@check("pycognito: pools that track nothing tell of no device")
def _():
    chain = sandbox.seed()
    assert "NewDeviceMetadata" not in srp(chain).authenticate_user()["AuthenticationResult"]
    tokens = sign_in(sandbox.seed(pool={"devices": "always"}))
    assert tokens["NewDeviceMetadata"]["DeviceGroupKey"]
