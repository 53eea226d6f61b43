"""The SDKs in long-lived processes.

Each is one small program that calls STS with one client and prints a line a call (boto.py,
consumer.mjs, rust, go, crt.py, cpp.py). Its AWS profile has the program's name, and counts how often
the helper is run.
"""

import concurrent.futures
import json
import time

from stage import LOGIN, ODD, PROFILE
from tally import holds, same

THREADS = "boto3-threads"  # the program that is only run with eight threads

# Botocore and .NET ask again on every call when less than 15 minutes are left, the SDKs for
# JavaScript and C++ below 5; so an answer is to have more.
LEAST = 20 * 60 + 10

DOUBLE, SINGLE = "spaced", "spaced-single"  # by their quotes

LIFE = 20  # seconds that the short-lived keys work
CALLS = 46  # one a second: over two lives

# They drop what a helper says: the default chain of JavaScript looks elsewhere and in the end names
# no cause, the Common Runtime closes stderr, and the SDK for C++ sends the request unsigned.
SILENT = {"js-chain", "c", "c++"}


class Said:
    """What a program printed."""

    def __init__(self, done, runs):
        self.runs = runs
        self.stderr = done.stderr.strip()
        lines = done.stdout.splitlines()
        assert done.returncode == 0 and lines, f"{done.stdout}{done.stderr}"
        self.outcomes = [line.split()[0] for line in lines]
        self.failures = [line.removeprefix("failed ") for line in lines if line[:3] != "ok "]
        good = [line.split() for line in lines if line[:3] == "ok "]
        self.keys = list(dict.fromkeys(words[1] for words in good))
        for _, _, arn in good:
            assert arn == "-" or arn.endswith("/CognitoIdentityCredentials"), arn

    def all_well(self, calls):
        same((len(self.outcomes), list(dict.fromkeys(self.failures))), (calls, []))


def call(stage, name, calls, pause, *more):
    """Runs a program of the table."""
    before = stage.runs(name)
    done = stage.run(*stage.programs[name], calls, pause, *more)
    return Said(done, stage.runs(name) - before)


def names(stage):
    return [name for name in stage.programs if name != THREADS]


def issued(stage):
    """Every access key that the sandbox gave out."""
    calls = stage.control("GET", "calls?operation=GetCredentialsForIdentity")["calls"]
    return {call["access_key_id"] for call in calls if call["outcome"] == "ok"}


def check_lines(stage, tally, told):
    """Lines of ~/.aws/config: what Poolkey tells people to put there, and paths with a space."""

    def reads(name, profiles):
        for profile in profiles:
            done = stage.run(*stage.programs[name][:-1], profile, 1, 0)
            Said(done, 0).all_well(1)

    for name in names(stage):
        title = f"{name}: the lines that “poolkey profile add” tells"
        if name == "go" and '= "' in told:
            # Until November 2023; version 1 of the SDK has the same parser.
            tally.skip(title, "its parser drops what follows a closing double quote")
        else:
            tally.check(title, reads, name, [PROFILE, ODD])
        if name == "go":
            tally.check(f"{name}: a path with a space in single quotes", reads, name, [SINGLE])
        else:
            tally.check(f"{name}: a path with a space", reads, name, [SINGLE, DOUBLE])


def check_quiet(stage, tally):
    """With the least time left that an answer has, no SDK asks twice."""
    # The told end is a minute early.
    stage.give_keys_of(LEAST + 60)

    def quiet(name, *more):
        said = call(stage, name, 20, 5, *more)
        said.all_well(20 * int(more[0] if more else 1))
        same((len(said.keys), set(said.keys) <= issued(stage), said.runs), (1, True, 1))

    for name in names(stage):
        title = f"{name}: 20 calls in a row run the helper once when {LEAST} s are left"
        tally.check(title, quiet, name)
    tally.check(f"{THREADS}: 8 at once run the helper once", quiet, THREADS, "8")


def check_renewal(stage, tally):
    """Keys of seconds: every SDK goes on, on one daemon's keys, over more than two lives."""
    stage.give_keys_of(LIFE, id_token_seconds=2 * LIFE)
    before = stage.counts()
    dead = json.loads(stage.run(stage.shim, PROFILE).stdout)
    runs = -sum(stage.runs(name) for name in stage.programs)

    def goes_on(future, calls, least):
        said = future.result()
        said.all_well(calls)
        assert len(said.keys) >= least, said.keys
        assert set(said.keys) <= issued(stage)
        return f"{calls} calls, {len(said.keys)} keys, helper runs: {said.runs}"

    def few_fetches():
        fetches = after("GetCredentialsForIdentity") - before("GetCredentialsForIdentity")
        refreshes = after("GetTokensFromRefreshToken") - before("GetTokensFromRefreshToken")
        assert took > 2 * LIFE
        # The daemon keeps two profiles fresh, each with a third of a life to spare.
        assert 2 <= fetches <= 2 * (took / LIFE * 2 + 1), fetches
        assert 1 <= refreshes <= fetches, refreshes
        return f"{fetches} fetches, {refreshes} refreshes for {runs} helper runs in {took:.0f} s"

    def dead_keys():
        """Or else the programs would have gone on without being renewed."""
        done = stage.run(
            *(stage.programs["boto3"][0], "-m", "awscli", "sts", "get-caller-identity"),
            *("--endpoint-url", stage.url, "--region", "us-east-1"),
            env={
                "AWS_ACCESS_KEY_ID": dead["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": dead["SecretAccessKey"],
                "AWS_SESSION_TOKEN": dead["SessionToken"],
            },
        )
        assert done.returncode != 0
        holds(done.stderr, "ExpiredToken")

    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        threads = pool.submit(call, stage, THREADS, 25, 1000, "8")
        started = {name: pool.submit(call, stage, name, CALLS, 1000) for name in names(stage)}
        title = f"{THREADS}: 8 at once on keys of {LIFE} s"
        tally.check(title, goes_on, threads, 200, 2)
        for name, future in started.items():
            tally.check(f"{name}: outlives keys of {LIFE} s", goes_on, future, CALLS, 3)
    took = time.monotonic() - start
    after = stage.counts()
    runs += sum(stage.runs(name) for name in stage.programs)
    tally.check("all of them: few calls to Cognito", few_fetches)
    tally.check("(control) the first keys are dead by now", dead_keys)


def check_sign_out(stage, tally, sentence):
    """Signed out while programs run: they go on at most to their keys' end, and never beyond."""
    life, calls = 10, 14
    stage.give_keys_of(life, id_token_seconds=None)

    def ends(name, future):
        said = future.result()
        same(list(dict.fromkeys(said.outcomes)), ["ok", "failed"])
        for failure in said.failures:
            assert "ExpiredToken" not in failure, failure
            if name not in SILENT:
                holds(failure + said.stderr, sentence)
        return f"{said.outcomes.count('ok')} of {calls} calls"

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        started = {name: pool.submit(call, stage, name, calls, 1000) for name in names(stage)}
        time.sleep(3)
        stage.poolkey("logout", LOGIN)
        for name, future in started.items():
            title = f"{name}: signed out while it runs, it stops by its keys' end"
            tally.check(title, ends, name, future)
    stage.control("POST", "lifetimes", {"keys_seconds": 3600})


def check_failures(stage, tally, sentence):
    """The sentence reaches the person who reads what the SDK says."""

    def told(name):
        said = call(stage, name, 1, 0)
        same(said.outcomes, ["failed"])
        text = f"{said.failures[0]} {f'| stderr: {said.stderr}' if said.stderr else ''}"
        tally.note(f"{name} says: {text[:400]}")
        if name not in SILENT:
            holds(text, sentence)

    for name in names(stage):
        what = "fails, and drops" if name in SILENT else "tells the person"
        tally.check(f"{name}: {what}: “{sentence}”", told, name)
