"""boto3, pycognito, warrant-lite, PyJWT, pyotp and aws-consoler judge the sandbox."""

import python.sign_in
import python.tokens
import python.keys
import python.roles
import python.console
import python.accounts
import python.people
import python.factors
import python.choices
import python.devices
import python.server
from python.common import tally

tally.end()
