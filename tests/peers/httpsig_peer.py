"""Signs or verifies one message head with httpsig.

The first argument is `sign` or `verify`, the second a JSON object with the case. Prints a JSON object with the result and
with httpsig's version.
"""

import importlib.metadata
import json
import sys

from httpsig import HeaderSigner, HeaderVerifier


def sign(case):
    signer = HeaderSigner(case["key_id"], case["secret"], case["algorithm"], case["covered"], case["field"])
    return signer.sign(case["fields"], method=case["method"], path=case["target"])[case["field"]]


def verify(case):
    verifier = HeaderVerifier(
        case["fields"],
        case["secret"],
        required_headers=case["covered"],
        method=case["method"],
        path=case["target"],
        sign_header=case["field"],
    )
    return verifier.verify()


actions = {"sign": sign, "verify": verify}
result = actions[sys.argv[1]](json.loads(sys.argv[2]))
print(json.dumps({"version": importlib.metadata.version("httpsig"), "result": result}))
