"""How long one credential_process takes in botocore: two commands, turn by turn.

Usage: resolve.py ROUNDS COMMAND_A COMMAND_B; prints "INDEX NANOSECONDS" for each.
"""

import sys
import time

from botocore.credentials import ProcessProvider

rounds, commands = int(sys.argv[1]), sys.argv[2:]
providers = [
    ProcessProvider("bench", lambda command=command: {"profiles": {"bench": {"credential_process": command}}})
    for command in commands
]
for number in range(-3, rounds):
    for index, provider in enumerate(providers):
        start = time.perf_counter_ns()
        keys = provider.load().get_frozen_credentials()
        took = time.perf_counter_ns() - start
        assert keys.secret_key
        if number >= 0:
            print(index, took)
