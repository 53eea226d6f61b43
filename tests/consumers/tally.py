"""Checks that print a line each, and a count in the end."""

import concurrent.futures
import sys
import threading
import time
import traceback


class Tally:
    """Runs checks and says how each went. Several threads may check at once."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.lock = threading.Lock()

    def check(self, title, function, *arguments):
        """Runs the function as one check; what it returns is told in the check's line."""
        start = time.monotonic()
        try:
            told = function(*arguments)
        except Exception:
            with self.lock:
                self.failed += 1
                print(f"FAIL  {title}")
                traceback.print_exc(file=sys.stdout)
                sys.stdout.flush()
            return False
        took = f"{time.monotonic() - start:.1f} s"
        with self.lock:
            self.passed += 1
            print(f"ok    {title}  ({f'{told}, {took}' if told else took})", flush=True)
        return True

    def check_by_twos(self, checks):
        """Runs checks two at a time, and tells them in order: titles, functions, arguments."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            started = [(title, pool.submit(*call)) for title, *call in checks]
            for title, future in started:
                self.check(title, future.result)

    def skip(self, title, why):
        with self.lock:
            self.skipped += 1
            print(f"skip  {title}: {why}", flush=True)

    def note(self, text):
        """What is worth reading, and no check."""
        with self.lock:
            print(f"      {text}", flush=True)

    def end(self):
        """The last line, and the exit code."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}")
        return 1 if self.failed else 0


def same(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def holds(text, part):
    assert part in text, f"{part!r} is not in {text!r}"
