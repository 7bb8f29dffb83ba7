// Puts a button beside an address that copies it; without it one selects the text by hand.

for (const field of document.querySelectorAll("input[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.textContent = field.dataset.copy;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      if (!document.execCommand("copy")) {
        return; // it stays selected, for the keyboard
      }
    }
    button.textContent = field.dataset.copied;
    setTimeout(() => {
      button.textContent = field.dataset.copy;
    }, 2000);
  });
  field.insertAdjacentElement("afterend", button);
}
