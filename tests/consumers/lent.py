"""The container credentials endpoint in long-lived programs: how often they ask, and a daemon that
is started anew beneath them."""

import concurrent.futures
import contextlib
import json
import pathlib
import threading
import time

import matrix
import sdks
from relay import Relay
from said import Said
from stage import PROFILE
from tally import same

LIFE = 6  # seconds that the keys of the long run work
RENEWALS = 6


def check_quiet(stage, tally):
    """With the least time left that an answer has, no program asks the endpoint twice."""
    served = matrix.in_a_container(stage)
    token = pathlib.Path(served["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]).read_text()
    url = served["AWS_CONTAINER_CREDENTIALS_FULL_URI"]

    def quiet(name, relay):
        env = {**served, "AWS_CONTAINER_CREDENTIALS_FULL_URI": relay.url(name)}
        if matrix.expected(name, matrix.SERVE) != matrix.RENEWS:
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = None
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = token
        said = Said(stage.run(*stage.programs[name], "-", 20, 5, env=env))
        said.all_well(20)
        same((len(said.keys), relay.times(name)), (1, 1))

    names = [*matrix.renewed(stage, matrix.CONTAINER), *matrix.renewed(stage, matrix.SERVE)]
    names = dict.fromkeys(names)
    title = f"20 calls in a row ask the endpoint once when {sdks.LEAST} s are left"
    with contextlib.closing(Relay(url)) as relay:
        tally.check_by_twos((f"{name}: {title}", quiet, name, relay) for name in names)


def check_long_run(stage, tally):
    """Programs that outlive six sets of keys, and in the middle the daemon itself."""
    stage.give_keys_of(LIFE)
    # One in three seconds is spare, and then the daemon has the next.
    calls = RENEWALS * LIFE
    poolkey = stage.binaries / "poolkey"
    boto = [*stage.programs["boto3"], "-", calls, 1000]
    gate = threading.Semaphore(2)
    served = matrix.in_a_container(stage)

    def granted():
        told = json.loads(stage.poolkey("serve", "list", "--json"))
        return {each["id"]: each["named"] for each in told}

    def start_anew():
        before, known = stage.daemon(), granted()
        same(sorted(known.values()), [False, True])
        stage.stop_daemon()
        stage.poolkey("daemon", "start")
        assert stage.daemon() not in (None, before)
        same(granted(), known)

    def outlives(program):
        said = Said(program.result())
        said.all_well(calls)
        assert len(said.keys) > RENEWALS, said.keys
        assert set(said.keys) <= stage.issued()
        return f"{len(said.outcomes)} calls, {len(said.keys)} keys"

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        named = pool.submit(stage.watch, gate, *boto, env=served)
        lent = pool.submit(stage.watch, gate, poolkey, "exec", PROFILE, "--", *boto)
        time.sleep(calls / 2)
        tally.check("a daemon that starts anew lends on what was lent", start_anew)
        for way, program in (("serve", named), ("exec", lent)):
            title = f"boto3, {way}: outlives {RENEWALS} sets of keys, and the daemon"
            tally.check(title, outlives, program)
    stage.give_keys_of(3600)
