/* Shows how far a batch is without reloading the page: the same page is fetched, and its middle taken. */
const KEPT = ".eyebrow, [role=status], progress";
const here = document.getElementById("progress");

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function follow() {
  while (here.dataset.over !== "yes") {
    await wait(2);
    if (document.hidden) continue;
    let fresh;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (!answer.ok) continue;
      fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
    } catch {
      continue; /* the network is away for a moment */
    }
    if (!fresh) return;
    take(fresh);
  }
  document.querySelector(".without-script")?.remove();
}

/* The line that is read aloud is changed only when it says something else. */
function take(fresh) {
  here.dataset.over = fresh.dataset.over;
  const line = here.querySelector("[role=status]");
  const said = fresh.querySelector("[role=status]").textContent;
  if (line.textContent !== said) line.textContent = said;
  here.querySelector("progress").value = fresh.querySelector("progress").value;
  for (const each of [...here.children]) if (!each.matches(KEPT)) each.remove();
  for (const each of [...fresh.children]) if (!each.matches(KEPT)) here.append(each);
}

document.querySelector(".without-script")?.setAttribute("hidden", "");
follow();
