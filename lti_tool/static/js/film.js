/* Films: tells what is played, paused, jumped over and left, by the video profile of xAPI. */
const article = document.querySelector("[data-films]");

class Film {
  constructor(figure) {
    this.video = figure.querySelector("video");
    this.url = `${article.dataset.films}/${figure.dataset.video}`;
    this.session = null;
    this.number = 0;
    this.segments = [];
    this.start = null;
    this.last = 0;
    this.isOpen = false;
    this.video.addEventListener("play", () => this.play());
    this.video.addEventListener("pause", () => this.pause());
    this.video.addEventListener("seeking", () => this.seek());
    this.video.addEventListener("seeked", () => this.seeked());
    this.video.addEventListener("timeupdate", () => {
      if (!this.video.seeking) this.last = this.video.currentTime;
    });
    addEventListener("pagehide", () => this.leave());
  }

  send(event, more = {}) {
    const told = { session: this.session, event, number: this.number, time: this.video.currentTime, segments: this.seen(), ...more };
    this.number += 1;
    fetch(this.url, {
      method: "POST",
      keepalive: true,
      body: JSON.stringify(told),
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": article.dataset.token },
    }).catch(() => {});
  }

  seen() {
    const open = this.start === null ? [] : [[this.start, this.last]];
    return [...this.segments, ...open].filter(([from, to]) => to > from);
  }

  close() {
    if (this.start !== null && this.last > this.start) this.segments.push([this.start, this.last]);
    this.start = null;
  }

  play() {
    if (this.session === null) {
      this.session = crypto.randomUUID?.() ?? uuid();
      this.send("initialized");
    }
    this.isOpen = true;
    if (this.start !== null) return;
    this.start = this.last = this.video.currentTime;
    this.send("played");
  }

  pause() {
    if (this.video.seeking) return;
    this.last = this.video.currentTime;
    this.close();
    this.send("paused");
  }

  seek() {
    if (this.session === null || this.from !== undefined) return;
    this.from = this.last;
    this.close();
  }

  seeked() {
    if (this.session === null || this.from === undefined) return;
    const from = this.from;
    this.from = undefined;
    this.last = this.video.currentTime;
    this.send("seeked", { from, to: this.video.currentTime });
    if (!this.video.paused) this.start = this.video.currentTime;
  }

  leave() {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (!this.video.paused) this.pause();
    this.send("terminated");
    this.session = null;
    this.number = 0;
  }
}

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

for (const figure of article.querySelectorAll("figure[data-video]")) new Film(figure);
