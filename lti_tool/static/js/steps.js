/* Orderings: buttons that move a step up or down; the select boxes stay and say the same. */
function button(list, text, step, way) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `step-move step-${way < 0 ? "up" : "down"}`;
  made.setAttribute("aria-label", `${way < 0 ? list.dataset.up : list.dataset.down} ${text}`);
  made.addEventListener("click", () => move(list, step, way, made));
  return made;
}

function move(list, step, way, pressed) {
  const other = way < 0 ? step.previousElementSibling : step.nextElementSibling;
  if (!other) return;
  if (way < 0) list.insertBefore(step, other);
  else list.insertBefore(other, step);
  number(list);
  pressed.focus();
  const text = step.querySelector(".step-text").textContent.trim();
  const place = [...list.children].indexOf(step) + 1;
  list.nextElementSibling.textContent = `${text} ${list.dataset.moved} ${place}`;
  step.querySelector("select").dispatchEvent(new Event("change", { bubbles: true }));
}

function number(list) {
  [...list.children].forEach((step, index) => {
    step.querySelector("select").value = String(index + 1);
  });
}

/* A place that is chosen by hand: the step goes there, the others close up. */
function place(list, step) {
  const wanted = Number(step.querySelector("select").value);
  if (!wanted) return;
  const others = [...list.children].filter((each) => each !== step);
  list.insertBefore(step, others[wanted - 1] || null);
  number(list);
}

export function prepare(root) {
  for (const list of root.querySelectorAll("[data-steps]")) {
    if (list.dataset.ready) continue;
    list.dataset.ready = "yes";
    const told = document.createElement("p");
    told.className = "visually-hidden";
    told.setAttribute("role", "status");
    list.after(told);
    for (const step of list.children) {
      const text = step.querySelector(".step-text").textContent.trim();
      const moves = document.createElement("span");
      moves.className = "step-moves";
      moves.append(button(list, text, step, -1), button(list, text, step, 1));
      step.append(moves);
      step.querySelector("select").addEventListener("change", (event) => {
        if (event.isTrusted) place(list, step);
      });
    }
  }
}

prepare(document);
