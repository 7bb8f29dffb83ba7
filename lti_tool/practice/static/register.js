// Goes back to the list of tools when the tool says that it has finished.
const frame = document.getElementById("register");

window.addEventListener("message", (event) => {
  const closes = event.data && event.data.subject === "org.imsglobal.lti.close";
  if (closes && event.source === frame.contentWindow) {
    window.location.assign(frame.dataset.done);
  }
});
