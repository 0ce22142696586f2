// Asks the browser for a passkey and sends what it gives with the form (WebAuthn Level 2, sections 5.1.3 and 5.1.4).
"use strict";

(() => {
  const form = document.getElementById("passkey");
  const error = document.getElementById("passkey-error");

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const { verb, challenge, party, allowed, user, userName } = form.dataset;

  const create = () =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: party, name: party },
        user: { id: bytes(user), name: userName, displayName: userName },
        challenge: bytes(challenge),
        pubKeyCredParams: [
          { type: "public-key", alg: -7 },
          { type: "public-key", alg: -8 },
        ],
        authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
        attestation: "none",
      },
    });
  const get = () =>
    navigator.credentials.get({
      publicKey: {
        rpId: party,
        challenge: bytes(challenge),
        allowCredentials: allowed.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) })),
        userVerification: "required",
      },
    });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.hidden = true;
    try {
      const credential = await (verb === "create" ? create() : get());
      const answer = credential.response;
      const fill = (name, buffer) => {
        if (buffer) form.elements.namedItem(name).value = text(buffer);
      };
      fill("credential", credential.rawId);
      fill("client-data", answer.clientDataJSON);
      fill("authenticator-data", answer.authenticatorData);
      fill("signature", answer.signature);
      fill("attestation", answer.attestationObject);
      form.submit();
    } catch {
      error.hidden = false;
    }
  });
})();
