"""Authlib: a session of its own, and the ID token verified by its own JOSE."""

import html
import json
import os
import re
from urllib.parse import parse_qs, urlparse

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken

ISSUER, CALLBACK = os.environ["ISSUER"], os.environ["CALLBACK"]
COOKIES = dict(pair.split("=", 1) for pair in os.environ["COOKIES"].split("; ") if pair)
KEY = json.loads(os.environ["CLIENT_KEY"])
METADATA = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=30).json()


def agree(url):
    """The person and their browser; gives the URL of the relying party that they are led back to."""
    browser = requests.Session()
    browser.cookies.update(COOKIES)
    browser.headers["Accept"] = "text/html"
    request = requests.compat.urljoin(url, browser.get(url, allow_redirects=False).headers["Location"])
    page = browser.get(request, allow_redirects=False)
    if page.status_code == 303:
        return page.headers["Location"]
    form = [("csrf", re.search(r'name="csrf" value="([^"]+)"', page.text)[1]), ("answer", "agree")]
    for box in re.findall(r'<input[^>]*name="fields"[^>]*>', page.text):
        form.append(("fields", html.unescape(re.search(r'value="([^"]+)"', box)[1])))
    answered = browser.post(request, data=form, allow_redirects=False)
    assert answered.status_code == 303, answered.status_code
    return answered.headers["Location"]


def session(client_id, **options):
    return OAuth2Session(
        client_id, redirect_uri=CALLBACK, scope="openid profile offline_access", code_challenge_method="S256", **options
    )


def sign_in(relying_party, client_id):
    nonce, verifier = "nonce-" + os.urandom(8).hex(), os.urandom(32).hex()
    url, state = relying_party.create_authorization_url(
        METADATA["authorization_endpoint"], nonce=nonce, code_verifier=verifier
    )
    answer = agree(url)
    assert parse_qs(urlparse(answer).query)["iss"] == [ISSUER]
    fetch = lambda: relying_party.fetch_token(
        METADATA["token_endpoint"], authorization_response=answer, code_verifier=verifier, state=state
    )
    token = dict(fetch())
    keys = JsonWebKey.import_key_set(requests.get(METADATA["jwks_uri"], timeout=30).json())
    claims = JsonWebToken(["ES256", "EdDSA"]).decode(
        token["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={"iss": {"values": [ISSUER]}, "aud": {"values": [client_id]}, "nonce": {"value": nonce}},
        claims_params={"nonce": nonce},
    )
    claims.validate(leeway=60)
    person = relying_party.get(METADATA["userinfo_endpoint"]).json()
    assert person["sub"] == claims["sub"] and person["name"] == "Nguyễn Thị Minh An", person
    refreshed = relying_party.refresh_token(METADATA["token_endpoint"], refresh_token=token["refresh_token"])
    assert refreshed["refresh_token"] != token["refresh_token"]
    try:
        fetch()
    except OAuthError as error:
        assert error.error == "invalid_grant", error
    else:
        raise AssertionError("a code was taken twice")


public, keyed = os.environ["PUBLIC_CLIENT"], os.environ["KEYED_CLIENT"]
sign_in(session(public, token_endpoint_auth_method="none"), public)


def with_key():
    relying_party = session(keyed, client_secret=KEY, token_endpoint_auth_method="private_key_jwt")
    method = PrivateKeyJWT(METADATA["token_endpoint"], alg="ES256", headers={"kid": KEY["kid"]})
    relying_party.register_client_auth_method(method)
    return relying_party


sign_in(with_key(), keyed)
own = with_key().fetch_token(METADATA["token_endpoint"], grant_type="client_credentials")
assert own["token_type"] == "Bearer"
