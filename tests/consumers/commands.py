"""`poolkey exec` by what programs make of it: names, regions, accounts, and keys of half a day."""

import datetime
import json
import time

import matrix
from said import Said
from stage import CLIENT, IDENTITY_POOL, LOGIN, ODD, POOL, PROFILE
from tally import same

WAYS = {"exec --env": ["--env"], "exec": [], "exec --config": ["--config"]}
LONG = "long"  # a profile of the classic flow, whose keys last for half a day
HALF_A_DAY = 12 * 3600
ACCOUNT = "000000000000"  # the sandbox's

# What botocore understands of its surroundings.
LOOK = """
import boto3, json
session = boto3.Session()
keys = session.get_credentials()
print(json.dumps({"region": session.region_name, "account": keys.account_id, "method": keys.method,
    "profile": session.profile_name}))
"""


def check_all(stage, tally):
    add_long(stage)

    def look(way, *words, profile=PROFILE, env=None):
        poolkey = stage.binaries / "poolkey"
        python = stage.programs["boto3"][0]
        done = stage.run(
            *(poolkey, "exec", *WAYS[way], *words, profile, "--", python, "-c", LOOK), env=env
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def same_region(way):
        """The profile's where the person has none; and the one that was asked for before both."""
        same(look(way)["region"], "us-east-1")
        person = {"AWS_REGION": "ap-south-1", "AWS_DEFAULT_REGION": "ap-south-1"}
        same(look(way, env=person)["region"], "ap-south-1")
        same(look(way, "--region", "eu-west-3", env=person)["region"], "eu-west-3")

    def same_account(way):
        """Known where the profile has a role."""
        same(look(way, profile=LONG)["account"], ACCOUNT)

    def odd_name(name, way):
        command = [stage.binaries / "poolkey", "exec", *WAYS[way], ODD, "--", *stage.programs[name]]
        profile = ODD if name == "js-process" else "-"
        Said(stage.run(*command, profile, 1, 0)).all_well(1)

    def half_a_day(name):
        command = [stage.binaries / "poolkey", "exec", LONG, "--", *stage.programs[name]]
        said = Said(stage.run(*command, "-", 20, 5), session=LONG)
        said.all_well(20)
        same(len(said.keys), 1)

    def lasts():
        """Which newer SDKs for Go and Java would ask for again with an hour left."""
        done = stage.run(stage.shim, LONG)
        end = datetime.datetime.fromisoformat(json.loads(done.stdout)["Expiration"])
        assert HALF_A_DAY - 300 < end.timestamp() - time.time() < HALF_A_DAY, end

    tally.check("keys of half a day say so", lasts)
    checks = []
    for way in WAYS:
        checks.append((f"{way}: the region", same_region, way))
        checks.append((f"{way}: the account", same_account, way))
        for name in matrix.renewed(stage, way):
            title = f"{name}, {way}: a profile whose name has every odd character"
            checks.append((title, odd_name, name, way))
    for name in ("boto3", "js-chain", "rust", "go", "java", "c", "c++"):
        if name in stage.programs:
            checks.append((f"{name}, exec: keys of half a day", half_a_day, name))
    tally.check_by_twos(checks)


def add_long(stage):
    """A role whose sessions may last for half a day, and a profile of the classic flow with it."""
    trusted = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": IDENTITY_POOL}},
    }
    role = {
        "arn": f"arn:aws:iam::{ACCOUNT}:role/Long",
        "trust": {"Version": "2012-10-17", "Statement": [trusted]},
        "max_session_seconds": HALF_A_DAY,
    }
    seed = {"user_pool_id": POOL, "client_id": CLIENT, "identity_pool": False, "roles": [role]}
    stage.control("POST", "seed", seed)
    stage.poolkey(
        *("profile", "add", LONG, "--login", LOGIN, "--identity-pool-id", IDENTITY_POOL),
        *("--classic", "--role-arn", role["arn"], "--duration", "12h", "--session-name", LONG),
        *("--endpoint", stage.url, "--sts-endpoint", stage.url),
    )
