/* Which part of the way is seen, and where each sampled point of it is placed. */

const STEP_TO_THE_END = 0.1; // of the part that is seen: how far behind it the end of the way stands

/** Position in t of what the attack ended with. */
export function endOf({ t }) {
  return t.indexOf(1);
}

export class View {
  /** Shows 0 to `until`; the end of the way (t = 1), where it lies beyond, is set behind a break. */
  constructor(payload, until) {
    const { t } = payload;
    this.t = t;
    this.until = until;
    this.broken = until < 1;
    this.span = this.broken ? until * (1 + STEP_TO_THE_END) : until;
    this.stops = t.map((_, i) => i).filter((i) => t[i] <= until);
    if (this.broken) this.stops.push(endOf(payload));
  }

  /** Where t stands, from 0 to span. */
  place(t) {
    return this.broken && t > this.until ? this.span : Math.min(t, this.span);
  }

  /** The sample whose place is nearest. */
  nearest(place) {
    const off = (i) => Math.abs(this.place(this.t[i]) - place);
    return this.stops.reduce((best, i) => (off(i) < off(best) ? i : best));
  }

  /** The sample so many stops further on, or back. */
  moved(index, steps) {
    const from = this.stops.indexOf(index);
    return this.stops[Math.min(this.stops.length - 1, Math.max(0, from + steps))];
  }
}
