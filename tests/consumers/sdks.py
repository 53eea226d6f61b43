"""The SDKs in long-lived processes, with credential_process.

Each program's AWS profile has the program's name, and counts how often the helper is run.
"""

import concurrent.futures
import json
import threading
import time

import matrix
from programs import THREADS
from said import Said
from stage import LOGIN, ODD, PROFILE
from tally import holds, same

# Botocore and .NET ask again on every call when less than 15 minutes are left, the SDKs for
# JavaScript and C++ below 5; so an answer is to have more.
LEAST = 20 * 60 + 10

GO = ("go", "go-1")

DOUBLE, SINGLE = "spaced", "spaced-single"  # by their quotes

# They drop what a helper says: the default chains of JavaScript and Java look elsewhere and in the
# end name no cause, the Common Runtime closes stderr, DuckDB tells where it looked, and the SDK for
# C++ sends the request unsigned.
SILENT = {"js-chain", "js-2", "java", "c", "c++", "duckdb"}

# They say what the container credentials endpoint answered; all others say that there are no keys.
TELLS_OF_CONTAINER = {"boto3", "s3fs", "go", "obstore"}

# The SDK for Ruby asks once whether there are keys, and once for them.
FIRST_RUNS = {"ruby": 2}


def call(stage, name, calls, pause, *more):
    """Runs a program of the table."""
    before = stage.runs(name)
    done = stage.run(*stage.programs[name], name, calls, pause, *more)
    return Said(done, stage.runs(name) - before)


def names(stage):
    """The SDKs that run the helper, and again before its keys are over."""
    return matrix.renewed(stage, matrix.PROCESS)


def check_lines(stage, tally, told):
    """Lines of ~/.aws/config: what Poolkey tells people to put there, and paths with a space."""

    def reads(name, profiles):
        for profile in profiles:
            done = stage.run(*stage.programs[name], profile, 1, 0)
            Said(done).all_well(1)

    checks = []
    for name in names(stage):
        title = f"{name}: the lines that “poolkey profile add” tells"
        if name in GO and '= "' in told:
            # Until November 2023, and always in version 1.
            tally.skip(title, "its parser drops what follows a closing double quote")
        else:
            checks.append((title, reads, name, [PROFILE, ODD]))
        quotes = [SINGLE] if name in GO else [SINGLE, DOUBLE]
        checks.append((f"{name}: a path with a space", reads, name, quotes))
    tally.check_by_twos(checks)


def check_quiet(stage, tally):
    """With the least time left that an answer has, no SDK asks twice."""
    # The told end is a minute early.
    stage.give_keys_of(LEAST + 60)

    def quiet(name, *more):
        said = call(stage, name, 20, 5, *more)
        said.all_well(20 * int(more[0] if more else 1))
        runs = FIRST_RUNS.get(name, 1)
        same((len(said.keys), set(said.keys) <= stage.issued(), said.runs), (1, True, runs))

    title = f"20 calls in a row run the helper once when {LEAST} s are left"
    tally.check_by_twos((f"{name}: {title}", quiet, name) for name in names(stage))
    tally.check(f"{THREADS}: 8 at once run the helper once", quiet, THREADS, "8")


def check_renewal(stage, tally, missing):
    """Keys of seconds: all programs by all surfaces on one daemon's keys, for more than two lives."""
    life = matrix.LIFE
    matrix.prepare(stage)
    before = stage.counts()
    dead = json.loads(stage.run(stage.shim, PROFILE).stdout)
    runs = -sum(stage.runs(name) for name in stage.programs)

    def threads_go_on():
        said = threads.result()
        said.all_well(200)
        assert len(said.keys) >= 2, said.keys
        return f"{len(said.keys)} keys, helper runs: {said.runs}"

    def few_fetches():
        fetches = after("GetCredentialsForIdentity") - before("GetCredentialsForIdentity")
        refreshes = after("GetTokensFromRefreshToken") - before("GetTokensFromRefreshToken")
        assert took > 2 * life
        # The daemon keeps two profiles fresh, each with a third of a life to spare.
        assert 2 <= fetches <= 2 * (took / life * 2 + 1), fetches
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
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        threads = pool.submit(call, stage, THREADS, 25, 1000, "8")
        matrix.check(stage, tally, missing)
        tally.check(f"{THREADS}: 8 at once on keys of {life} s", threads_go_on)
    took = time.monotonic() - start
    after = stage.counts()
    runs += sum(stage.runs(name) for name in stage.programs)
    tally.check("all of them: few calls to Cognito", few_fetches)
    tally.check("(control) the first keys are dead by now", dead_keys)


def check_sign_out(stage, tally, sentence):
    """Signed out while programs run: they go on at most to their keys' end, and never beyond."""
    life, calls = 10, 60
    stage.give_keys_of(life, id_token_seconds=None)

    def ends(told, future):
        said = Said(future.result())
        same(list(dict.fromkeys(said.outcomes))[-2:], ["ok", "failed"])
        text = " ".join(said.failures) + said.stderr
        assert "ExpiredToken" not in text, text
        same((sentence in text, text), (told, text))
        return f"{said.outcomes.count('ok')} calls"

    gate, started, first = threading.Semaphore(4), {}, threading.Semaphore(0)
    with concurrent.futures.ThreadPoolExecutor(40) as pool:

        def start(title, told, *command):
            future = pool.submit(
                *(stage.watch, gate, *command, calls, 1000), first=first.release, failures=2
            )
            started[title] = (told, future)

        # OpenDAL does not even use such keys.
        for name in set(matrix.renewed(stage, matrix.CONTAINER)) - {"opendal"}:
            before = (stage.binaries / "poolkey", "exec", PROFILE, "--")
            title = f"{name}, exec: signed out while it runs, it stops by its keys' end"
            start(title, name in TELLS_OF_CONTAINER, *before, *stage.programs[name], "-")
        for name in names(stage):
            title = f"{name}: signed out while it runs, it stops by its keys' end"
            start(title, name not in SILENT, *stage.programs[name], name)
        for _ in started:
            first.acquire()
        stage.poolkey("logout", LOGIN)
        for title, (told, future) in started.items():
            tally.check(title, ends, told, future)
    stage.control("POST", "lifetimes", {"keys_seconds": 3600})


def check_failures(stage, tally, sentence):
    """The sentence reaches the person who reads what the SDK says."""

    def told(name):
        said = call(stage, name, 1, 0)
        same(said.outcomes, ["failed"])
        text = f"{said.failures[0]} {f'| stderr: {said.stderr}' if said.stderr else ''}"
        tally.note(f"{name} says: {text[:400]}")
        same((sentence in text, text), (name not in SILENT, text))

    checks = []
    for name in names(stage):
        what = "fails, and drops" if name in SILENT else "tells the person"
        checks.append((f"{name}: {what}: “{sentence}”", told, name))
    tally.check_by_twos(checks)
