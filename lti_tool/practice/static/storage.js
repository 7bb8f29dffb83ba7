// Platform storage (LTI postMessage storage): small words kept for the tool in the frame, by its origin.
const SUBJECTS = ["lti.capabilities", "lti.put_data", "lti.get_data"];
const kept = new Map();

function answer(event, message) {
  event.source.postMessage(
    { subject: `${event.data.subject}.response`, message_id: event.data.message_id, ...message },
    event.origin,
  );
}

window.addEventListener("message", (event) => {
  const asked = event.data;
  if (!asked || !SUBJECTS.includes(asked.subject)) return;
  const name = `${event.origin} ${asked.key}`;
  if (asked.subject === "lti.capabilities") {
    answer(event, { supported_messages: SUBJECTS.map((subject) => ({ subject })) });
  } else if (asked.subject === "lti.put_data") {
    if (asked.value === null) kept.delete(name);
    else kept.set(name, asked.value);
    answer(event, { key: asked.key, value: asked.value });
  } else {
    answer(event, { key: asked.key, value: kept.get(name) ?? null });
  }
});
