/* Keeps the secret of a login where this tab, or the platform, can give it back; then goes on. */
import { ask } from "./platform-storage.js";

const page = document.getElementById("login");
const { authUrl, state, secret, storageTarget, storageOrigin } = page.dataset;

function keepInTab() {
  try {
    window.sessionStorage.setItem(`lti-login:${state}`, secret);
    return true;
  } catch {
    return false;
  }
}

function keepsCookies() {
  const name = `lti-try-${state.slice(0, 8)}`;
  const rest = "Path=/; Secure; SameSite=None; Partitioned";
  document.cookie = `${name}=1; Max-Age=60; ${rest}`;
  const kept = document.cookie.includes(`${name}=1`);
  document.cookie = `${name}=; Max-Age=0; ${rest}`;
  return kept;
}

async function keepAtPlatform() {
  if (!storageTarget) return false;
  const told = { subject: "lti.put_data", key: `lti-login-${state}`, value: secret };
  const answer = await ask(storageTarget, storageOrigin, told);
  return Boolean(answer) && !answer.error;
}

const kept = [keepInTab(), keepsCookies(), await keepAtPlatform()];
if (kept.includes(true)) {
  window.location.replace(authUrl);
} else {
  document.getElementById("going").hidden = true;
  document.getElementById("own-window").hidden = false;
}
