/* A result drawn: verdict, player, curves in words, table, files. record, player: as the app's own. */

import { mount } from "../../player/player.js";
import { pngOf } from "../client/png.js";
import * as words from "../client/words.js";

const element = (id) => document.getElementById(id);

function made(name, text, className = "") {
  const found = document.createElement(name);
  found.textContent = text;
  if (className) found.className = className;
  return found;
}

/** Draws what is known; whose: where it comes from, in words. truth: see words.js. again: called with an ε that is worth a try. */
export function showResult({ record, player, original, adversarial }, whose, truth, again) {
  element("whose").textContent = `${whose}: ${player.image}, ${player.model}, ε = ${words.length(record.eps, record.norm)}`;
  showVerdict(record, truth);
  const next = words.nextEps(record);
  const button = element("next").querySelector("button");
  element("next").hidden = next === null;
  if (next !== null) {
    button.textContent = `Try ε = ${words.length(next, record.norm)}`;
    button.onclick = () => again(next);
  }
  mount(document.querySelector(".malt-player"), player);
  const credit = record.image.credit ? ` Photo: ${record.image.credit}.` : "";
  element("visible").textContent = `${words.visibility(record)}${credit}`;
  const way = record.linearity;
  element("way").textContent = `${words.crossings(record)} ${words.straightness(way)} ${words.measured(way)}`;
  showTable(record);
  const took = record.device === "wasm" ? ` ${record.seconds.toFixed(1)} s on this device.` : "";
  element("cost").textContent = `${words.steps(record.steps_total)}, ${record.n_backward.toLocaleString("en")} gradients: `
    + `those that rank ${record.n_candidates} classes included.${took}`;
  showFiles({ record, original, adversarial });
}

export function showVerdict(record, truth) {
  element("headline").textContent = words.headline(record, truth);
  element("told").textContent = words.told(record, truth);
}

function showTable(record) {
  const linf = record.norm === "linf";
  const heads = ["class", "rank", "confidence rank", `predicted distance${linf ? " (n/255)" : ""}`, "margin", "what happened"];
  const head = document.createElement("tr");
  heads.forEach((text, i) => {
    const cell = made("th", text, i > 0 && i < 5 ? "n" : "");
    cell.scope = "col";
    head.append(cell);
  });
  const rows = record.ranking.map((target) => {
    const row = document.createElement("tr");
    const far = target.predicted_distance;
    const distance = far === null ? "" : `${target.at_least ? "more than " : ""}${(far * (linf ? 255 : 1)).toFixed(2)}`;
    row.append(
      made("td", target.name), made("td", target.rank, "n"), made("td", target.confidence_rank, "n"),
      made("td", distance, "n"), made("td", target.margin?.toFixed(2) ?? "", "n"), made("td", words.happened(target)),
    );
    return row;
  });
  element("targets-table").replaceChildren(head, ...rows);
}

const addresses = [];

/** Links to the files. What a PNG cannot hold is offered as float32 numbers, which malt reads, too. */
function showFiles({ record, original, adversarial }) {
  addresses.splice(0).forEach((address) => URL.revokeObjectURL(address));
  const files = [["original.png", original], ["adversarial.png", adversarial]].map(([name, image]) => [name, pngOf(image)]);
  const json = new Blob([`${JSON.stringify(record, null, 2)}\n`], { type: "application/json" });
  element("files").replaceChildren();
  Promise.all([...files.map(async ([name, blob]) => [name, await blob]), ["run.json", json]]).then((all) => {
    element("files").replaceChildren(...all.map(([name, blob]) => {
      const link = made("a", name, "button");
      addresses.push((link.href = URL.createObjectURL(blob)));
      link.download = name;
      return link;
    }));
  });
}
