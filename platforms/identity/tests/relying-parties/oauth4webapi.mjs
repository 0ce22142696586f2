// oauth4webapi: each response validated step by step.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { agree } from "./person.mjs";

const { ISSUER, PUBLIC_CLIENT, KEYED_CLIENT, CALLBACK } = process.env;
const jwk = JSON.parse(process.env.CLIENT_KEY);
const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const plain = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(ISSUER);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, plain));

for (const [client, authentication] of [
  [{ client_id: PUBLIC_CLIENT, id_token_signed_response_alg: "ES256" }, oauth.None()],
  [{ client_id: KEYED_CLIENT, id_token_signed_response_alg: "EdDSA" }, oauth.PrivateKeyJwt({ key, kid: jwk.kid })],
]) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [nonce, state] = [oauth.generateRandomNonce(), oauth.generateRandomState()];
  const parameters = new URLSearchParams({
    client_id: client.client_id,
    response_type: "code",
    redirect_uri: CALLBACK,
    scope: "openid profile offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    nonce,
    state,
  });
  const pushing = await oauth.pushedAuthorizationRequest(server, client, authentication, parameters, plain);
  const pushed = await oauth.processPushedAuthorizationResponse(server, client, pushing);
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri });
  const answer = oauth.validateAuthResponse(server, client, await agree(url), state);

  const redeem = () =>
    oauth.authorizationCodeGrantRequest(server, client, authentication, answer, CALLBACK, verifier, plain);
  const response = await redeem();
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  // The signature of the ID token, with the published keys.
  await oauth.validateApplicationLevelSignature(server, response, plain);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const asked = await oauth.userInfoRequest(server, client, tokens.access_token, plain);
  assert.equal((await oauth.processUserInfoResponse(server, client, sub, asked)).name, "Nguyễn Thị Minh An");

  // Replay of the code revokes what came of it.
  await assert.rejects(oauth.processAuthorizationCodeResponse(server, client, await redeem()), {
    error: "invalid_grant",
  });
  assert.equal((await oauth.userInfoRequest(server, client, tokens.access_token, plain)).status, 401);
}
