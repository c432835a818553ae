"""One Python implementation of draft-cavage as a process that speaks JSON lines; README.md describes the exchange.

The argument names the peer, which is a module of line_peers.
"""

import importlib
import importlib.metadata
import json
import os
import sys
import warnings

# The sources stay as they are when tests run.
sys.dont_write_bytecode = True

from line_peers.message import Message


def reason(error):
    # An assertion of a peer often says nothing but its type.
    return f"{type(error).__name__}: {error}"


def sign(peer, message):
    try:
        fields = peer.sign(message)
    except Exception as error:
        return {"error": reason(error)}
    return {"fields": fields, "target": message.target}


def verify(peer, message):
    try:
        accepted = peer.verify(message)
    except Exception as error:
        return {"accepted": False, "reason": reason(error)}
    return {"accepted": accepted, "reason": None if accepted else "the peer says no more than no"}


ACTIONS = {"sign": sign, "verify": verify}


def answer(peer, line):
    try:
        request = json.loads(line)
        action = request.pop("action")
        message = Message(**request)
        if not hasattr(peer, action):
            raise ValueError(f"this peer does not {action}")
    except Exception as error:
        return {"error": f"the test's own mistake: {reason(error)}"}
    return ACTIONS[action](peer, message)


def main():
    # A peer that prints would garble the lines.
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")

    name = sys.argv[1]
    peer = importlib.import_module("line_peers." + name.replace("-", "_"))
    version = importlib.metadata.version(peer.DISTRIBUTION)
    roles = [role for role in ACTIONS if hasattr(peer, role)]
    print(json.dumps({"peer": name, "version": version, "roles": roles}), file=lines, flush=True)
    for line in sys.stdin.buffer:
        print(json.dumps(answer(peer, line)), file=lines, flush=True)


main()
