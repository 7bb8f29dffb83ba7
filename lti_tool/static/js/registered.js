/* Tells the platform that registration is done; it closes the frame or window and loads its list again. */
const button = document.getElementById("close-registration");
const platform = window.opener ?? (window.parent === window ? null : window.parent);

if (platform) {
  button.hidden = false;
  button.focus();
  button.addEventListener("click", () => {
    platform.postMessage({ subject: button.dataset.subject }, "*");
  });
}
