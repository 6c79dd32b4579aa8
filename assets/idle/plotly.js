/* Says once when the page shows a chart of Plotly: its program has been loaded, so that others come at once. */

export default function ({ setTriggerValue }) {
  const timer = setInterval(() => {
    if (document.querySelector(".js-plotly-plot")) {
      clearInterval(timer);
      setTriggerValue("there", true);
    }
  }, 200);
  return () => clearInterval(timer);
}
