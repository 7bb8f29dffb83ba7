/* Figures that are walked through: one step at a time, the rest of the drawing dimmed.
   Words stand in the page. Buttons, arrow keys, Home and End move; reduced motion is the style sheet's matter. */
function parts(figure) {
  return [...figure.querySelectorAll(".stepwise-list > li")].map((item) => ({
    item,
    group: figure.querySelector(`svg g[id$="--${CSS.escape(item.dataset.show)}"]`),
  }));
}

/* On a phone the drawing is wider than its box: the part that is told of comes to its middle. */
function bring(group) {
  const box = group?.closest(".figure-scroll");
  if (!box) return;
  const [part, frame] = [group, box].map((each) => each.getBoundingClientRect());
  box.scrollBy({ left: part.left + part.width / 2 - frame.left - frame.width / 2 });
}

function start(figure) {
  const steps = parts(figure);
  const bar = figure.querySelector(".stepwise-bar");
  const place = bar.querySelector(".stepwise-place");
  const all = place.textContent;
  const [back, next] = bar.querySelectorAll("[data-way]");
  let at = -1;

  function show(number) {
    at = Math.max(-1, Math.min(number, steps.length - 1));
    const whole = at < 0;
    figure.classList.toggle("is-walked", !whole);
    steps.forEach(({ item, group }, index) => {
      item.hidden = !whole && index !== at;
      group?.classList.toggle("is-shown", index === at);
    });
    place.textContent = whole ? all : place.dataset.words.replace("{n}", at + 1);
    if (!whole) bring(steps[at].group);
    back.disabled = whole;
    next.disabled = at === steps.length - 1;
  }

  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const way = Number(button.dataset.way || 0);
    show("all" in button.dataset ? -1 : at + way);
    if (button.disabled) (way < 0 ? next : back).focus();
  });
  bar.addEventListener("keydown", (event) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  steps.forEach(({ item, group }, index) => {
    item.value = index + 1; /* keeps its number while the others are hidden */
    group?.classList.add("is-part");
  });
  bar.hidden = false;
  show(-1);
}

for (const figure of document.querySelectorAll("[data-steps]")) start(figure);
