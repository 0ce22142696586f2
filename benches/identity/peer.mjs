// oidc-provider as its documentation sets it up, with tokens of the same form as ours: access tokens that are signed with ES256
// (RFC 9068), refresh tokens that rotate. It keeps everything in memory. Usage: peer.mjs FOLDER PORT
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import Provider from "oidc-provider";

const [folder, port] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const keyed = "VN/GOV/G22/portal/keyed";
const open = "VN/GOV/G22/portal/public";
const own = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const shared = {
  id_token_signed_response_alg: "ES256",
  redirect_uris: ["https://rp.example/cb"],
  response_types: ["code"],
};
const REFRESH_TOKENS = 256;

/** Keeps in a map what the provider keeps, without its limit of a thousand entries. */
const kept = new Map();
class Memory {
  constructor(name) {
    this.name = name;
  }
  key(id) {
    return `${this.name}:${id}`;
  }
  async upsert(id, payload) {
    kept.set(this.key(id), payload);
  }
  async find(id) {
    return kept.get(this.key(id));
  }
  async consume(id) {
    kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    kept.delete(this.key(id));
  }
  async revokeByGrantId() {}
}

const provider = new Provider(issuer, {
  adapter: Memory,
  jwks: { keys: [{ ...own, alg: "ES256", use: "sig", kid: "own" }] },
  clients: [
    {
      ...shared,
      client_id: keyed,
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      grant_types: ["client_credentials", "authorization_code"],
      jwks: JSON.parse(readFileSync(`${folder}/jwks.json`)),
    },
    { ...shared, client_id: open, token_endpoint_auth_method: "none", grant_types: ["authorization_code", "refresh_token"] },
  ],
  scopes: ["openid", "offline_access"],
  findAccount: async (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  rotateRefreshToken: true,
  ttl: { ClientCredentials: 600, AccessToken: 600, IdToken: 600, RefreshToken: 2_592_000 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => issuer,
      useGrantedResource: async () => true,
      getResourceServerInfo: async () => ({
        scope: "openid offline_access",
        audience: issuer,
        accessTokenTTL: 600,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});

const client = await provider.Client.find(open);
const tokens = [];
for (let number = 0; number < REFRESH_TOKENS; number += 1) {
  const grant = new provider.Grant({ accountId: "an", clientId: open });
  grant.addOIDCScope("openid offline_access");
  grant.addResourceScope(issuer, "openid offline_access");
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    accountId: "an",
    client,
    grantId,
    gty: "authorization_code",
    scope: "openid offline_access",
    resource: issuer,
    authTime: Math.floor(Date.now() / 1000),
    claims: {},
    expiresWithSession: false,
    iiat: Math.floor(Date.now() / 1000),
  });
  tokens.push(await token.save());
}
writeFileSync(`${folder}/peers-refresh`, tokens.join("\n"));
provider.listen(Number(port), "127.0.0.1", () => console.error(`oidc-provider is up at ${issuer}`));
