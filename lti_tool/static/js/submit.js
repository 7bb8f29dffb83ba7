/* Sends the form of a page that only passes something on. */
document.getElementById("submit-at-once").submit();
