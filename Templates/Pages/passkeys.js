// Hands a passkey's questions and answers between the browser and a form.
// Everything else works without it, and so it shows the forms that do not.
"use strict";

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const descriptors = (list) => list.map((item) => ({ ...item, id: bytes(item.id) }));

async function answer(kind, options) {
  options.challenge = bytes(options.challenge);
  if (kind === "create") {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = descriptors(options.excludeCredentials);
    const made = await navigator.credentials.create({ publicKey: options });
    return { id: made.rawId, client_data: made.response.clientDataJSON, attestation_object: made.response.attestationObject };
  }
  options.allowCredentials = descriptors(options.allowCredentials);
  const given = await navigator.credentials.get({ publicKey: options });
  return {
    id: given.rawId,
    client_data: given.response.clientDataJSON,
    authenticator_data: given.response.authenticatorData,
    signature: given.response.signature,
    user_handle: given.response.userHandle ?? new ArrayBuffer(0),
  };
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failure = form.querySelector("[data-failure]");
    failure.hidden = true;
    try {
      const fields = await answer(form.dataset.passkey, JSON.parse(form.dataset.options));
      for (const [name, value] of Object.entries(fields)) form.elements[name].value = text(value);
      form.submit();
    } catch {
      failure.hidden = false;
    }
  });
}
