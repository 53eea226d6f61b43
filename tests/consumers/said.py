"""What a program printed."""

from tally import same

SESSION = "CognitoIdentityCredentials"


class Said:
    """A line a call: `ok ACCESS_KEY ARN` (or `-`, where nobody told it) or `failed TEXT`."""

    def __init__(self, done, runs=0, without=None, session=SESSION):
        self.runs = runs
        self.stderr = done.stderr.strip()
        lines = done.stdout.splitlines()
        if without:  # calls that do not count
            lines = [line for line in lines if without not in line]
        assert done.returncode == 0 and lines, f"{done.stdout}{done.stderr}"
        self.outcomes = [line.split()[0] for line in lines]
        self.failures = [line.removeprefix("failed ") for line in lines if line[:3] != "ok "]
        good = [line.split() for line in lines if line[:3] == "ok "]
        self.keys = list(dict.fromkeys(words[1] for words in good))
        for _, _, arn in good:
            assert arn == "-" or arn.endswith(f"/{session}"), arn

    def all_well(self, calls):
        same((len(self.outcomes), list(dict.fromkeys(self.failures))), (calls, []))
