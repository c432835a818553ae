from kong_hmac import HmacAuth

DISTRIBUTION = "kong-hmac"


def sign(message):
    return message.with_fields(HmacAuth(message.key.id, message.key.secret).get_auth_headers(body=message.body))
