"""What Poolkey's editor of ~/.aws reads and writes, judged by botocore's reader of it.

    files.py BINARIES [COUNT]

BINARIES has examples/aws_file: cargo build -p poolkey-files --example aws_file
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

from botocore.configloader import load_config, raw_config_parse
from botocore.exceptions import ConfigParseError

from tally import Tally

COUNT = 10_000


class Ours:
    """The editor, which reads one file after another."""

    def __init__(self, binaries):
        self.process = subprocess.Popen(
            [binaries / "examples/aws_file"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, kind, data):
        line = json.dumps({"kind": kind, "bytes": data.hex()})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


class Theirs:
    """botocore's reader."""

    def __init__(self, directory):
        self.path = pathlib.Path(directory) / "file"

    def sections(self, kind, data):
        """All that the file says, or nothing where it is refused."""
        self.path.write_bytes(data)
        try:
            return raw_config_parse(str(self.path), parse_subsections=kind == "config")
        except ConfigParseError:
            return None

    def profiles(self, kind, sections):
        if kind == "config":
            # It reads the file that was just written.
            sections = load_config(str(self.path))["profiles"]
        return {
            name: {key: first_line(value) for key, value in keys.items()}
            for name, keys in sections.items()
        }


def first_line(value):
    return "" if isinstance(value, dict) else value.split("\n")[0]


def limited(keys, names):
    return {name: value for name, value in keys.items() if name in names}


def compare(ours, theirs, kind, data, seen):
    told, sections = ours.ask(kind, data), theirs.sections(kind, data)
    if b"\r" in data.replace(b"\r\n", b""):
        # Python ends a line there, other readers do not: Poolkey does not touch such a file.
        assert "refused" in told
        seen["strict"] += 1
        return
    assert ("refused" in told) == (sections is None), told
    if sections is None:
        seen["refused"] += 1
        return
    seen["read"] += 1
    profiles = told["read"]["profiles"]
    expected = theirs.profiles(kind, sections)
    if b"[DEFAULT]" in data:
        # What is there, botocore alone takes for a part of every section.
        expected = {name: limited(keys, profiles.get(name, ())) for name, keys in expected.items()}
    assert profiles == expected, f"{profiles} is not {expected}"
    if not told["read"]["edited"]:
        return
    seen["edited"] += 1
    edit, end = (bytes.fromhex(text) for text in told["read"]["edited"])
    after = theirs.sections(kind, edit)
    assert after is not None, f"botocore refuses what was written: {edit}"
    name = section_of(kind, after)
    assert (after[name]["region"], after[name]["x-ends"]) == ("zz", "1"), after[name]
    for left in (after, theirs.sections(kind, end)):
        rest, expected = without(left, name), without(sections, name)
        if b"[DEFAULT]" in data:
            # A section that comes or goes has what botocore takes from there.
            rest.pop(name, None), expected.pop(name, None)
        assert rest == expected, f"{rest} is not {expected}"


def section_of(kind, sections):
    names = ["profile dev", 'profile "dev"', "profile 'dev'"] if kind == "config" else ["dev"]
    (name,) = [name for name in sections if name in names]
    return name


def without(sections, name):
    """All but the two keys, and but a section that has nothing else."""
    rest = {key: value for key, value in sections.items() if key != name}
    ours = {k: v for k, v in sections.get(name, {}).items() if k not in ("region", "x-ends")}
    return {**rest, name: ours} if ours else rest


# Whole lines and files as they are met with, and pieces that make trouble.
KEYS = ["region", "output", "s3", "a", "B", "b", "x-y", "k:z", "", "key with space", "x-ends"]
VALUES = ["", "a", "a = b", '"q"', "[x]", "ü #1", "a:b", "  spaced  ", "C:\\x\\"]
HEADERS = [
    "[default]",
    "[profile dev]",
    "[profile prod]",
    '[profile "dev"]',
    "[profile 'dev']",
    "[profile two words]",
    '[profile "two words"]',
    "[profile]",
    # Not “[profiles x]”: botocore alone takes that for the profile x.
    "[profilesx]",
    "[sso-session x]",
    "[services s]",
    "[DEFAULT]",
    "[dev]",
    "[a] ; c",
    "[a]",
    "  [ind]",
    "[x",
    "[]",
    "[p]]",
    "[ profile dev ]",
]
FILES = [
    # The AWS CLI's own, with single sign-on and nested settings.
    """[default]
region = eu-west-1
output = json
cli_pager =

[profile dev]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Developer
region = eu-west-1

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[services local]
dynamodb =
  endpoint_url = http://localhost:8000
s3 =
  endpoint_url = http://localhost:4566
  addressing_style = path

[profile local]
services = local
s3 =
    max_concurrent_requests = 20
    max_queue_size = 10000
    region = nowhere
""",
    # Written by many hands over the years.
    """# Ann's file -- do not edit!
; really
[default]
aws_access_key_id=AKIAIOSFODNN7EXAMPLE
aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY

[dev]
aws_access_key_id     = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
aws_session_token     = IQoJb3JpZ2luX2VjEOT//////////wEaCXVzLWVhc3QtMSJHMEUCIQ==
aws_security_token    = IQoJb3JpZ2luX2VjEOT//////////wEaCXVzLWVhc3QtMSJHMEUCIQ==
x_security_token_expires = 2024-01-01T00:00:00+01:00
x_principal_arn = arn:aws:sts::123456789012:assumed-role/x/ann@example.com

#[old]
#aws_access_key_id=AKIAOLD
""",
    # Other helpers.
    """[profile work]
credential_process = "/opt/My Tools/aws-vault" exec work --json --prompt=ya
mfa_serial = arn:aws:iam::123456789012:mfa/ann
[profile dev]
role_arn=arn:aws:iam::123456789012:role/Ops
source_profile=work
external_id = a=b;c#d
duration_seconds: 3600
[profile granted]
granted_sso_start_url          = https://d-1234567890.awsapps.com/start
credential_process             = granted credential-process --profile granted
[plugins]
cli_legacy_plugin_path = /usr/lib/python3/site-packages
endpoint = awscli_plugin_endpoint
[preview]
cloudfront = true
""",
    "[default]\nregion = us-east-1",
    "",
    "\n\n",
]


def line(rng):
    chance = rng.random()
    if chance < 0.3:
        return rng.choice(HEADERS)
    if chance < 0.6:
        return f"{rng.choice(KEYS)} = {rng.choice(VALUES)}"
    if chance < 0.72:
        return " " * rng.randint(1, 3) + f"{rng.choice(KEYS)}={rng.choice(VALUES)}"
    if chance < 0.76:
        return f"{rng.choice(KEYS)}: {rng.choice(VALUES)}"
    if chance < 0.86:
        return rng.choice(["", "  ", "\t"])
    if chance < 0.92:
        return rng.choice(["# c", "  ; c", ";x=1"])
    if chance < 0.94:
        return rng.choice(["plain", "  plain"])
    if chance < 0.945:
        return rng.choice(["a=1\rb=2", "\ufeffx", "a=\x0bq", "a=\x1cq", "a=\u2028q", "\u00a0"])
    return f"n{rng.randint(0, 20)}=v"


def generated(rng):
    """Lines in any order."""
    count = rng.randint(0, 12)
    text = "".join(line(rng) + rng.choice(["\n", "\n", "\r\n"]) for _ in range(count))
    return (text if rng.random() < 0.8 else text.rstrip("\r\n")).encode()


def damaged(rng):
    """A file as people have it, with some lines that went wrong."""
    lines = rng.choice(FILES).split("\n")
    for _ in range(rng.randint(0, 3)):
        at = rng.randrange(len(lines))
        chance = rng.random()
        if chance < 0.3:
            del lines[at : at + 1]
        elif chance < 0.5:
            lines.insert(at, rng.choice(lines or [""]))
        elif chance < 0.7:
            lines.insert(at, line(rng))
        elif chance < 0.85:
            lines[at] = " " + lines[at]
        else:
            cut = rng.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:cut]
        lines = lines or [""]
    text = rng.choice(["\n", "\n", "\r\n"]).join(lines).encode()
    return text if rng.random() < 0.97 else text[:20] + b"\xff" + text[20:]


def check_all(tally, binaries, count=COUNT):
    if not (binaries / "examples/aws_file").exists():
        tally.skip("files of ~/.aws", "the example “aws_file” is not built")
        return
    ours = Ours(binaries)
    with tempfile.TemporaryDirectory() as directory:
        theirs = Theirs(directory)

        def judged(make):
            seen = dict.fromkeys(("read", "refused", "strict", "edited"), 0)
            for seed in range(count):
                rng = random.Random(seed)
                kind, data = rng.choice(["config", "credentials"]), make(rng)
                try:
                    compare(ours, theirs, kind, data, seen)
                except AssertionError as wrong:
                    raise AssertionError(f"seed {seed}, {kind}, {data}: {wrong}") from wrong
            assert seen["read"] > count / 10 and seen["refused"] > count / 10, seen
            return ", ".join(f"{number} {what}" for what, number in seen.items())

        tally.check("files of ~/.aws: lines in any order, as botocore reads them", judged, generated)
        tally.check("files of ~/.aws: people's, damaged, as botocore reads them", judged, damaged)
    ours.close()


if __name__ == "__main__":
    results = Tally()
    check_all(results, pathlib.Path(sys.argv[1]), int((*sys.argv[2:], COUNT)[0]))
    sys.exit(results.end())
