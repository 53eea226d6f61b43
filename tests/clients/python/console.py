"""aws-consoler: an address that signs a browser in to the console."""

import argparse
import json
import os
from unittest import mock

import requests
from aws_consoler.logic import run

from bench import holds, same
from python.common import keys_for, sandbox, sign_in, tally

check = tally.check
DEPLOY = f"arn:aws:iam::{sandbox.account}:role/Deploy"


def consoler(key, secret, token=None, role=None):
    arguments = argparse.Namespace(
        profile=None,
        access_key_id=key,
        secret_access_key=secret,
        session_token=token,
        role_arn=role,
        region=sandbox.region,
        sts_endpoint=sandbox.url,
        federation_endpoint=f"{sandbox.url}/federation",
        console_endpoint="https://console.aws.amazon.com/",
    )
    # The session of a role has no region of its own there.
    with mock.patch.dict(os.environ, AWS_DEFAULT_REGION=sandbox.region):
        return run(arguments)


@check("aws-consoler: a role of a user, for twelve hours, and once")
def _():
    sandbox.seed(roles=[{"arn": DEPLOY, "trust": "account"}])
    url = consoler(sandbox.admin_key, sandbox.admin_secret, role=DEPLOY)
    page = requests.get(url, timeout=10)
    same(page.status_code, 200)
    holds(page.text, f"arn:aws:sts::{sandbox.account}:assumed-role/Deploy/aws_consoler")
    same(requests.get(url, timeout=10).status_code, 400)


@check("aws-consoler: no length for keys of an identity pool, or of a role of theirs")
def _():
    chain = sandbox.seed(roles=[{"arn": DEPLOY, "trust": "account"}])
    keys = keys_for(chain, sign_in(chain)["IdToken"])
    for role in (None, DEPLOY):
        try:
            consoler(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"], role)
        except requests.exceptions.HTTPError as error:
            holds(str(error), "trying to stack roles?")
        else:
            raise AssertionError("not refused")
    session = {
        "sessionId": keys["AccessKeyId"],
        "sessionKey": keys["SecretKey"],
        "sessionToken": keys["SessionToken"],
    }
    form = {"Action": "getSigninToken", "Session": json.dumps(session)}
    answer = requests.post(f"{sandbox.url}/federation", data=form, timeout=10)
    same(answer.status_code, 200)
