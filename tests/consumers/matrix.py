"""What each program makes of each surface: its first keys, and new ones while it runs.

A table of what is expected, which docs/surfaces.md repeats; all its cells are run side
by side on keys of seconds, and one that does better than it says fails like one that does worse.
"""

import concurrent.futures
import dataclasses
import pathlib
import threading

from programs import CLI_1, CLI_2
from said import Said
from stage import LOGIN, PROFILE, until

# What a cell may say.
RENEWS = "renewed"  # it has new keys before those that it had are over
LATE = "late"  # it has new keys once a call has failed by those that were over
ONCE = "once"  # it works until its first keys are over, and never again
NO = "no"  # it never has keys

PROCESS, FILE, ENV, CONTAINER, CONFIG, SERVE = SURFACES = (
    "credential_process",
    "profile write",
    "exec --env",
    "exec",
    "exec --config",
    "serve",
)

# OpenDAL uses no keys that end within ten seconds, which those of the test do half of their lives.
TOO_SHORT = "expires before the requested operation deadline"

WRITTEN = f"{PROFILE}-keys"  # the profile that has its keys in the file

LIFE = 20  # seconds that the keys work
# By what is expected: how many calls, and how many milliseconds lie between two of them. Renewed is
# who lives twice; over is who lives longer than any keys.
CALLS = {RENEWS: (24, 2000), LATE: (24, 2000), ONCE: (15, 2000), NO: (2, 500)}
# The AWS CLI is a new process each time, and takes a second of a core.
CALLS_OF_CLI = {RENEWS: (3, 20_000), ONCE: (2, 25_000), NO: (1, 0)}

AT_ONCE = 60  # programs that run
STARTING = 4  # programs that have not made their first call


# Why a cell is not the best that it could be.
NO_FILE = "This version knows no token file, a newer one does: give it the token itself."
NEVER_FILE = "It knows no token file: give it the token itself."
NO_ADDRESS = "This version knows no endpoint but Amazon's own, a newer one does."
NO_HELPER = "It knows no `credential_process`."
HELPER_THERE = "It looks for `credential_process` in `~/.aws/credentials` only."
ONE_OF_TWO = "It reads `~/.aws/config` only where there is no `~/.aws/credentials`."
NO_PROFILES = "It reads no profile. Polars asks boto3 instead, where that is installed."
ONLY_FILE = "It takes a token from a file only."
WITH_REGION = "A profile has to be in `~/.aws/config`, too: write it with `--region`."
LOAD_CONFIG = "It reads `~/.aws/config` with `AWS_SDK_LOAD_CONFIG=1` only, which `exec --config` sets."
FIVE_MINUTES = "It reads the file again every five minutes: with keys of an hour, in time."


@dataclasses.dataclass
class Row:
    """One program: who it speaks for, a word for each surface, and why."""

    who: str
    cells: tuple
    notes: tuple


def row(who, words, *notes):
    return Row(who, tuple(WORDS[word] for word in words.split()), notes)


WORDS = {"renewed": RENEWS, "late": LATE, "once": ONCE, "no": NO, "–": None}

# One column for each surface, in their order.
ROWS = {
    CLI_1: row("AWS CLI 1.46", "renewed renewed once renewed renewed renewed"),
    CLI_2: row("AWS CLI 2.9", "renewed renewed once renewed renewed no", NO_FILE),
    "boto3": row("boto3 1.44", "renewed once once renewed renewed renewed"),
    "s3fs": row("s3fs, aiobotocore 3.10", "renewed once once renewed renewed renewed"),
    "js-chain": row("JavaScript 3.1169", "renewed once once renewed renewed renewed"),
    "js-process": row("JavaScript 3.1169, `fromProcess`", "renewed – – – renewed –"),
    "js-2": row("JavaScript 2.1693", "renewed late once renewed renewed renewed", LOAD_CONFIG),
    "rust": row("Rust, aws-config 1.13", "renewed once once renewed renewed renewed"),
    "go": row("Go 2, 1.17", "renewed once once renewed renewed no", NO_FILE),
    "go-1": row("Go 1.44 (rclone 1.60)", "renewed once once renewed renewed no", NEVER_FILE),
    "java": row("Java 2.28", "renewed once once renewed renewed renewed"),
    "java-1": row("Java 1.12", "no once once renewed no no", ONE_OF_TWO, NEVER_FILE),
    "c": row("C, Common Runtime 0.38 (Mountpoint)", "renewed once once renewed renewed renewed"),
    "c++": row("C++ 1.11 (Arrow)", "renewed once once renewed renewed renewed", FIVE_MINUTES),
    "ruby": row("Ruby 3.168", "renewed once once no renewed no", NO_ADDRESS),
    "php": row("PHP, AsyncAws 1.18 (Symfony)", "no once once no no no", NO_HELPER, NO_ADDRESS),
    "duckdb": row("DuckDB 1.5", "renewed renewed once renewed renewed renewed", WITH_REGION),
    "obstore": row(
        "object_store 0.12 (Polars, Delta Lake, Lance)",
        "no no once no no renewed",
        NO_PROFILES,
        ONLY_FILE,
    ),
    "opendal": row("OpenDAL 0.47", "no once once renewed no renewed", NO_HELPER),
    "gdal": row("GDAL 3.10 (rasterio)", "no renewed once renewed no renewed", NO_HELPER),
    "minio-go": row(
        "MinIO for Go 7.0 (restic 0.14)",
        "no renewed once renewed no no",
        HELPER_THERE,
        NEVER_FILE,
    ),
}


def prepare(stage):
    """From here on, keys last for seconds."""
    stage.give_keys_of(LIFE, id_token_seconds=2 * LIFE)


def check(stage, tally, missing):
    """Runs every cell, prints the table, and compares the documented one with it."""
    reach = Reach(stage)
    gate = threading.Semaphore(STARTING)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        # Who takes longest begins.
        cells = sorted(
            ((name, surface) for name in ROWS if name in stage.programs for surface in SURFACES),
            key=lambda cell: [RENEWS, LATE, ONCE, NO, None].index(expected(*cell)),
        )
        started = {
            cell: pool.submit(play, stage, reach, gate, *cell) for cell in cells if expected(*cell)
        }
        seen = {cell: future.result() for cell, future in started.items()}
    for (name, surface), done in seen.items():
        title = f"{name}, {surface}: {expected(name, surface)}"
        if began_too_late(name, surface, Said(done)):
            # Its keys ended while it started, on a machine that has much to do.
            stage.poolkey("renew", LOGIN)
            done = play(stage, reach, gate, name, surface)
        tally.check(title, judged, stage, tally, name, surface, done)
    for name, why in missing.items():
        tally.skip(name, why)
    tally.note("")
    for line in table().splitlines():
        tally.note(line)
    tally.check("the documented table is this one", documented)


def expected(name, surface):
    return ROWS[name].cells[SURFACES.index(surface)]


def renewed(stage, surface):
    """The programs that run on, and have new keys by that surface."""
    names = [name for name in ROWS if name in stage.programs and name not in (CLI_1, CLI_2)]
    return [name for name in names if expected(name, surface) == RENEWS]


def play(stage, reach, gate, name, surface):
    """Runs a cell; returns what the program said."""
    calls = CALLS_OF_CLI if name in (CLI_1, CLI_2) else CALLS
    profile, before, env = reach(name, surface)
    count, pause = calls[expected(name, surface)]
    return stage.watch(gate, *before, *stage.programs[name], profile, count, pause, env=env)


def began_too_late(name, surface, said):
    text = " ".join(said.failures).lower()
    return expected(name, surface) == ONCE and cell_of(said) == NO and "expired" in text


def judged(stage, tally, name, surface, done):
    """One cell, as it is and as it is expected."""
    said = Said(done, without=TOO_SHORT)
    for failure in said.failures:
        for other in ("InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClient"):
            assert other not in failure, f"keys that are not ours: {failure}"
    assert set(said.keys) <= stage.issued(), said.keys
    word = cell_of(said)
    shown = f"{''.join(outcome[0] for outcome in said.outcomes)}: {said.failures[-1:]}"
    assert word == expected(name, surface), f"it is “{word}” ({shown} {said.stderr[-300:]})"
    if word == RENEWS and name not in (CLI_1, CLI_2):
        assert len(said.keys) >= 3, said.keys
    if word != RENEWS:
        tally.note(f"{name}, {surface}: {said.failures[-1][:300]}")
    return f"{len(said.outcomes)} calls, {len(said.keys)} keys"


def cell_of(said):
    """The word for what a program said."""
    seen = list(dict.fromkeys(said.outcomes))
    changes = sum(one != two for one, two in zip(said.outcomes, said.outcomes[1:]))
    if seen == ["failed"]:
        return NO
    if seen == ["ok"] and len(said.keys) > 1:
        return RENEWS
    # Never two failures in a row.
    if seen == ["ok", "failed"] and len(said.keys) > 1 and changes >= 2 * len(said.failures) - 1:
        return LATE
    if seen == ["ok", "failed"] and changes == 1 and len(said.keys) == 1:
        return ONCE
    return f"neither: {len(said.keys)} keys, {changes} changes"


class Reach:
    """How a program comes to a surface: its profile, what starts it, and its environment."""

    def __init__(self, stage):
        self.stage = stage
        # With its region, so that it is in `config`, too: DuckDB looks for it there.
        stage.poolkey("profile", "write", PROFILE, "--region", "us-east-1")
        files = stage.home / ".aws"
        until(lambda: f"[{WRITTEN}]" in (files / "credentials").read_text(), "keys in the file")
        until(lambda: f"[profile {WRITTEN}]" in (files / "config").read_text(), "its region")
        self.served = in_a_container(stage)

    def __call__(self, name, surface):
        poolkey = self.stage.binaries / "poolkey"
        if surface == PROCESS:
            return name, [], {}
        if surface == FILE:
            return WRITTEN, [], {}
        if surface == SERVE:
            return "-", [], self.served
        way = {ENV: ["--env"], CONTAINER: [], CONFIG: ["--config"]}[surface]
        # JavaScript's fromProcess is told the profile, which the others find by themselves.
        profile = PROFILE if name == "js-process" else "-"
        return profile, [poolkey, "exec", *way, PROFILE, "--"], {}


def in_a_container(stage):
    """An environment with a named grant, and a home in which AWS's tools have no files."""
    home = stage.home / "empty"
    home.mkdir(exist_ok=True)
    none = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"))
    return {"HOME": str(home), **none, **stage.serve(PROFILE)}


def table():
    """The table in Markdown, with its notes."""
    notes = list(dict.fromkeys(note for each in ROWS.values() for note in each.notes))
    lines = ["| | " + " | ".join(f"`{surface}`" for surface in SURFACES) + " |", "|---" * 7 + "|"]
    for each in ROWS.values():
        marks = ", ".join(str(at + 1) for at in sorted(map(notes.index, each.notes)))
        who = f"{each.who} [{marks}]" if marks else each.who
        cells = " | ".join(word or "–" for word in each.cells)
        lines.append(f"| {who} | {cells} |")
    lines.append("")
    lines += [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    return "\n".join(lines)


def documented():
    text = DOCUMENT.read_text()
    assert table() in text, f"{DOCUMENT.name} has another table than\n{table()}"


HERE = pathlib.Path(__file__).parent
DOCUMENT = HERE / "../../docs/surfaces.md"
