"""boto.py PROFILE CALLS PAUSE_MS [THREADS]: asks STS who it is, with one client of boto3.

Prints a line a call: `ok ACCESS_KEY ARN` or `failed WHAT THE SDK SAYS`. Each thread makes so many
calls, and all begin at the same moment.
"""

import logging
import os
import sys
import threading
import time

import boto3

profile, calls, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000
threads = int(sys.argv[4]) if len(sys.argv) > 4 else 1

# Refreshes that fail while the keys still work only show up here.
logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
signer = threading.local()
together = threading.Barrier(threads)


def note(request, **_):
    header = request.headers["Authorization"]
    header = header.decode() if isinstance(header, bytes) else header
    signer.key = header.split("Credential=")[1].split("/")[0]


def say(line):
    sys.stdout.write(line.replace("\n", " ") + "\n")
    sys.stdout.flush()


def work(sts):
    together.wait()
    for call in range(calls):
        if call:
            time.sleep(pause)
        try:
            arn = sts.get_caller_identity()["Arn"]
            say(f"ok {signer.key} {arn}")
        except Exception as error:
            say(f"failed {type(error).__name__}: {error}")


def main():
    try:
        # It asks for the first keys here.
        session = boto3.Session(profile_name=None if profile == "-" else profile)
        sts = session.client("sts", endpoint_url=os.environ["STS_URL"], region_name="us-east-1")
    except Exception as error:
        return say(f"failed {type(error).__name__}: {error}")
    sts.meta.events.register("before-send.sts", note)
    workers = [threading.Thread(target=work, args=[sts]) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


main()
