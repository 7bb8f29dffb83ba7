/* The platform's storage (LTI client side postMessages, lti-cs-pm and lti-pm-s). */

const PATIENCE_MS = 700;

/* Which window answers: a frame of the platform by name, or the window that holds or opened us. */
function target(name) {
  const around = window.parent === window ? window.opener : window.parent;
  if (!around || name === "_parent") return around;
  try {
    return around.frames[name] ?? around;
  } catch {
    return around;
  }
}

/* Sends one message and waits for its answer; null where none comes in time. */
export function ask(name, origin, message) {
  const to = target(name);
  if (!to) return Promise.resolve(null);
  const id = window.crypto.randomUUID();
  return new Promise((resolve) => {
    const stop = (answer) => {
      window.clearTimeout(timer);
      window.removeEventListener("message", hear);
      resolve(answer);
    };
    const hear = (event) => {
      if (event.origin === origin && event.data?.message_id === id) stop(event.data);
    };
    const timer = window.setTimeout(() => stop(null), PATIENCE_MS);
    window.addEventListener("message", hear);
    to.postMessage({ ...message, message_id: id }, origin);
  });
}
