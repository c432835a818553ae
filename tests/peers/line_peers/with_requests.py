"""For the peers that are auth objects of requests."""

from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict


def sign(message, auth):
    # requests leaves Host to the layer below, which takes it from the URL, and peers rely on that.
    headers = message.headers("host")
    request = requests.Request(message.method, message.url(), headers=headers, data=message.content(), auth=auth).prepare()
    message.target = request.path_url
    return [["host", urlsplit(request.url).netloc], *([name, text(value)] for name, value in request.headers.items())]


def received(message):
    """A request as it came: preparing it would change it."""
    request = requests.PreparedRequest()
    request.method = message.method
    request.url = message.url()
    request.headers = CaseInsensitiveDict(message.headers("host"))
    request.body = message.content()
    return request


def text(value):
    return value.decode() if isinstance(value, bytes) else value
