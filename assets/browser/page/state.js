/* The settings of the page: its form, and its address, in which all of them stand. */

import { checkEps } from "../client/engine.js";

export const FIELDS = ["norm", "targets", "candidates", "steps", "seed"];
export const DEFAULTS = { norm: "linf", targets: "9", candidates: "20", steps: "100", seed: "0" };

const element = (id) => document.getElementById(id);

/** What stands in the form: the options of an attack. Throws an Error for people. */
export function options() {
  const value = (name) => element(name).value.trim();
  const norm = value("norm");
  const number = value("eps") === "" ? NaN : Number(value("eps"));
  const eps = norm === "linf" ? number / 255 : number;
  checkEps(eps, norm);
  const [targets, candidates, steps, start] = ["targets", "candidates", "steps", "seed"].map((n) => Number(value(n)));
  return { model: value("model"), norm, eps, targets, candidates, steps, start };
}

/** Fills the form from an address; what is unknown there is left at its default. */
export function readAddress(search, site) {
  const asked = new URLSearchParams(search);
  const model = site.networks.find(({ id }) => id === asked.get("model")) ?? site.networks[0];
  element("model").value = model.id;
  for (const name of FIELDS) {
    const field = element(name);
    field.value = DEFAULTS[name];
    if (!asked.has(name)) continue;
    const before = field.value;
    field.value = asked.get(name);
    if (!field.checkValidity() || field.value === "") field.value = before;
  }
  const eps = Number(asked.get("eps"));
  element("eps").value = eps > 0 && Number.isFinite(eps) ? asked.get("eps") : suggested(model);
  showUnit();
  return {
    photo: site.photos.find(({ id }) => id === asked.get("photo"))?.id ?? site.photos[0].id,
    run: asked.get("run") === "1",
    embed: asked.get("embed") === "1",
    changed: ["photo", "model", "eps", ...FIELDS].some((name) => asked.has(name)),
  };
}

/** The ε that a network suggests, as people count. */
export function suggested({ suggested_eps: eps }) {
  return element("norm").value === "linf" ? String(Number((255 * eps).toPrecision(6))) : "0.5";
}

export function showUnit() {
  element("unit").textContent = element("norm").value === "linf" ? "/255" : "(L2)";
}

/** The address that opens the page with these settings and computes. photo: "" for one that no address can name. */
export function address(photo) {
  const found = new URL(location.href);
  found.search = "";
  found.hash = "";
  if (photo) found.searchParams.set("photo", photo);
  for (const name of ["model", "eps", ...FIELDS]) found.searchParams.set(name, element(name).value);
  if (photo) found.searchParams.set("run", "1");
  return found.href;
}
