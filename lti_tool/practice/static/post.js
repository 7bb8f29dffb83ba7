// Sends the page's one form at once, as Moodle's pages do; without script there is a button.
document.getElementById("post").submit();
