"""The AWS CLI judges the sandbox."""

import cli.chain
import cli.accounts
import cli.challenges
from cli.common import tally

tally.end()
