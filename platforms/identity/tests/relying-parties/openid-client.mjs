// openid-client: discovery, PKCE, pushed requests, private_key_jwt, refresh, userinfo, client credentials.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { agree } from "./person.mjs";

const { ISSUER, PUBLIC_CLIENT, KEYED_CLIENT, CALLBACK } = process.env;
const jwk = JSON.parse(process.env.CLIENT_KEY);
const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const insecure = { execute: [client.allowInsecureRequests] };
const discover = (id, authentication, algorithm) =>
  client.discovery(new URL(ISSUER), id, { id_token_signed_response_alg: algorithm }, authentication, insecure);
const configurations = [
  await discover(PUBLIC_CLIENT, client.None(), "ES256"),
  await discover(KEYED_CLIENT, client.PrivateKeyJwt({ key, kid: jwk.kid }), "EdDSA"),
];

/** Signs in; `pushed` says how the request travels. */
async function signIn(config, pushed, changes = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const [nonce, state] = [client.randomNonce(), client.randomState()];
  const parameters = {
    redirect_uri: CALLBACK,
    scope: "openid profile phone personal_number offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    nonce,
    state,
    ...changes,
  };
  const build = pushed ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl;
  const answer = await agree(await build(config, parameters));
  const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true };
  return { answer, checks, redeem: () => client.authorizationCodeGrant(config, answer, checks) };
}

for (const config of configurations) {
  for (const pushed of [false, true]) {
    const { answer, checks, redeem } = await signIn(config, pushed, { max_age: "600" });
    const tokens = await redeem();
    const claims = tokens.claims();
    assert.equal(claims.acr, "urn:lienthong:assurance:1");
    const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(person.name, "Nguyễn Thị Minh An");
    assert.equal(person.personal_number, "001190000001");
    assert.equal(person.phone_number, "+84912345678");
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(refreshed.claims().sub, claims.sub);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
    // Code and refresh token a second time.
    await assert.rejects(client.authorizationCodeGrant(config, answer, checks), { error: "invalid_grant" });
    await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), { error: "invalid_grant" });
  }
}

// What a mix-up, a stale nonce or a foreign state looks like to a client.
const [config] = configurations;
for (const change of [
  ({ answer }) => answer.searchParams.set("iss", "https://evil.example"),
  ({ answer }) => answer.searchParams.delete("iss"),
  ({ answer }) => answer.searchParams.set("state", "other"),
  ({ checks }) => (checks.expectedNonce = "stale"),
  ({ checks }) => (checks.pkceCodeVerifier = client.randomPKCECodeVerifier()),
]) {
  const signedIn = await signIn(config, false);
  change(signedIn);
  await assert.rejects(signedIn.redeem());
}
const silent = await signIn(config, false, { prompt: "none", acr_values: "urn:lienthong:assurance:2" });
await assert.rejects(silent.redeem(), { error: "login_required" });

const own = await client.clientCredentialsGrant(configurations[1]);
assert.equal(own.token_type, "bearer");
// Asked about, given back, asked about again.
const told = await client.tokenIntrospection(configurations[1], own.access_token);
assert.deepEqual([told.active, told.system], [true, KEYED_CLIENT.slice(0, KEYED_CLIENT.lastIndexOf("/"))]);
await client.tokenRevocation(configurations[1], own.access_token);
assert.deepEqual(await client.tokenIntrospection(configurations[1], own.access_token), { active: false });
await assert.rejects(client.clientCredentialsGrant(config), { error: "unauthorized_client" });

const logout = client.buildEndSessionUrl(config, { post_logout_redirect_uri: "https://rp.example/bye" });
assert.equal((await fetch(logout, { redirect: "manual" })).headers.get("location"), "https://rp.example/bye");
