/* The bars of the five likeliest classes. */

import { percent, role } from "./words.js";

const SHOWN = 5;

/* A row is a rank, not a class: where two classes change places their bars are equally long, and only names and
   colours change. Rows that moved would cover each other on their way. */
export class Bars {
  constructor(container, payload) {
    this.container = container;
    this.payload = payload;
    this.rows = payload.classes.slice(0, SHOWN).map((_, rank) => this.#row(rank + 1));
    container.append(...this.rows.map(({ row }) => row));
  }

  #row(rank) {
    const row = document.createElement("div");
    row.dataset.testid = "bar";
    row.dataset.rank = rank;
    row.innerHTML = `<span class="mp-bar-name"></span><span class="mp-bar-value"></span>
      <div class="mp-bar-track"><div class="mp-bar-fill"></div></div>`;
    const [name, value] = row.querySelectorAll("span");
    return { row, name, value, fill: row.querySelector(".mp-bar-fill") };
  }

  show(i) {
    const { classes, probabilities } = this.payload;
    const shares = probabilities[i];
    const order = shares.map((_, k) => k).sort((a, b) => shares[b] - shares[a]);
    this.rows.forEach(({ row, name, value, fill }, rank) => {
      const [share, shown] = [shares[order[rank]], classes[order[rank]]];
      row.className = `mp-bar ${role(this.payload, shown.index)}`;
      row.dataset.probability = share;
      name.textContent = name.title = shown.name;
      value.textContent = percent(share);
      fill.style.width = `${100 * share}%`;
    });
    const words = order.slice(0, SHOWN).map((k) => `${classes[k].name} ${percent(shares[k])}`);
    this.container.setAttribute("aria-label", `The model's likeliest classes: ${words.join(", ")}`);
  }
}
