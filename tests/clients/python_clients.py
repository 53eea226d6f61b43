"""boto3, pycognito, warrant-lite and PyJWT judge the sandbox."""

import python.sign_in
import python.tokens
import python.keys
import python.accounts
import python.server
from python.common import tally

tally.end()
