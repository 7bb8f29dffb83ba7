/* Gives back the secret that the login's page kept, so that the launch can go on. */
import { ask } from "./platform-storage.js";

const form = document.getElementById("prove");
const { state, storageTarget, storageOrigin } = form.dataset;

function fromTab() {
  try {
    const name = `lti-login:${state}`;
    const kept = window.sessionStorage.getItem(name);
    window.sessionStorage.removeItem(name);
    return kept;
  } catch {
    return null;
  }
}

async function fromPlatform() {
  if (!storageTarget) return null;
  const answer = await ask(storageTarget, storageOrigin, {
    subject: "lti.get_data",
    key: `lti-login-${state}`,
  });
  return answer?.value ?? null;
}

const own = fromTab();
form.elements.proof.value = own ?? (await fromPlatform()) ?? "";
form.elements.proof_by.value = own ? "tab" : "platform";
form.submit();
