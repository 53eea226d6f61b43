"""The AWS CLI judges the sandbox."""

import cli.chain
import cli.accounts
import cli.challenges
import cli.roles
from cli.common import tally

tally.end()
