"""Lets the AWS CLI and SDKs judge what Poolkey gives them; scripts/test-consumers starts it.

    run.py BINARIES TARGET

BINARIES has Poolkey's programs, TARGET what the consumers need.
"""

import os
import pathlib
import signal
import sys

import cli
import commands
import configured
import contract
import files
import lent
import programs
import sdks
from stage import LOGIN, ODD, PROFILE, Stage, processes
from tally import Tally, same


FILES = 1_000  # that are judged by botocore


def main():
    binaries, target = map(pathlib.Path, sys.argv[1:])
    there, missing = programs.find(target)
    tally = Tally()
    stage = Stage(binaries, there)

    def stop(*_):
        stage.abandon()
        sys.exit(1)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    with stage:
        try:
            play(stage, tally, missing)
        finally:
            log = stage.socket.with_name(f"{stage.socket.name}.start.log")
            if (tally.failed or sys.exc_info()[0]) and log.exists():
                print("The daemon's log:", log.read_text()[-4000:], sep="\n")

    def nothing_left():
        same(processes(str(stage.home)), {})
        assert not stage.home.exists()

    files.check_all(tally, binaries, FILES)
    tally.check("everything that was started has ended", nothing_left)
    return tally.end()


def play(stage, tally, missing):
    clis = [
        cli.Cli(stage, stage.programs[name][-1])
        for name in (programs.CLI_1, programs.CLI_2)
        if name in stage.programs
    ]
    if os.environ.get("POOLKEY_REQUIRE_ALL"):
        tally.check("all programs are there", same, missing, {})
    tally.check("poolkey: login", stage.sign_in)
    told = [stage.add_profile(name) for name in (PROFILE, ODD)]
    stage.write_aws_config(told)

    contract.check_all(stage, tally)
    for each in clis:
        cli.check_all(stage, tally, each)
    sdks.check_lines(stage, tally, told[0])
    configured.check_all(stage, tally, clis)
    commands.check_all(stage, tally)
    sdks.check_quiet(stage, tally)
    lent.check_quiet(stage, tally)
    cli.check_crowd(stage, tally, clis[0])
    sdks.check_renewal(stage, tally, missing)
    lent.check_long_run(stage, tally)

    out = f"Nobody is signed in to “{LOGIN}”. Run: poolkey login {LOGIN}"
    sdks.check_sign_out(stage, tally, out)
    for each in clis:
        cli.check_failures(stage, tally, each, out)
    sdks.check_failures(stage, tally, out)

    stage.sign_in_again()
    tally.check(f"{clis[0].version}: works again after the next sign-in", clis[0].who)
    stage.control("POST", "revoke-all")
    stage.run(stage.binaries / "poolkey", "renew", LOGIN)
    over = f"Sign-in to “{LOGIN}” has ended: the session was signed out. Run: poolkey login {LOGIN}"
    for each in clis:
        cli.check_failures(stage, tally, each, over)
    sdks.check_failures(stage, tally, over)


if __name__ == "__main__":
    sys.exit(main())
