"""The AWS CLI, away from all configuration of the user."""

import json
import os
import shutil
import subprocess

from bench import Sandbox, Tally, holds

sandbox = Sandbox()
tally = Tally("aws cli")
check = tally.check
AWS = shutil.which("aws")


def aws(*words, keys=None, fails=None):
    """Runs the CLI away from all configuration of the user; returns its JSON, or the error."""
    keys = keys or {}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["CLIENT_HOME"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_DEFAULT_REGION": sandbox.region,
        **keys,
    }
    command = [AWS, *words, "--endpoint-url", sandbox.url, "--output", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if fails is not None:
        assert done.returncode != 0, f"{words} passed: {done.stdout}"
        holds(done.stderr, fails)
        return None
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return json.loads(done.stdout) if done.stdout.strip() else {}


ADMIN = {
    "AWS_ACCESS_KEY_ID": sandbox.admin_key,
    "AWS_SECRET_ACCESS_KEY": sandbox.admin_secret,
}
