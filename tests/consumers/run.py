"""Lets the AWS CLI and SDKs judge what Poolkey gives them; scripts/test-consumers starts it.

    run.py BINARIES VENV NODE RUST [GO]

BINARIES has Poolkey's programs; VENV, NODE, RUST and GO have what the consumers need.
"""

import pathlib
import shutil
import signal
import sys

import cli
import contract
import sdks
from stage import LOGIN, ODD, PROFILE, Stage, processes
from tally import Tally, same

HERE = pathlib.Path(__file__).parent


def main():
    binaries, venv, node, rust, *go = map(pathlib.Path, sys.argv[1:])
    python = venv / "bin/python"
    programs = {
        "boto3": [python, HERE / "boto.py", "boto3"],
        sdks.THREADS: [python, HERE / "boto.py", sdks.THREADS],
        "js-chain": ["node", node / "consumer.mjs", "chain", "js-chain"],
        "js-process": ["node", node / "consumer.mjs", "process", "js-process"],
        "rust": [rust / "debug/consumer", "rust"],
        **({"go": [go[0] / "consumer", "go"]} if go else {}),
        "c": [python, HERE / "crt.py", "c"],
        "c++": [python, HERE / "cpp.py", "c++"],
    }
    tally = Tally()
    stage = Stage(binaries, programs)

    def stop(*_):
        stage.abandon()
        sys.exit(1)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    with stage:
        try:
            test(stage, tally, venv)
        finally:
            log = stage.socket.with_name(f"{stage.socket.name}.start.log")
            if (tally.failed or sys.exc_info()[0]) and log.exists():
                print("The daemon's log:", log.read_text()[-4000:], sep="\n")
    if not go:
        tally.skip("the SDK for Go", "Debian's packages of it are not installed")

    def nothing_left():
        same(processes(str(stage.home)), {})
        assert not stage.home.exists()

    tally.check("everything that was started has ended", nothing_left)
    return tally.end()


def test(stage, tally, venv):
    clis = [cli.Cli(stage, venv / "bin/aws")]
    if two := find_version_two(stage):
        clis.append(cli.Cli(stage, two))
    else:
        tally.skip("the AWS CLI, version 2", "none is on PATH")
    play(stage, tally, clis)


def play(stage, tally, clis):
    tally.check("poolkey: login", stage.sign_in)
    told = [stage.add_profile(name) for name in (PROFILE, ODD)]
    stage.write_aws_config(told)

    contract.check_all(stage, tally)
    for each in clis:
        cli.check_all(stage, tally, each)
    sdks.check_lines(stage, tally, told[0])
    sdks.check_quiet(stage, tally)
    cli.check_crowd(stage, tally, clis[0])
    sdks.check_renewal(stage, tally)

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


def find_version_two(stage):
    """An AWS CLI 2 on PATH, whatever comes before it."""
    for directory in stage.env["PATH"].split(":"):
        program = shutil.which("aws", path=directory)
        if program and "aws-cli/2" in stage.run(program, "--version").stdout:
            return program
    return None


if __name__ == "__main__":
    sys.exit(main())
