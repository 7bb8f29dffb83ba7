/* Moments in the reader's own time zone; without this script they stand in UTC. */
const language = document.documentElement.lang || undefined;
const styles = {
  moment: { dateStyle: "medium", timeStyle: "short" },
  time: { timeStyle: "short" },
  day: { dateStyle: "medium" },
};

for (const element of document.querySelectorAll("time[data-local]")) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  let style = element.dataset.local;
  if (style === "recent") style = moment.toDateString() === new Date().toDateString() ? "time" : "moment";
  element.textContent = new Intl.DateTimeFormat(language, styles[style] || styles.moment).format(moment);
}
