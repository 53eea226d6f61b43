"""What `poolkey configure` writes: read by every program here, wherever Poolkey is installed, and
with the AWS CLI writing the same file meanwhile."""

import shutil
import threading

import matrix
from said import Said
from stage import PROFILE
from tally import holds, same

# It has what some reader of the file, or of the command in it, takes for more than a character.
ODD_PLACE = "it's a #1 ;ü\\n \"100%HOME%\" $y `z`"
SETS = 12


def check_all(stage, tally, clis):
    check_place(stage, tally, ODD_PLACE)
    for cli in clis:
        tally.check(f"{cli.version}: configure set and poolkey configure at once", race, stage, cli)


class Home:
    """A file for AWS tools of its own, and Poolkey's programs in a place of that name."""

    def __init__(self, stage, place):
        self.stage = stage
        self.config = stage.home / f"configured-{len(place)}"
        self.before = (
            f"# mine\n[profile {PROFILE}]\nregion = us-east-1\nservices = sandbox\n\n"
            f"[services sandbox]\nsts =\n  endpoint_url = {stage.url}\n"
        )
        self.config.write_text(self.before)
        self.programs = stage.home / place
        self.programs.mkdir(exist_ok=True)
        for name in ("poolkey", "poolkey-credential-process"):
            if not (self.programs / name).exists():
                shutil.copy2(stage.binaries / name, self.programs)

    def run(self, *words):
        return self.stage.run(*words, env={"AWS_CONFIG_FILE": str(self.config)})

    def configure(self, *words):
        done = self.run(self.programs / "poolkey", "configure", *words, "--yes")
        same((done.returncode, done.stderr), (0, ""))
        return done.stdout


def check_place(stage, tally, place):
    home = Home(stage, place)

    def writes():
        holds(home.configure(PROFILE), "\n+credential_process = ")

    tally.check(f"poolkey configure in “{place}”", writes)

    def reads(program):
        Said(home.run(*program, PROFILE, 1, 0)).all_well(1)

    for name, program in stage.programs.items():
        if name in matrix.ROWS and matrix.expected(name, matrix.PROCESS) not in (matrix.NO, None):
            tally.check(f"{name}: the line that it wrote", reads, program)

    def gives_back():
        home.configure("--remove", PROFILE)
        same(home.config.read_text(), home.before)

    tally.check(f"poolkey configure --remove in “{place}” gives back what was there", gives_back)


def race(stage, cli):
    """The AWS CLI rewrites the file in its place and knows no lock: what it wrote stays."""
    home = Home(stage, "race")
    failed = []

    def sets():
        for number in range(SETS):
            words = ("configure", "set", "region", f"r-{number}", "--profile", f"p-{number}")
            done = home.run(cli.program, *words)
            if done.returncode:
                failed.append(done.stderr)

    other = threading.Thread(target=sets)
    other.start()
    rounds = 0
    while other.is_alive():
        # The CLI may have written what it read before, and taken a line back with it.
        home.configure(PROFILE)
        home.run(home.programs / "poolkey", "configure", "--remove", PROFILE, "--yes")
        rounds += 1
    other.join()
    same(failed, [])
    assert rounds > 0
    home.configure(PROFILE)
    text = home.config.read_text()
    for number in range(SETS):
        holds(text, f"[profile p-{number}]\nregion = r-{number}\n")
    assert text.startswith("# mine\n"), text
    home.run(home.programs / "poolkey", "configure", "--remove", PROFILE, "--yes")
    told = home.run(cli.program, "configure", "get", "region", "--profile", f"p-{SETS - 1}")
    same(told.stdout.strip(), f"r-{SETS - 1}")
