/* Films: tells what is played, paused, jumped over, shown otherwise and left, by the video profile of xAPI. */
const SETTLED_MS = 600; // a slider that moves tells where it came to rest
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
    this.waiting = [];
    this.isSending = false;
    this.video.addEventListener("play", () => this.play());
    this.video.addEventListener("pause", () => this.pause());
    this.video.addEventListener("seeking", () => this.seek());
    this.video.addEventListener("seeked", () => this.seeked());
    this.video.addEventListener("timeupdate", () => {
      if (!this.video.seeking) this.last = this.video.currentTime;
    });
    for (const event of ["volumechange", "ratechange"]) this.video.addEventListener(event, () => this.change());
    this.video.textTracks.addEventListener("change", () => this.change());
    document.addEventListener("fullscreenchange", () => this.change());
    addEventListener("pagehide", () => this.leave());
  }

  screen() {
    const tracks = [...this.video.textTracks];
    const shown = tracks.find((track) => track.mode === "showing");
    const { language } = shown ?? tracks[0] ?? {};
    return {
      speed: this.video.playbackRate,
      volume: this.video.muted ? 0 : this.video.volume,
      captions: shown !== undefined,
      ...(language ? { language } : {}),
      full: document.fullscreenElement === this.video,
      width: this.video.clientWidth,
      height: this.video.clientHeight,
      room_width: innerWidth,
      room_height: innerHeight,
      ...(this.video.videoHeight ? { lines: this.video.videoHeight } : {}),
    };
  }

  change() {
    if (!this.isOpen) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      const now = JSON.stringify(this.screen());
      if (!this.isOpen || now === this.shown) return;
      this.shown = now;
      this.send("interacted", { screen: this.screen() });
    }, SETTLED_MS);
  }

  send(event, more = {}) {
    this.waiting.push({ event, number: this.number, time: this.video.currentTime, segments: this.seen(), ...more });
    this.number += 1;
    if (!this.isSending) this.flush();
  }

  // One request at a time, so that what is told arrives in order.
  async flush() {
    const events = this.waiting.splice(0);
    if (events.length === 0) return;
    this.isSending = true;
    await fetch(this.url, {
      method: "POST",
      keepalive: true,
      body: JSON.stringify({ session: this.session, events }),
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": article.dataset.token },
    }).catch(() => {});
    this.isSending = false;
    this.flush();
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
      this.shown = JSON.stringify(this.screen());
      this.send("initialized", { screen: this.screen() });
    }
    this.isOpen = true;
    this.isStarting = this.from !== undefined; // played from where the jump ends: told after it
    if (this.start !== null || this.isStarting) return;
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
    if (this.video.paused) return;
    this.start = this.video.currentTime;
    if (this.isStarting) this.send("played");
    this.isStarting = false;
  }

  leave() {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (!this.video.paused) this.pause();
    this.send("terminated");
    this.flush();
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
