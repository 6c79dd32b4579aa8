/* Puts a figure of malt_core/svg_plot.py on the page. */

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".malt-figure-place");
  if (place.innerHTML !== data) place.innerHTML = data;
}
