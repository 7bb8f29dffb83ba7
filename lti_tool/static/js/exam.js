/* A running exam: the clock as the server counts it, and each change saved at once. Without this script the
   page shows until when it runs, and "Save answers" keeps what was typed. */
const page = document.querySelector("[data-exam]");
const form = page.querySelector("form");
const sequence = form.elements.namedItem("sequence");
const clock = page.querySelector("[data-clock]");
const saved = page.querySelector("[data-saved]");
const announce = page.querySelector("[data-announce]");
const words = page.dataset;
const language = document.documentElement.lang || undefined;

let endsAt = words.left === "" ? null : performance.now() + Number(words.left) * 1000;
let ending = false;
const waiting = new Map();
const announced = new Set();

function show(seconds) {
  const hours = Math.floor(seconds / 3600);
  const rest = [Math.floor((seconds % 3600) / 60), seconds % 60].map((part) => String(part).padStart(2, "0"));
  clock.textContent = `${hours ? `${hours}:` : ""}${rest.join(":")} ${words.wordsLeft}`;
  page.classList.toggle("exam-late", seconds <= 300);
  const minutes = Math.ceil(seconds / 60);
  if ([10, 5, 1].includes(minutes) && seconds % 60 === 0 && !announced.has(minutes)) {
    announced.add(minutes);
    announce.textContent = `${minutes} ${words.wordsMinutes}`;
  }
}

function tick() {
  if (endsAt === null || ending) return;
  const seconds = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
  show(seconds);
  if (seconds === 0) finish();
}

function finish() {
  ending = true;
  announce.textContent = words.wordsOver;
  clock.textContent = words.wordsOver;
  next();
  const kept = document.createElement("input");
  kept.type = "hidden";
  kept.name = "do";
  kept.value = "submit-anyway";
  form.append(kept);
  form.submit();
}

function next() {
  sequence.value = String(Number(sequence.value) + 1);
  return sequence.value;
}

function count() {
  const questions = [...form.querySelectorAll(".question")];
  const answered = questions.filter((question) =>
    [...question.querySelectorAll("input, select")].some((field) =>
      field.type === "radio" || field.type === "checkbox" ? field.checked : field.value !== "",
    ),
  );
  const place = page.querySelector("[data-count]");
  place.textContent = `${answered.length}/${questions.length} ${place.dataset.words}`;
}

function changed(event) {
  const question = event.target.closest(".question");
  if (!question) return;
  count();
  clearTimeout(waiting.get(question));
  const wait = event.type === "input" && event.target.type === "text" ? 800 : 0;
  waiting.set(question, setTimeout(() => save(question), wait));
}

/* What is given to one question: its own fields, and those of its parts. */
function fieldsOf(question) {
  const field = `r.${question.dataset.question}`;
  const own = [...new FormData(form)].filter(([name]) => name === field || name.startsWith(`${field}.`));
  return new URLSearchParams(own);
}

/* Sends what is given to a question; goes on when the page is left meanwhile. */
function send(question) {
  const data = fieldsOf(question);
  data.set("question", question.dataset.question);
  data.set("sequence", next());
  return fetch(`${words.url}/answers`, {
    method: "POST",
    body: data,
    keepalive: true,
    headers: { Accept: "application/json", "X-CSRF-Token": words.token },
  });
}

async function save(question, tries = 0) {
  if (ending) return;
  waiting.delete(question);
  saved.textContent = words.wordsSaving;
  try {
    const answer = await send(question);
    if (answer.status === 409) {
      location.assign(words.url);
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    keep(question, await answer.json());
  } catch {
    saved.textContent = words.wordsLost;
    page.classList.add("exam-lost");
    if (!waiting.has(question)) {
      const pause = Math.min(30000, 2000 * 2 ** tries);
      waiting.set(question, setTimeout(() => save(question, tries + 1), pause));
    }
  }
}

function keep(question, told) {
  page.classList.remove("exam-lost");
  if (told.left_s !== null) endsAt = performance.now() + told.left_s * 1000;
  const fault = question.querySelector(".question-fault");
  fault.textContent = told.fault ?? "";
  fault.hidden = !told.fault;
  if (told.fault) {
    saved.textContent = "";
    return;
  }
  const at = new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(new Date(told.saved_at));
  saved.textContent = `${words.wordsSaved} ${at}`;
}

form.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("submit", () => {
  ending = true;
  next();
});
addEventListener("pagehide", () => {
  if (ending) return;
  for (const [question, timer] of waiting) {
    clearTimeout(timer);
    send(question).catch(() => {});
  }
  waiting.clear();
  fetch(`${words.url}/left`, { method: "POST", keepalive: true, headers: { "X-CSRF-Token": words.token } }).catch(() => {});
});
count();
tick();
setInterval(tick, 1000);
