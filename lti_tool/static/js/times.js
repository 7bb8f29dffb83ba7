/* Moments in the reader's own time zone; without this script they stand in UTC. */
const page = document.documentElement.lang;
const language = page === "en" ? "en-GB" : page || undefined; /* as the server writes days */
const day = new Intl.DateTimeFormat(language, { dateStyle: "long" });
const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const styles = {
  moment: (moment) => `${day.format(moment)}, ${time.format(moment)}`,
  time: (moment) => time.format(moment),
  day: (moment) => day.format(moment),
};

for (const element of document.querySelectorAll("time[data-local]")) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  let style = element.dataset.local;
  if (style === "recent") style = moment.toDateString() === new Date().toDateString() ? "time" : "moment";
  element.textContent = (styles[style] || styles.moment)(moment);
}
