"""Routes behind Flask-Cavage on a free loopback port.

The argument is a JSON object of key ids and secrets. The first line of the output is a JSON object with the port and
with Flask-Cavage's version; it comes when the server listens.
"""

import importlib.metadata
import json
import logging
import sys

from flask import Flask, g, request
from flask_cavage import CavageSignature, require_apikey_authentication
from werkzeug.serving import make_server

SECRETS = json.loads(sys.argv[1])

# Refusals are what half of the tests ask for; their warnings and tracebacks would bury a failure.
logging.disable(logging.CRITICAL)

app = Flask(__name__)
signatures = CavageSignature(app)


@signatures.secret_loader
def load_secret(key_id):
    return SECRETS.get(key_id)


@app.get("/private")
@require_apikey_authentication
def read():
    return f"{g.cavage_key_id} reads {request.query_string.decode()}"


@app.post("/private")
@require_apikey_authentication
def write():
    return f"{g.cavage_key_id} writes {request.get_data(as_text=True)}"


server = make_server("127.0.0.1", 0, app, threaded=True)
print(json.dumps({"port": server.server_port, "version": importlib.metadata.version("flask-cavage")}), flush=True)
server.serve_forever()
