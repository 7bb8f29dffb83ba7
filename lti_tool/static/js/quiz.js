/* A quiz: one answer is checked without loading the page again. Without this script the form does the same. */
const form = document.querySelector("form[data-quiz]");

function tell(question, words) {
  const fault = question.querySelector(".question-fault");
  fault.textContent = words;
  fault.hidden = !words;
  if (words) fault.scrollIntoView({ block: "nearest" });
}

async function check(question, button) {
  const field = `r.${question.dataset.question}`;
  const own = [...new FormData(form)].filter(([name]) => name === field || name.startsWith(`${field}.`));
  const data = new URLSearchParams(own);
  data.set("csrf_token", form.elements.namedItem("csrf_token").value);
  data.set("do", button.value);
  tell(question, "");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: data,
      headers: { "X-Part": question.dataset.number },
    });
    if (answer.status === 422) {
      tell(question, await answer.text());
    } else if (answer.redirected) {
      location.assign(answer.url);
    } else if (answer.ok) {
      show(question, await answer.text(), answer.headers.get("X-Over"));
    } else {
      tell(question, form.dataset.trouble);
    }
  } catch {
    tell(question, form.dataset.trouble);
  } finally {
    button.disabled = false;
  }
}

function show(question, html, over) {
  const parsed = new DOMParser().parseFromString(html, "text/html").querySelector(".question");
  question.replaceWith(parsed);
  parsed.querySelector("[data-feedback]:last-of-type")?.focus({ preventScroll: true });
  parsed.querySelector("[data-feedback]")?.scrollIntoView({ block: "nearest" });
  if (over) {
    const end = form.querySelector(".quiz-end");
    const link = document.createElement("a");
    link.className = "button button-primary";
    link.href = `${form.dataset.result}#result`;
    link.textContent = form.dataset.toResult;
    end.replaceChildren(link);
    link.scrollIntoView({ block: "nearest" });
  }
}

form.addEventListener("submit", (event) => {
  let button = event.submitter;
  const question = document.activeElement?.closest?.(".question") ?? null;
  if (button?.value === "keep" && question) button = question.querySelector("button[name=do]");
  if (!button?.value.startsWith("check:")) return;
  event.preventDefault();
  check(button.closest(".question"), button);
});
