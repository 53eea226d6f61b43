"""The AWS CLI, version 1 and, where there is one, version 2."""

import concurrent.futures
import json
import time

from stage import ODD, PROFILE, processes
from tally import holds, same

ROLE = ":assumed-role/"
SESSION = "/CognitoIdentityCredentials"
CROWD = 50


class Cli:
    def __init__(self, stage, program):
        self.stage, self.program = stage, program
        said = stage.run(program, "--version")
        self.version = (said.stdout or said.stderr).split()[0]

    def run(self, *words, profile=PROFILE, **options):
        return self.stage.run(
            *(self.program, *words, "--profile", profile, "--output", "json"), **options
        )

    def who(self, profile=PROFILE, **options):
        """The identity that STS sees. Older CLIs do not read an endpoint in the configuration."""
        done = self.run(
            *("sts", "get-caller-identity", "--endpoint-url", self.stage.url),
            profile=profile,
            **options,
        )
        same((done.returncode, done.stderr), (0, ""))
        arn = json.loads(done.stdout)["Arn"]
        holds(arn, ROLE)
        assert arn.endswith(SESSION), arn

    def refused(self, sentence, profile=PROFILE):
        """The call fails by our one line; returns what the CLI printed."""
        done = self.run(
            *("sts", "get-caller-identity", "--endpoint-url", self.stage.url), profile=profile
        )
        same((done.returncode, done.stdout), (255, ""))
        said = done.stderr.strip()
        holds(said, sentence)
        same(said.count("\n"), 0)
        return said


def check_all(stage, tally, cli):
    name = cli.version

    def exports():
        """What it makes of the document is what is in it."""
        own = json.loads(stage.run(stage.shim, PROFILE).stdout)
        done = cli.run("configure", "export-credentials", "--format", "process")
        same((done.returncode, done.stderr), (0, ""))
        seen = json.loads(done.stdout)
        same(seen.pop("Expiration").replace("+00:00", "Z"), own.pop("Expiration"))
        for read in (seen, own):
            read.pop("AccountId", None)
        same(seen, own)

    def answers_for_dead_keys():
        keys = json.loads(stage.run(stage.shim, PROFILE).stdout)
        done = stage.run(
            *(cli.program, "sts", "get-caller-identity", "--endpoint-url", stage.url),
            env={
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"] + "x",
                "AWS_SESSION_TOKEN": keys["SessionToken"],
                "AWS_DEFAULT_REGION": "us-east-1",
            },
        )
        assert done.returncode != 0
        holds(done.stderr, "SignatureDoesNotMatch")

    def unknown():
        cli.refused("“nobody”", "unknown")

    tally.check(f"{name}: sts get-caller-identity", cli.who)
    tally.check(f"{name}: a profile whose name has every odd character", cli.who, ODD)
    tally.check(f"{name}: a path with a space", cli.who, "spaced")
    if not name.startswith("aws-cli/1."):  # it has no such command
        tally.check(f"{name}: configure export-credentials gives the same keys", exports)
    tally.check(f"{name}: a profile that does not exist: 255 and our line", unknown)
    tally.check(f"{name}: (control) a wrong secret is refused", answers_for_dead_keys)


def check_crowd(stage, tally, cli):
    """Many at once, and no daemon yet."""

    def crowd():
        stage.stop_daemon()
        before = stage.counts()
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CROWD) as pool:
            list(pool.map(lambda _: cli.who(), range(CROWD)))
        took = time.monotonic() - start
        after = stage.counts()

        def made(operation):
            return after(operation) - before(operation)

        refreshes = made("GetTokensFromRefreshToken")
        same(made("GetCallerIdentity"), CROWD)
        assert refreshes <= 1, refreshes
        same((made("GetCredentialsForIdentity"), made("GetId") <= 1), (1, True))
        same(list(processes(str(stage.binaries / "poolkeyd"))), [stage.daemon()])
        return f"{CROWD / took:.1f} calls/s, {refreshes} refresh, 1 fetch"

    tally.check(f"{cli.version}: {CROWD} at once on a cold daemon: one refresh, one fetch", crowd)


def check_failures(stage, tally, cli, sentence):
    def refused():
        tally.note(f"{cli.version} prints: {cli.refused(sentence)}")

    tally.check(f"{cli.version}: exits with 255 and “{sentence}”", refused)
